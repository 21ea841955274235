//! The plan of a document: asked for, expanded level by level where it is long, cut into pieces where nothing better comes, judged.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::Desk;
use super::ask::digest_of;
use super::outline::{Outlined, Scope};
use crate::plan::read::Item;
use crate::plan::share::share;
use crate::plan::tidy::doubles;
use crate::text::one_line;
use crate::{PassageKind, Plan, Progress, Ruling, Section, Settings, WriteError};

/// Levels of parts below the document. 200,000 words need two.
const LEVELS: usize = 3;
/// Characters of what the guards say that the model is told.
const REASON: usize = 400;

/// A section that may become several.
#[derive(Debug, Clone)]
struct Node {
    /// Its place on each level, from 1.
    place: Vec<usize>,
    within: Vec<String>,
    item: Item,
}

impl Desk<'_> {
    /// The plan that the gate lets pass.
    pub(super) async fn plan(&mut self) -> Result<Plan, WriteError> {
        let words = self.brief.target.aim();
        self.tell(Progress::Planning { words });
        let plan = if words < self.settings().least_words.saturating_mul(2) {
            // Too short to be divided. There is nothing of the model in this plan, and nothing to judge.
            single(words)
        } else {
            self.judged_plan(words).await?
        };
        self.tell(Progress::Planned { sections: plan.sections.len(), words: plan.words() });
        self.plan_digest = digest_of("plan", &plan);
        Ok(plan)
    }

    async fn judged_plan(&self, words: u32) -> Result<Plan, WriteError> {
        let (tries, mut complaint) = (self.settings().gate_tries, None::<String>);
        let (mut last_code, mut last_decision) = (String::new(), String::new());
        for attempt in 1..=tries {
            let plan = self.drafted_plan(words, attempt, complaint.as_deref()).await?;
            let text = serde_json::to_string_pretty(&plan).unwrap_or_default();
            let (code, decision, reason) = match self.judge(PassageKind::Plan, "plan", attempt, &text).await? {
                Ruling::Allowed { .. } => return Ok(plan),
                Ruling::Redacted { decision, text } => match redacted(&plan, &text) {
                    Some(plan) => return Ok(plan),
                    None => ("redacted".to_owned(), decision, String::new()),
                },
                Ruling::Denied { decision, code, reason } => (code, decision, reason),
            };
            let section = "plan".to_owned();
            self.tell(Progress::Denied { section, attempt, code: code.clone(), decision: decision.clone() });
            complaint = Some(format!("{}\n{}", self.wording.plan_refused, one_line(&reason, REASON)));
            (last_code, last_decision) = (code, decision);
        }
        Err(WriteError::PlanDenied { tries, code: last_code, decision: last_decision })
    }

    async fn drafted_plan(&self, words: u32, attempt: u32, complaint: Option<&str>) -> Result<Plan, WriteError> {
        let purpose = format!("plan/{attempt}");
        let outlined = self.outline(&purpose, &Scope { words, part: None, complaint }).await?;
        let outline = match outlined {
            Outlined::Plan(outline) => outline,
            Outlined::Nothing(beginning) => {
                return Err(WriteError::NoPlan { tries: self.settings().plan_tries, beginning });
            }
        };
        let mut nodes: Vec<Node> = children(&[], &[], outline.items).collect();
        for _ in 0..LEVELS {
            if nodes.iter().all(|node| node.item.words <= self.settings().most_words) {
                break;
            }
            nodes = self.expanded(&purpose, nodes, complaint).await?;
        }
        let nodes = without_doubles(nodes, words, self.settings());
        let sections = nodes.into_iter().flat_map(|node| pieces(node, self.settings())).collect();
        let title = if self.settings().headings { one_line(&outline.title, 100) } else { String::new() };
        Ok(Plan { title, sections })
    }

    /// Plans what is too long for one section, all at the same time: a part needs its heading and point alone.
    async fn expanded(
        &self,
        purpose: &str,
        nodes: Vec<Node>,
        complaint: Option<&str>,
    ) -> Result<Vec<Node>, WriteError> {
        let most = self.settings().most_words;
        let all: Vec<_> = nodes
            .into_iter()
            .map(|node| async move {
                if node.item.words <= most { Ok(vec![node]) } else { self.divided(purpose, node, complaint).await }
            })
            .collect();
        let at_once = self.settings().concurrency as usize;
        let lists: Vec<Vec<Node>> = stream::iter(all).buffered(at_once).try_collect().await?;
        Ok(lists.into_iter().flatten().collect())
    }

    /// A node as several, or as it is when the model has no plan for it.
    async fn divided(&self, purpose: &str, node: Node, complaint: Option<&str>) -> Result<Vec<Node>, WriteError> {
        let headings: Vec<&str> = node.within.iter().map(String::as_str).chain([node.item.heading.as_str()]).collect();
        let scope = Scope { words: node.item.words, part: Some((headings, &node.item.point)), complaint };
        let place = id(&node.place);
        match self.outline(&format!("{purpose}/part/{place}"), &scope).await? {
            Outlined::Plan(outline) if outline.items.len() > 1 => {
                let within: Vec<String> = node.within.iter().chain([&node.item.heading]).cloned().collect();
                Ok(children(&node.place, &within, outline.items).collect())
            }
            _ => Ok(vec![node]),
        }
    }
}

fn single(words: u32) -> Plan {
    let section =
        Section { id: "1".to_owned(), within: Vec::new(), heading: String::new(), main_point: String::new(), words };
    Plan { title: String::new(), sections: vec![section] }
}

/// A plan that the guards edited: the same plan with other texts, or none at all.
fn redacted(plan: &Plan, text: &str) -> Option<Plan> {
    let edited: Plan = serde_json::from_str(text).ok()?;
    let shape = |plan: &Plan| -> Vec<(String, u32, usize)> {
        plan.sections.iter().map(|s| (s.id.clone(), s.words, s.within.len())).collect()
    };
    (shape(&edited) == shape(plan)).then_some(edited)
}

fn children<'c>(place: &'c [usize], within: &'c [String], items: Vec<Item>) -> impl Iterator<Item = Node> + use<'c> {
    items.into_iter().enumerate().map(move |(at, item)| Node {
        place: place.iter().copied().chain([at + 1]).collect(),
        within: within.to_vec(),
        item,
    })
}

/// Takes out sections that say what an earlier one says, as parts that were planned apart may; their words go to the others.
fn without_doubles(nodes: Vec<Node>, words: u32, settings: &Settings) -> Vec<Node> {
    let points: Vec<&str> = nodes.iter().map(|node| node.item.point.as_str()).collect();
    let double = doubles(&points);
    let left = double.iter().filter(|is| !**is).count();
    let most = u32::try_from(left).unwrap_or(u32::MAX).saturating_mul(settings.most_words);
    if left == nodes.len() || most < words {
        return nodes;
    }
    let mut kept: Vec<Node> = nodes.into_iter().zip(double).filter(|(_, is)| !is).map(|(node, _)| node).collect();
    let claims: Vec<u32> = kept.iter().map(|node| node.item.words).collect();
    for (node, words) in kept.iter_mut().zip(share(&claims, words, settings.least_words, settings.most_words)) {
        node.item.words = words;
    }
    kept
}

/// A node as one section, or as several that continue each other when it is too long for one.
fn pieces(node: Node, settings: &Settings) -> Vec<Section> {
    let Node { place, within, item } = node;
    let number = item.words.div_ceil(settings.most_words).clamp(1, (item.words / settings.least_words).max(1));
    let shares = share(&vec![1; number as usize], item.words, 1, u32::MAX);
    let section = |(at, words): (usize, u32)| Section {
        id: if number == 1 { id(&place) } else { format!("{}{}", id(&place), letters(at)) },
        within: within.clone(),
        heading: if at == 0 { item.heading.clone() } else { String::new() },
        main_point: item.point.clone(),
        words,
    };
    shares.into_iter().enumerate().map(section).collect()
}

fn id(place: &[usize]) -> String {
    place.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// `a` to `z`, then `aa`.
fn letters(at: usize) -> String {
    let letter = char::from(b'a'.saturating_add(u8::try_from(at % 26).unwrap_or_default()));
    if at < 26 { letter.to_string() } else { format!("{}{letter}", letters(at / 26 - 1)) }
}

#[cfg(test)]
mod tests;
