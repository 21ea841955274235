//! How much of each field of a case is stored. What is longer is refused, never cut.

use super::{CaseRow, NewCase};
use crate::StoreError;
use crate::limits::{NAME_BYTES, refuse_beyond};

/// The description of an agent.
const AGENT_BYTES: usize = 16 << 10;
/// What the user asked, what the agent did, the guard request, the plan: each.
const TEXT_BYTES: usize = 64 << 10;
const CODE_BYTES: usize = 256 << 10;
/// Facts, patterns, phrases and tests together.
const SETTINGS_BYTES: usize = 4 << 20;
const NOTE_BYTES: usize = 4 << 10;

/// Checks a row in its stored form.
pub(super) fn check(row: &CaseRow, grams: usize) -> Result<(), StoreError> {
    let texts: [(&'static str, &str, usize); 12] = [
        ("tenant", &row.tenant, NAME_BYTES),
        ("guard", &row.guard, NAME_BYTES),
        ("guard_hash", &row.guard_hash, NAME_BYTES),
        ("evidence.by", &row.vouched_by, NAME_BYTES),
        ("evidence.note", &row.note, NOTE_BYTES),
        ("agent", &row.agent, AGENT_BYTES),
        ("input", &row.input, TEXT_BYTES),
        ("output", &row.output, TEXT_BYTES),
        ("request", &row.request, TEXT_BYTES),
        ("plan", &row.plan, TEXT_BYTES),
        ("code", &row.code, CODE_BYTES),
        ("settings", &row.settings, SETTINGS_BYTES),
    ];
    for (field, text, max) in texts {
        refuse_beyond(field, text.len(), max)?;
    }
    refuse_beyond("grams", grams * size_of::<i64>(), NewCase::MAX_GRAMS * size_of::<i64>())?;
    if row.vouched_by.trim().is_empty() {
        return Err(StoreError::Rejected("`evidence.by` is empty; say who vouches for the case".to_owned()));
    }
    Ok(())
}
