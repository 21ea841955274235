//! One question for a plan, of the document or of a part: asked until there is one with enough different sections, and brought
//! to the length.

use parapet_models::{ModelError, Prompt};
use serde_json::{Value, json};

use super::Desk;
use crate::plan::read::{Item, Outline, read};
use crate::plan::share::share;
use crate::plan::tidy::{merged, without_doubles};
use crate::wording::fenced;
use crate::{Settings, WriteError};

/// Most sections that one question asks for.
const MOST: u32 = 40;
/// Tokens that a section of a plan may take, and the rest of it.
const TOKENS: (u32, u32) = (130, 150);

/// How many sections a number of words is divided into, and how long each may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) words: u32,
    pub(super) fewest: u32,
    pub(super) usual: u32,
    pub(super) most: u32,
    pub(super) least_words: u32,
    pub(super) most_words: u32,
}

impl Shape {
    /// Parts for a long text, sections for a shorter one.
    pub(super) fn of(words: u32, settings: &Settings) -> Self {
        let (least_words, ideal, most_words) = if words > settings.expand_above {
            (settings.part_words / 2, settings.part_words, settings.expand_above)
        } else {
            (settings.least_words, settings.ideal_words, settings.most_words)
        };
        let fewest = words.div_ceil(most_words).clamp(1, MOST);
        let most = (words / least_words).clamp(fewest, MOST);
        let usual = ((words + ideal / 2) / ideal).clamp(fewest, most);
        // Not every number that could be: far off the usual one, the sections would have lengths that nobody asked for.
        let (fewest, most) = (fewest.max(usual / 2), most.min(usual.saturating_mul(2)).max(fewest));
        Self { words, fewest, usual, most, least_words, most_words }
    }
}

/// What is planned: all, or a part of it.
pub(super) struct Scope<'s> {
    pub(super) words: u32,
    /// Headings down to the part, and its point.
    pub(super) part: Option<(Vec<&'s str>, &'s str)>,
    /// Why an earlier plan of the whole did not do.
    pub(super) complaint: Option<&'s str>,
}

/// The best of the answers, or the beginning of the last one when none was a plan.
pub(super) enum Outlined {
    Plan(Outline),
    Nothing(String),
}

impl Desk<'_> {
    /// Asks for a plan. Its words add up to those of `scope`.
    pub(super) async fn outline(&self, purpose: &str, scope: &Scope<'_>) -> Result<Outlined, WriteError> {
        let shape = Shape::of(scope.words, self.settings());
        let (mut best, mut beginning) = (Outline::default(), String::new());
        let mut complaint: Option<String> = scope.complaint.map(str::to_owned);
        for attempt in 1..=self.settings().plan_tries {
            let prompt = self.outline_prompt(scope, shape, complaint.as_deref());
            let answer = self.ask(&format!("{purpose}/{attempt}"), prompt).await?;
            if answer.too_long {
                return Err(ModelError::TooLong { message: "the instruction alone is too much".to_owned() }.into());
            }
            let mut outline = read(&answer.text);
            let doubles = without_doubles(&mut outline.items);
            complaint = Some(match doubles.as_slice() {
                [] => self.wording.plan_unread.to_owned(),
                doubles => format!("{}\n- {}", self.wording.plan_doubles, doubles.join("\n- ")),
            });
            if outline.items.len() > best.items.len() {
                best = outline;
            }
            if best.items.len() >= shape.fewest as usize {
                break;
            }
            beginning = answer.text.chars().take(80).collect();
        }
        if best.items.is_empty() {
            return Ok(Outlined::Nothing(beginning));
        }
        best.items = budgeted(best.items, shape);
        Ok(Outlined::Plan(best))
    }

    fn outline_prompt(&self, scope: &Scope<'_>, shape: Shape, complaint: Option<&str>) -> Prompt {
        let wording = self.wording;
        let mut parts = vec![wording.instruction.to_owned(), fenced("instruction", &self.brief.instruction)];
        if let Some((headings, point)) = &scope.part {
            parts.extend([wording.part.to_owned(), format!("{}: {point}", headings.join(" / "))]);
        }
        if let Some(complaint) = complaint {
            parts.push(complaint.to_owned());
        }
        parts.push((wording.plan_it)(shape.words, shape.usual, shape.words / shape.usual.max(1)));
        let schema = schema(shape, scope.part.is_none());
        let mut prompt = Prompt::user(parts.join("\n\n")).with_system(wording.plan_system).with_json("plan", schema);
        prompt.max_tokens = Some(shape.most.saturating_mul(TOKENS.0).saturating_add(TOKENS.1));
        prompt
    }
}

/// Sections of which there are not too many, with budgets that add up.
fn budgeted(items: Vec<Item>, shape: Shape) -> Vec<Item> {
    let mut items = merged(items, shape.most as usize);
    let claims: Vec<u32> = items.iter().map(|item| item.words).collect();
    let shares = share(&claims, shape.words, shape.least_words, shape.most_words);
    for (item, words) in items.iter_mut().zip(shares) {
        item.words = words;
    }
    items
}

fn schema(shape: Shape, titled: bool) -> Value {
    let section = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["heading", "main_point", "words"],
        "properties": {
            "heading": {"type": "string", "minLength": 2, "maxLength": 80},
            "main_point": {"type": "string", "minLength": 4, "maxLength": 240},
            "words": {"type": "integer"},
        },
    });
    let sections = json!({"type": "array", "minItems": shape.fewest, "maxItems": shape.most, "items": section});
    let mut properties = json!({"sections": sections});
    let mut required = vec!["sections"];
    if let (true, Some(properties)) = (titled, properties.as_object_mut()) {
        properties.insert("title".to_owned(), json!({"type": "string", "maxLength": 80}));
        required.push("title");
    }
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_divided_into_sections_and_long_ones_into_parts() {
        let settings = Settings::default();
        let shape = |words| {
            let shape = Shape::of(words, &settings);
            (shape.fewest, shape.usual, shape.most)
        };
        assert_eq!(shape(400), (1, 1, 2));
        assert_eq!(shape(1_000), (1, 2, 4));
        assert_eq!(shape(3_000), (3, 7, 14));
        assert_eq!(shape(10_000), (11, 22, 40));
        assert_eq!(shape(12_000), (2, 2, 4));
        assert_eq!(shape(50_000), (5, 10, 20));
        assert_eq!(shape(200_000), (20, 40, 40));
    }
}
