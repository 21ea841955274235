//! From actions in free text to topics of `text_topic`: verbs become categories of actions, nouns categories of things,
//! and every kind of thing that no rule names becomes a rival, so that a task about something else is not pulled in.

use std::collections::{BTreeMap, BTreeSet};

use parapet_toolbox::{Prepared, ToolRun, categories};
use serde_json::{Value, json};

use super::NotUnderstood;
use super::policy::{Action, Task};
use super::reader::List;

mod derive;
mod examples;

use derive::Derived;

/// A topic counts from this score on.
pub(super) const THRESHOLD: f64 = 0.4;
/// Share of the best score from which on further topics count: a task may ask for two things at once.
pub(super) const MARGIN: f64 = 0.97;
/// How much the actions so far say about the task, against its own words.
pub(super) const HISTORY: f64 = 0.45;
/// How much a thing that no rule names speaks against the rules' topics.
const RIVAL: f64 = 0.8;
/// Most topics with rules: the tool takes 64, and the rivals need room.
const MOST_TOPICS: usize = 24;
const MOST_IN_ALL: usize = 64;

/// One topic.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Topic {
    /// Any of them is enough.
    pub patterns: Vec<Pattern>,
    /// Words that the vocabulary lacks or weighs badly.
    pub words: BTreeMap<String, f64>,
    /// Verbs that it lacks.
    pub verbs: BTreeMap<String, f64>,
}

/// Actions done to things.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Pattern {
    /// Categories; empty for any action.
    pub actions: Vec<String>,
    /// Categories; empty where the action alone is enough.
    pub objects: Vec<String>,
    /// How much it says, 0 to 1.
    pub weight: f64,
}

/// The topics of a rule list.
#[derive(Debug)]
pub(super) struct Topics {
    /// By name: those of the rules, those that are free, and the rivals.
    pub all: BTreeMap<String, Topic>,
    /// The topic of each rule, in order.
    pub of_rule: Vec<String>,
    /// A few tasks for each rule, made of its own words.
    pub examples: Vec<Vec<String>>,
}

/// The topics, where the agent's actions are free text.
pub(super) fn derive(list: &List) -> Result<Option<Topics>, NotUnderstood> {
    if list.by_calls() {
        return Ok(None);
    }
    let tasks: Vec<&Task> = list
        .rules
        .iter()
        .filter_map(|s| if let Action::Task(task) = &s.rule.action { Some(task) } else { None })
        .collect();
    let derived: Vec<Derived> = tasks.iter().map(|task| derive::derive(task)).collect();
    let mut topics = Topics { all: BTreeMap::new(), of_rule: Vec::new(), examples: Vec::new() };
    let free: Vec<(&Task, Derived)> = list.free.iter().map(|task| (task, derive::derive(task))).collect();
    for (n, own) in derived.iter().enumerate() {
        // What another rule or a free action names itself is not counted here as a step towards the act.
        let others = derived.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, other)| other);
        let claimed: BTreeSet<(String, String)> =
            others.chain(free.iter().map(|(_, d)| d)).flat_map(Derived::pairs).collect();
        let name = topics.add(derive::name(tasks.get(n).copied()), own.topic(&claimed));
        topics.of_rule.push(name);
    }
    for (task, own) in &free {
        let name = format!("free_{}", derive::name(Some(task)));
        topics.add(name, own.topic(&BTreeSet::new()));
    }
    if topics.all.len() > MOST_TOPICS {
        let sentence = list.rules.get(MOST_TOPICS).map_or_else(String::new, |stated| stated.sentence.clone());
        return Err(NotUnderstood::new(
            sentence,
            format!("a list of rules on free text can name at most {MOST_TOPICS} different actions"),
            "split it into several guards",
        ));
    }
    topics.add_rivals(derived.iter().chain(free.iter().map(|(_, d)| d)));
    for (n, task) in tasks.iter().enumerate() {
        let examples = topics.examples_of(n, task);
        if examples.is_empty() {
            let sentence = list.rules.get(n).map_or_else(String::new, |stated| stated.sentence.clone());
            return Err(NotUnderstood::new(
                sentence,
                "the words of its action do not tell it from other tasks",
                "name the action by a plain verb and noun, such as \"book a hotel\"",
            ));
        }
        topics.examples.push(examples);
    }
    Ok(Some(topics))
}

impl Topics {
    /// Adds a topic, or finds the same one that is there already.
    fn add(&mut self, name: String, topic: Topic) -> String {
        if let Some((known, _)) = self.all.iter().find(|(_, other)| **other == topic) {
            return known.clone();
        }
        let taken = |name: &str| self.all.contains_key(name);
        let free = (2..).map(|n| format!("{name}_{n}"));
        let name = std::iter::once(name.clone()).chain(free).find(|name| !taken(name)).unwrap_or(name);
        self.all.insert(name.clone(), topic);
        name
    }

    fn add_rivals<'a>(&mut self, derived: impl Iterator<Item = &'a Derived>) {
        let named: BTreeSet<String> = derived.flat_map(Derived::named).collect();
        for category in categories() {
            let rival = !category.starts_with("to_")
                && !named.contains(*category)
                && !super::kinds::Kinds::get().is_neutral(category);
            if rival && self.all.len() < MOST_IN_ALL {
                let pattern = Pattern { actions: Vec::new(), objects: vec![(*category).to_owned()], weight: RIVAL };
                self.all.insert(format!("other_{category}"), Topic { patterns: vec![pattern], ..Topic::default() });
            }
        }
    }

    /// The topics that are in force for a task, as the guard's code finds them.
    pub(super) fn in_force(&self, task: &str, history: &str) -> Vec<String> {
        let mut scores = self.scores(task);
        if !history.is_empty() {
            for (topic, score) in self.scores(history) {
                let of_task = scores.get(&topic).copied().unwrap_or(0.0);
                scores.insert(topic, 1.0 - (1.0 - of_task) * (1.0 - HISTORY * score));
            }
        }
        let best = scores.values().copied().fold(0.0, f64::max);
        let least = THRESHOLD.max(best * MARGIN);
        scores.into_iter().filter(|(_, score)| *score >= least).map(|(topic, _)| topic).collect()
    }

    fn scores(&self, task: &str) -> BTreeMap<String, f64> {
        let Some((_, tool)) = parapet_toolbox::find("text_topic") else { return BTreeMap::new() };
        let ToolRun::Native(run) = tool.run else { return BTreeMap::new() };
        let result = run(&Prepared::default(), &[json!(task), self.to_json()]).unwrap_or_default();
        let rows = result.get("topics").and_then(Value::as_array).cloned().unwrap_or_default();
        let score = |row: &Value| Some((row.get("topic")?.as_str()?.to_owned(), row.get("score")?.as_f64()?));
        rows.iter().filter_map(score).collect()
    }

    /// As the tool and the facts have it.
    pub(super) fn to_json(&self) -> Value {
        Value::Object(self.all.iter().map(|(name, topic)| (name.clone(), topic.to_json())).collect())
    }
}

impl Topic {
    fn to_json(&self) -> Value {
        let patterns: Vec<Value> = self.patterns.iter().map(Pattern::to_json).collect();
        let mut out = json!({ "patterns": patterns });
        for (key, words) in [("words", &self.words), ("verbs", &self.verbs)] {
            if let (false, Some(map)) = (words.is_empty(), out.as_object_mut()) {
                map.insert(key.to_owned(), json!(words));
            }
        }
        out
    }
}

impl Pattern {
    fn to_json(&self) -> Value {
        let mut out = serde_json::Map::new();
        for (key, names) in [("actions", &self.actions), ("objects", &self.objects)] {
            if !names.is_empty() {
                out.insert(key.to_owned(), json!(names));
            }
        }
        out.insert("weight".to_owned(), json!(self.weight));
        Value::Object(out)
    }
}
