//! Rows through parsing, judging and folding in this process, one after the other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use parapet_domain::event::{DEFAULT_TENANT, EVENT_VERSION};
use parapet_domain::fold::{Coverage, FoldPolicy, Ruling};
use parapet_domain::{Event, GuardRun, Principal, RefusalKind, Stage, Surface, Timestamp, fold};
use parapet_guardgen::{EventCoder, Memory};
use parapet_judge::{GuardSet, GuardSets, Judge};
use parapet_surfaces::ParsedBody;
use parapet_surfaces::generic::{self, GenericMapping};
use uuid::Uuid;

use super::explanation::Explanation;
use super::figures::{Decided, Said, first_failure};
use super::latency::Times;
use super::per_event::PerEvent;
use super::report::Measured;
use super::routes::Route;
use super::row::{Row, Suite};
use crate::guard::SandboxArgs;

/// Sends all rows `repeat` times.
pub(crate) async fn measure(
    sandbox: &SandboxArgs,
    guards: Option<PathBuf>,
    rows: Vec<Row>,
    repeat: u32,
    per_event: PerEvent,
) -> Result<Measured> {
    let sandbox = sandbox.clone();
    let runtime = tokio::runtime::Handle::current();
    let model = per_event.model()?;
    let work = move || -> Result<Measured> {
        let sandbox = Arc::new(sandbox.open()?);
        let sets = GuardSets::load(Arc::clone(&sandbox), guards.as_deref())?;
        let mut judge = Judge::new(Arc::clone(&sandbox));
        if let Some(model) = model {
            let coder = EventCoder::new(model, sandbox, Memory::seeds_only(), per_event.options());
            judge = judge.with_coder(Arc::new(coder));
        }
        Bench { judge, set: sets.current(), agents: Agents::new()?, runtime }.measure(&rows, repeat)
    };
    tokio::task::spawn_blocking(work).await.context("the benchmark ended with a fault")?
}

struct Bench {
    judge: Judge,
    set: Arc<GuardSet>,
    agents: Agents,
    /// For guards that ask a model: this is a thread for blocking work.
    runtime: tokio::runtime::Handle,
}

/// Both agents' mappings.
struct Agents {
    ehr: Agent,
    web: Agent,
}

struct Agent {
    route: Route,
    request: GenericMapping,
    answer: GenericMapping,
}

impl Agents {
    fn new() -> Result<Self> {
        Ok(Self { ehr: Agent::new(Suite::EicuAc)?, web: Agent::new(Suite::Mind2WebSc)? })
    }

    const fn of(&self, suite: Suite) -> &Agent {
        match suite {
            Suite::EicuAc => &self.ehr,
            Suite::Mind2WebSc => &self.web,
        }
    }
}

impl Agent {
    fn new(suite: Suite) -> Result<Self> {
        let route = Route::of(suite);
        Ok(Self { request: route.request_mapping()?, answer: route.answer_mapping()?, route })
    }
}

impl Bench {
    fn measure(&self, rows: &[Row], repeat: u32) -> Result<Measured> {
        let mut times = Times::default();
        // The first decision of a process reads tables and starts the pool; it is no part of the steady state.
        for suite in Suite::ALL {
            if let Some(row) = rows.iter().find(|row| row.suite == suite) {
                self.decide(row, &mut Times::default())?;
            }
        }
        let mut decided = Vec::with_capacity(rows.len());
        for round in 0..repeat {
            for row in rows {
                let said = self.decide(row, &mut times)?;
                if round == 0 {
                    decided.push(Decided { row: row.clone(), said });
                }
            }
        }
        Ok(Measured { guard_set: self.set.hash.clone(), decided, repeat, times, overhead: None })
    }

    /// The request, and the answer unless the request was refused.
    fn decide(&self, row: &Row, times: &mut Times) -> Result<Said> {
        let agent = self.agents.of(row.suite);
        let request = serde_json::to_vec(&row.request)?;
        let (ruling, runs) =
            self.rule(row, agent.route.agent, times, || generic::parse_request(&request, &agent.request))?;
        if ruling.refusal.is_some() {
            return Ok(said(&ruling, &runs));
        }
        let answer = serde_json::to_vec(&row.answer)?;
        let (ruling, runs) =
            self.rule(row, agent.route.agent, times, || generic::parse_answer(&answer, &agent.answer))?;
        Ok(said(&ruling, &runs))
    }

    fn rule(
        &self,
        row: &Row,
        agent: &str,
        times: &mut Times,
        parse: impl FnOnce() -> Result<ParsedBody, parapet_surfaces::SurfaceError>,
    ) -> Result<(Ruling, Vec<GuardRun>)> {
        let started = Instant::now();
        let body = parse().with_context(|| format!("line {} of {} makes no event", row.line, row.suite.name()))?;
        let draft = body.events.into_iter().next().context("a generic body has one event")?;
        let event = event(agent, &row.principal, draft.stage, draft.parts);
        let runs = if self.set.entries.iter().any(|entry| entry.guard.source.manifest.per_event) {
            self.runtime.block_on(self.judge.judge(&self.set, &Arc::new(event)))
        } else {
            self.judge.judge_blocking(&self.set, &event)
        };
        let coverage = Coverage { not_inspected: body.not_inspected, ..Coverage::default() };
        let (ruling, _) = fold((), &runs, &coverage, FoldPolicy::default());
        times.push(row.suite, started.elapsed());
        Ok((ruling, runs))
    }
}

fn event(agent: &str, principal: &Principal, stage: Stage, parts: Vec<parapet_domain::Part>) -> Event {
    Event {
        version: EVENT_VERSION.to_owned(),
        id: Uuid::now_v7(),
        exchange_id: Uuid::now_v7(),
        sequence: 0,
        at: Timestamp::now(),
        zone: "UTC".to_owned(),
        tenant: DEFAULT_TENANT.to_owned(),
        stage,
        surface: Surface::Generic,
        route: agent.to_owned(),
        agent: agent.to_owned(),
        principal: Some(principal.clone()),
        session: None,
        parts,
        history: None,
    }
}

fn said(ruling: &Ruling, runs: &[GuardRun]) -> Said {
    let refusal = ruling.refusal.as_ref();
    Said {
        deny: refusal.is_some(),
        reason_code: refusal.map(|r| r.reason_code.clone()).unwrap_or_default(),
        explanation: Explanation::of_runs(runs),
        unchanged: refusal.is_none() && ruling.edits.is_empty(),
        guard_failed: refusal.is_some_and(|r| matches!(r.kind, RefusalKind::GuardFailed | RefusalKind::Unavailable)),
        failure: first_failure(runs),
    }
}
