//! What the analysis finds: calls, assignments and mentions of outside names.

use ruff_text_size::TextSize;

use crate::value::Value;

/// One call in the program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    /// The callee as written, for dotted names; empty for anything else.
    pub(crate) written: String,
    /// Every function that the callee may be, by name.
    pub(crate) targets: Vec<String>,
    /// Whether the callee can be nothing but `targets`.
    pub(crate) target_known: bool,
    /// The last name of a method call.
    pub(crate) method: Option<String>,
    /// The object of a method call.
    pub(crate) receiver: Option<Argument>,
    /// Arguments by position.
    pub(crate) args: Vec<Argument>,
    /// Arguments by name; without a name for `**mapping`.
    pub(crate) kwargs: Vec<(Option<String>, Argument)>,
    /// Variables that get the result.
    pub(crate) assigned_to: Vec<String>,
    /// Start of the callee.
    pub(crate) start: TextSize,
    /// End of the callee.
    pub(crate) callee_end: TextSize,
    /// Whether it stands in a loop or comprehension of its function.
    pub(crate) in_loop: bool,
    /// Whether it stands in a branch that may be skipped.
    pub(crate) conditional: bool,
    /// Name of the function around it.
    pub(crate) function: Option<String>,
    /// Whether it was found by scanning code that could not be parsed.
    pub(crate) recovered: bool,
}

impl Call {
    /// The callee's one name, else the name as written.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        match self.targets.as_slice() {
            [only] if self.target_known => only,
            _ => &self.written,
        }
    }
}

/// One argument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Argument {
    /// The variable, when the argument is just a variable.
    pub(crate) name: Option<String>,
    /// Whether it is `*arguments`.
    pub(crate) starred: bool,
    /// What it may be.
    pub(crate) value: Value,
}

/// One assignment to a variable.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    /// The variable, or dotted attribute.
    pub(crate) name: String,
    /// What it gets.
    pub(crate) value: Value,
    /// Start of the target.
    pub(crate) start: TextSize,
}

/// An outside name that is used as a value: not called, so what becomes of it may not be seen.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    /// Dotted name.
    pub(crate) name: String,
    /// Where.
    pub(crate) start: TextSize,
}
