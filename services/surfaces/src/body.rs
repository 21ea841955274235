//! What a surface makes of one body: drafts of events, and the list of what no guard will see.

use parapet_domain::fold::NotInspected;
use parapet_domain::{Edit, Part, Stage};

/// One body, taken apart. There is always at least one event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParsedBody {
    /// What has to be judged, in the order in which it should be.
    pub events: Vec<Draft>,
    /// What no guard will see, at most [`crate::limits::MAX_LISTED`] entries and one that stands for the rest.
    pub not_inspected: Vec<NotInspected>,
    /// How many entries the list would have without its limit.
    pub not_inspected_total: usize,
    /// Whether the caller asked for a stream.
    pub stream: bool,
    /// The model that a chat body names.
    pub model: Option<String>,
}

/// An event without its identity, which only the gateway knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Which side of the agent this is.
    pub stage: Stage,
    /// The content, in the order of the body. Pointers lead into the body.
    pub parts: Vec<Part>,
    /// Values that say the same as a part in another form.
    pub echoes: Vec<Echo>,
    /// Edits that put tokens in place of values that were put back, for whoever must not know them. Disjoint and in text order.
    pub restored: Vec<Edit>,
}

impl Draft {
    /// A draft of nothing but parts.
    #[must_use]
    pub const fn new(stage: Stage, parts: Vec<Part>) -> Self {
        Self { stage, parts, echoes: Vec::new(), restored: Vec::new() }
    }
}

/// A value that repeats a part in a form that cannot be edited, such as the log probabilities of its tokens.
/// Goes when the part is edited, so that it cannot give away what was redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// Index into [`Draft::parts`].
    pub part: usize,
    /// JSON Pointer of the value.
    pub pointer: String,
    /// What stands in its place then.
    pub leaves: Leaves,
}

/// What a value leaves behind that has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// `null`.
    Null,
    /// Nothing: it is taken out of its list, with the part that it stands for. What is signed is as it was, or not there at all.
    Nothing,
}
