//! What a server answers to a `POST`: JSON, a stream, or nothing.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use parapet_surfaces::Fault;
use parapet_surfaces::mcp::{RequestId, Sender, may_batch};

use super::asking::Asking;
use super::batch::{carry_all, join};
use super::carry::{UNREADABLE_TEXT, record_unread};
use super::conversation::Conversation;
use super::headers::{EVENT_STREAM, SESSION_ID, given_session};
use super::post::{accepted, faults, json};
use super::send::{send_back, status_of};
use super::stream::Stream;
use crate::answer::{HttpAnswer, released};
use crate::exchange::Exchange;
use crate::forward::collect;
use crate::headers::{foreign_encoding, is_json, media_type};
use crate::held::AnswerHead;
use crate::outgoing::Outgoing;
use crate::relay::AHEAD;
use crate::upstream::Opened;

/// The answer, and the stream that its body comes from.
pub(super) struct Received {
    pub(super) answer: HttpAnswer,
    pub(super) stream: Option<Stream>,
}

impl Received {
    pub(super) const fn whole(answer: HttpAnswer) -> Self {
        Self { answer, stream: None }
    }
}

/// The answer to what was sent.
pub(super) async fn receive(
    exchange: &mut Exchange<'_>,
    asking: &Asking<'_>,
    conversation: &Arc<Conversation>,
    head: AnswerHead,
    opened: Opened,
    waiting: Vec<RequestId>,
    batch: bool,
) -> Received {
    if !head.status.is_success() {
        return Received::whole(not_taken(exchange, asking, conversation, &head, &waiting, batch));
    }
    if waiting.is_empty() {
        // Nobody waits for what the body may say.
        return Received::whole(accepted(exchange));
    }
    let media_type = media_type(&head.headers).filter(|_| foreign_encoding(&head.headers).is_none());
    match media_type.as_deref() {
        Some(EVENT_STREAM) => {
            let (feed, body) = Outgoing::fed(AHEAD);
            let answer = with_session(released(exchange, &head, body), &head);
            let stream = Stream::new(opened, Arc::clone(conversation), feed, waiting);
            Received { answer, stream: Some(stream) }
        }
        Some(found) if is_json(found) => {
            let body = collect(exchange, opened).await;
            let answer = match body {
                Ok(body) => taken(exchange, asking, conversation, body, &waiting, batch).await,
                Err(error) => join_or_none(&faults(conversation, &waiting, error.fault(), &error.to_string()), batch),
            };
            Received::whole(with_session(json(exchange, StatusCode::OK, answer), &head))
        }
        _ => {
            // The reason of a record that failed is in the log.
            let _ = record_unread(exchange, parapet_domain::Stage::ToolResult).await;
            let replies = faults(conversation, &waiting, Fault::UpstreamError, UNREADABLE_TEXT);
            Received::whole(json(exchange, StatusCode::OK, join_or_none(&replies, batch)))
        }
    }
}

/// The messages of a JSON body, and an error for each request that none of them answers.
async fn taken(
    exchange: &mut Exchange<'_>,
    asking: &Asking<'_>,
    conversation: &Conversation,
    body: Bytes,
    waiting: &[RequestId],
    batch: bool,
) -> Bytes {
    let batches = may_batch(asking.terms.version.as_deref());
    let carried = carry_all(exchange, asking.route, conversation, Sender::Server, body, batches).await;
    let (mut messages, mut answered) = (Vec::new(), Vec::new());
    match carried {
        Ok(outcomes) => {
            for outcome in outcomes.all {
                messages.extend(outcome.on);
                answered.extend(outcome.answers);
                if let Some(back) = outcome.back {
                    send_back(exchange, asking, back).await;
                }
            }
        }
        Err(_) => drop(record_unread(exchange, parapet_domain::Stage::ToolResult).await),
    }
    let left: Vec<RequestId> = waiting.iter().filter(|id| !answered.contains(id)).cloned().collect();
    messages.extend(faults(conversation, &left, Fault::UpstreamError, UNREADABLE_TEXT));
    join_or_none(&messages, batch)
}

fn join_or_none(messages: &[Bytes], batch: bool) -> Bytes {
    join(messages, batch || messages.len() != 1)
}

/// The server did not take the message. What its body says is not passed on, only that it said no.
fn not_taken(
    exchange: &mut Exchange<'_>,
    asking: &Asking<'_>,
    conversation: &Conversation,
    head: &AnswerHead,
    waiting: &[RequestId],
    batch: bool,
) -> HttpAnswer {
    exchange.upstream_status = Some(head.status);
    if let (StatusCode::NOT_FOUND, Some(key)) = (head.status, asking.key()) {
        asking.app.conversations.forget(&key);
    }
    let message = format!("the server answered with status {}", head.status.as_u16());
    let replies = faults(conversation, waiting, Fault::UpstreamError, &message);
    let status = status_of(head);
    // An outage is told in the protocol's own way where somebody waits for an answer.
    let status = if status == StatusCode::BAD_GATEWAY && !replies.is_empty() { StatusCode::OK } else { status };
    let body = if replies.is_empty() {
        parapet_surfaces::mcp::fault_reply(None, Fault::UpstreamError, &message).into()
    } else {
        join_or_none(&replies, batch)
    };
    json(exchange, status, body)
}

/// The session that the server gives out with its first answer.
pub(super) fn with_session(mut answer: HttpAnswer, head: &AnswerHead) -> HttpAnswer {
    if let Some(session) = given_session(&head.headers) {
        answer.headers_mut().insert(SESSION_ID, session);
    }
    answer
}
