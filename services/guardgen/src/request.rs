//! What a guard is generated from.

use parapet_judge::GuardTest;
use serde::{Deserialize, Serialize};

/// A rule in plain language, with the agent that it is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRequest {
    /// Id of the guard to make, `[a-z0-9-]{1,64}`.
    pub id: String,
    /// The rule, in plain language: prose, Markdown tables or lists.
    pub request: String,
    /// The agent: what it does, which parts its events have, how its code reads data.
    pub agent: String,
    /// Events with the verdict that is right for them. They become tests.
    #[serde(default)]
    pub examples: Vec<GuardTest>,
    /// Tables that the request refers to; they become the guard's facts, or are compiled into them.
    #[serde(default)]
    pub facts: toml::Table,
}
