//! Rule lists: an action, the attribute that it requires, and the text of the violation.

use super::NotUnderstood;
use crate::{Draft, GuardRequest};

/// Compiles a rule list.
///
/// # Errors
/// The sentence that is no rule.
pub(super) fn compile(request: &GuardRequest) -> Result<Draft, NotUnderstood> {
    Err(NotUnderstood::new(
        request.request.trim(),
        "it states no access table",
        "write who may read what as a table, a list or sentences",
    ))
}
