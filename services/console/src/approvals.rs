//! `/admin/approvals`: calls that wait for a person, and the person's answer. The one thing that the console changes in the store.
//! It knows one token and nobody's name, so whoever answers says who that is, and is recorded as told.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use http::HeaderMap;
use parapet_domain::Timestamp;
use parapet_store::{Answer, Answered, ApprovalPage, ApprovalRecord, ApprovalStep, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::origin;
use crate::error::{ApiError, ConsoleError};
use crate::query::{ApprovalQuery, Pairs};
use crate::state::Console;

/// Largest answer: a name and a note, in a form that writes each byte as three.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1_024;

/// An approval with its steps.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovalView {
    #[serde(flatten)]
    pub(crate) record: ApprovalRecord,
    pub(crate) steps: Vec<ApprovalStep>,
}

/// An answer as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    decision: Word,
    by: String,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Approve,
    Deny,
}

impl Sent {
    /// The fields of a form.
    pub(crate) fn from_form(form: &[u8]) -> Result<Self, ConsoleError> {
        let mut fields = serde_json::Map::new();
        for (key, value) in form_urlencoded::parse(form) {
            fields.insert(key.into_owned(), Value::String(value.into_owned()));
        }
        serde_json::from_value(Value::Object(fields)).map_err(|error| ConsoleError::BadAnswer(error.to_string()))
    }

    fn into_answer(self) -> Result<Answer, ConsoleError> {
        let by = self.by.trim().to_owned();
        if by.is_empty() {
            return Err(ConsoleError::BadAnswer("`by` is empty; say who answers".to_owned()));
        }
        for (key, text, max) in [("by", &by, Store::MAX_BY_BYTES), ("note", &self.note, Store::MAX_NOTE_BYTES)] {
            if text.len() > max {
                return Err(ConsoleError::BadAnswer(format!("`{key}` is longer than {max} bytes")));
            }
        }
        Ok(Answer { approve: matches!(self.decision, Word::Approve), by, note: self.note, at: Timestamp::now() })
    }
}

/// Approvals, newest first.
pub(crate) async fn list_approvals(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = ApprovalQuery::parse(&query.unwrap_or_default(), &console.admin.tenant)?;
    let page = read_page(&console, &query).await?;
    Ok(Json(json!({ "approvals": page.approvals, "next": page.next })))
}

/// One approval.
pub(crate) async fn show_approval(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<ApprovalView>, ApiError> {
    Pairs::parse(&query.unwrap_or_default(), &[])?;
    Ok(Json(read_approval(&console, &id).await?))
}

/// Takes an answer.
pub(crate) async fn answer_approval(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Result<Json<Sent>, JsonRejection>,
) -> Result<Json<ApprovalView>, ApiError> {
    let Json(sent) = sent.map_err(|error| ConsoleError::BadAnswer(error.body_text()))?;
    answer(&console, &headers, &id, sent).await?;
    Ok(Json(read_approval(&console, &id).await?))
}

/// Has the store take `sent`. A page of another site, which could only do it with the cookie of a person, is refused.
pub(crate) async fn answer(console: &Console, headers: &HeaderMap, id: &str, sent: Sent) -> Result<(), ConsoleError> {
    if !origin::is_own(headers) {
        return Err(ConsoleError::ForeignForm);
    }
    let (answer, missing) = (sent.into_answer()?, || missing(id));
    let uuid = Uuid::try_parse(id).map_err(|_| missing())?;
    match console.admin.store.answer_approval(&console.admin.tenant, uuid, &answer).await? {
        Answered::Taken(record) => {
            tracing::info!(approval.id = %record.ask.id, approval.state = record.state.as_str(), "approval answered");
            Ok(())
        }
        Answered::TooLate(record) => Err(ConsoleError::NotPending(record.state.as_str())),
        Answered::Unknown => Err(missing()),
    }
}

/// A page of approvals.
pub(crate) async fn read_page(console: &Console, query: &ApprovalQuery) -> Result<ApprovalPage, ConsoleError> {
    Ok(console.admin.store.approvals(&query.filter, Timestamp::now(), query.limit, query.after).await?)
}

/// An approval by the id in a path.
pub(crate) async fn read_approval(console: &Console, id: &str) -> Result<ApprovalView, ConsoleError> {
    let uuid = Uuid::try_parse(id).map_err(|_| missing(id))?;
    let (store, tenant) = (&console.admin.store, &console.admin.tenant);
    let record = store.approval(tenant, uuid, Timestamp::now()).await?.ok_or_else(|| missing(id))?;
    Ok(ApprovalView { record, steps: store.approval_steps(tenant, uuid).await? })
}

fn missing(id: &str) -> ConsoleError {
    ConsoleError::NotFound { what: "approval", name: id.to_owned() }
}
