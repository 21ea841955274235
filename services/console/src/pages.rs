//! The operators' pages: one file for each, its view model beside its handler. Templates only place what is ready here.

mod approvals;
mod decision;
mod decisions;
mod guards;
mod overview;
mod plain;
mod row;

pub(crate) use approvals::{answer_approval, list_approvals, show_approval};
pub(crate) use decision::show_decision;
pub(crate) use decisions::list_decisions;
pub(crate) use guards::{list_guards, show_guard};
pub(crate) use overview::show_overview;
pub(crate) use plain::{ErrorPage, LoginPage, refuse_path};

use askama::Template;
use axum::response::Html;

use crate::error::{ConsoleError, PageError};
use crate::health::Status;
use crate::query::segment;
use crate::state::Console;

type Page = Result<Html<String>, PageError>;

/// What stands around every page.
pub(crate) struct Frame {
    section: &'static str,
    status: Status,
    tenant: String,
}

impl Frame {
    fn new(console: &Console, section: &'static str) -> Self {
        let status = Status::of(&console.in_force());
        Self { section, status, tenant: crate::display::visible(&console.admin.tenant) }
    }

    /// Turns what went wrong into a page in this frame.
    fn failed(self, error: impl Into<ConsoleError>) -> PageError {
        PageError { error: error.into(), frame: self }
    }

    const fn sections(&self) -> [(&'static str, &'static str, &'static str); 4] {
        [
            ("overview", "/", "Overview"),
            ("decisions", "/decisions", "Decisions"),
            ("approvals", "/approvals", "Approvals"),
            ("guards", "/guards", "Guards"),
        ]
    }

    const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl Status {
    const fn label(self) -> &'static str {
        match self {
            Self::Ready => "Enforcing",
            Self::Degraded => "Degraded",
            Self::Unavailable => "Unavailable",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Ready => "In force",
            Self::Degraded => "In force; a newer set was refused",
            Self::Unavailable => "Not in force",
        }
    }
}

fn html(page: &impl Template) -> Result<Html<String>, ConsoleError> {
    page.render().map(Html).map_err(|error| ConsoleError::Render(error.to_string()))
}

/// A guard's name and its place in paths.
struct GuardLink {
    name: String,
    path: String,
}

impl GuardLink {
    fn new(id: &str) -> Self {
        Self { name: crate::display::visible(id), path: segment(id) }
    }
}

/// A name, a value, and whether the value is a hash or an id.
type Fact = (&'static str, String, bool);
