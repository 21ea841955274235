//! What waits for a person: the list, and each call with its content and the form that answers it.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderMap;
use parapet_domain::{ApprovalState, Timestamp};
use parapet_store::{ApprovalPage, ApprovalRecord, ApprovalStep};
use serde_json::Value;

use super::{Fact, Frame, GuardLink, Page, html};
use crate::approvals::{self, ApprovalView, Sent};
use crate::display::{When, clip, said, visible};
use crate::query::ApprovalQuery;
use crate::state::Console;

/// Most characters of a name or message in the list.
const CLIP_CHARS: usize = 160;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<ApprovalRow>,
    waiting: bool,
    next: Option<String>,
}

struct Tab {
    label: &'static str,
    href: String,
    chosen: bool,
}

struct ApprovalRow {
    id: String,
    when: When,
    state: &'static str,
    class: &'static str,
    what: String,
    guard: GuardLink,
    message: Vec<(bool, String)>,
    agent: String,
    principal: String,
    expires: When,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPageView {
    frame: Frame,
    row: ApprovalRow,
    open: bool,
    questions: Vec<QuestionView>,
    parts: Vec<PartView>,
    kept: bool,
    steps: Vec<StepView>,
    facts: Vec<Fact>,
}

struct QuestionView {
    guard: GuardLink,
    reason_code: String,
    message: Vec<(bool, String)>,
}

struct PartView {
    label: String,
    pointer: String,
    text: String,
}

struct StepView {
    state: &'static str,
    class: &'static str,
    by: String,
    note: String,
    when: When,
}

/// The list: what waits, unless another state is asked for.
pub(crate) async fn list_approvals(State(console): State<Arc<Console>>, RawQuery(query): RawQuery) -> Page {
    let frame = || Frame::new(&console, "approvals");
    let text = query.unwrap_or_default();
    let query = ApprovalQuery::parse(&text, &console.admin.tenant).map_err(|error| frame().failed(error))?;
    let query = if text.is_empty() { waiting(query) } else { query };
    let page = approvals::read_page(&console, &query).await.map_err(|error| frame().failed(error))?;
    html(&ApprovalsPage::new(frame(), &query, &page, Timestamp::now())).map_err(|error| frame().failed(error))
}

/// One approval.
pub(crate) async fn show_approval(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Page {
    let frame = || Frame::new(&console, "approvals");
    let view = approvals::read_approval(&console, &id).await.map_err(|error| frame().failed(error))?;
    html(&ApprovalPageView::new(frame(), &view, Timestamp::now())).map_err(|error| frame().failed(error))
}

/// Takes the form's answer, and shows the approval again.
pub(crate) async fn answer_approval(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let answered = match Sent::from_form(&form) {
        Ok(sent) => approvals::answer(&console, &headers, &id, sent).await,
        Err(error) => Err(error),
    };
    match answered {
        // The id was found, so it is one.
        Ok(()) => Redirect::to(&format!("/approvals/{id}")).into_response(),
        Err(error) => Frame::new(&console, "approvals").failed(error).into_response(),
    }
}

fn waiting(query: ApprovalQuery) -> ApprovalQuery {
    let mut query = query;
    query.filter.state = Some(ApprovalState::Pending);
    query
}

impl ApprovalsPage {
    fn new(frame: Frame, query: &ApprovalQuery, page: &ApprovalPage, now: Timestamp) -> Self {
        let chosen = query.filter.state;
        let states = ApprovalState::ALL.map(|state| Tab {
            label: label(state),
            href: format!("/approvals?state={}", state.as_str()),
            chosen: chosen == Some(state),
        });
        let all = Tab { label: "All", href: "/approvals?limit=50".to_owned(), chosen: chosen.is_none() };
        Self {
            frame,
            tabs: states.into_iter().chain([all]).collect(),
            rows: page.approvals.iter().map(|record| ApprovalRow::new(record, now)).collect(),
            waiting: chosen == Some(ApprovalState::Pending) && query.after.is_none(),
            next: page.next.map(|next| query.next("/approvals", next)),
        }
    }
}

const fn label(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "Waiting",
        ApprovalState::Approved => "Approved",
        ApprovalState::Denied => "Denied",
        ApprovalState::Expired => "Expired",
        ApprovalState::Used => "Used",
    }
}

/// The colour of the decision that the state comes down to.
const fn class(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "ask",
        ApprovalState::Approved | ApprovalState::Used => "allow",
        ApprovalState::Denied => "deny",
        ApprovalState::Expired => "failed",
    }
}

impl ApprovalRow {
    fn new(record: &ApprovalRecord, now: Timestamp) -> Self {
        let ask = &record.ask;
        let (guard, message) = ask.questions.first().map_or(("", ""), |q| (q.guard.as_str(), q.message.as_str()));
        Self {
            id: ask.id.to_string(),
            when: When::new(ask.created_at, now),
            state: label(record.state),
            class: class(record.state),
            what: ask.tool.as_deref().map_or_else(|| ask.stage.as_str().to_owned(), |tool| clip(tool, CLIP_CHARS)),
            guard: GuardLink::new(guard),
            message: said(&clip(message, CLIP_CHARS)),
            agent: clip(&ask.agent, CLIP_CHARS),
            principal: ask.principal.as_ref().map_or_else(String::new, |asker| clip(&asker.id, CLIP_CHARS)),
            expires: When::new(ask.expires_at, now),
        }
    }
}

impl ApprovalPageView {
    fn new(frame: Frame, view: &ApprovalView, now: Timestamp) -> Self {
        let record = &view.record;
        let question = |q: &parapet_domain::approval::Question| QuestionView {
            guard: GuardLink::new(&q.guard),
            reason_code: visible(&q.reason_code),
            message: said(&q.message),
        };
        Self {
            frame,
            row: ApprovalRow::new(record, now),
            open: record.state == ApprovalState::Pending,
            questions: record.ask.questions.iter().map(question).collect(),
            parts: parts(record.ask.content.as_ref()),
            kept: record.ask.content.is_some(),
            steps: view.steps.iter().map(|step| StepView::new(step, now)).collect(),
            facts: facts(record),
        }
    }
}

/// Whole: what the person does not see cannot be approved.
fn parts(content: Option<&Value>) -> Vec<PartView> {
    let parts = content.and_then(|content| content.get("parts")).and_then(Value::as_array);
    let text = |part: &Value, key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    parts
        .into_iter()
        .flatten()
        .map(|part| {
            let named = [text(part, "tool"), text(part, "name"), text(part, "role"), text(part, "kind")];
            let named: Vec<String> = named.into_iter().filter(|word| !word.is_empty()).collect();
            PartView {
                label: visible(&named.join(" · ")),
                pointer: visible(&text(part, "pointer")),
                text: visible(&text(part, "text")),
            }
        })
        .collect()
}

impl StepView {
    fn new(step: &ApprovalStep, now: Timestamp) -> Self {
        Self {
            state: if step.state == ApprovalState::Pending { "Asked" } else { label(step.state) },
            class: class(step.state),
            by: visible(&step.by),
            note: visible(&step.note),
            when: When::new(step.at, now),
        }
    }
}

fn facts(record: &ApprovalRecord) -> Vec<Fact> {
    let ask = &record.ask;
    let mut facts = vec![
        ("Agent", visible(&ask.agent), false),
        ("Route", visible(&ask.route), false),
        ("Stage", ask.stage.as_str().to_owned(), false),
        ("Principal", ask.principal.as_ref().map_or_else(|| "none".to_owned(), |asker| visible(&asker.id)), false),
    ];
    let optional = [
        ("Tool", ask.tool.as_deref().map(visible), false),
        ("Session", ask.session.as_deref().map(visible), true),
        ("Used by decision", record.used_by.map(|id| id.to_string()), true),
    ];
    facts.extend(optional.into_iter().filter_map(|(name, value, mono)| Some((name, value?, mono))));
    facts.extend([
        ("Expires", ask.expires_at.to_string(), false),
        ("Exchange", ask.exchange_id.to_string(), true),
        ("Call digest", visible(&ask.call_digest), true),
        ("Guard set", visible(&ask.guard_set), true),
        ("Approval", ask.id.to_string(), true),
    ]);
    facts
}
