//! The path of an exchange, as a table of contents. Each step is a file named by its verb.

use bytes::Bytes;
use http::HeaderMap;

use crate::error::Stop;
use crate::exchange::Exchange;
use crate::held::{AnswerHead, Held};
use crate::relay::{self, Piece, Relay};
use crate::release::Released;
use crate::{approval, fold, forward, history, judge, parse, recognise, record, release, remember, unreadable};

/// What goes back to the caller.
pub(crate) enum Intercepted {
    /// The whole answer.
    Whole(AnswerHead, Bytes),
    /// The first of a stream, which the relay goes on with.
    Begun(AnswerHead, Bytes, Box<Relay>),
}

/// From the caller's bytes to the answer's, or to the reason why there is none.
pub(crate) async fn intercept(
    exchange: &mut Exchange<'_>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Intercepted, Stop> {
    // The agent sees nothing of the request before all of it is judged and recorded.
    let request = parse::request(exchange, body.clone())?;
    let request = match pass(exchange, request).await {
        Err(stop) => history::mended(exchange, body, stop).await?,
        passed => passed?,
    };

    // What comes back is content too, errors included, and takes the same way.
    let (head, opened) = forward::forward(exchange, headers, request).await?;
    if let Some(windows) = relay::windows(exchange, &head) {
        return begin(exchange, head, Relay::new(opened, windows)).await;
    }
    let answer = forward::collect(exchange, opened).await?;
    let answer = match parse::answer(exchange, &head, answer) {
        Ok(parsed) => parsed,
        Err(stop) => return Err(unreadable::recorded(exchange, stop).await),
    };
    let answer = pass(exchange, answer).await?;
    Ok(Intercepted::Whole(head, answer.into_bytes()))
}

/// A streamed answer up to the first text that may leave: until then a refusal has a status of its own.
async fn begin(exchange: &mut Exchange<'_>, head: AnswerHead, relay: Box<Relay>) -> Result<Intercepted, Stop> {
    match relay.next(exchange).await? {
        Piece::More(first, relay) => Ok(Intercepted::Begun(head, first, relay)),
        Piece::Last(all) => Ok(Intercepted::Whole(head, all)),
        Piece::Nobody => Ok(Intercepted::Whole(head, Bytes::new())),
    }
}

/// One body in one direction.
pub(crate) async fn pass(exchange: &mut Exchange<'_>, held: Held) -> Result<Released, Stop> {
    // Every guard of the set that matches runs on every event, in parallel.
    let (held, judged) = judge::judge(exchange, held).await;
    // What a guard asks a person is looked up, or asked.
    let judged = approval::seek(exchange, judged).await;
    // All runs of an event become one decision. The only maker of what may be released.
    let folded = fold::fold(exchange, &held, judged);
    let seen = remember::noted(exchange, &folded);
    let allowed = recognise::allowed(&folded);
    // Refusals are recorded like everything else, and before anyone hears of them. The only maker of receipts.
    let recorded = record::record(exchange, folded).await?;
    let allowed = allowed.by(&recorded);
    // Takes both proofs for every event; one refusal refuses the body.
    let released = release::release(exchange, held, recorded)?;
    // What leaves is what later events of the session are judged after.
    remember::keep(exchange, seen).await?;
    // Parts of the history that nothing was said against are known when they come again.
    recognise::keep(exchange, allowed);
    Ok(released)
}
