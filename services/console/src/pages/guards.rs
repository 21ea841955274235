//! The guards in force, and each of them in full: request, plan, code, tests, how it runs.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use parapet_domain::{Decision, FailureKind, Match, OnError, Timestamp};

use super::overview::SetCard;
use super::{Fact, Frame, Page, html};
use crate::api;
use crate::display::{bytes, clip, count, short_hash, visible};
use crate::guard_view::{GuardSummary, GuardView, TestView};
use crate::highlight::{self, Span};
use crate::markdown;
use crate::pretty;
use crate::query::{OverviewQuery, link, segment};
use crate::state::Console;

#[derive(Template)]
#[template(path = "guards.html")]
struct GuardsPage {
    frame: Frame,
    set: SetCard,
    guards: Vec<GuardCard>,
}

struct GuardCard {
    id: String,
    path: String,
    title: String,
    request: String,
    mode: &'static str,
    stages: Vec<&'static str>,
    denials: String,
    hash: String,
    short: String,
}

/// All guards in force. Without the store the page still stands, only without the numbers.
pub(crate) async fn list_guards(State(console): State<Arc<Console>>) -> Page {
    let frame = || Frame::new(&console, "guards");
    let now = Timestamp::now();
    let query = OverviewQuery::parse("", now).map_err(|error| frame().failed(error))?;
    let overview = api::read_overview(&console, &query).await.ok();
    let denials = overview.map(|overview| {
        overview.denials_by_guard.into_iter().map(|one| (one.guard, one.count)).collect::<HashMap<_, _>>()
    });
    let set = console.in_force();
    let page = GuardsPage {
        frame: frame(),
        set: SetCard::new(&set, now),
        guards: set.summaries().into_iter().map(|guard| GuardCard::new(guard, denials.as_ref())).collect(),
    };
    html(&page).map_err(|error| frame().failed(error))
}

impl GuardCard {
    fn new(guard: &GuardSummary, denials: Option<&HashMap<String, u64>>) -> Self {
        let denied = denials.map(|denials| denials.get(&guard.id).copied().unwrap_or_default());
        Self {
            id: visible(&guard.id),
            path: segment(&guard.id),
            title: title(guard),
            request: clip(&guard.request, 300),
            mode: guard.mode.as_str(),
            stages: guard.stages.iter().map(|stage| stage.as_str()).collect(),
            denials: denied.map_or_else(String::new, |n| format!("{} denied in 24 h", count(n))),
            hash: guard.hash.clone(),
            short: short_hash(&guard.hash),
        }
    }
}

fn title(guard: &GuardSummary) -> String {
    visible(if guard.title.is_empty() { &guard.id } else { &guard.title })
}

/// `request`, `plan` and `agent` are HTML, made safe by [`markdown::render`]; the template escapes the rest.
#[derive(Template)]
#[template(path = "guard.html")]
struct GuardPage {
    frame: Frame,
    id: String,
    path: String,
    title: String,
    mode: &'static str,
    decisions_href: String,
    request: String,
    code_summary: String,
    lines: Vec<Vec<Span>>,
    tests_summary: String,
    tests: Vec<TestRow>,
    facts: Vec<Fact>,
    plan: String,
    tables: String,
    agent: String,
}

struct TestRow {
    expected: &'static str,
    reason_code: String,
    description: String,
    event: String,
}

/// One guard in force.
pub(crate) async fn show_guard(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Page {
    let frame = || Frame::new(&console, "guards");
    let guard = api::read_guard(&console, &id).map_err(|error| frame().failed(error))?;
    html(&GuardPage::new(frame(), &guard)).map_err(|error| frame().failed(error))
}

impl GuardPage {
    fn new(frame: Frame, guard: &GuardView) -> Self {
        let id = &guard.summary.id;
        let lines = guard.code.as_deref().map(|code| highlight::lines(&visible(code))).unwrap_or_default();
        Self {
            frame,
            id: visible(id),
            path: segment(id),
            title: title(&guard.summary),
            mode: guard.summary.mode.as_str(),
            decisions_href: link("/decisions", [("guard", id)]),
            request: markdown::render(&visible(&guard.summary.request)),
            code_summary: format!("{}, {}", guard.language, size(guard.code_bytes, lines.len())),
            lines,
            tests_summary: tests_summary(&guard.tests),
            tests: guard.tests.iter().map(TestRow::new).collect(),
            facts: facts(guard),
            plan: markdown::render(&visible(without_title(&guard.plan))),
            tables: tables(guard),
            agent: markdown::render(&visible(&guard.agent)),
        }
    }
}

/// The plan without a first heading that only says so: the page has one.
fn without_title(plan: &str) -> &str {
    plan.trim_start().strip_prefix("# Plan\n").unwrap_or(plan)
}

fn size(code_bytes: usize, lines: usize) -> String {
    let size = bytes(u64::try_from(code_bytes).unwrap_or(u64::MAX));
    if lines == 0 { size } else { format!("{lines} lines, {size}") }
}

fn tests_summary(tests: &[TestView]) -> String {
    let of = |decision: Decision| tests.iter().filter(|test| expected(test) == decision.as_str()).count();
    let parts = Decision::ALL.map(|decision| (decision.as_str(), of(decision)));
    parts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

/// The verdict that a test expects; a failure that a test expects is marked as such.
fn expected(test: &TestView) -> &'static str {
    test.verdict.map_or("failed", Decision::as_str)
}

impl TestRow {
    fn new(test: &TestView) -> Self {
        Self {
            expected: expected(test),
            reason_code: visible(
                test.reason_code.as_deref().or(test.failure.map(FailureKind::as_str)).unwrap_or_default(),
            ),
            description: visible(&test.description),
            event: visible(&pretty::json(&test.event)),
        }
    }
}

fn facts(guard: &GuardView) -> Vec<Fact> {
    let stages: Vec<&str> = guard.summary.stages.iter().map(|stage| stage.as_str()).collect();
    let on_error = match guard.summary.on_error {
        OnError::Deny => "denied (fails closed)",
        OnError::Allow => "allowed (fails open)",
    };
    let tools = if guard.tools.is_empty() { "none".to_owned() } else { guard.tools.join(", ") };
    vec![
        ("Stages", stages.join(", "), false),
        ("Judges", judges(&guard.matching), false),
        ("Tools", visible(&tools), false),
        ("Streaming", guard.streaming.clone(), false),
        ("A failure is", on_error.to_owned(), false),
        ("Fuel", count(guard.budget.fuel), false),
        ("Memory", bytes(guard.budget.memory_bytes), false),
        ("Deadline", format!("{} ms", count(guard.budget.deadline_ms)), false),
        ("Verdict up to", bytes(guard.budget.output_bytes), false),
        ("Hash", guard.summary.hash.clone(), true),
    ]
}

/// Which events, in words.
fn judges(matching: &Match) -> String {
    let stages: Vec<String> = matching.stages.iter().map(|stage| stage.as_str().to_owned()).collect();
    let surfaces: Vec<String> = matching.surfaces.iter().map(|surface| surface.as_str().to_owned()).collect();
    let lists = [
        ("stages", &stages),
        ("agents", &matching.agents),
        ("routes", &matching.routes),
        ("surfaces", &surfaces),
        ("tenants", &matching.tenants),
    ];
    let parts: Vec<String> = lists
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| format!("{name} {}", list.join(", ")))
        .collect();
    if parts.is_empty() { "every event of its stages".to_owned() } else { visible(&parts.join("; ")) }
}

/// Facts, patterns and phrases, as far as there are any.
fn tables(guard: &GuardView) -> String {
    if guard.tables.is_empty() {
        return String::new();
    }
    visible(&pretty::json(&guard.tables.clone().into()))
}
