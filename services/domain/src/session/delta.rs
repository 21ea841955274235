//! What one released event adds to a session. Deltas are only ever added, so two replicas cannot lose each other's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::key::DigestKey;
use super::source::{Source, half};
use super::{kind, leaves, normal};
use crate::history::ValueKind;
use crate::{Decision, Event, Part, PartKind, Stage, Timestamp};

/// Values of a call that are kept to see whether the user pointed to its result; each has a bit.
const MAX_VALUES: usize = 32;
/// Words of such a value.
const MAX_WORDS: usize = 64;
/// Bytes of a tool's name that are kept.
const MAX_NAME: usize = 256;

/// A released tool call, or one that the conversation tells of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Name of the tool.
    pub tool: String,
    /// Identifier of the call.
    pub call_id: Option<String>,
    /// When it was released; absent for one that the conversation tells of.
    pub at: Option<Timestamp>,
    /// What was decided on it.
    pub decision: Option<Decision>,
    /// Digests of the words of its values.
    pub(super) values: Vec<Vec<u64>>,
    /// Which of them are files or addresses on the web, by the bit of their index.
    #[serde(default)]
    pub(super) documents: u32,
}

/// What was seen and called in one released event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Delta {
    /// Content.
    pub sources: Vec<Source>,
    /// Calls.
    pub calls: Vec<Call>,
    /// Content was here that is no longer kept.
    #[serde(default)]
    pub cut: bool,
}

impl Delta {
    /// Gives the content up, and keeps what is counted.
    pub fn cut(&mut self) {
        self.cut |= !self.sources.is_empty();
        self.sources = Vec::new();
        self.calls.iter_mut().for_each(|call| call.values = Vec::new());
    }

    /// Adds what another has.
    pub fn append(&mut self, mut other: Self) {
        self.sources.append(&mut other.sources);
        self.calls.append(&mut other.calls);
        self.cut |= other.cut;
    }

    /// What `event` adds, released with `decision`. Its parts are as they were released, edits made.
    #[must_use]
    pub fn of(event: &Event, decision: Decision, key: DigestKey) -> Self {
        let mut delta = Self::default();
        let released = (event.stage == Stage::ToolCall).then_some((event.at, decision));
        let mut named = BTreeSet::new();
        for part in &event.parts {
            match part.kind {
                PartKind::ToolCall => {
                    // A call can have several parts; it counts once.
                    let again = part.call_id.is_some() && !named.insert((part.call_id.clone(), part.tool.clone()));
                    if !again {
                        delta.calls.push(Call::of(part, released, key));
                    }
                }
                _ => delta.sources.push(Source::of(part, key)),
            }
        }
        delta.sources.retain(|source| !source.words.is_empty());
        delta
    }

    /// Only the calls that were released, for counters over sessions.
    #[must_use]
    pub fn counted(&self) -> Self {
        let calls = self.calls.iter().filter(|call| call.at.is_some());
        Self { calls: calls.map(|call| Call { values: Vec::new(), ..call.clone() }).collect(), ..Self::default() }
    }

    /// Whether it adds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.calls.is_empty()
    }

    /// Memory that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let calls = self.calls.iter().map(|call| 128 + call.values.iter().map(|value| value.len() * 8).sum::<usize>());
        self.sources.iter().map(Source::bytes).chain(calls).sum()
    }
}

impl Call {
    fn of(part: &Part, released: Option<(Timestamp, Decision)>, key: DigestKey) -> Self {
        let (found, _) = leaves::of_call(part, MAX_VALUES);
        let (mut values, mut documents) = (Vec::new(), 0);
        for leaf in found.iter().filter(|leaf| !leaf.is_number) {
            let (kind, words) = (kind::of_text(&leaf.text), digests(&leaf.text, MAX_WORDS, key).0);
            if kind == ValueKind::Number || words.is_empty() {
                continue;
            }
            if matches!(kind, ValueKind::File | ValueKind::Url) {
                documents |= 1 << values.len();
            }
            values.push(words);
        }
        let mut tool = part.tool.clone().unwrap_or_default();
        tool.truncate(tool.floor_char_boundary(MAX_NAME));
        Self {
            tool,
            call_id: part.call_id.clone(),
            at: released.map(|(at, _)| at),
            decision: released.map(|(_, decision)| decision),
            values,
            documents,
        }
    }
}

/// The words of `text` as they are compared and as they stand, at most `max` of them.
pub(super) fn digests(text: &str, max: usize, key: DigestKey) -> (Vec<u64>, Vec<u32>) {
    let words = normal::words(text).into_iter().take(max);
    words.map(|word| (key.digest(word.folded.as_bytes()), half(key.digest(word.raw.as_bytes())))).unzip()
}
