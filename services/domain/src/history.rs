//! What a guard sees of the events before the one that it judges: `event.history`. Only for guards that declare it in
//! their manifest; how it is worked out is in [`crate::session`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Decision, Origin, Timestamp};

/// One thing that a guard can declare to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// [`History::calls`].
    Calls,
    /// [`History::origins`] and [`History::words`].
    Origins,
    /// [`History::counters`].
    Counters,
}

/// A bounded summary of what came before an event. What the guard does not declare is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// Whose content has been seen at all.
    pub seen: Vec<Origin>,
    /// Tools called so far, oldest first; the newest [`History::MAX_CALLS`] of them.
    pub calls: Vec<PastCall>,
    /// For a tool call, where each value of its arguments was seen before.
    pub origins: Vec<ValueOrigin>,
    /// For each group of words of the guard's manifest, whose content has one of them.
    pub words: BTreeMap<String, Vec<Origin>>,
    /// How often each tool was called.
    pub counters: Counters,
    /// Something did not fit: values that are not in `origins`, or content too long to be kept.
    pub truncated: bool,
}

impl History {
    /// Most calls that are listed.
    pub const MAX_CALLS: usize = 200;
    /// Most values whose origins are listed.
    pub const MAX_ORIGINS: usize = 256;
    /// Most tools that are named for one value.
    pub const MAX_TOOLS: usize = 8;
}

/// A tool call that was released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastCall {
    /// Name of the tool.
    pub tool: String,
    /// When; absent for a call that is known from the conversation alone.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What was decided on it; absent for a call that is known from the conversation alone.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Identifier of the call.
    #[serde(default)]
    pub call_id: Option<String>,
}

/// Where one value of a tool call's arguments was seen before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueOrigin {
    /// Index of the part in the event.
    pub part: usize,
    /// JSON Pointer in the part's `json`; empty for the part's whole text.
    pub pointer: String,
    /// What the value looks like.
    pub kind: ValueKind,
    /// Whose content it was seen in, each once; empty when it was seen nowhere.
    pub by: Vec<Origin>,
    /// Seen only in results of tools or retrieved texts.
    pub untrusted_only: bool,
    /// Somewhere in the same case and spacing.
    pub exact: bool,
    /// Whole; `false` when of an address on the web only the host was seen.
    pub whole: bool,
    /// The tools whose results have it.
    pub tools: Vec<String>,
    /// Every tool's result that has it was got by a call with an argument that the user had named.
    pub pointed: bool,
    /// Each such result was got with a file or an address on the web that the user had named.
    #[serde(default)]
    pub document: bool,
    /// At each of its places there it is a field of its own in a list of records.
    #[serde(default)]
    pub recorded: bool,
    /// Groups of words of the guard's manifest that stand close to it in a tool's result or retrieved text.
    pub near: Vec<String>,
    /// Those of them that stand close to it at each of its places there.
    #[serde(default)]
    pub near_everywhere: Vec<String>,
    /// How many different values of this kind the user named.
    pub user_named: u32,
    /// The most different values of this kind in one result or retrieved text that has it.
    pub rivals: u32,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// An e-mail address.
    Address,
    /// An address on the web, with or without its scheme.
    Url,
    /// An account, card or telephone number: one word of 8 to 34 characters, at least 6 of them digits.
    Account,
    /// The name or path of a file.
    File,
    /// A number.
    Number,
    /// One other word.
    Word,
    /// Several words, or none.
    Text,
}

/// How often tools were called, by the name of the tool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counters {
    /// In this session.
    pub session: BTreeMap<String, Windows>,
    /// By this principal, in all sessions of the same tenant, route and agent.
    pub principal: BTreeMap<String, Windows>,
}

/// Calls of one tool, up to the time of the event. Times are kept to the minute, so a window may count up to a minute more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Windows {
    /// In the last minute.
    pub minute: u64,
    /// In the last 60 minutes.
    pub hour: u64,
    /// In the last 24 hours.
    pub day: u64,
    /// Since midnight in the event's zone.
    pub today: u64,
    /// All that are known.
    pub total: u64,
}
