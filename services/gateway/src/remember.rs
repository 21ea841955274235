//! What an exchange remembers of the events before: its own, and those of its session. Nothing is worked out before a guard
//! that reads it judges an event, or there is a session to remember it in.

use std::mem::take;
use std::sync::Arc;

use parapet_domain::fold::RefusalKind;
use parapet_domain::session::{Delta, DigestKey, Past, SessionKey};
use parapet_domain::{Decision, Edit, Event, Reading, Refusal, Stage, reason, redact};
use parapet_judge::nothing_before;
use parapet_store::StoreError;
use serde_json::Value;

use crate::error::Stop;
use crate::exchange::Exchange;
use crate::fold::Decided;

/// Bytes of the model's own words after which one exchange remembers no more of them. They count for little, a streamed answer has no end,
/// and until something reads them they are kept as they are, for each stream that passes.
const MODEL_BYTES: usize = 16 << 10;
/// Content with more bytes is taken in off the async workers.
const BLOCKING_ABOVE_BYTES: usize = 64 << 10;

/// What an exchange has seen so far.
#[derive(Default)]
pub(crate) struct Memory {
    past: Option<Arc<Past>>,
    /// Released, and not yet part of `past`.
    pending: Vec<Seen>,
    /// Part of `past`, and not yet of the session.
    unsaved: Delta,
    model_bytes: usize,
}

/// A decided event, as it leaves when it is released.
pub(crate) struct Seen {
    event: Arc<Event>,
    edits: Vec<Edit>,
    decision: Decision,
}

impl Seen {
    /// Whether it leaves when the rest of its body does; for bodies whose refused parts are left out, and nobody was asked about.
    pub(crate) fn passes(&self) -> bool {
        self.decision < Decision::Ask
    }

    fn bytes(&self) -> usize {
        self.event.parts.iter().map(|part| part.text.len()).sum()
    }

    /// The event with its edits made: what was taken out was not seen.
    fn released(&self) -> Event {
        let mut event = Event::clone(&self.event);
        for (index, part) in event.parts.iter_mut().enumerate() {
            if self.edits.iter().any(|edit| edit.part == index) {
                part.text = redact::apply(&part.text, index, &self.edits);
                part.json = part.json.take().and_then(|_| parapet_domain::json::parse_str(&part.text).ok());
            }
        }
        event
    }
}

/// What `events` are judged after; `None` when the store of sessions cannot say.
pub(crate) async fn recall(exchange: &mut Exchange<'_>, events: &[Arc<Event>]) -> Option<Arc<Past>> {
    match events.iter().find(|event| exchange.set.reads_past(event)) {
        Some(event) => {
            let event = Arc::clone(event);
            up_to_date(exchange, &event).await.map_err(|error| unavailable(exchange, &error)).ok()?;
            exchange.memory.past.clone()
        }
        None => events.first().map(|event| nothing_before(event)),
    }
}

/// What was not refused, to be handed to [`keep`] once it is released.
pub(crate) fn noted(exchange: &Exchange<'_>, decided: &[Decided]) -> Vec<Seen> {
    if exchange.set.readings().is_empty() {
        return Vec::new();
    }
    // A token stands for a value that may come back, so that the value counts as seen.
    let tokens = exchange.restoring.as_ref().map(|restoring| restoring.tokens());
    let is_final = |edit: &&Edit| tokens.is_none_or(|tokens| !tokens.holds(&edit.replacement));
    let permitted = decided.iter().filter(|decided| decided.ruling.refusal.is_none());
    let seen = permitted.map(|decided| Seen {
        event: Arc::clone(&decided.event),
        edits: decided.ruling.edits.iter().filter(is_final).cloned().collect(),
        decision: decided.ruling.enforced,
    });
    seen.collect()
}

/// Remembers what was released. The bytes leave only when this has succeeded: the next request must find it.
pub(crate) async fn keep(exchange: &mut Exchange<'_>, seen: Vec<Seen>) -> Result<(), Stop> {
    let Some(first) = seen.first().map(|seen| Arc::clone(&seen.event)) else { return Ok(()) };
    let (of_session, of_principal) = (SessionKey::of_session(&first), SessionKey::of_principal(&first));
    let calls = seen.iter().any(|seen| seen.event.stage == Stage::ToolCall);
    let more = calls || seen.iter().any(|seen| seen.event.stage != Stage::Output);
    for seen in seen {
        let room = exchange.memory.model_bytes < MODEL_BYTES;
        if seen.event.stage != Stage::Output || room {
            exchange.memory.model_bytes += if seen.event.stage == Stage::Output { seen.bytes() } else { 0 };
            exchange.memory.pending.push(seen);
        }
    }
    let counted = of_principal.is_some() && exchange.set.readings().contains(&Reading::Counters);
    if !(of_session.is_some() && more || counted && calls) {
        return Ok(());
    }
    let kept = save(exchange, &first, of_session, of_principal.filter(|_| counted)).await;
    kept.map_err(|error| {
        unavailable(exchange, &error);
        Stop::Refused { refusal: Box::new(refusal()), decision_id: None }
    })
}

async fn save(
    exchange: &mut Exchange<'_>,
    event: &Arc<Event>,
    of_session: Option<SessionKey>,
    of_principal: Option<SessionKey>,
) -> Result<(), StoreError> {
    up_to_date(exchange, event).await?;
    let (app, delta) = (exchange.app, take(&mut exchange.memory.unsaved));
    let counted = delta.counted();
    if let Some(key) = of_principal.filter(|_| !counted.is_empty()) {
        app.session_store.append(&app.tenant, &key, event.at, counted).await?;
    }
    if let Some(key) = of_session.filter(|_| !delta.is_empty()) {
        app.session_store.append(&app.tenant, &key, event.at, delta).await?;
    }
    Ok(())
}

/// Takes what was released into the past, which is loaded the first time.
async fn up_to_date(exchange: &mut Exchange<'_>, event: &Event) -> Result<(), StoreError> {
    let mut past = match exchange.memory.past.take() {
        Some(past) => past,
        None => Arc::new(load(exchange, event).await?),
    };
    let pending = take(&mut exchange.memory.pending);
    let bytes: usize = pending.iter().map(Seen::bytes).sum();
    let work = move || {
        let (mut new, known) = (Delta::default(), Arc::make_mut(&mut past));
        for seen in pending {
            new.append(known.observe(&seen.released(), seen.decision));
        }
        (past, new)
    };
    let (past, new) = if bytes > BLOCKING_ABOVE_BYTES {
        let done = tokio::task::spawn_blocking(work).await;
        // It does not panic; if it did, what came before would not be known.
        done.map_err(|error| StoreError::Unavailable(error.to_string()))?
    } else {
        work()
    };
    exchange.memory.past = Some(past);
    exchange.memory.unsaved.append(new);
    Ok(())
}

async fn load(exchange: &Exchange<'_>, event: &Event) -> Result<Past, StoreError> {
    let app = exchange.app;
    let mut past = Past::new(DigestKey::derive(&app.digest_key, event));
    if let Some(key) = SessionKey::of_session(event) {
        for delta in app.session_store.load(&app.tenant, &key, event.at).await? {
            past.add(&delta);
        }
    }
    let counted = exchange.set.readings().contains(&Reading::Counters);
    if let Some(key) = SessionKey::of_principal(event).filter(|_| counted) {
        for delta in app.session_store.load(&app.tenant, &key, event.at).await? {
            past.add_of_principal(&delta);
        }
    }
    Ok(past)
}

fn unavailable(exchange: &Exchange<'_>, error: &StoreError) {
    tracing::error!(exchange.id = %exchange.id, %error, "the store of sessions is not available");
}

fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::Unavailable,
        reason_code: reason::SESSION_UNAVAILABLE.to_owned(),
        message:
            "what was to be released could not be remembered for its session, so nothing was released; try again later"
                .to_owned(),
        details: Value::Null,
    }
}
