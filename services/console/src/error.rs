//! What can go wrong with a request. The one place of the console that knows status codes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use parapet_store::StoreError;
use serde_json::json;

use crate::pages::{ErrorPage, Frame};
use crate::query::QueryError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    #[error("this needs the admin token; send it as `Authorization: Bearer TOKEN`, or sign in at /login")]
    Unauthorized,
    #[error("too many wrong tokens; try again in {0} s")]
    TooManyAttempts(u64),
    #[error("this form was not sent from the console's own pages; open the console and try again")]
    ForeignForm,
    #[error("{0}")]
    BadQuery(#[from] QueryError),
    #[error("there is no {what} `{name}`")]
    NotFound { what: &'static str, name: String },
    #[error("`{0}` is not part of the console")]
    NoSuchPath(String),
    #[error("this only answers GET")]
    WrongMethod,
    #[error("the body is not a guard request: {0}")]
    BadBody(String),
    #[error("the body is no answer to an approval: {0}")]
    BadAnswer(String),
    #[error("this is `{0}` already and cannot be answered any more")]
    NotPending(&'static str),
    #[error("guards are not generated here; start the sidecar with a guards folder, or use `parapet generate`")]
    NoGeneration,
    #[error("as many guards as allowed are being generated; try again later")]
    GenerationBusy,
    #[error("the store cannot be read: {0}")]
    Store(#[from] StoreError),
    #[error("the answer could not be written: {0}")]
    Render(String),
}

impl ConsoleError {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::BadQuery(_) | Self::BadBody(_) | Self::BadAnswer(_) => StatusCode::BAD_REQUEST,
            Self::NotPending(_) => StatusCode::CONFLICT,
            Self::NotFound { .. } | Self::NoSuchPath(_) | Self::NoGeneration => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Store(_) | Self::GenerationBusy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Render(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Stable word for programs.
    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::TooManyAttempts(_) => "too_many_attempts",
            Self::ForeignForm => "foreign_form",
            Self::BadQuery(_) => "bad_query",
            Self::BadBody(_) => "bad_body",
            Self::BadAnswer(_) => "bad_answer",
            Self::NotPending(_) => "not_pending",
            Self::NoGeneration => "no_generation",
            Self::GenerationBusy => "generation_busy",
            Self::NotFound { .. } | Self::NoSuchPath(_) => "not_found",
            Self::WrongMethod => "method_not_allowed",
            Self::Store(_) => "store_unavailable",
            Self::Render(_) => "internal",
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Unauthorized => "Please sign in",
            Self::TooManyAttempts(_) => "Too many attempts",
            Self::ForeignForm => "Form refused",
            Self::BadQuery(_) | Self::BadBody(_) => "This question cannot be answered",
            Self::BadAnswer(_) => "This is no answer",
            Self::NotPending(_) => "Too late",
            Self::NotFound { .. } | Self::NoSuchPath(_) | Self::NoGeneration => "Not here",
            Self::GenerationBusy => "Busy",
            Self::WrongMethod => "Not allowed",
            Self::Store(_) => "The audit log is away",
            Self::Render(_) => "Something broke",
        }
    }

    fn log(&self) {
        if self.status().is_server_error() && !matches!(self, Self::GenerationBusy) {
            tracing::error!(error = %self, code = self.code(), "console request failed");
        }
    }

    /// Headers that belong to the status.
    pub(crate) fn complete(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        match self {
            Self::Unauthorized => {
                drop(headers.insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer realm=\"parapet\"")))
            }
            Self::WrongMethod => drop(headers.insert(ALLOW, http::HeaderValue::from_static("GET, HEAD"))),
            Self::GenerationBusy => drop(headers.insert(RETRY_AFTER, http::HeaderValue::from_static("30"))),
            Self::TooManyAttempts(seconds) => drop(headers.insert(RETRY_AFTER, http::HeaderValue::from(*seconds))),
            _ => {}
        }
        response
    }
}

/// A [`ConsoleError`] told to a program.
pub(crate) struct ApiError(pub(crate) ConsoleError);

impl<E: Into<ConsoleError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.0.log();
        let body = Json(json!({"error": {"code": self.0.code(), "message": self.0.to_string()}}));
        self.0.complete((self.0.status(), body).into_response())
    }
}

/// A [`ConsoleError`] told to a person.
pub(crate) struct PageError {
    pub(crate) error: ConsoleError,
    pub(crate) frame: Frame,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        self.error.log();
        let status = self.error.status();
        let page = ErrorPage::new(self.frame, status.as_u16(), self.error.title(), &self.error.to_string());
        let response = match page.html() {
            Ok(html) => (status, html).into_response(),
            Err(_) => (status, self.error.to_string()).into_response(),
        };
        self.error.complete(response)
    }
}
