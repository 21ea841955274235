//! How much of each field is stored. Longer fields are refused before they are queued, in every audit mode: a record
//! that was cut short, or dropped for its length, would be a way around the log.

use crate::StoreError;
use crate::row::Row;

/// Names from the configuration.
pub(crate) const NAME_BYTES: usize = 256;
/// Identifiers from the caller. They are indexed, and Postgres ends an index entry near 2,700 bytes.
pub(crate) const CALLER_ID_BYTES: usize = 1_024;
/// The message of a verdict: 2,000 characters of four bytes, with room for Parapet's own texts.
pub(crate) const MESSAGE_BYTES: usize = 16_384;
/// Everything together, content and guard runs included.
pub(crate) const RECORD_BYTES: usize = 16 << 20;

/// Checks a row in its stored form.
pub(crate) fn check(row: &Row) -> Result<(), StoreError> {
    let texts: [(&'static str, &str, usize); 12] = [
        ("tenant", &row.tenant, NAME_BYTES),
        ("route", &row.route, NAME_BYTES),
        ("agent", &row.agent, NAME_BYTES),
        ("guard_set", &row.guard_set, NAME_BYTES),
        ("reason_code", &row.reason_code, NAME_BYTES),
        ("content_digest", &row.content_digest, NAME_BYTES),
        ("decided_by", row.decided_by.as_deref().unwrap_or_default(), NAME_BYTES),
        ("trace_id", row.trace_id.as_deref().unwrap_or_default(), NAME_BYTES),
        ("principal", row.principal.as_deref().unwrap_or_default(), CALLER_ID_BYTES),
        ("session", row.session.as_deref().unwrap_or_default(), CALLER_ID_BYTES),
        ("message", &row.message, MESSAGE_BYTES),
        ("approval.by", row.approval_by.as_deref().unwrap_or_default(), NAME_BYTES),
    ];
    let guards = row.marks.iter().map(|mark| ("runs.guard", mark.guard.as_str(), NAME_BYTES));
    for (field, text, max) in texts.into_iter().chain(guards) {
        refuse_beyond(field, text.len(), max)?;
    }
    refuse_beyond("record", row.bytes(), RECORD_BYTES)
}

/// Checks one length.
pub(crate) const fn refuse_beyond(field: &'static str, bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes > max { Err(StoreError::FieldTooLong { field, bytes, max }) } else { Ok(()) }
}

/// The named constraints of the migrations, second wall behind [`check`], each with what it says.
const CONSTRAINTS: &[(&str, &str)] = &[
    ("tenant_length", "`tenant` is longer than 256 bytes"),
    ("route_length", "`route` is longer than 256 bytes"),
    ("agent_length", "`agent` is longer than 256 bytes"),
    ("principal_length", "`principal` is longer than 1024 bytes"),
    ("session_length", "`session` is longer than 1024 bytes"),
    ("reason_code_length", "`reason_code` is longer than 256 bytes"),
    ("guard_length", "the name of a guard is longer than 256 bytes"),
    ("stage_known", "`stage` is no stage that the database knows"),
    ("folded_known", "`folded` is no decision that the database knows"),
    ("enforced_known", "`enforced` is no decision that the database knows"),
    ("sequence_not_negative", "`sequence` is below 0"),
    ("duration_not_negative", "`duration_us` is below 0"),
    ("guard_set_tenant_length", "`tenant` of the guard set is longer than 256 bytes"),
    ("guard_set_hash_length", "`hash` of the guard set is longer than 256 bytes"),
    ("guard_set_known", "the guard set is not in the registry"),
    ("cases_tenant_length", "`tenant` of the case is longer than 256 bytes"),
    ("cases_guard_length", "`guard` of the case is longer than 256 bytes"),
    ("cases_guard_hash_length", "`guard_hash` of the case is longer than 256 bytes"),
    ("cases_vouched_by_length", "`by` of the case's evidence is empty or longer than 256 bytes"),
    ("cases_verdict_known", "`verdict` of the case is no verdict that the database knows"),
    ("approvals_tenant_length", "`tenant` of the approval is longer than 256 bytes"),
    ("approvals_principal_length", "`principal` of the approval is longer than 1024 bytes"),
    ("approvals_decided_by_length", "`by` of the approval's answer is empty or longer than 256 bytes"),
    ("approvals_state_known", "`state` of the approval is no state that the database knows"),
    ("approvals_answered", "the approval has an answer without somebody who gave it"),
    ("approvals_used", "the approval is used without a decision"),
    ("approval_state_known", "`approval_state` is no state that the database knows"),
    ("documents_tenant_length", "`tenant` of the document is longer than 256 bytes"),
    ("documents_id_length", "`id` of the document is longer than 256 bytes"),
    ("documents_record_length", "the document's record is longer than 1048576 bytes"),
    ("document_entries_document", "the document of the entry is not there"),
    ("document_entries_key_length", "`key` of the document's entry is longer than 256 bytes"),
    ("document_entries_entry_length", "the document's entry is longer than 1048576 bytes"),
    ("cases_evidence_known", "the case has no evidence that the database knows"),
];

/// The error for a named constraint.
pub(crate) fn of_constraint(name: &str) -> StoreError {
    let known = CONSTRAINTS.iter().find(|(constraint, _)| *constraint == name);
    StoreError::Rejected(
        known.map_or_else(|| format!("constraint `{name}` does not hold"), |(_, text)| (*text).to_owned()),
    )
}
