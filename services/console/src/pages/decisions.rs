//! The log as a list: filters, newest first, older pages.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use parapet_domain::{Decision, Stage, Timestamp};
use parapet_store::DecisionPage;

use super::row::DecisionRow;
use super::{Frame, html};
use crate::display::said;
use crate::query::{DecisionQuery, QueryError};
use crate::state::Console;

#[derive(Template)]
#[template(path = "decisions.html")]
struct DecisionsPage {
    frame: Frame,
    problem: Option<Vec<(bool, String)>>,
    decisions: Vec<(&'static str, bool)>,
    stages: Vec<(&'static str, bool)>,
    fields: Vec<Field>,
    guards: Vec<String>,
    filtered: bool,
    refresh: bool,
    older_page: bool,
    links: Links,
    rows: Vec<DecisionRow>,
}

/// An input of the form.
struct Field {
    key: &'static str,
    label: &'static str,
    value: String,
}

struct Links {
    newest: String,
    older: Option<String>,
    still: String,
    refreshing: String,
    csv: String,
    json: String,
}

const FIELDS: [(&str, &str); 10] = [
    ("guard", "Guard"),
    ("agent", "Agent"),
    ("principal", "Principal"),
    ("reason_code", "Reason code"),
    ("from", "From (UTC)"),
    ("to", "To, before"),
    ("session", "Session"),
    ("exchange", "Exchange"),
    ("failure", "Failure"),
    ("limit", "Rows"),
];

/// The list; a filter that cannot be used is told above the form, and nothing is shown rather than the wrong rows.
pub(crate) async fn list_decisions(State(console): State<Arc<Console>>, RawQuery(query): RawQuery) -> Response {
    let frame = Frame::new(&console, "decisions");
    let text = query.unwrap_or_default();
    let query = match DecisionQuery::parse(&text, &console.admin.tenant) {
        Ok(query) => query,
        Err(error) => return refused(&console, frame, &text, &error),
    };
    match console.admin.store.decisions(&query.filter, &query.page).await {
        Ok(page) => respond(&console, StatusCode::OK, DecisionsPage::new(frame, &console, &query, &page)),
        Err(error) => frame.failed(error).into_response(),
    }
}

/// The form as it was sent, with what is wrong with it.
fn refused(console: &Console, frame: Frame, query: &str, error: &QueryError) -> Response {
    let nothing = DecisionPage { records: Vec::new(), next: None };
    let page = DecisionsPage::new(frame, console, &DecisionQuery::as_written(query, &console.admin.tenant), &nothing);
    respond(
        console,
        StatusCode::BAD_REQUEST,
        DecisionsPage { problem: Some(said(&error.to_string())), filtered: true, ..page },
    )
}

fn respond(console: &Console, status: StatusCode, page: DecisionsPage) -> Response {
    match html(&page) {
        Ok(html) => (status, html).into_response(),
        Err(error) => Frame::new(console, "decisions").failed(error).into_response(),
    }
}

impl DecisionsPage {
    fn new(frame: Frame, console: &Console, query: &DecisionQuery, page: &DecisionPage) -> Self {
        let now = Timestamp::now();
        let chosen = |word: &'static str, key: &str| (word, query.given(key) == word);
        Self {
            frame,
            problem: None,
            decisions: Decision::ALL.map(|decision| chosen(decision.as_str(), "decision")).into(),
            stages: Stage::ALL.map(|stage| chosen(stage.as_str(), "stage")).into(),
            fields: FIELDS.map(|(key, label)| Field { key, label, value: query.given(key).to_owned() }).into(),
            guards: console.in_force().summaries().into_iter().map(|guard| guard.id.clone()).collect(),
            filtered: query.is_filtered(),
            refresh: query.refresh,
            older_page: query.page.after.is_some(),
            links: Links::new(query, page),
            rows: DecisionRow::table(&page.records, now),
        }
    }
}

impl Links {
    fn new(query: &DecisionQuery, page: &DecisionPage) -> Self {
        Self {
            newest: query.link("/decisions", &[]),
            older: page.next.map(|next| query.link("/decisions", &[("after", &next.to_string())])),
            still: query.link("/decisions", &[]),
            refreshing: query.link("/decisions", &[("refresh", "10")]),
            csv: query.link(
                "/admin/decisions",
                if query.given("limit").is_empty() {
                    &[("format", "csv"), ("limit", "1000")]
                } else {
                    &[("format", "csv")]
                },
            ),
            json: query.link("/admin/decisions", &[]),
        }
    }
}

impl Field {
    fn is_time(&self) -> bool {
        matches!(self.key, "from" | "to")
    }
}
