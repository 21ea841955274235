//! Why an exchange stops before it is answered. Which status goes with what stands in `parapet_surfaces` alone.

use std::time::Duration;

use parapet_domain::{Refusal, Surface};
use parapet_surfaces::{Fault, StreamError, SurfaceError};
use uuid::Uuid;

use crate::identity::IdentityError;
use crate::upstream::UpstreamError;

/// Nothing is released.
#[derive(Debug)]
pub(crate) enum Stop {
    /// By a decision, or for want of a record of it.
    Refused {
        refusal: Box<Refusal>,
        /// The decision, if it is recorded.
        decision_id: Option<Uuid>,
    },
    /// By something that is no guard's doing.
    Failed(GatewayError),
}

/// What is wrong with a request, an answer or the machine. The texts are for the caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("no route has this path; see the `[[route]]` tables of the configuration")]
    UnknownPath,
    #[error("this route is called with POST only")]
    Method,
    #[error("an approval is read with GET; it is given on the admin listener")]
    GetOnly,
    #[error("there is no such approval, or it is not yours; send the identity that the call was made with")]
    UnknownApproval,
    #[error("approvals cannot be looked up at the moment; try again later")]
    ApprovalsAway,
    #[error("a document is read with GET, and written with POST to the path of its route")]
    DocumentMethod,
    #[error("there is no such document, or it is not yours; send the identity that it was begun with")]
    UnknownDocument,
    #[error("this document is being written; wait for that, or stop it by closing its connection")]
    DocumentBusy,
    #[error("all {0} places for documents are taken; try again later")]
    TooManyDocuments(usize),
    #[error("{0} of your documents are being written, as many as may be; wait for one to end")]
    TooManyOfPrincipal(usize),
    #[error("there is no model to write with; the operator has to add `[model]` to the configuration")]
    NoModel,
    #[error("this route is called with POST, GET and DELETE only")]
    McpMethod,
    #[error("header `{0}` must be given at most once, in 1 to 2048 visible ASCII characters")]
    McpHeader(&'static str),
    #[error("version `{0}` of the protocol is not spoken here; use 2025-11-25, 2025-06-18 or 2025-03-26")]
    ProtocolVersion(String),
    #[error("the answer may come as `{0}`; name that in `accept`")]
    NotAcceptable(&'static str),
    #[error("pages of this site may not ask here; name the site in the route's `origins_allowed`")]
    Origin,
    #[error("all {0} places for open streams are taken; try again later")]
    TooManyStreams(usize),
    #[error("connections cannot be upgraded here: what follows could not be judged")]
    Upgrade,
    #[error("content encoding `{0}` cannot be inspected; send the body without it")]
    Encoding(String),
    #[error("the proxy sent only the beginning of the body; raise `max_request_bytes` of its `with_request_body`")]
    PartialBody,
    #[error("limit `{limit}` is used up; try again in {} s", seconds(*wait))]
    RateLimited {
        limit: String,
        /// Until the next request may come.
        wait: Duration,
    },
    #[error("the content type must be `application/json`")]
    MediaType,
    #[error("header `{0}` must be 1 to 256 visible ASCII characters")]
    Header(&'static str),
    #[error("the body is longer than {0} bytes, the limit here")]
    BodyTooLarge(usize),
    #[error("the body did not arrive within {0} ms")]
    BodyTooSlow(u128),
    #[error("the body ended before it was complete")]
    BodyCutOff,
    #[error(transparent)]
    Body(#[from] SurfaceError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("all {0} places for requests are taken; try again later")]
    Overloaded(usize),
    #[error("the room for request bodies is taken; try again later")]
    NoRoom,
    #[error("the request took longer than {0} ms, the limit here")]
    TooSlow(u128),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("{0}")]
    Stream(#[from] StreamError),
    #[error("something in Parapet is broken; nothing was released, and the log says more")]
    Internal(&'static str),
}

impl GatewayError {
    /// The row of the table of statuses.
    pub(crate) const fn fault(&self) -> Fault {
        match self {
            Self::UnknownPath => Fault::UnknownRoute,
            Self::Method | Self::GetOnly | Self::McpMethod | Self::DocumentMethod => Fault::MethodNotAllowed,
            Self::UnknownDocument => Fault::UnknownDocument,
            Self::DocumentBusy => Fault::DocumentBusy,
            Self::NoModel => Fault::NoModel,
            Self::UnknownApproval => Fault::UnknownApproval,
            Self::ApprovalsAway => Fault::Overloaded,
            Self::NotAcceptable(_) => Fault::NotAcceptable,
            Self::Origin => Fault::OriginNotAllowed,
            Self::Upgrade => Fault::UpgradeRefused,
            Self::Encoding(_) => Fault::UnsupportedEncoding,
            Self::MediaType => Fault::UnsupportedMediaType,
            Self::BodyTooLarge(_) | Self::PartialBody => Fault::BodyTooLarge,
            Self::RateLimited { .. } => Fault::RateLimited,
            Self::BodyTooSlow(_) => Fault::RequestTimeout,
            Self::Header(_) | Self::McpHeader(_) | Self::ProtocolVersion(_) | Self::BodyCutOff | Self::Body(_) => {
                Fault::MalformedBody
            }
            Self::Identity(IdentityError::Missing) => Fault::PrincipalMissing,
            Self::Identity(IdentityError::MayNotAssert) => Fault::IdentityNotAllowed,
            Self::Identity(IdentityError::KeysUnavailable)
            | Self::Overloaded(_)
            | Self::NoRoom
            | Self::TooManyStreams(_)
            | Self::TooManyDocuments(_)
            | Self::TooManyOfPrincipal(_) => Fault::Overloaded,
            Self::Identity(_) => Fault::Unauthorized,
            Self::TooSlow(_) => Fault::UpstreamTimeout,
            Self::Upstream(error) => of_upstream(error),
            Self::Stream(error) => error.fault(),
            Self::Internal(_) => Fault::Internal,
        }
    }

    /// When to try again, in seconds; told where the row of the table has a `Retry-After`.
    pub(crate) fn retry_after_s(&self) -> u32 {
        match self {
            Self::RateLimited { wait, .. } => seconds(*wait),
            _ => RETRY_AFTER_S,
        }
    }
}

/// When to try again after an outage of Parapet itself, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// Whole seconds, rounded up, at least one.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

const fn of_upstream(error: &UpstreamError) -> Fault {
    match error {
        UpstreamError::Unreachable(_) => Fault::UpstreamUnreachable,
        UpstreamError::TooSlow { .. } => Fault::UpstreamTimeout,
        UpstreamError::TooLarge { .. } => Fault::AnswerTooLarge,
        UpstreamError::NotSent(_) => Fault::Internal,
        UpstreamError::CutOff(_) | UpstreamError::Garbage(_) | UpstreamError::Unreadable => Fault::UpstreamError,
    }
}

impl<E: Into<GatewayError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Whose shape an error takes before a route is known: Parapet's own.
pub(crate) const NO_SURFACE: Surface = Surface::Generic;
