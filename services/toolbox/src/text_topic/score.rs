//! How strongly the mentions of a text speak for a topic, and which words say so.

use super::mentions::Mention;
use super::topic::{Pattern, Topic, category_name};
use super::units::{Unit, UnitKind};
use super::vocabulary::{CategoryId, Sense};

/// Factor for a thing under an action of another kind.
const OTHER_ACTION: f64 = 0.3;
/// Factor for a thing without any action: "cheap flights to Rome".
const NO_ACTION: f64 = 0.8;
/// Each further piece of evidence counts this much of the one before.
const DECAY: f64 = 0.5;
/// Most pieces of evidence shown and counted for one topic.
const MOST_EVIDENCE: usize = 8;

/// A topic with its score and the evidence for it, strongest first.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// 0 to 1.
    pub score: f64,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

/// One mention that fits one pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Evidence {
    /// Index of the pattern in the topic.
    pub pattern: usize,
    /// The thing: unit and category. Absent where the action alone is enough.
    pub object: Option<(usize, CategoryId)>,
    /// The action: unit and category. Absent where there is none, or another kind of action.
    pub action: Option<(usize, CategoryId)>,
    /// 0 to 1.
    pub weight: f64,
}

/// Scores one topic. Evidence is combined as one minus the product of the doubts, later pieces counting less.
pub(super) fn score<'a>(topic: &'a Topic, units: &[Unit], mentions: &[Mention]) -> Scored<'a> {
    let mut evidence: Vec<Evidence> = mentions.iter().filter_map(|m| best(topic, units, *m)).collect();
    evidence.extend(units.iter().enumerate().filter_map(|(i, unit)| action_alone(topic, i, unit)));
    evidence.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    distinct(&mut evidence, units);
    let (mut doubt, mut share) = (1.0, 1.0);
    for piece in &evidence {
        doubt *= 1.0 - share * piece.weight;
        share *= DECAY;
    }
    Scored { topic: &topic.name, score: ((1.0 - doubt) * 1000.0).round() / 1000.0, evidence }
}

/// The pattern that the mention fits best.
fn best(topic: &Topic, units: &[Unit], mention: Mention) -> Option<Evidence> {
    let unit = units.get(mention.unit)?;
    let mut found: Option<Evidence> = None;
    for (index, pattern) in topic.patterns.iter().enumerate() {
        let Some((object, sure)) = strongest(&unit.things, |id| pattern.objects.contains(&id)) else { continue };
        let (action, factor) = action_factor(pattern, units, mention.action);
        let weight = pattern.weight * f64::from(sure) / 9.0 * factor * mention.closeness;
        if found.is_none_or(|known| weight > known.weight) {
            found = Some(Evidence { pattern: index, object: Some((mention.unit, object)), action, weight });
        }
    }
    found
}

fn action_factor(pattern: &Pattern, units: &[Unit], action: Option<usize>) -> (Option<(usize, CategoryId)>, f64) {
    if pattern.actions.is_empty() {
        return (None, 1.0);
    }
    let Some((index, unit)) = action.and_then(|i| Some((i, units.get(i)?))) else { return (None, NO_ACTION) };
    match strongest(&unit.actions, |id| pattern.actions.contains(&id)) {
        Some((id, sure)) => (Some((index, id)), OTHER_ACTION + (1.0 - OTHER_ACTION) * f64::from(sure) / 9.0),
        None => (None, OTHER_ACTION),
    }
}

fn action_alone(topic: &Topic, index: usize, unit: &Unit) -> Option<Evidence> {
    if unit.kind != UnitKind::Verb {
        return None;
    }
    let alone = topic.patterns.iter().enumerate().filter(|(_, pattern)| pattern.objects.is_empty());
    let weighed = alone.filter_map(|(i, pattern)| {
        let (id, sure) = strongest(&unit.actions, |id| pattern.actions.contains(&id))?;
        let weight = pattern.weight * f64::from(sure) / 9.0;
        Some(Evidence { pattern: i, object: None, action: Some((index, id)), weight })
    });
    weighed.max_by(|a, b| a.weight.total_cmp(&b.weight))
}

fn strongest(senses: &[Sense], wanted: impl Fn(CategoryId) -> bool) -> Option<Sense> {
    senses.iter().copied().filter(|(id, _)| wanted(*id)).max_by_key(|(id, weight)| (*weight, std::cmp::Reverse(*id)))
}

/// Keeps the strongest piece for each word: saying "hotel" five times proves no more than once.
fn distinct(evidence: &mut Vec<Evidence>, units: &[Unit]) {
    let word = |piece: &Evidence| {
        let (index, category) = piece.object.or(piece.action)?;
        Some((units.get(index)?.text.as_str(), category_name(category)))
    };
    let mut seen = std::collections::HashSet::new();
    evidence.retain(|piece| piece.weight > 0.0 && seen.insert(word(piece)));
    evidence.truncate(MOST_EVIDENCE);
}
