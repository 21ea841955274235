//! Reason codes that Parapet itself gives. Guards add their own. `docs/reason-codes.md` lists all of them,
//! with the status on each surface; a test compares the two.

/// No guard of the set matched the event, and the route does not allow that.
pub const NO_GUARD_MATCHED: &str = "no_guard_matched";
/// A part could not be read, and the route does not let such parts pass.
pub const PART_NOT_INSPECTED: &str = "part_not_inspected";
/// An edit would have broken the structure of the body.
pub const REDACTION_IMPOSSIBLE: &str = "redaction_impossible";
/// The protocol has no way to carry the edits back to whoever asked.
pub const REDACTION_NOT_CARRIED: &str = "redaction_not_carried";
/// The store could not confirm the record in time.
pub const AUDIT_UNAVAILABLE: &str = "audit_unavailable";
/// A person has refused this call.
pub const APPROVAL_DENIED: &str = "approval_denied";
/// Too many calls of the user wait for a person.
pub const APPROVALS_FULL: &str = "approvals_full";
/// A person could not be shown all of what to approve.
pub const APPROVAL_TOO_LARGE: &str = "approval_too_large";
/// Approvals could neither be looked up nor asked for.
pub const APPROVALS_UNAVAILABLE: &str = "approvals_unavailable";
/// What was released could not be remembered for the session.
pub const SESSION_UNAVAILABLE: &str = "session_unavailable";

/// A message answers a request that nobody made.
pub const ANSWER_NOT_ASKED: &str = "answer_not_asked";
/// A method of MCP that is not known.
pub const METHOD_NOT_KNOWN: &str = "method_not_known";
/// A version of MCP that is not spoken.
pub const PROTOCOL_VERSION_UNKNOWN: &str = "protocol_version_unknown";
/// The route's lists leave the tool out.
pub const TOOL_NOT_OFFERED: &str = "tool_not_offered";

/// The guards refused every section of a document.
pub const NOTHING_WRITTEN: &str = "nothing_written";

/// Every reason code of Parapet itself, with what it means.
pub const ALL: &[(&str, &str)] = &[
    (NO_GUARD_MATCHED, "no guard of the set matched the event, and the route refuses what nothing judged"),
    (PART_NOT_INSPECTED, "a part of the body could not be inspected, and the route refuses such bodies"),
    (REDACTION_IMPOSSIBLE, "an edit would have broken the structure of the body, so it was refused instead"),
    (
        REDACTION_NOT_CARRIED,
        "a guard redacted content that the protocol cannot carry back to whoever asked, so it was refused instead",
    ),
    (AUDIT_UNAVAILABLE, "the decision could not be recorded in time, so nothing was released"),
    (APPROVAL_DENIED, "a person was asked to approve this call and refused it"),
    (APPROVALS_FULL, "as many calls of this user as the route allows wait for a person already"),
    (APPROVAL_TOO_LARGE, "the content is too large to be shown whole to the person who would have to approve it"),
    (APPROVALS_UNAVAILABLE, "the store could not be asked for an approval in time, so nothing was released"),
    (ANSWER_NOT_ASKED, "a message answers a request that nobody made, or that has been answered"),
    (METHOD_NOT_KNOWN, "the method of an MCP message is not known, and the route refuses such messages"),
    (PROTOCOL_VERSION_UNKNOWN, "an MCP server wants a version of the protocol that is not spoken here"),
    (TOOL_NOT_OFFERED, "the route's lists leave the tool out"),
    (SESSION_UNAVAILABLE, "what was to be released could not be remembered for its session, so nothing was released"),
    (NOTHING_WRITTEN, "the guards refused every section of a long document, so that there is none"),
    ("guard_out_of_fuel", "a guard used up its fuel on this content"),
    ("guard_out_of_memory", "a guard needed more memory than its budget"),
    ("guard_timed_out", "a guard did not finish before its deadline"),
    ("guard_trapped", "a guard stopped with an error"),
    ("guard_bad_output", "a guard answered with something that is no verdict"),
    ("guard_tool_failed", "a tool refused the guard's arguments or hit its own limit"),
    ("guard_tool_not_granted", "a guard called a tool that it was not granted"),
    ("guard_no_capacity", "all sandbox slots were busy, so the guard could not run"),
    ("guard_session_unavailable", "a guard reads what came before, and the store of sessions could not say"),
    ("guard_not_generated", "no code for this event could be had from the model in time"),
];
