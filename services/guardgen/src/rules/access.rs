//! Access tables: role → resource → fields, compiled into a guard over what an agent reads.

use super::NotUnderstood;
use crate::{Draft, GuardRequest};

/// Whether the request looks like an access table rather than a list of rules.
pub(super) fn claims(request: &GuardRequest) -> bool {
    !super::markdown::blocks(&request.request).is_empty() && request.facts.contains_key("access")
}

/// Compiles an access table.
///
/// # Errors
/// The sentence that is no part of one.
pub(super) fn compile(request: &GuardRequest) -> Result<Draft, NotUnderstood> {
    Err(NotUnderstood::new(
        request.request.trim(),
        "it states no access table",
        "write who may read what as a table, a list or sentences",
    ))
}
