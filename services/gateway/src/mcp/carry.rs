//! Carries one message from one side to the other: the only way for one, over HTTP and in lines of text.

use bytes::Bytes;
use parapet_domain::fold::NotInspected;
use parapet_domain::{Refusal, RefusalKind, Stage, reason};
use parapet_surfaces::mcp::{
    Asked, Kind, McpError, Message, ParsedMessage, RequestId, Sender, error_reply, fault_reply, refused_reply,
};
use parapet_surfaces::{Draft, Fault, ParsedBody};
use serde_json::Value;

use super::conversation::{Conversation, OpenRequest};
use super::overrule::{of_message, overrule};
use crate::answer;
use crate::config::McpRoute;
use crate::error::Stop;
use crate::exchange::Exchange;
use crate::held::{Body, Held};
use crate::release::{self, Released};
use crate::remember::Seen;
use crate::unseen::{QUERY_STRING, UNREADABLE};
use crate::{approval, fold, judge, record, remember};

/// What becomes of a message.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Goes on to the other side: the message, or what takes its place.
    pub(super) on: Option<Bytes>,
    /// Goes back to the sender.
    pub(super) back: Option<Bytes>,
    /// The message itself does not pass.
    pub(super) withheld: bool,
    /// It was no message.
    pub(super) garbled: bool,
    /// The request that it is, once it waits for an answer.
    pub(super) asks: Option<RequestId>,
    /// The request that it answers.
    pub(super) answers: Option<RequestId>,
    /// The version of the protocol that was settled on.
    pub(super) version: Option<String>,
}

/// A message, read.
pub(super) struct Letter {
    pub(super) kind: Kind,
    /// The request that it answers.
    pub(super) asked: Option<OpenRequest>,
    /// The tool that it calls.
    pub(super) tool: Option<String>,
    pub(super) version: Option<String>,
    pub(super) lists_tools: bool,
}

/// From the bytes of `sender` to what may go on.
pub(super) async fn carry(
    exchange: &mut Exchange<'_>,
    route: &McpRoute,
    conversation: &Conversation,
    sender: Sender,
    bytes: Bytes,
) -> Outcome {
    let (letter, mut parsed) = match read(conversation, sender, &bytes) {
        Ok(read) => read,
        Err(unread) => return garbled(exchange, sender, *unread).await,
    };
    if let Some(open) = &letter.asked {
        exchange.follow(&open.thread);
    }
    name_calls(exchange, &letter, &mut parsed.body);
    if sender == Sender::Client {
        let query = exchange.query.take();
        parsed.body.not_inspected.extend(query.map(|()| not_inspected(QUERY_STRING)));
    }
    let passed = pass(exchange, route, sender, &letter, parsed, bytes).await;
    let answers = match &letter.kind {
        Kind::Response { id } if letter.asked.is_some() => Some(id.clone()),
        _ => None,
    };
    match passed {
        Err(stop) => Outcome { answers, withheld: true, ..withheld(exchange, &letter, &stop) },
        Ok(released) => {
            let version = letter.version.clone();
            let asks = asks(exchange, conversation, sender, letter);
            Outcome { on: Some(released.into_bytes()), asks, answers, version, ..Outcome::default() }
        }
    }
}

/// Ids of requests begin anew with each connection, and a client may use one again: a call has the name of its exchange before
/// its id, so that two calls are never taken for one.
fn name_calls(exchange: &Exchange<'_>, letter: &Letter, body: &mut ParsedBody) {
    let owner = letter.asked.as_ref().map_or(exchange.id, |open| open.thread.exchange);
    let parts = body.events.iter_mut().flat_map(|draft| &mut draft.parts);
    for id in parts.filter_map(|part| part.call_id.as_mut()) {
        *id = format!("{owner}/{id}");
    }
}

/// The same steps as for any body, with the route's own say after the fold.
async fn pass(
    exchange: &mut Exchange<'_>,
    route: &McpRoute,
    sender: Sender,
    letter: &Letter,
    parsed: ParsedMessage,
    bytes: Bytes,
) -> Result<Released, Stop> {
    let (mut body, offers) = (parsed.body, parsed.offers);
    // What is refused is on record, whether or not there is anything in it to judge.
    let silent = body.events.is_empty() && body.not_inspected.is_empty();
    let refused = of_message(route, sender, letter).is_some();
    if body.events.is_empty() && (!silent || refused) {
        body.events.push(Draft::new(stage(sender), Vec::new()));
    }
    let (held, judged) = judge::judge(exchange, Held::new(Body::Whole(bytes), body)).await;
    // Nobody is asked about what the route refuses, nor about an item of a list, which is left out instead.
    let judged = if refused || offers.is_some() { judged } else { approval::seek(exchange, judged).await };
    let mut folded = fold::fold(exchange, &held, judged);
    overrule(route, sender, letter, &mut folded);
    let mut seen = remember::noted(exchange, &folded);
    if offers.is_some() {
        seen.retain(Seen::passes);
    }
    let recorded = record::record(exchange, folded).await?;
    let released = match offers {
        Some((list, items)) => release::release_offers(exchange, held, recorded, &list, &items)?,
        None => release::release(exchange, held, recorded)?,
    };
    remember::keep(exchange, seen).await?;
    Ok(released)
}

/// Why a message was not read, and what it would have answered.
struct Unread {
    error: McpError,
    answers: Option<(RequestId, Asked)>,
    asks: bool,
}

fn read(conversation: &Conversation, sender: Sender, bytes: &[u8]) -> Result<(Letter, ParsedMessage), Box<Unread>> {
    let unread = |error: McpError| Box::new(Unread { asks: error.id().is_some(), error, answers: None });
    let message = Message::parse(bytes).map_err(unread)?;
    let kind = message.kind().clone();
    let asked = match &kind {
        Kind::Request { id, .. } if conversation.waits(sender, id) => {
            let problem =
                "a request with this `id` waits for its answer; give each request an id of its own".to_owned();
            return Err(unread(McpError::Invalid { problem, id: None }));
        }
        Kind::Response { id } => conversation.take(other(sender), id),
        _ => None,
    };
    let known = asked.as_ref().map(|open| &open.asked);
    let mut parsed = message.take_apart(sender, known).map_err(|error| {
        let answers = match &kind {
            Kind::Response { id } => known.map(|asked| (id.clone(), asked.clone())),
            _ => None,
        };
        let asks = matches!(kind, Kind::Request { .. });
        Box::new(Unread { error, answers, asks })
    })?;
    let lists_tools = known.is_some_and(|asked| asked.method == "tools/list");
    let letter = Letter { tool: message.tool(), kind, version: parsed.version.take(), lists_tools, asked };
    Ok((letter, parsed))
}

/// A message that cannot be read does not pass. What a server sent leaves a record.
async fn garbled(exchange: &mut Exchange<'_>, sender: Sender, unread: Unread) -> Outcome {
    let Unread { error, answers, asks } = unread;
    tracing::warn!(exchange.id = %exchange.id, route.name = %exchange.route().name, by_client = sender == Sender::Client, "message cannot be read");
    let mut outcome = Outcome { withheld: true, garbled: true, ..Outcome::default() };
    if sender == Sender::Client {
        outcome.back = Some(error_reply(&error).into());
        return outcome;
    }
    let recorded = record_unread(exchange, stage(sender)).await;
    outcome.on = answers.as_ref().map(|(id, asked)| unreadable_answer(exchange, id, asked, recorded.as_ref()));
    outcome.answers = answers.map(|(id, _)| id);
    // An answer that cannot be read is not answered in turn.
    outcome.back = (asks && outcome.answers.is_none()).then(|| error_reply(&error).into());
    outcome
}

fn unreadable_answer(exchange: &Exchange<'_>, id: &RequestId, asked: &Asked, stop: Option<&Stop>) -> Bytes {
    match stop {
        Some(stop) => reply(exchange, id, &asked.method, stop),
        None => fault_reply(Some(id), Fault::UpstreamError, UNREADABLE_TEXT).into(),
    }
}

/// What is said in the place of an answer that cannot be inspected.
pub(super) const UNREADABLE_TEXT: &str = "the server's answer cannot be inspected, so it is not passed on";

/// Puts on record that something could not be read; gives the reason why that failed.
pub(super) async fn record_unread(exchange: &mut Exchange<'_>, stage: Stage) -> Option<Stop> {
    let body = ParsedBody {
        events: vec![Draft::new(stage, Vec::new())],
        not_inspected: vec![not_inspected(UNREADABLE)],
        ..ParsedBody::default()
    };
    let (held, judged) = judge::judge(exchange, Held::new(Body::Whole(Bytes::new()), body)).await;
    let mut folded = fold::fold(exchange, &held, judged);
    for decided in &mut folded {
        let refusal = Refusal {
            kind: RefusalKind::Blocked,
            reason_code: reason::PART_NOT_INSPECTED.to_owned(),
            message: UNREADABLE_TEXT.to_owned(),
            details: Value::Null,
        };
        fold::refuse(decided, refusal);
    }
    record::record(exchange, folded).await.err()
}

/// What takes the place of a message that is withheld.
fn withheld(exchange: &Exchange<'_>, letter: &Letter, stop: &Stop) -> Outcome {
    match (&letter.kind, &letter.asked) {
        (Kind::Request { id, method }, _) => {
            Outcome { back: Some(reply(exchange, id, method, stop)), ..Outcome::default() }
        }
        (Kind::Response { id }, Some(open)) => {
            Outcome { on: Some(reply(exchange, id, &open.asked.method, stop)), ..Outcome::default() }
        }
        // Nobody waits for anything.
        (Kind::Response { .. }, None) | (Kind::Notification { .. }, _) => Outcome::default(),
    }
}

fn reply(exchange: &Exchange<'_>, id: &RequestId, method: &str, stop: &Stop) -> Bytes {
    let reply = match stop {
        Stop::Refused { refusal, decision_id } => {
            refused_reply(id, method, refusal, &answer::context(exchange, *decision_id))
        }
        Stop::Failed(error) => fault_reply(Some(id), error.fault(), &error.to_string()),
    };
    reply.into()
}

/// Notes a request that goes on, so that its answer is known.
fn asks(exchange: &Exchange<'_>, conversation: &Conversation, sender: Sender, letter: Letter) -> Option<RequestId> {
    let Kind::Request { id, method } = letter.kind else { return None };
    let asked = Asked { method, tool: letter.tool };
    conversation.asks(sender, id.clone(), OpenRequest { asked, thread: exchange.thread() });
    Some(id)
}

const fn other(sender: Sender) -> Sender {
    match sender {
        Sender::Client => Sender::Server,
        Sender::Server => Sender::Client,
    }
}

/// Where a message without content stands.
const fn stage(sender: Sender) -> Stage {
    match sender {
        Sender::Client => Stage::Output,
        Sender::Server => Stage::ToolResult,
    }
}

fn not_inspected(reason: &str) -> NotInspected {
    NotInspected { pointer: String::new(), reason: reason.to_owned() }
}
