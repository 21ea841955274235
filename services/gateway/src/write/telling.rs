//! Tells a caller of a document's steps as server-sent events. Nothing is answered before the first step, so that what fails
//! before it has a status of its own.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use parapet_surfaces::sse::SseEvent;
use serde_json::Value;

use super::DocumentError;
use super::answer::{failed, named, reply, whole, with_id};
use crate::answer::http;
use crate::config::Route;
use crate::outgoing::{CallerGone, Feed, Outgoing};
use crate::relay::AHEAD;
use crate::router::Caller;

/// A comment, which clients skip: some proxies close what is silent for long.
const BEAT: &[u8] = b":\n\n";

/// The caller of one document.
pub(super) struct Telling<'c, 'a> {
    caller: &'c mut Caller<'a>,
    id: String,
    stream: bool,
    /// There once the stream has begun.
    feed: Option<Feed>,
}

impl<'c, 'a> Telling<'c, 'a> {
    pub(super) const fn new(caller: &'c mut Caller<'a>, id: String, stream: bool) -> Self {
        Self { caller, id, stream, feed: None }
    }

    /// Completes when the caller has gone.
    pub(super) async fn gone(&mut self) {
        match &self.feed {
            Some(feed) => feed.gone().await,
            None => self.caller.gone().await,
        }
    }

    pub(super) async fn step(&mut self, step: &Value) -> Result<(), CallerGone> {
        if self.stream { self.event("progress", step).await } else { Ok(()) }
    }

    /// A sign of life.
    pub(super) async fn beat(&self) -> Result<(), CallerGone> {
        match &self.feed {
            Some(feed) => feed.send(Bytes::from_static(BEAT)).await,
            None => Ok(()),
        }
    }

    /// The document, or why there is none.
    pub(super) async fn end(mut self, route: &Route, guard_set: &str, ended: Result<Value, DocumentError>) {
        // A caller that has gone takes nothing.
        match ended {
            Ok(told) if self.stream => drop(self.event("finished", &with_id(&self.id, told)).await),
            Ok(told) => self.caller.answer(Ok(whole(&self.id, told))),
            Err(error) => {
                let reply = reply(route, guard_set, &error);
                if self.feed.is_some() {
                    drop(self.event("failed", &failed(&self.id, &reply, &error)).await);
                } else {
                    self.caller.answer(Ok(named(&self.id, http(reply))));
                }
            }
        }
    }

    async fn event(&mut self, name: &str, data: &Value) -> Result<(), CallerGone> {
        let event = SseEvent { name: name.to_owned(), data: data.to_string(), ..SseEvent::default() };
        self.begun().send(event.render().into()).await
    }

    /// The stream, begun if it is not.
    fn begun(&mut self) -> &Feed {
        let Self { caller, id, feed, .. } = self;
        feed.get_or_insert_with(|| {
            let (feed, body) = Outgoing::fed(AHEAD);
            let mut answer = Response::new(body);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            caller.answer(Ok(named(id, answer)));
            feed
        })
    }
}
