//! `guard.toml`: what a guard is, where it came from, and what it may use. Unknown keys are refused.

use std::collections::{BTreeMap, BTreeSet};

use parapet_domain::{Budget, Reading, Stage};
use serde::{Deserialize, Serialize};

/// Contents of `guard.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Same as the folder's name, `[a-z0-9-]{1,64}`.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// The guard request: the rule in plain language.
    pub request: String,
    /// The agent that it is for, in plain language.
    #[serde(default)]
    pub agent: String,
    /// Stages whose events it judges.
    pub stages: Vec<Stage>,
    /// Tools that it is granted. Default none.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Whether it needs a streamed answer as a whole.
    #[serde(default)]
    pub streaming: Streaming,
    /// Whether it judges each part of an event by itself. Then it sees neither when and where an event or a part stands.
    #[serde(default, skip_serializing_if = "Parts::is_default")]
    pub parts: Parts,
    /// Whether it has no code of its own: a model plans and writes it for the form of each event. Default no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_event: bool,
    /// What it reads of the events before: `calls`, `origins`, `counters`. Default nothing, and then nothing is worked out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub session: BTreeSet<Reading>,
    /// Groups of single words, for `event.history.words` and `near`. Only with `origins`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Vec<String>>,
    /// Suggested limits; the set may say otherwise.
    pub budget: Budget,
    /// Constant tables, visible to scripts as `facts`.
    #[serde(default)]
    pub facts: toml::Table,
    /// Named sets of named regular expressions, for `find_regex`.
    #[serde(default)]
    pub patterns: BTreeMap<String, BTreeMap<String, String>>,
    /// Named lists of phrases, for `find_phrases`.
    #[serde(default)]
    pub phrases: BTreeMap<String, Vec<String>>,
}

/// How much of a streamed answer a guard needs at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Streaming {
    /// All of it.
    #[default]
    Whole,
    /// Overlapping windows are enough.
    Window,
}

/// How a guard judges the parts of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// All of them together, with all that the event says.
    #[default]
    Together,
    /// Each by itself: what it says of an event is what it says of the event's parts one by one.
    Each,
}

impl Parts {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Manifest {
    /// Reads and checks the text of `guard.toml` in folder `name`.
    ///
    /// # Errors
    /// What is wrong, with its position where there is one.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        manifest.complaint(name).map_or(Ok(manifest), Err)
    }

    fn complaint(&self, name: &str) -> Option<String> {
        if !is_id(&self.id) {
            return Some(format!("id `{}` is not of the form [a-z0-9-]{{1,64}}", self.id));
        }
        if self.id != name {
            return Some(format!("id `{}` differs from the folder's name `{name}`; make them the same", self.id));
        }
        if self.request.trim().is_empty() {
            return Some("`request` is empty; say in plain language what the guard is for".to_owned());
        }
        if self.stages.is_empty() {
            return Some("`stages` is empty; list at least one of input, output, tool_call, tool_result".to_owned());
        }
        if self.stages.iter().collect::<BTreeSet<_>>().len() != self.stages.len() {
            return Some("`stages` lists a stage twice".to_owned());
        }
        if let Some((at, what)) = not_json(&toml::Value::Table(self.facts.clone()), "facts") {
            return Some(format!(
                "`{at}` is {what}, which JSON does not have and guards see facts as JSON; write it as a string"
            ));
        }
        if self.parts == Parts::Each && !self.session.is_empty() {
            return Some(
                "a guard that reads what came before judges no part by itself; leave out `parts` or `session`"
                    .to_owned(),
            );
        }
        if self.parts == Parts::Each && self.per_event {
            return Some(
                "code that is made for an event is made for all of its parts; leave out `parts` or `per_event`"
                    .to_owned(),
            );
        }
        self.words_complaint().or_else(|| self.budget.complaint().map(|complaint| format!("[budget]: {complaint}")))
    }

    fn words_complaint(&self) -> Option<String> {
        if !self.words.is_empty() && !self.session.contains(&Reading::Origins) {
            return Some(
                "[words] is looked up only for guards that read origins; add `origins` to `session`".to_owned(),
            );
        }
        if self.words.len() > MAX_WORD_GROUPS {
            return Some(format!("[words] has {} groups, at most {MAX_WORD_GROUPS} are looked up", self.words.len()));
        }
        let (group, word) = self.words.iter().find_map(|(group, words)| {
            words.iter().find(|word| !parapet_domain::session::is_one_word(word)).map(|word| (group, word))
        })?;
        Some(format!("`words.{group}` has `{word}`, which is not one word; give single words"))
    }
}

/// Groups are told apart by the bits of one number.
const MAX_WORD_GROUPS: usize = 64;

/// Whether `text` may be a guard's id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Path of the first thing in `value` that JSON does not have, and what it is.
pub(crate) fn not_json(value: &toml::Value, path: &str) -> Option<(String, &'static str)> {
    match value {
        toml::Value::Datetime(_) => Some((path.to_owned(), "a date")),
        toml::Value::Float(number) if !number.is_finite() => Some((path.to_owned(), "no finite number")),
        toml::Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, item)| not_json(item, &format!("{path}[{i}]")))
        }
        toml::Value::Table(table) => table.iter().find_map(|(key, item)| not_json(item, &format!("{path}.{key}"))),
        _ => None,
    }
}
