//! The first page: what happened lately, what was refused, and the guard set that decided it.

mod rankings;
mod set_card;

pub(super) use set_card::SetCard;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{RawQuery, State};
use parapet_domain::{Decision, Timestamp};
use parapet_store::{Bucket, Counts, DecisionFilter, Overview, PageRequest};

use self::rankings::{Ranked, denials, failures, latency};
use self::set_card::{Complaint, complaints, waiting};
use super::row::DecisionRow;
use super::{Frame, Page, html};
use crate::api;
use crate::display::{When, count, micros, share};
use crate::error::ConsoleError;
use crate::query::{OverviewQuery, Range, link};
use crate::state::Console;

/// Rows of the table of refusals.
const REFUSALS: u32 = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    span: String,
    ranges: Vec<RangeLink>,
    set: SetCard,
    complaints: Vec<Complaint>,
    figures: Vec<Figure>,
    key: [(&'static str, String); 5],
    total: u64,
    step_s: u64,
    step: String,
    buckets: Vec<BucketRow>,
    denials: Vec<Ranked>,
    failures: Vec<Ranked>,
    latency: Vec<Ranked>,
    queue: String,
    rows: Vec<DecisionRow>,
}

struct RangeLink {
    href: String,
    label: &'static str,
    current: bool,
}

struct Figure {
    class: &'static str,
    name: &'static str,
    value: String,
    more: String,
    href: String,
}

struct BucketRow {
    at_s: i64,
    when: When,
    href: String,
    counts: [u64; 5],
}

/// The overview of the last day, or of the range asked for.
pub(crate) async fn show_overview(State(console): State<Arc<Console>>, RawQuery(query): RawQuery) -> Page {
    let frame = || Frame::new(&console, "overview");
    let now = Timestamp::now();
    let query = OverviewQuery::parse(&query.unwrap_or_default(), now).map_err(|error| frame().failed(error))?;
    let overview = api::read_overview(&console, &query).await.map_err(|error| frame().failed(error))?;
    let refusals = latest_refusals(&console).await.map_err(|error| frame().failed(error))?;
    let rows = DecisionRow::table(&refusals, now);
    html(&OverviewPage::new(&console, &query, &overview, rows, now)).map_err(|error| frame().failed(error))
}

async fn latest_refusals(console: &Console) -> Result<Vec<parapet_domain::DecisionRecord>, ConsoleError> {
    let filter = DecisionFilter { decision: Some(Decision::Deny), ..DecisionFilter::of(&console.admin.tenant) };
    Ok(console.admin.store.decisions(&filter, &PageRequest::first(REFUSALS)).await?.records)
}

impl OverviewPage {
    fn new(
        console: &Console,
        query: &OverviewQuery,
        overview: &Overview,
        rows: Vec<DecisionRow>,
        now: Timestamp,
    ) -> Self {
        let span = Span::of(query);
        let set = console.in_force();
        let queue = (console.admin.queue)();
        let counts = &overview.total;
        Self {
            frame: Frame::new(console, "overview"),
            span: span.sentence(query, now),
            ranges: Range::ALL.map(|range| RangeLink::new(range, query.range)).into(),
            set: SetCard::new(&set, now),
            complaints: complaints(&set.guards, queue),
            figures: figures(overview, &span),
            key: [
                ("allow", counts.allow),
                ("redact", counts.redact),
                ("ask", counts.ask),
                ("deny", counts.deny),
                ("failed", counts.failed),
            ]
            .map(|(name, n)| (name, count(n))),
            total: counts.decisions(),
            step_s: query.bucket.as_secs(),
            step: step(query.bucket.as_secs()),
            buckets: overview.buckets.iter().map(|bucket| BucketRow::new(bucket, query.bucket, now)).collect(),
            denials: denials(overview, &span),
            failures: failures(overview, &span),
            latency: overview.latency.map(latency).unwrap_or_default(),
            queue: waiting(queue),
            rows,
        }
    }
}

/// The span of the page, as it goes into links.
struct Span {
    from: String,
    to: String,
}

impl Span {
    fn of(query: &OverviewQuery) -> Self {
        Self { from: query.from.to_string(), to: query.to.to_string() }
    }

    fn link(&self, more: &[(&str, &str)]) -> String {
        link("/decisions", [("from", self.from.as_str()), ("to", &self.to)].into_iter().chain(more.iter().copied()))
    }

    fn sentence(&self, query: &OverviewQuery, now: Timestamp) -> String {
        let (from, to) = (When::new(query.from, now), When::new(query.to.min(now), now));
        let when = format!("{} {} to {} {} UTC", from.day, short_clock(&from), to.day, short_clock(&to));
        query.range.map_or_else(|| when.clone(), |range| format!("{}, {when}", range.name))
    }
}

fn short_clock(when: &When) -> &str {
    when.clock.get(..5).unwrap_or_default()
}

impl RangeLink {
    fn new(range: Range, current: Option<Range>) -> Self {
        Self { href: link("/", [("range", range.word)]), label: range.word, current: current == Some(range) }
    }
}

fn figures(overview: &Overview, span: &Span) -> Vec<Figure> {
    let Counts { redact, ask, deny, failed, .. } = overview.total;
    let total = overview.total.decisions();
    let part = |class, name, decision: &str, n| Figure {
        class,
        name,
        value: count(n),
        more: share(n, total),
        href: span.link(&[("decision", decision)]),
    };
    vec![
        Figure { class: "all", name: "Judged", value: count(total), more: "events".to_owned(), href: span.link(&[]) },
        part("deny", "Denied", "deny", deny),
        part("redact", "Redacted", "redact", redact),
        part("ask", "Asked", "ask", ask),
        Figure {
            class: "failed",
            name: "With failures",
            value: count(failed),
            more: share(failed, total),
            href: "#failures".to_owned(),
        },
        Figure {
            class: "took",
            name: "Time, p99",
            value: overview.latency.map_or_else(|| "–".to_owned(), |latency| micros(latency.p99_us)),
            more: overview.latency.map_or_else(String::new, |latency| format!("p50 {}", micros(latency.p50_us))),
            href: "#latency".to_owned(),
        },
    ]
}

impl BucketRow {
    fn new(bucket: &Bucket, step: Duration, now: Timestamp) -> Self {
        let Counts { allow, redact, ask, deny, failed } = bucket.counts;
        let step_us = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
        let end = Timestamp::from_micros(bucket.start.as_micros().saturating_add(step_us));
        Self {
            href: link("/decisions", [("from", bucket.start.to_string()), ("to", end.to_string())]),
            at_s: bucket.start.as_micros().div_euclid(1_000_000),
            when: When::new(bucket.start, now),
            counts: [allow, redact, ask, deny, failed],
        }
    }
}

fn step(seconds: u64) -> String {
    match seconds {
        s if s.is_multiple_of(86_400) => plural(s / 86_400, "day"),
        s if s.is_multiple_of(3_600) => plural(s / 3_600, "hour"),
        s if s.is_multiple_of(60) => plural(s / 60, "minute"),
        s => plural(s, "second"),
    }
}

fn plural(n: u64, unit: &str) -> String {
    if n == 1 { format!("One {unit}") } else { format!("{n} {unit}s") }
}
