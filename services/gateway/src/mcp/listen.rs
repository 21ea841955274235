//! `GET`: a stream of what the server says of its own accord, or goes on to say after a stream broke off. `DELETE`: the end.

use http::{Method, Response, StatusCode};
use parapet_surfaces::Fault;
use parapet_surfaces::mcp::fault_reply;

use super::asking::Asking;
use super::headers::{EVENT_STREAM, check_accept};
use super::post::json;
use super::receive::with_session;
use super::send::{send, status_of};
use super::stream::Stream;
use crate::answer::{HttpAnswer, released};
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::headers::{foreign_encoding, media_type};
use crate::held::AnswerHead;
use crate::outgoing::Outgoing;
use crate::relay::AHEAD;
use crate::router::Caller;
use crate::upstream::UpstreamError;

/// Answers a `GET`. The stream holds one of the places for streams, not one of those for requests, as it can stay open for hours.
pub(super) async fn listen(caller: &mut Caller<'_>, asking: &Asking<'_>) -> Result<(), GatewayError> {
    let app = asking.app;
    check_accept(&asking.headers, &[EVENT_STREAM])?;
    let _place = app.streams.try_acquire().map_err(|_| GatewayError::TooManyStreams(app.limits.open_streams))?;
    let mut exchange = asking.exchange();
    let (head, opened) = send(&mut exchange, asking, Method::GET, bytes::Bytes::new()).await?;
    if !head.status.is_success() {
        caller.answer(Ok(refused(&mut exchange, &head)));
        return Ok(());
    }
    let streamed =
        media_type(&head.headers).as_deref() == Some(EVENT_STREAM) && foreign_encoding(&head.headers).is_none();
    if !streamed {
        return Err(UpstreamError::Unreadable.into());
    }
    let (feed, body) = Outgoing::fed(AHEAD);
    caller.answer(Ok(with_session(released(&exchange, &head, body), &head)));
    let conversation = app.conversations.of(asking.key().as_ref());
    Stream::new(opened.without_end(), conversation, feed, Vec::new()).run(None, asking).await;
    Ok(())
}

/// Answers a `DELETE`: the session is over, whatever the server thinks of that.
pub(super) async fn end(caller: &mut Caller<'_>, asking: &Asking<'_>) -> Result<(), GatewayError> {
    if let Some(key) = asking.key() {
        asking.app.conversations.forget(&key);
    }
    let mut exchange = asking.exchange();
    let (head, _) = send(&mut exchange, asking, Method::DELETE, bytes::Bytes::new()).await?;
    let answer = if head.status.is_success() {
        let mut answer = Response::new(Outgoing::whole(bytes::Bytes::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        answer
    } else {
        refused(&mut exchange, &head)
    };
    caller.answer(Ok(answer));
    Ok(())
}

/// The server said no, for example as it has no such stream. What its body says is not passed on.
fn refused(exchange: &mut Exchange<'_>, head: &AnswerHead) -> HttpAnswer {
    exchange.upstream_status = Some(head.status);
    let message = format!("the server answered with status {}", head.status.as_u16());
    json(exchange, status_of(head), fault_reply(None, Fault::UpstreamError, &message).into())
}
