//! Stands before every route that shows something: no token and no session, no answer.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, Method};

use super::bearer;
use crate::error::{ApiError, ConsoleError};
use crate::query::link;
use crate::state::Console;

/// For programs: without the token, an error that says what to send.
pub(crate) async fn require_for_api(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    if admits(&console, request.headers()) {
        return next.run(request).await;
    }
    ApiError(ConsoleError::Unauthorized).into_response()
}

/// For people: without a session, the login page, which leads back.
pub(crate) async fn require_for_pages(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    if admits(&console, request.headers()) {
        return next.run(request).await;
    }
    if request.method() != Method::GET {
        return ApiError(ConsoleError::Unauthorized).into_response();
    }
    match request.uri().path_and_query().map(http::uri::PathAndQuery::as_str) {
        None | Some("/") => Redirect::to("/login").into_response(),
        Some(next) => Redirect::to(&link("/login", [("next", next)])).into_response(),
    }
}

fn admits(console: &Console, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| console.admin.token.matches(token))
        || console.sessions.admits(headers, console.now_s())
}
