//! The question behind a list of decisions, the same for pages and API.

use parapet_domain::{Decision, FailureKind, Stage};
use parapet_store::{Cursor, DecisionFilter, PageRequest};

use super::{Pairs, QueryError, link};

/// Every key that a list of decisions understands.
const KEYS: [&str; 15] = [
    "from",
    "to",
    "decision",
    "guard",
    "agent",
    "principal",
    "session",
    "stage",
    "reason_code",
    "exchange",
    "failure",
    "limit",
    "after",
    "format",
    "refresh",
];
/// Keys that choose rows; the rest chooses how they are shown.
const FILTERS: [&str; 11] =
    ["from", "to", "decision", "guard", "agent", "principal", "session", "stage", "reason_code", "exchange", "failure"];

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
}

/// A filter and a page of it.
#[derive(Debug)]
pub(crate) struct DecisionQuery {
    pub(crate) filter: DecisionFilter,
    pub(crate) page: PageRequest,
    /// As asked for by `format`; else the `Accept` header decides.
    pub(crate) format: Option<Format>,
    /// Whether the page reloads itself.
    pub(crate) refresh: bool,
    pairs: Pairs,
}

impl DecisionQuery {
    /// Rows of a page when `limit` is not given.
    pub(crate) const DEFAULT_LIMIT: u32 = 50;
    /// Most rows of a page.
    pub(crate) const MAX_LIMIT: u32 = 1_000;

    pub(crate) fn parse(query: &str, tenant: &str) -> Result<Self, QueryError> {
        let pairs = Pairs::parse(query, &KEYS)?;
        let filter = filter(&pairs, tenant)?;
        let limit = pairs.typed("limit", "a number between 1 and 1000", |text| {
            text.parse().ok().filter(|limit| (1..=Self::MAX_LIMIT).contains(limit))
        })?;
        let after =
            pairs.typed("after", "the `next` of the page before, unchanged", |text| text.parse::<Cursor>().ok())?;
        let format = pairs.typed("format", "`json` or `csv`", |text| match text {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            _ => None,
        })?;
        let refresh = pairs.typed("refresh", "`10`", |text| (text == "10").then_some(()))?.is_some();
        let page = PageRequest { limit: limit.unwrap_or(Self::DEFAULT_LIMIT), after };
        Ok(Self { filter, page, format, refresh, pairs })
    }

    /// Nothing chosen, but with what was written, to show it again to its writer.
    pub(crate) fn as_written(query: &str, tenant: &str) -> Self {
        let filter = DecisionFilter::of(tenant);
        let page = PageRequest { limit: Self::DEFAULT_LIMIT, after: None };
        Self { filter, page, format: None, refresh: false, pairs: Pairs::as_written(query, &FILTERS) }
    }

    /// What was given for `key`, as it was written.
    pub(crate) fn given(&self, key: &str) -> &str {
        self.pairs.get(key).unwrap_or_default()
    }

    /// Whether any row is filtered out.
    pub(crate) fn is_filtered(&self) -> bool {
        FILTERS.iter().any(|key| self.pairs.get(key).is_some())
    }

    /// `path` with the same filter and limit, and `more` on top.
    pub(crate) fn link(&self, path: &str, more: &[(&str, &str)]) -> String {
        let kept = FILTERS.iter().chain(["limit"].iter()).filter_map(|key| Some((*key, self.pairs.get(key)?)));
        link(path, kept.chain(more.iter().copied()))
    }
}

fn filter(pairs: &Pairs, tenant: &str) -> Result<DecisionFilter, QueryError> {
    let decision = pairs.typed("decision", "`allow`, `redact`, `ask` or `deny`", |text| {
        Decision::ALL.into_iter().find(|decision| decision.as_str() == text)
    })?;
    let stage = pairs.typed("stage", "`input`, `output`, `tool_call` or `tool_result`", |text| {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    })?;
    let failure = pairs.typed("failure", "a kind of failure such as `out_of_fuel` or `timed_out`", |text| {
        FailureKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    })?;
    let exchange_id = pairs.typed("exchange", "the id of an exchange, a UUID", |text| text.parse().ok())?;
    let (from, to) = (pairs.time("from")?, pairs.time("to")?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(QueryError::new(format!("`from` ({from}) must be before `to` ({to})")));
    }
    Ok(DecisionFilter {
        from,
        to,
        decision,
        guard: pairs.text("guard"),
        failure,
        agent: pairs.text("agent"),
        principal: pairs.text("principal"),
        session: pairs.text("session"),
        stage,
        reason_code: pairs.text("reason_code"),
        exchange_id,
        ..DecisionFilter::of(tenant)
    })
}
