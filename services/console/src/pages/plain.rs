//! Pages without data: the login form and errors.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, Uri};

use super::{Frame, html};
use crate::error::{ConsoleError, PageError};
use crate::state::Console;

/// The form that takes the token.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    next: String,
    problem: Option<String>,
}

impl LoginPage {
    pub(crate) const fn new(next: String, problem: Option<String>) -> Self {
        Self { next, problem }
    }

    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        match html(self) {
            Ok(page) => (status, page).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

/// What went wrong, and the way back.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    frame: Frame,
    status: u16,
    title: &'static str,
    message: Vec<(bool, String)>,
    back: &'static str,
    back_label: &'static str,
}

impl ErrorPage {
    pub(crate) fn new(frame: Frame, status: u16, title: &'static str, message: &str) -> Self {
        let (back, back_label) = match frame.section {
            "decisions" => ("/decisions", "All decisions"),
            "approvals" => ("/approvals", "What waits"),
            "guards" => ("/guards", "All guards"),
            _ => ("/", "Overview"),
        };
        let mut chars = message.chars();
        let sentence =
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).chain(['.']).collect());
        Self { frame, status, title, message: crate::display::said(&sentence), back, back_label }
    }

    pub(crate) fn html(&self) -> Result<Html<String>, ConsoleError> {
        html(self)
    }
}

/// No such page.
pub(crate) async fn refuse_path(State(console): State<Arc<Console>>, uri: Uri) -> PageError {
    Frame::new(&console, "").failed(ConsoleError::NoSuchPath(uri.path().to_owned()))
}
