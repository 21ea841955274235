//! What a guard declares as a topic: patterns of actions on categories of things, and words of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lemma::noun_forms;
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

/// A topic as a guard declares it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicDeclaration {
    patterns: Vec<PatternDeclaration>,
    /// Words that the vocabulary lacks, with how sure they are, 0 to 1.
    #[serde(default)]
    words: BTreeMap<String, f64>,
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
    starts: HashSet<String>,
}

impl OwnWords {
    /// Senses of a lemma.
    pub(super) fn senses(&self, lemma: &str) -> &[Sense] {
        self.lemmas.get(lemma).map_or(&[], Vec::as_slice)
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
        for form in noun_forms(&word).into_iter().take(1) {
            self.lemmas.entry(form).or_default().push((id, ninths));
        }
    }
}

/// Name of a category for an explanation.
pub(super) fn category_name(id: CategoryId) -> &'static str {
    if id >= FIRST_OWN_ID { OWN_WORDS } else { Vocabulary::get().name(id) }
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
        if declaration.words.len() > MOST_ENTRIES {
            return Err(format!("topic `{name}` has more than {MOST_ENTRIES} words of its own"));
        }
        patterns_left = patterns_left
            .checked_sub(declaration.patterns.len())
            .ok_or_else(|| format!("the topics have more than {MOST_PATTERNS} patterns together"))?;
        let id = FIRST_OWN_ID + CategoryId::try_from(position).unwrap_or_default();
        for (word, weight) in &declaration.words {
            own.insert(word, *weight, id);
        }
        let patterns = declaration.patterns.into_iter().map(|p| check_pattern(name, p, id));
        topics.push(Topic { name: name.clone(), patterns: patterns.collect::<Result<_, _>>()? });
    }
    Ok((topics, own))
}

fn check_pattern(topic: &str, pattern: PatternDeclaration, own: CategoryId) -> Result<Pattern, String> {
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

fn resolve(topic: &str, names: &[String], own: CategoryId) -> Result<Vec<CategoryId>, String> {
    if names.len() > MOST_ENTRIES {
        return Err(format!("topic `{topic}`: {} categories in one pattern are too many", names.len()));
    }
    let mut ids = Vec::new();
    for name in names {
        if name == OWN_WORDS {
            ids.push(own);
            continue;
        }
        let known = Vocabulary::get().resolve(name);
        if known.is_empty() {
            let names = Vocabulary::get().category_names();
            return Err(format!("topic `{topic}`: there is no category `{name}`; there are: words, {names}"));
        }
        ids.extend(known);
    }
    Ok(ids)
}
