//! Reads a plan out of a model's answer: JSON in the form that was asked for or near it, whole or cut off, or the published
//! form `Paragraph N - Main Point: … - Word Count: …`. A line in no such form is no section. Pure.

mod json;
mod published;

use crate::text::one_line;

/// Longest answer that is read, in bytes; the rest of a longer one is left out.
const MOST_BYTES: usize = 256 << 10;
/// Most sections that are taken from one answer.
const MOST_ITEMS: usize = 1_000;
/// Longest heading and main point, in characters.
const HEADING: usize = 100;
const POINT: usize = 400;

/// A section as the model planned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) heading: String,
    pub(crate) point: String,
    /// Words; 0 where it names none that can be.
    pub(crate) words: u32,
}

/// Title and sections of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outline {
    pub(crate) title: String,
    pub(crate) items: Vec<Item>,
}

/// What can be read of `answer`; nothing when it is no plan.
pub(crate) fn read(answer: &str) -> Outline {
    let mut end = answer.len().min(MOST_BYTES);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    let answer = answer.get(..end).unwrap_or_default();
    let mut outline = json::read(answer);
    if outline.items.is_empty() {
        outline.items = published::read(answer);
    }
    outline.items.truncate(MOST_ITEMS);
    outline
}

impl Item {
    /// A section with texts brought to one line and within their limits, `None` when they say nothing.
    fn new(heading: &str, point: &str, words: u64) -> Option<Self> {
        let heading = plain_heading(heading);
        let point = one_line(point.trim_matches(|c: char| "*-–: ".contains(c)), POINT);
        if !(heading.chars().any(char::is_alphanumeric) || point.chars().any(char::is_alphanumeric)) {
            return None;
        }
        let heading = if heading.is_empty() { heading_of(&point) } else { heading };
        let point = if point.is_empty() { heading.clone() } else { point };
        let words = u32::try_from(words).ok().filter(|words| *words <= 100_000).unwrap_or_default();
        Some(Self { heading, point, words })
    }
}

/// A heading without the signs of Markdown, and without a number of its own: the plan numbers its sections.
fn plain_heading(text: &str) -> String {
    let text = one_line(text, HEADING);
    let text = text.trim_matches(|c: char| "#*_`\"“”: ".contains(c));
    let numbered = ["Section", "Paragraph", "Part", "Chapter"].iter().find_map(|word| {
        let rest = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).and(text.get(word.len()..))?;
        let rest = rest.trim_start();
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        (after.len() < rest.len()).then(|| after.trim_start_matches(|c: char| ".:-–) ".contains(c)))
    });
    numbered.unwrap_or(text).trim().to_owned()
}

/// A heading for a section that has only a main point: its beginning.
fn heading_of(point: &str) -> String {
    let clause = point.split([',', '.', ';', ':', '，', '。', '；', '：']).next().unwrap_or(point);
    let mut heading = String::new();
    for word in clause.split_inclusive(' ') {
        if heading.chars().count() + word.chars().count() > 60 && !heading.is_empty() {
            break;
        }
        heading.push_str(word);
    }
    heading.chars().take(60).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
