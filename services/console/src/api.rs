//! What auditors' programs read, as JSON or CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use http::{HeaderMap, Uri};
use parapet_domain::{DecisionRecord, Timestamp};
use parapet_store::{DecisionPage, Overview, OverviewRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{ApiError, ConsoleError};
use crate::guard_view::GuardView;
use crate::health::Status;
use crate::query::{DecisionQuery, Format, OverviewQuery, Pairs};
use crate::spreadsheet;
use crate::state::Console;

type Answer<T> = Result<T, ApiError>;

/// Decisions, newest first. The next page is in `next` and in the `Link` header.
pub(crate) async fn list_decisions(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let query = DecisionQuery::parse(&query.unwrap_or_default(), &console.admin.tenant)?;
    let page = console.admin.store.decisions(&query.filter, &query.page).await?;
    let mut response = match query.format.unwrap_or_else(|| accepted(&headers)) {
        Format::Json => Json(json!({"records": page.records, "next": page.next})).into_response(),
        Format::Csv => csv(&page)?,
    };
    if let Some(next) = page.next {
        let target = query.link("/admin/decisions", &[("after", &next.to_string())]);
        if let Ok(link) = format!("<{target}>; rel=\"next\"").parse() {
            response.headers_mut().insert(LINK, link);
        }
    }
    Ok(response)
}

/// One decision, whole.
pub(crate) async fn show_decision(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<DecisionRecord>> {
    refuse_keys(query)?;
    Ok(Json(read_decision(&console, &id).await?))
}

/// Counts over time, by guard, and percentiles of the latency.
pub(crate) async fn show_overview(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Overview>> {
    let query = OverviewQuery::parse(&query.unwrap_or_default(), Timestamp::now())?;
    Ok(Json(read_overview(&console, &query).await?))
}

/// Guards in force, in short.
pub(crate) async fn list_guards(State(console): State<Arc<Console>>, RawQuery(query): RawQuery) -> Answer<Json<Value>> {
    refuse_keys(query)?;
    let set = console.in_force();
    Ok(Json(json!({"guard_set": set.hash, "guards": set.summaries()})))
}

/// One guard in force, with its code, plan and tests.
pub(crate) async fn show_guard(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<GuardView>> {
    refuse_keys(query)?;
    Ok(Json(read_guard(&console, &id)?))
}

/// The set in force and what became of newer ones.
pub(crate) async fn show_guard_set(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Value>> {
    refuse_keys(query)?;
    let set = console.in_force();
    Ok(Json(json!({
        "hash": set.hash,
        "since": set.since,
        "status": Status::of(&set).word(),
        "last_error": set.last_error,
        "guards": set.summaries(),
    })))
}

/// No such path below `/admin`.
pub(crate) async fn refuse_path(uri: Uri) -> ApiError {
    ApiError(ConsoleError::NoSuchPath(uri.path().to_owned()))
}

/// The API changes nothing.
pub(crate) async fn refuse_method() -> ApiError {
    ApiError(ConsoleError::WrongMethod)
}

/// A decision by the id in a path.
pub(crate) async fn read_decision(console: &Console, id: &str) -> Result<DecisionRecord, ConsoleError> {
    let missing = || ConsoleError::NotFound { what: "decision", name: id.to_owned() };
    let id = Uuid::try_parse(id).map_err(|_| missing())?;
    console.admin.store.decision(&console.admin.tenant, id).await?.ok_or_else(missing)
}

/// The aggregates behind an overview.
pub(crate) async fn read_overview(console: &Console, query: &OverviewQuery) -> Result<Overview, ConsoleError> {
    let request = OverviewRequest {
        tenant: console.admin.tenant.clone(),
        from: query.from,
        to: query.to,
        bucket_us: i64::try_from(query.bucket.as_micros()).unwrap_or(i64::MAX),
    };
    Ok(console.admin.store.overview(&request).await?)
}

/// A guard in force by the id in a path.
pub(crate) fn read_guard(console: &Console, id: &str) -> Result<GuardView, ConsoleError> {
    console
        .in_force()
        .guard(id)
        .cloned()
        .ok_or_else(|| ConsoleError::NotFound { what: "guard in force named", name: id.to_owned() })
}

fn refuse_keys(query: Option<String>) -> Answer<()> {
    Pairs::parse(&query.unwrap_or_default(), &[])?;
    Ok(())
}

/// What the `Accept` header asks for.
fn accepted(headers: &HeaderMap) -> Format {
    let wanted =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let names_csv = wanted
        .into_iter()
        .any(|range| range.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/csv")));
    if names_csv { Format::Csv } else { Format::Json }
}

fn csv(page: &DecisionPage) -> Answer<Response> {
    let body = spreadsheet::write_csv(&page.records).map_err(|error| ConsoleError::Render(error.to_string()))?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"decisions.csv\""),
    ];
    Ok((headers, body).into_response())
}
