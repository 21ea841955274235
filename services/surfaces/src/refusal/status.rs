//! The one table of codes and statuses. `docs/reason-codes.md` shows it; nothing else in the project knows a status.

use parapet_domain::Surface;
use parapet_domain::fold::RefusalKind;

/// What can go wrong besides a guard's refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The body does not fit the surface.
    MalformedBody,
    /// The body is longer than the limit.
    BodyTooLarge,
    /// The media type is not JSON.
    UnsupportedMediaType,
    /// The `Content-Encoding` cannot be read.
    UnsupportedEncoding,
    /// The headers are longer than the limit.
    HeadersTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// No credential, or one that is not valid.
    Unauthorized,
    /// The route needs a principal and the request names none.
    PrincipalMissing,
    /// The credential may not assert who the user is.
    IdentityNotAllowed,
    /// No route has this path.
    UnknownRoute,
    /// No approval of this caller has this id.
    UnknownApproval,
    /// No document of this caller has this id.
    UnknownDocument,
    /// The document is being written.
    DocumentBusy,
    /// The id is that of a document with another instruction or length.
    OtherDocument,
    /// There is no model to write with.
    NoModel,
    /// What a document may use is used up.
    BudgetSpent,
    /// What is kept of a document cannot be read or written.
    DocumentsUnavailable,
    /// The route does not serve this method.
    MethodNotAllowed,
    /// The caller takes no answer in the form in which it comes.
    NotAcceptable,
    /// A page of a web site that the route does not know asks.
    OriginNotAllowed,
    /// A protocol upgrade, which would carry content past the guards.
    UpgradeRefused,
    /// The caller sends too much at once.
    RateLimited,
    /// All request slots are taken, or the process is about to end.
    Overloaded,
    /// No connection to the upstream.
    UpstreamUnreachable,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// The upstream's answer cannot be read or is incomplete.
    UpstreamError,
    /// The upstream's answer is longer than the limit.
    AnswerTooLarge,
    /// A defect in Parapet.
    Internal,
}

/// One row: a code and how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRow {
    /// The `code` of the error body.
    pub code: &'static str,
    /// Status on model surfaces, whose SDKs retry 5xx, take 403 for a wrong key and every 2xx for an answer.
    pub model_status: u16,
    /// Status on `/v1/check` and generic routes.
    pub plain_status: u16,
    /// The `type` of an OpenAI error.
    pub openai_type: &'static str,
    /// The `param` of an OpenAI error.
    pub openai_param: Option<&'static str>,
    /// Whether a `Retry-After` goes with it.
    pub retry_after: bool,
    /// What it means.
    pub meaning: &'static str,
}

impl StatusRow {
    pub(crate) const fn status(&self, surface: Surface) -> u16 {
        match surface {
            // Whoever asks with one of the last three may take any 2xx for leave to go on.
            Surface::OpenaiChat
            | Surface::OpenaiResponses
            | Surface::AnthropicMessages
            | Surface::Mcp
            | Surface::Litellm
            | Surface::ExtAuthz
            | Surface::ClaudeCode => self.model_status,
            Surface::Check | Surface::Generic | Surface::Write => self.plain_status,
        }
    }
}

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";

const fn row(code: &'static str, status: u16, openai_type: &'static str, meaning: &'static str) -> StatusRow {
    StatusRow {
        code,
        model_status: status,
        plain_status: status,
        openai_type,
        openai_param: None,
        retry_after: false,
        meaning,
    }
}

const fn retried(row: StatusRow) -> StatusRow {
    StatusRow { retry_after: true, ..row }
}

const BLOCKED: StatusRow =
    StatusRow { openai_param: Some("prompt"), ..row("content_filter", 400, INVALID, "a guard refused the content") };
const APPROVAL: StatusRow = StatusRow {
    plain_status: 202,
    ..row("approval_required", 400, INVALID, "a person has to approve; `Location` says where")
};
const GUARD_FAILED: StatusRow =
    row("guardrail_failed", 400, INVALID, "a guard failed on this content; sending it again will not help");
const UNAVAILABLE: StatusRow =
    retried(row("guardrail_unavailable", 503, SERVER, "no capacity, no time or no audit store; try again later"));

const MALFORMED: StatusRow = row("malformed_body", 400, INVALID, "the body does not fit the surface");
const BODY_TOO_LARGE: StatusRow = row("body_too_large", 413, INVALID, "the body is longer than the limit");
const MEDIA_TYPE: StatusRow = row("unsupported_media_type", 415, INVALID, "the media type is not JSON");
const ENCODING: StatusRow = row("unsupported_encoding", 415, INVALID, "the `Content-Encoding` cannot be inspected");
const HEADERS_TOO_LARGE: StatusRow = row("headers_too_large", 431, INVALID, "the headers are longer than the limit");
const REQUEST_TIMEOUT: StatusRow = row("request_timeout", 408, INVALID, "the body did not arrive in time");
const UNAUTHORIZED: StatusRow = row("unauthorized", 401, INVALID, "no credential, or one that is not valid");
const PRINCIPAL_MISSING: StatusRow = row("principal_missing", 401, INVALID, "the route needs to know the user");
const IDENTITY_NOT_ALLOWED: StatusRow =
    row("identity_not_allowed", 403, INVALID, "the credential may not assert an agent or a principal");
const UNKNOWN_ROUTE: StatusRow = row("unknown_route", 404, INVALID, "no route has this path");
const UNKNOWN_APPROVAL: StatusRow =
    row("unknown_approval", 404, INVALID, "there is no such approval, or it is another user's");
const UNKNOWN_DOCUMENT: StatusRow =
    row("unknown_document", 404, INVALID, "there is no such document, or it is another user's");
const DOCUMENT_BUSY: StatusRow = retried(row("document_busy", 409, INVALID, "the document is being written"));
const OTHER_DOCUMENT: StatusRow =
    row("other_document", 409, INVALID, "the id is that of a document with another instruction or length");
const NO_MODEL: StatusRow = row("no_model", 501, SERVER, "no model is configured to write with");
const BUDGET_SPENT: StatusRow = row("budget_spent", 400, INVALID, "what the document may use is used up");
const DOCUMENTS_UNAVAILABLE: StatusRow = retried(row(
    "documents_unavailable",
    503,
    SERVER,
    "what is kept of the document cannot be read or written; try again later",
));
const METHOD_NOT_ALLOWED: StatusRow = row("method_not_allowed", 405, INVALID, "the route does not serve this method");
const NOT_ACCEPTABLE: StatusRow =
    row("not_acceptable", 406, INVALID, "the `Accept` header leaves out a form in which the answer may come");
const ORIGIN_NOT_ALLOWED: StatusRow =
    row("origin_not_allowed", 403, INVALID, "a page of a web site asks that the route does not name");
const UPGRADE_REFUSED: StatusRow =
    row("upgrade_refused", 400, INVALID, "a protocol upgrade would carry content past the guards");
const RATE_LIMITED: StatusRow = retried(row("rate_limited", 429, "rate_limit_error", "too many requests at once"));
const OVERLOADED: StatusRow = retried(row("overloaded", 503, SERVER, "all request slots are taken; try again later"));
const UNREACHABLE: StatusRow = row("upstream_unreachable", 502, SERVER, "no connection to the upstream");
const UPSTREAM_TIMEOUT: StatusRow = row("upstream_timeout", 504, SERVER, "the upstream did not answer in time");
const UPSTREAM_ERROR: StatusRow =
    row("upstream_error", 502, SERVER, "the upstream's answer cannot be read or is incomplete");
const ANSWER_TOO_LARGE: StatusRow =
    row("answer_too_large", 502, SERVER, "the upstream's answer is longer than the limit");
const INTERNAL: StatusRow = row("internal_error", 500, SERVER, "a defect in Parapet; nothing was released");

/// Every row, refusals first.
pub const STATUS_TABLE: &[StatusRow] = &[
    BLOCKED,
    APPROVAL,
    GUARD_FAILED,
    UNAVAILABLE,
    MALFORMED,
    BODY_TOO_LARGE,
    MEDIA_TYPE,
    ENCODING,
    HEADERS_TOO_LARGE,
    REQUEST_TIMEOUT,
    UNAUTHORIZED,
    PRINCIPAL_MISSING,
    IDENTITY_NOT_ALLOWED,
    UNKNOWN_ROUTE,
    UNKNOWN_APPROVAL,
    UNKNOWN_DOCUMENT,
    DOCUMENT_BUSY,
    OTHER_DOCUMENT,
    NO_MODEL,
    BUDGET_SPENT,
    DOCUMENTS_UNAVAILABLE,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    ORIGIN_NOT_ALLOWED,
    UPGRADE_REFUSED,
    RATE_LIMITED,
    OVERLOADED,
    UNREACHABLE,
    UPSTREAM_TIMEOUT,
    UPSTREAM_ERROR,
    ANSWER_TOO_LARGE,
    INTERNAL,
];

pub(crate) const fn of_refusal(kind: RefusalKind) -> &'static StatusRow {
    match kind {
        RefusalKind::Blocked => &BLOCKED,
        RefusalKind::ApprovalRequired => &APPROVAL,
        RefusalKind::GuardFailed => &GUARD_FAILED,
        RefusalKind::Unavailable => &UNAVAILABLE,
    }
}

pub(crate) const fn of_fault(fault: Fault) -> &'static StatusRow {
    match fault {
        Fault::MalformedBody => &MALFORMED,
        Fault::BodyTooLarge => &BODY_TOO_LARGE,
        Fault::UnsupportedMediaType => &MEDIA_TYPE,
        Fault::UnsupportedEncoding => &ENCODING,
        Fault::HeadersTooLarge => &HEADERS_TOO_LARGE,
        Fault::RequestTimeout => &REQUEST_TIMEOUT,
        Fault::Unauthorized => &UNAUTHORIZED,
        Fault::PrincipalMissing => &PRINCIPAL_MISSING,
        Fault::IdentityNotAllowed => &IDENTITY_NOT_ALLOWED,
        Fault::UnknownRoute => &UNKNOWN_ROUTE,
        Fault::UnknownApproval => &UNKNOWN_APPROVAL,
        Fault::UnknownDocument => &UNKNOWN_DOCUMENT,
        Fault::DocumentBusy => &DOCUMENT_BUSY,
        Fault::OtherDocument => &OTHER_DOCUMENT,
        Fault::NoModel => &NO_MODEL,
        Fault::BudgetSpent => &BUDGET_SPENT,
        Fault::DocumentsUnavailable => &DOCUMENTS_UNAVAILABLE,
        Fault::MethodNotAllowed => &METHOD_NOT_ALLOWED,
        Fault::NotAcceptable => &NOT_ACCEPTABLE,
        Fault::OriginNotAllowed => &ORIGIN_NOT_ALLOWED,
        Fault::UpgradeRefused => &UPGRADE_REFUSED,
        Fault::RateLimited => &RATE_LIMITED,
        Fault::Overloaded => &OVERLOADED,
        Fault::UpstreamUnreachable => &UNREACHABLE,
        Fault::UpstreamTimeout => &UPSTREAM_TIMEOUT,
        Fault::UpstreamError => &UPSTREAM_ERROR,
        Fault::AnswerTooLarge => &ANSWER_TOO_LARGE,
        Fault::Internal => &INTERNAL,
    }
}
