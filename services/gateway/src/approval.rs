//! Questions to a person: looked up whether they are answered, asked where they are not. What an answer means is the fold's.

use parapet_domain::approval::{self, Asker, Question};
use parapet_domain::fold::{Coverage, fold};
use parapet_domain::{
    ApprovalMark, ApprovalState, Approved, Decision, Event, GuardRun, Refusal, RefusalKind, Timestamp, reason, redact,
};
use parapet_store::{Ask, Asked};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::exchange::Exchange;
use crate::fold::{Decided, refuse, withhold};
use crate::judge::Judged;

/// Most bytes of content that a person is asked about: what cannot be shown whole cannot be approved.
const MAX_SHOWN_BYTES: usize = 256 << 10;

/// What came of an event's questions.
#[derive(Debug)]
pub(crate) enum Found {
    /// A person said yes. Used up by the record of the decision, not by being found.
    Approved(Approved),
    /// They stand, as the mark says.
    Standing(ApprovalMark),
    /// The event is refused instead.
    Refused(Refusal, Option<ApprovalMark>),
}

/// Has every question of a body answered or asked. Nothing is asked about a body that is refused anyway. Approvals count
/// only when all questions of the body are answered: else they would be used up although nothing is released.
pub(crate) async fn seek(exchange: &mut Exchange<'_>, mut judged: Vec<Judged>) -> Vec<Judged> {
    let policy = exchange.route().policy;
    let questions: Vec<_> = judged.iter().map(|j| approval::questions(&j.runs, &j.coverage, policy)).collect();
    let denied = |j: &Judged| fold((), &j.runs, &j.coverage, policy).0.enforced == Decision::Deny;
    if questions.iter().all(Vec::is_empty) || judged.iter().any(denied) {
        return judged;
    }
    for (judged, questions) in judged.iter_mut().zip(questions).filter(|(_, questions)| !questions.is_empty()) {
        let found = ask(exchange, &judged.event, &judged.runs, &judged.coverage, questions).await;
        let refused = matches!(found, Found::Refused(..));
        judged.found = Some(found);
        if refused {
            break;
        }
    }
    if judged.iter().filter_map(|j| j.found.as_ref()).any(|found| !matches!(found, Found::Approved(_))) {
        judged.iter_mut().for_each(|j| j.found = j.found.take().map(Found::set_aside));
    }
    exchange.approval = judged.iter().find_map(|j| j.found.as_ref()?.waiting());
    judged
}

/// What [`seek`] does, after another request has used up an approval that this body was to use.
pub(crate) async fn seek_again(exchange: &mut Exchange<'_>, mut decided: Vec<Decided>) -> Vec<Decided> {
    let policy = exchange.route().policy;
    for decided in decided.iter_mut().filter(|decided| decided.ruling.approval.is_some()) {
        withhold(decided, policy);
        let questions = approval::questions(&decided.runs, &decided.coverage, policy);
        let found = ask(exchange, &decided.event, &decided.runs, &decided.coverage, questions).await.set_aside();
        exchange.approval = exchange.approval.or(found.waiting());
        found.tell(decided);
    }
    decided
}

impl Found {
    pub(crate) const fn approved(&self) -> Option<&Approved> {
        match self {
            Self::Approved(approved) => Some(approved),
            Self::Standing(_) | Self::Refused(..) => None,
        }
    }

    /// Notes in a decision what came of its questions.
    pub(crate) fn tell(self, decided: &mut Decided) {
        match self {
            Self::Approved(approved) => {
                let used = decided.ruling.approval.is_some();
                let state = if used { ApprovalState::Used } else { ApprovalState::Approved };
                decided.approval = Some(mark_of(&approved, state));
            }
            Self::Standing(mark) => decided.approval = Some(mark),
            Self::Refused(refusal, mark) => {
                decided.approval = mark;
                refuse(decided, refusal);
            }
        }
    }

    /// A yes that is not to be used now.
    fn set_aside(self) -> Self {
        match self {
            Self::Approved(approved) => Self::Standing(mark_of(&approved, ApprovalState::Approved)),
            other => other,
        }
    }

    /// The approval that a person has yet to give.
    fn waiting(&self) -> Option<Uuid> {
        match self {
            Self::Standing(mark) if mark.state == ApprovalState::Pending => Some(mark.id),
            _ => None,
        }
    }
}

fn mark_of(approved: &Approved, state: ApprovalState) -> ApprovalMark {
    ApprovalMark { id: approved.id(), state, by: Some(approved.by().to_owned()) }
}

async fn ask(
    exchange: &Exchange<'_>,
    event: &Event,
    runs: &[GuardRun],
    coverage: &Coverage,
    questions: Vec<Question>,
) -> Found {
    let app = exchange.app;
    let Ok(ask) = question(exchange, event, runs, coverage, questions) else {
        return refused(exchange, RefusalKind::Blocked, reason::APPROVAL_TOO_LARGE, TOO_LARGE, None);
    };
    let max_pending = exchange.route().approval.max_pending;
    match timeout(app.approval_timeout, app.store.ask(&ask, max_pending)).await {
        Ok(Ok(Asked::Approved(approved))) => Found::Approved(approved),
        Ok(Ok(Asked::Pending(id))) => {
            app.metrics.approval(&exchange.route().name, "pending");
            tracing::info!(approval.id = %id, event.id = %event.id, exchange.id = %exchange.id, route.name = %exchange.route().name, "waits for a person");
            Found::Standing(ApprovalMark { id, state: ApprovalState::Pending, by: None })
        }
        Ok(Ok(Asked::Denied(record))) => {
            let mark = ApprovalMark { id: record.ask.id, state: ApprovalState::Denied, by: record.decided_by };
            refused(exchange, RefusalKind::Blocked, reason::APPROVAL_DENIED, DENIED, Some(mark))
        }
        Ok(Ok(Asked::Full)) => refused(exchange, RefusalKind::Unavailable, reason::APPROVALS_FULL, FULL, None),
        Ok(Err(error)) if error.is_about_the_record() => {
            tracing::warn!(exchange.id = %exchange.id, %error, "question cannot be stored");
            refused(exchange, RefusalKind::Blocked, reason::APPROVAL_TOO_LARGE, TOO_LARGE, None)
        }
        Ok(Err(error)) => away(exchange, &error.to_string()),
        Err(_) => away(exchange, "the store is too slow"),
    }
}

const TOO_LARGE: &str = "a person has to approve this, and it is too large to be shown whole; send less at once";
const DENIED: &str = "a person was asked to approve this and refused it";
const FULL: &str = "a person has to approve this, and too many of your calls wait for one already; try again later";
const AWAY: &str = "a person has to approve this, and nobody could be asked; try again later";

fn away(exchange: &Exchange<'_>, error: &str) -> Found {
    tracing::error!(exchange.id = %exchange.id, %error, "approval neither found nor asked for, nothing released");
    refused(exchange, RefusalKind::Unavailable, reason::APPROVALS_UNAVAILABLE, AWAY, None)
}

fn refused(
    exchange: &Exchange<'_>,
    kind: RefusalKind,
    reason_code: &'static str,
    message: &str,
    mark: Option<ApprovalMark>,
) -> Found {
    exchange.app.metrics.approval(&exchange.route().name, reason_code);
    let (reason_code, message) = (reason_code.to_owned(), message.to_owned());
    Found::Refused(Refusal { kind, reason_code, message, details: Value::Null }, mark)
}

/// The content is too large.
struct TooLarge;

fn question(
    exchange: &Exchange<'_>,
    event: &Event,
    runs: &[GuardRun],
    coverage: &Coverage,
    questions: Vec<Question>,
) -> Result<Ask, TooLarge> {
    let (rules, key) = (&exchange.route().approval, &exchange.app.digest_key);
    let ttl = i64::try_from(rules.ttl.as_micros()).unwrap_or(i64::MAX);
    let content = if rules.show_content { Some(shown(exchange, event, runs, coverage)?) } else { None };
    Ok(Ask {
        tenant: event.tenant.clone(),
        id: Uuid::now_v7(),
        binding: approval::binding(event, &questions, &exchange.set.hash, rules.bind_session, key),
        created_at: event.at,
        expires_at: Timestamp::from_micros(event.at.as_micros().saturating_add(ttl)),
        exchange_id: event.exchange_id,
        route: event.route.clone(),
        agent: event.agent.clone(),
        principal: Asker::of(event),
        session: event.session.clone().filter(|_| rules.bind_session),
        stage: event.stage,
        tool: approval::tool(event).map(str::to_owned),
        call_digest: approval::call_digest(event, key),
        questions,
        guard_set: exchange.set.hash.clone(),
        content,
    })
}

/// All parts as they would leave: with every edit made.
fn shown(exchange: &Exchange<'_>, event: &Event, runs: &[GuardRun], coverage: &Coverage) -> Result<Value, TooLarge> {
    let edits = fold((), runs, coverage, exchange.route().policy).0.edits;
    let mut left = MAX_SHOWN_BYTES;
    let parts = event.parts.iter().enumerate().map(|(n, part)| {
        let text = redact::apply(&part.text, n, &edits);
        left = left.checked_sub(text.len() + part.pointer.len()).ok_or(TooLarge)?;
        Ok(json!({ "kind": part.kind, "role": part.role, "name": part.name, "tool": part.tool, "pointer": part.pointer, "text": text }))
    });
    Ok(json!({ "parts": parts.collect::<Result<Vec<_>, _>>()? }))
}
