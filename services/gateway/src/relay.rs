//! Passes on a streamed answer in windows: each is judged and recorded before its text leaves, while the upstream goes on. At most a
//! window waits here and a few pieces on their way to the caller; an upstream that is faster than the caller waits.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parapet_domain::{Stage, fold::RefusalKind};
use parapet_surfaces::{Draft, ParsedBody, WindowedAnswer};

use crate::config::RouteKind;

use crate::answer;
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::forward;
use crate::headers::{foreign_encoding, media_type};
use crate::held::{AnswerHead, Body, Held};
use crate::intercept::pass;
use crate::outgoing::Feed;
use crate::parse::{self, EVENT_STREAM};
use crate::unreadable;
use crate::upstream::{Opened, UpstreamError};

/// Pieces that may be on their way to a caller.
pub(crate) const AHEAD: usize = 2;

/// A stream that comes in.
pub(crate) struct Relay {
    opened: Opened,
    answer: Box<WindowedAnswer>,
    /// Where its text goes, once some of it may leave.
    feed: Option<Feed>,
}

/// What may leave next.
pub(crate) enum Piece {
    /// Of a stream that goes on.
    More(Bytes, Box<Relay>),
    /// The end, or all of it.
    Last(Bytes),
    /// Nothing: the caller has left.
    Nobody,
}

enum Read {
    Some,
    End,
    Nobody,
}

/// The windows of an answer that just begins; `None` when it has to be held as a whole: the route says so, it is no stream, a guard
/// that judges it needs all of it, or values can be put back in the whole of it alone.
pub(crate) fn windows(exchange: &Exchange<'_>, head: &AnswerHead) -> Option<Box<WindowedAnswer>> {
    let (RouteKind::Model(api, _), Some(limits)) = (&exchange.route().kind, exchange.route().windows) else {
        return None;
    };
    let streamed = head.status.is_success()
        && media_type(&head.headers).as_deref() == Some(EVENT_STREAM)
        && foreign_encoding(&head.headers).is_none();
    let event = exchange.peek(Draft::new(Stage::Output, Vec::new()));
    if !streamed || !exchange.set.judges_windows(&event) {
        return None;
    }
    let answer = WindowedAnswer::new(*api, limits);
    let answer = match &exchange.restoring {
        Some(restoring) => answer.restoring(Arc::clone(restoring))?,
        None => answer,
    };
    Some(Box::new(answer))
}

impl Relay {
    pub(crate) fn new(opened: Opened, answer: Box<WindowedAnswer>) -> Box<Self> {
        Box::new(Self { opened, answer, feed: None })
    }

    /// Reads on until something may leave.
    pub(crate) async fn next(mut self: Box<Self>, exchange: &mut Exchange<'_>) -> Result<Piece, Stop> {
        loop {
            if let Some(window) = self.window(exchange).await? {
                let released = pass(exchange, Held::new(Body::Window(self.answer), window)).await?;
                let (bytes, coming) = released.into_window();
                self.answer = coming.ok_or(GatewayError::Internal("a window without its answer"))?;
                if !bytes.is_empty() {
                    return Ok(Piece::More(bytes, self));
                }
                continue;
            }
            if self.answer.is_done() {
                return self.last(exchange).await;
            }
            match self.read(exchange).await? {
                Read::Some => {}
                Read::End => return self.last(exchange).await,
                Read::Nobody => return Ok(Piece::Nobody),
            }
        }
    }

    /// Passes on `first` and what follows it.
    pub(crate) async fn run(self: Box<Self>, exchange: &mut Exchange<'_>, first: Bytes, feed: Feed) {
        let (mut relay, mut bytes) = (self, first);
        let end = loop {
            if feed.send(bytes).await.is_err() {
                break "caller_gone";
            }
            relay.feed = Some(feed.clone());
            match relay.next(exchange).await {
                Ok(Piece::More(next, more)) => (relay, bytes) = (more, next),
                Ok(Piece::Last(rest)) => break feed.send(rest).await.map_or("caller_gone", |()| "complete"),
                Ok(Piece::Nobody) => break "caller_gone",
                Err(stop) => {
                    let _ = feed.send(answer::in_stream(exchange, &stop)).await;
                    break ended_by(&stop);
                }
            }
        };
        exchange.app.metrics.streamed(&exchange.route().name, end);
        tracing::info!(exchange.id = %exchange.id, route.name = %exchange.route().name, stream.end = end, "streamed");
    }

    async fn window(&mut self, exchange: &mut Exchange<'_>) -> Result<Option<ParsedBody>, Stop> {
        match self.answer.window() {
            Ok(window) => Ok(window),
            Err(error) => Err(unreadable::recorded(exchange, parse::failed(exchange, error.into())).await),
        }
    }

    /// Takes in what the upstream sends next.
    async fn read(&mut self, exchange: &mut Exchange<'_>) -> Result<Read, Stop> {
        let waiting = Instant::now();
        let read = tokio::select! {
            read = self.opened.next() => read,
            () = gone(self.feed.as_ref()) => return Ok(Read::Nobody),
        };
        exchange.waited = exchange.waited.saturating_add(waiting.elapsed());
        let stop = match read {
            Ok(Some(bytes)) => match self.answer.push(&bytes) {
                Ok(()) => return Ok(Read::Some),
                Err(error) => parse::failed(exchange, error.into()),
            },
            Ok(None) => return Ok(Read::End),
            Err(error) => Stop::Failed(forward::failed(exchange, error)),
        };
        Err(unreadable::recorded(exchange, stop).await)
    }

    /// What is left after the windows, judged as a whole.
    async fn last(mut self: Box<Self>, exchange: &mut Exchange<'_>) -> Result<Piece, Stop> {
        let rest = match self.answer.finish() {
            Ok(rest) => Held::new(Body::Window(self.answer), rest),
            Err(error) => return Err(unreadable::recorded(exchange, parse::failed(exchange, error.into())).await),
        };
        Ok(Piece::Last(pass(exchange, rest).await?.into_bytes()))
    }
}

/// Completes when the caller has left; before anything goes to it, never.
async fn gone(feed: Option<&Feed>) {
    match feed {
        Some(feed) => feed.gone().await,
        None => std::future::pending().await,
    }
}

fn ended_by(stop: &Stop) -> &'static str {
    match stop {
        Stop::Refused { refusal, .. } if refusal.kind == RefusalKind::Blocked => "refused",
        Stop::Refused { .. } => "failed",
        Stop::Failed(GatewayError::Upstream(UpstreamError::CutOff(_))) => "upstream_gone",
        Stop::Failed(_) => "failed",
    }
}
