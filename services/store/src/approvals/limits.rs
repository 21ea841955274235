//! How much of each field of an approval is stored. What is longer is refused, never cut.

use super::{Answer, ApprovalRow};
use crate::StoreError;
use crate::limits::{CALLER_ID_BYTES, NAME_BYTES, refuse_beyond};

/// Who answers.
pub(super) const BY_BYTES: usize = NAME_BYTES;
/// Why.
pub(super) const NOTE_BYTES: usize = 4 << 10;
/// The name of a tool is a caller's text.
const TOOL_BYTES: usize = 4 << 10;
/// Messages of the guards that ask.
const QUESTIONS_BYTES: usize = 1 << 20;
/// What the person sees. Whoever asks keeps far below.
const CONTENT_BYTES: usize = 4 << 20;

/// Checks a row in its stored form.
pub(super) fn check(row: &ApprovalRow) -> Result<(), StoreError> {
    let texts: [(&'static str, &str, usize); 11] = [
        ("tenant", &row.tenant, NAME_BYTES),
        ("binding", &row.binding, NAME_BYTES),
        ("route", &row.route, NAME_BYTES),
        ("agent", &row.agent, NAME_BYTES),
        ("principal", row.principal.as_deref().unwrap_or_default(), CALLER_ID_BYTES),
        ("session", row.session.as_deref().unwrap_or_default(), CALLER_ID_BYTES),
        ("tool", row.tool.as_deref().unwrap_or_default(), TOOL_BYTES),
        ("call_digest", &row.call_digest, NAME_BYTES),
        ("guard_set", &row.guard_set, NAME_BYTES),
        ("questions", &row.questions, QUESTIONS_BYTES),
        ("content", row.content.as_deref().unwrap_or_default(), CONTENT_BYTES),
    ];
    texts.into_iter().try_for_each(|(field, text, max)| refuse_beyond(field, text.len(), max))
}

/// Checks an answer.
pub(super) fn check_answer(answer: &Answer) -> Result<(), StoreError> {
    refuse_beyond("by", answer.by.len(), BY_BYTES)?;
    refuse_beyond("note", answer.note.len(), NOTE_BYTES)?;
    if answer.by.trim().is_empty() {
        return Err(StoreError::Rejected("`by` is empty; say who answers".to_owned()));
    }
    Ok(())
}
