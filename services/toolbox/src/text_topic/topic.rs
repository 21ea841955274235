//! What a guard declares as a topic: patterns of actions on categories of things, and words of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::vocabulary::{CategoryId, Sense, Vocabulary};

/// Most topics in one call.
const MOST_TOPICS: usize = 64;
/// Most patterns of all topics together: each is tried on everything that the text names.
const MOST_PATTERNS: usize = 128;
/// Most categories in a pattern, and most own words of a topic.
const MOST_ENTRIES: usize = 128;
/// Ids of the topics' own words start here; the vocabulary stays far below.
const FIRST_OWN_ID: CategoryId = 0x8000;
/// The name by which a pattern means its topic's own words.
const OWN_WORDS: &str = "words";
/// Ids of the topics' own verbs start here.
const FIRST_VERB_ID: CategoryId = 0xC000;
/// The name by which a pattern means its topic's own verbs.
const OWN_VERBS: &str = "verbs";

/// A topic as a guard declares it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicDeclaration {
    patterns: Vec<PatternDeclaration>,
    /// Words that the vocabulary lacks, with how sure they are, 0 to 1.
    #[serde(default)]
    words: BTreeMap<String, f64>,
    /// Actions that the vocabulary lacks, in their base form, with how sure they are, 0 to 1.
    #[serde(default)]
    verbs: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternDeclaration {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    objects: Vec<String>,
    #[serde(default = "full_weight")]
    weight: f64,
}

const fn full_weight() -> f64 {
    1.0
}

/// A checked topic.
#[derive(Debug)]
pub(super) struct Topic {
    /// Its name, as declared.
    pub name: String,
    /// Any of them is enough.
    pub patterns: Vec<Pattern>,
}

/// An action on a thing.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Categories of the action; empty for any.
    pub actions: Vec<CategoryId>,
    /// Categories of the thing; empty when the action alone is enough.
    pub objects: Vec<CategoryId>,
    /// How much a match says, 0 to 1.
    pub weight: f64,
}

/// The own words of all topics.
#[derive(Debug, Default)]
pub(super) struct OwnWords {
    lemmas: HashMap<String, Vec<Sense>>,
    verbs: HashMap<String, Vec<Sense>>,
    starts: HashSet<String>,
}

impl OwnWords {
    /// Senses of a lemma as a thing.
    pub(super) fn senses(&self, lemma: &str) -> &[Sense] {
        self.lemmas.get(lemma).map_or(&[], Vec::as_slice)
    }

    /// Senses of a base form as an action.
    pub(super) fn actions(&self, lemma: &str) -> &[Sense] {
        self.verbs.get(lemma).map_or(&[], Vec::as_slice)
    }

    /// Whether a lemma of several words starts with this word.
    pub(super) fn starts_lemma(&self, word: &str) -> bool {
        self.starts.contains(word)
    }

    fn insert(&mut self, word: &str, weight: f64, id: CategoryId) {
        let word = word.to_lowercase().replace('-', " ");
        if let Some((first, _)) = word.split_once(' ') {
            self.starts.insert(first.to_owned());
        }
        let ninths = (1..=9_u8).rev().find(|n| f64::from(*n) <= weight * 9.0 + 0.5).unwrap_or(1);
        let table = if id >= FIRST_VERB_ID { &mut self.verbs } else { &mut self.lemmas };
        table.entry(word).or_default().push((id, ninths));
    }
}

/// Name of a category for an explanation.
pub(super) fn category_name(id: CategoryId) -> &'static str {
    match id {
        FIRST_VERB_ID.. => OWN_VERBS,
        FIRST_OWN_ID.. => OWN_WORDS,
        _ => Vocabulary::get().name(id),
    }
}

/// Reads the `topics` argument, or says what is wrong with it.
pub(super) fn read_topics(declared: &Map<String, Value>) -> Result<(Vec<Topic>, OwnWords), String> {
    if declared.len() > MOST_TOPICS {
        return Err(format!("{} topics are too many; {MOST_TOPICS} are allowed", declared.len()));
    }
    let mut own = OwnWords::default();
    let mut patterns_left = MOST_PATTERNS;
    let mut topics = Vec::with_capacity(declared.len());
    for (position, (name, value)) in declared.iter().enumerate() {
        let declaration = TopicDeclaration::deserialize(value).map_err(|e| format!("topic `{name}`: {e}"))?;
        if declaration.words.len() + declaration.verbs.len() > MOST_ENTRIES {
            return Err(format!("topic `{name}` has more than {MOST_ENTRIES} words of its own"));
        }
        patterns_left = patterns_left
            .checked_sub(declaration.patterns.len())
            .ok_or_else(|| format!("the topics have more than {MOST_PATTERNS} patterns together"))?;
        let position = CategoryId::try_from(position).unwrap_or_default();
        let ids = Own { words: FIRST_OWN_ID + position, verbs: FIRST_VERB_ID + position };
        declaration.words.iter().for_each(|(word, weight)| own.insert(word, *weight, ids.words));
        declaration.verbs.iter().for_each(|(verb, weight)| own.insert(verb, *weight, ids.verbs));
        let patterns = declaration.patterns.into_iter().map(|p| check_pattern(name, p, ids));
        topics.push(Topic { name: name.clone(), patterns: patterns.collect::<Result<_, _>>()? });
    }
    Ok((topics, own))
}

/// Ids of one topic's own words and verbs.
#[derive(Clone, Copy)]
struct Own {
    words: CategoryId,
    verbs: CategoryId,
}

fn check_pattern(topic: &str, pattern: PatternDeclaration, own: Own) -> Result<Pattern, String> {
    if !(0.0..=1.0).contains(&pattern.weight) {
        return Err(format!("topic `{topic}`: a weight of {} is not between 0 and 1", pattern.weight));
    }
    if pattern.actions.is_empty() && pattern.objects.is_empty() {
        return Err(format!("topic `{topic}`: a pattern needs `actions` or `objects`"));
    }
    let actions = resolve(topic, &pattern.actions, own)?;
    let objects = resolve(topic, &pattern.objects, own)?;
    Ok(Pattern { actions, objects, weight: pattern.weight })
}

fn resolve(topic: &str, names: &[String], own: Own) -> Result<Vec<CategoryId>, String> {
    if names.len() > MOST_ENTRIES {
        return Err(format!("topic `{topic}`: {} categories in one pattern are too many", names.len()));
    }
    let mut ids = Vec::new();
    for name in names {
        let own_id = match name.as_str() {
            OWN_WORDS => Some(own.words),
            OWN_VERBS => Some(own.verbs),
            _ => None,
        };
        if let Some(id) = own_id {
            ids.push(id);
            continue;
        }
        let known = Vocabulary::get().resolve(name);
        if known.is_empty() {
            let names = Vocabulary::get().category_names();
            return Err(format!("topic `{topic}`: there is no category `{name}`; there are: words, verbs, {names}"));
        }
        ids.extend(known);
    }
    Ok(ids)
}
