//! The question behind a list of approvals, the same for pages and API.

use parapet_domain::ApprovalState;
use parapet_store::{ApprovalFilter, Store};
use uuid::Uuid;

use super::{Pairs, QueryError, link};

/// A filter and a page of it.
#[derive(Debug)]
pub(crate) struct ApprovalQuery {
    pub(crate) filter: ApprovalFilter,
    pub(crate) limit: u32,
    pub(crate) after: Option<Uuid>,
}

impl ApprovalQuery {
    /// Rows of a page when `limit` is not given.
    pub(crate) const DEFAULT_LIMIT: u32 = 50;

    pub(crate) fn parse(query: &str, tenant: &str) -> Result<Self, QueryError> {
        let pairs = Pairs::parse(query, &["state", "limit", "after"])?;
        let state = pairs.typed("state", "`pending`, `approved`, `denied`, `expired` or `used`", |text| {
            ApprovalState::ALL.into_iter().find(|state| state.as_str() == text)
        })?;
        let limit = pairs.typed("limit", "a number between 1 and 200", |text| {
            text.parse().ok().filter(|limit| (1..=Store::MAX_APPROVALS).contains(limit))
        })?;
        let after =
            pairs.typed("after", "the `next` of the page before, unchanged", |text| Uuid::try_parse(text).ok())?;
        let filter = ApprovalFilter { tenant: tenant.to_owned(), state };
        Ok(Self { filter, limit: limit.unwrap_or(Self::DEFAULT_LIMIT), after })
    }

    /// The page after this one, at `path`.
    pub(crate) fn next(&self, path: &str, next: Uuid) -> String {
        let state = self.filter.state.map(|state| ("state", state.as_str().to_owned()));
        let pairs = [("limit", self.limit.to_string()), ("after", next.to_string())];
        link(path, state.into_iter().chain(pairs))
    }
}
