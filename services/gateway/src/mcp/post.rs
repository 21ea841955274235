//! `POST`: messages of a client, and what the server answers.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use parapet_surfaces::Fault;
use parapet_surfaces::mcp::{McpError, RequestId, Sender, error_reply, fault_reply, may_batch};
use tokio::time::timeout;

use super::asking::Asking;
use super::batch::{Outcomes, carry_all, join};
use super::conversation::Conversation;
use super::headers::{EVENT_STREAM, JSON, check_accept};
use super::receive::{Received, receive};
use super::send::send;
use crate::answer::{HttpAnswer, with_decision};
use crate::body::read_body;
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::headers::{foreign_encoding, media_type};
use crate::outgoing::Outgoing;
use crate::router::{Caller, admit};

/// Answers a `POST`.
pub(super) async fn post<'a>(caller: &mut Caller<'a>, asking: &Asking<'a>, body: Incoming) -> Result<(), GatewayError> {
    let (app, headers) = (asking.app, &asking.headers);
    if let Some(coding) = foreign_encoding(headers) {
        return Err(GatewayError::Encoding(coding.chars().take(40).collect()));
    }
    if media_type(headers).as_deref() != Some(JSON) {
        return Err(GatewayError::MediaType);
    }
    check_accept(headers, &[JSON, EVENT_STREAM])?;
    let (body, _room) = read_body(app, headers, body).await?;
    // Held until a streamed answer has ended.
    let _place = admit(app)?;

    let conversation = app.conversations.of(asking.key().as_ref());
    let mut exchange = asking.exchange();
    let limit = app.limits.request;
    let Received { answer, stream } = {
        let mut exchanged = pin!(exchanged(&mut exchange, asking, &conversation, body));
        match timeout(limit, &mut exchanged).await {
            Ok(received) => received,
            Err(_) => {
                caller.answer(Err(GatewayError::TooSlow(limit.as_millis())));
                exchanged.await
            }
        }
    };
    caller.answer(Ok(answer));
    if let Some(stream) = stream {
        stream.run(Some(&mut exchange), asking).await;
    }
    app.metrics.took(exchange.overhead());
    Ok(())
}

async fn exchanged(
    exchange: &mut Exchange<'_>,
    asking: &Asking<'_>,
    conversation: &Arc<Conversation>,
    body: Bytes,
) -> Received {
    let batches = may_batch(asking.terms.version.as_deref());
    let carried = carry_all(exchange, asking.route, conversation, Sender::Client, body, batches).await;
    let sending = match carried {
        Ok(outcomes) => sending(exchange, conversation, outcomes),
        Err(error) => Err(Box::new(bad_request(exchange, &error))),
    };
    let (body, waiting, batch) = match sending {
        Ok(sending) => sending,
        Err(answer) => return Received::whole(*answer),
    };
    match send(exchange, asking, Method::POST, body).await {
        Ok((head, opened)) => receive(exchange, asking, conversation, head, opened, waiting, batch).await,
        Err(error) => Received::whole(not_sent(exchange, conversation, &waiting, batch, &error)),
    }
}

/// What goes to the server, the requests that wait for an answer, and whether they came as a batch; or the answer, when nothing goes.
fn sending(
    exchange: &Exchange<'_>,
    conversation: &Conversation,
    outcomes: Outcomes,
) -> Result<(Bytes, Vec<RequestId>, bool), Box<HttpAnswer>> {
    let Outcomes { batch, all } = outcomes;
    let waiting: Vec<RequestId> = all.iter().filter_map(|outcome| outcome.asks.clone()).collect();
    let on: Vec<Bytes> = all.iter().filter_map(|outcome| outcome.on.clone()).collect();
    // One message that is withheld withholds its batch. Where a refusal takes the place of an answer, it goes on by itself.
    let stopped = if batch { all.iter().any(|outcome| outcome.withheld) } else { on.is_empty() };
    if !stopped {
        return Ok((join(&on, batch), waiting, batch));
    }
    let garbled = !batch && all.iter().any(|outcome| outcome.garbled);
    let mut replies: Vec<Bytes> = all.into_iter().filter_map(|outcome| outcome.back).collect();
    for id in &waiting {
        conversation.take(Sender::Client, id);
        let message = "another message of the batch was refused, so none of it was passed on";
        replies.push(fault_reply(Some(id), Fault::MalformedBody, message).into());
    }
    Err(Box::new(if replies.is_empty() {
        accepted(exchange)
    } else {
        json(exchange, if garbled { StatusCode::BAD_REQUEST } else { StatusCode::OK }, join(&replies, batch))
    }))
}

fn bad_request(exchange: &Exchange<'_>, error: &McpError) -> HttpAnswer {
    json(exchange, StatusCode::BAD_REQUEST, error_reply(error).into())
}

/// An outage: each request has its error, in the form in which its client waits for an answer.
fn not_sent(
    exchange: &Exchange<'_>,
    conversation: &Conversation,
    waiting: &[RequestId],
    batch: bool,
    error: &GatewayError,
) -> HttpAnswer {
    let replies = faults(conversation, waiting, error.fault(), &error.to_string());
    if replies.is_empty() {
        return json(exchange, StatusCode::BAD_GATEWAY, fault_reply(None, error.fault(), &error.to_string()).into());
    }
    json(exchange, StatusCode::OK, join(&replies, batch))
}

/// An error for each request, which then waits no longer.
pub(super) fn faults(conversation: &Conversation, waiting: &[RequestId], fault: Fault, message: &str) -> Vec<Bytes> {
    let fault = |id: &RequestId| {
        conversation.take(Sender::Client, id);
        fault_reply(Some(id), fault, message).into()
    };
    waiting.iter().map(fault).collect()
}

/// Nothing is to be said.
pub(super) fn accepted(exchange: &Exchange<'_>) -> HttpAnswer {
    let mut answer = Response::new(Outgoing::whole(Bytes::new()));
    *answer.status_mut() = StatusCode::ACCEPTED;
    with_decision(exchange, answer)
}

pub(super) fn json(exchange: &Exchange<'_>, status: StatusCode, body: Bytes) -> HttpAnswer {
    let mut answer = Response::new(Outgoing::whole(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    with_decision(exchange, answer)
}
