//! Why the gateway itself lists something as not inspected. The surfaces have reasons of their own.

/// No guard of the set matched the part's event.
pub(crate) const NO_GUARD_MATCHED: &str = parapet_domain::reason::NO_GUARD_MATCHED;
/// All guards that matched failed.
pub(crate) const GUARD_FAILED: &str = "guard_failed";
/// The body is no JSON.
pub(crate) const NOT_JSON: &str = "not_json";
/// The answer could not be taken apart.
pub(crate) const UNREADABLE: &str = "unreadable";
/// The request has a query.
pub(crate) const QUERY_STRING: &str = "query_string";

/// Every reason with what it means.
pub const REASONS: &[(&str, &str)] = &[
    (NO_GUARD_MATCHED, "no guard of the set judges this kind of event"),
    (GUARD_FAILED, "every guard that should have judged the part failed"),
    (NOT_JSON, "the whole answer of an upstream, which is no JSON"),
    (UNREADABLE, "the whole answer of an upstream, which cannot be taken apart; always refused"),
    (QUERY_STRING, "the query of a request's address"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_reason_is_in_the_documentation() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reason-codes.md")).unwrap();
        for (reason, meaning) in super::REASONS {
            assert!(text.contains(&format!("| `{reason}` | {meaning} |")), "{reason}");
        }
    }
}
