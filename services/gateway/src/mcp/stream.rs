//! A stream of a server's messages, passed on one by one: each is judged and recorded before it leaves. A message at most
//! is held, and a few are on their way to the client; a server that is faster waits.

use std::sync::Arc;

use bytes::Bytes;
use parapet_surfaces::Fault;
use parapet_surfaces::mcp::{RequestId, Sender, may_batch};
use parapet_surfaces::sse::{SseEvent, SseParser};

use super::asking::Asking;
use super::batch::{carry_all, join};
use super::carry::{UNREADABLE_TEXT, record_unread};
use super::conversation::Conversation;
use super::post::faults;
use super::send::send_back;
use crate::exchange::Exchange;
use crate::outgoing::{CallerGone, Feed};
use crate::upstream::{Opened, UpstreamError};

/// Longest id of an event, in bytes: a client sends it back in a header.
const MAX_EVENT_ID_BYTES: usize = 1_024;

/// A stream that comes in.
pub(super) struct Stream {
    opened: Opened,
    parser: SseParser,
    conversation: Arc<Conversation>,
    feed: Feed,
    /// Requests that this stream has to answer.
    waiting: Vec<RequestId>,
    /// The server numbers its events, so that the client can ask for the rest elsewhere.
    resumable: bool,
}

/// Why a stream ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    CallerGone,
    UpstreamGone,
    UpstreamSilent,
    Unreadable,
    Stopping,
}

impl End {
    /// The word for metrics and the log.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CallerGone => "caller_gone",
            Self::UpstreamGone => "upstream_gone",
            Self::UpstreamSilent => "upstream_silent",
            Self::Unreadable => "unreadable",
            Self::Stopping => "stopping",
        }
    }
}

impl Stream {
    pub(super) fn new(opened: Opened, conversation: Arc<Conversation>, feed: Feed, waiting: Vec<RequestId>) -> Self {
        let parser = SseParser::new(opened.max_bytes());
        Self { opened, parser, conversation, feed, waiting, resumable: false }
    }

    /// Passes on what comes, until one of the sides ends it. Messages belong to `exchange`; where there is none, as nobody
    /// asked for them, each is an exchange of its own.
    pub(super) async fn run<'a>(mut self, mut exchange: Option<&mut Exchange<'a>>, asking: &Asking<'a>) {
        let end = loop {
            match self.step(exchange.as_deref_mut(), asking).await {
                Ok(()) => {}
                Err(end) => break end,
            }
        };
        if end == End::Unreadable {
            let mut own = None;
            // The reason of a record that failed is in the log.
            let _ = record_unread(of(&mut exchange, &mut own, asking), parapet_domain::Stage::ToolResult).await;
        }
        if end != End::CallerGone {
            self.answer_the_rest(end).await;
        }
        let route = asking.live.config.name.as_str();
        asking.app.metrics.streamed(route, end.as_str());
        tracing::info!(route.name = route, trace.id = %asking.trace.id, stream.end = end.as_str(), "streamed");
    }

    /// The next piece of the stream.
    async fn step<'a>(&mut self, mut exchange: Option<&mut Exchange<'a>>, asking: &Asking<'a>) -> Result<(), End> {
        let listens = exchange.is_none();
        let read = tokio::select! {
            read = self.opened.next() => read,
            () = self.feed.gone() => return Err(End::CallerGone),
            () = asking.app.stopping.cancelled(), if listens => return Err(End::Stopping),
        };
        let mut events = Vec::new();
        let parsed = match &read {
            Ok(Some(bytes)) => self.parser.push(bytes, &mut events),
            Ok(None) => self.parser.finish(&mut events),
            Err(error) => {
                asking.app.metrics.upstream_failed(&self.opened.upstream_name(), error.kind());
                return Err(if matches!(error, UpstreamError::TooSlow { .. }) {
                    End::UpstreamSilent
                } else {
                    End::UpstreamGone
                });
            }
        };
        for event in events {
            let mut own = None;
            let exchange = of(&mut exchange, &mut own, asking);
            self.pass_on(exchange, asking, event).await.map_err(|CallerGone| End::CallerGone)?;
        }
        parsed.map_err(|_| End::Unreadable)?;
        if matches!(read, Ok(None)) { Err(End::Complete) } else { Ok(()) }
    }

    async fn pass_on(
        &mut self,
        exchange: &mut Exchange<'_>,
        asking: &Asking<'_>,
        event: SseEvent,
    ) -> Result<(), CallerGone> {
        // Clients read no events of other names.
        if !matches!(event.name.as_str(), "" | "message") {
            return Ok(());
        }
        let is_id =
            |id: &String| (1..=MAX_EVENT_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        let SseEvent { name, data, id, retry } = event;
        let id = id.filter(is_id);
        self.resumable |= id.is_some();
        if data.trim().is_empty() {
            // A place to go on from, and no message.
            let mark = SseEvent { name, data: String::new(), id, retry };
            return if mark.id.is_some() || mark.retry.is_some() { self.send(mark).await } else { Ok(()) };
        }
        let Some(data) = self.carry(exchange, asking, data.into()).await else { return Ok(()) };
        let data = String::from_utf8_lossy(&data).into_owned();
        self.send(SseEvent { name, data, id, retry }).await
    }

    /// What may go on of the messages in an event.
    async fn carry(&mut self, exchange: &mut Exchange<'_>, asking: &Asking<'_>, data: Bytes) -> Option<Bytes> {
        let batches = may_batch(asking.terms.version.as_deref());
        let carried = carry_all(exchange, asking.route, &self.conversation, Sender::Server, data, batches).await;
        let Ok(outcomes) = carried else {
            // The reason of a record that failed is in the log.
            let _ = record_unread(exchange, parapet_domain::Stage::ToolResult).await;
            return None;
        };
        let mut messages = Vec::new();
        for outcome in outcomes.all {
            messages.extend(outcome.on);
            self.waiting.retain(|id| Some(id) != outcome.answers.as_ref());
            if let Some(back) = outcome.back {
                send_back(exchange, asking, back).await;
            }
        }
        (!messages.is_empty()).then(|| join(&messages, outcomes.batch))
    }

    async fn send(&self, event: SseEvent) -> Result<(), CallerGone> {
        self.feed.send(event.render_json().into()).await
    }

    /// Nobody is left waiting for an answer that will not come. One that the client can still ask for elsewhere is left open.
    async fn answer_the_rest(&self, end: End) {
        if self.resumable && end != End::Unreadable {
            return;
        }
        let (fault, message) = match end {
            End::Unreadable => (Fault::UpstreamError, UNREADABLE_TEXT),
            End::UpstreamSilent => (Fault::UpstreamTimeout, "the server fell silent before it answered"),
            _ => (Fault::UpstreamError, "the server ended the stream before it answered"),
        };
        for reply in faults(&self.conversation, &self.waiting, fault, message) {
            let data = String::from_utf8_lossy(&reply).into_owned();
            if self.send(SseEvent { data, ..SseEvent::default() }).await.is_err() {
                return;
            }
        }
    }
}

/// The exchange that messages belong to, else one of their own.
fn of<'e, 'a>(
    exchange: &'e mut Option<&mut Exchange<'a>>,
    own: &'e mut Option<Exchange<'a>>,
    asking: &Asking<'a>,
) -> &'e mut Exchange<'a> {
    match exchange {
        Some(exchange) => exchange,
        None => own.insert(asking.exchange()),
    }
}
