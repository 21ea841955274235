//! A body that is held back. Its bytes come out through [`crate::release`] alone.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parapet_domain::fold::NotInspected;
use parapet_surfaces::{Carried, Draft, Earlier, HeldAnswer, ModelApi, ParsedBody, WindowedAnswer};

/// A body, taken apart and not yet judged.
pub(crate) struct Held {
    pub(crate) body: Body,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) not_inspected: Vec<NotInspected>,
    /// How many events have been taken out to be judged.
    pub(crate) expected: usize,
    /// Whether it is a request to a model or an agent, whose answer comes in the same exchange.
    pub(crate) is_request: bool,
    /// Which edits can be made in what leaves.
    pub(crate) carried: Carried,
    /// Which parts are of a conversation's history, where the route remembers such parts.
    pub(crate) earlier: Option<Earlier>,
}

/// What is held.
pub(crate) enum Body {
    /// One JSON value, or bytes that are none.
    Whole(Bytes),
    /// A streamed answer.
    Stream {
        /// The protocol of the stream.
        api: ModelApi,
        /// The answer that it amounts to, which is judged and edited.
        assembled: Bytes,
        /// The events that were judged, and nothing else of what came: no comments, no ids.
        judged: Bytes,
    },
    /// A window of a streamed answer, of which more is to come.
    Window(Box<WindowedAnswer>),
}

/// What surrounds an answer's body.
pub(crate) struct AnswerHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Held {
    pub(crate) fn new(body: Body, parsed: ParsedBody) -> Self {
        let (drafts, not_inspected) = (parsed.events, parsed.not_inspected);
        Self { body, drafts, not_inspected, expected: 0, is_request: false, carried: Carried::All, earlier: None }
    }

    /// A request that is forwarded, and answered in the same exchange.
    pub(crate) fn request(body: Bytes, parsed: ParsedBody) -> Self {
        Self { is_request: true, ..Self::new(Body::Whole(body), parsed) }
    }

    /// A streamed answer that is complete.
    pub(crate) fn stream(held: HeldAnswer) -> Self {
        let body = Body::Stream { api: held.api, assembled: held.body.into(), judged: held.plain.into() };
        Self::new(body, held.parsed)
    }
}
