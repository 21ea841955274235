//! Rows over HTTP through a sidecar that this process starts: real routes, the identity in the trusted header, every
//! decision recorded before its answer leaves. What the guards said is read back from the audit log.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use parapet_domain::event::DEFAULT_TENANT;
use parapet_domain::{Decision, DecisionRecord};
use parapet_gateway::Config;
use serde_json::json;
use uuid::Uuid;

use super::agent;
use super::explanation::Explanation;
use super::figures::{Decided, Said, first_failure};
use super::latency::Times;
use super::per_event::PerEvent;
use super::report::Measured;
use super::routes::Route;
use super::row::{Row, Suite};
use crate::config::quoted;
use crate::http_client::{HttpClient, Reply};
use crate::sidecar::{self, Sidecar};
use crate::state_dir::StateDir;

/// Sends all rows `repeat` times.
pub(crate) async fn measure(
    guards: Option<PathBuf>,
    rows: Vec<Row>,
    repeat: u32,
    per_event: PerEvent,
) -> Result<Measured> {
    let answers = answers(&rows)?;
    let upstream = agent::start(Arc::clone(&answers)).await?;
    let home =
        tempfile::Builder::new().prefix("parapet-bench-").tempdir().context("no temporary folder for the sidecar")?;
    let state = StateDir::open(Some(home.path().to_owned()))?;
    let mut config = Config::parse("bench", &config_text(upstream, &state)?, &|_| None)?;
    config.guards.dir = guards;
    config.per_event = Some(per_event.table());
    let sidecar = sidecar::start(config, &state).await?;
    let bench = Bench { client: HttpClient::new(), url: format!("http://{}", sidecar.listen), sidecar, answers };
    let measured = bench.measure(&rows, repeat).await;
    bench.sidecar.stop().await?;
    measured
}

fn answers(rows: &[Row]) -> Result<agent::Answers> {
    let numbered = (0_u64..).zip(rows);
    let answers = numbered.map(|(n, row)| Ok((n, Bytes::from(serde_json::to_vec(&row.answer)?))));
    Ok(Arc::new(answers.collect::<Result<HashMap<_, _>>>()?))
}

fn config_text(upstream: SocketAddr, state: &StateDir) -> Result<String> {
    let path = |name: &str| quoted(&state.join(name).display().to_string());
    // Built guards do not depend on the rows: they stay in the user's state folder.
    let cache = quoted(&StateDir::open(None)?.join("cache").display().to_string());
    let routes: String = Suite::ALL.iter().map(|suite| Route::of(*suite).config()).collect();
    Ok(format!(
        r#"
        [server]
        listen = "127.0.0.1:0"
        admin_listen = "127.0.0.1:0"
        [store]
        url = {store}
        [audit]
        digest_key_file = {digest_key}
        [sandbox]
        cache_dir = {cache}
        [guards]
        watch = false
        [identity.header]
        trusted_peers = ["127.0.0.1/32"]
        [upstreams.agents]
        base_url = "http://{upstream}"
        {routes}
        "#,
        store = quoted(&state.store_url()),
        digest_key = path("digest.key"),
    ))
}

struct Bench {
    client: HttpClient,
    url: String,
    sidecar: Sidecar,
    answers: agent::Answers,
}

impl Bench {
    async fn measure(&self, rows: &[Row], repeat: u32) -> Result<Measured> {
        let (mut times, mut overhead) = (Times::default(), Times::default());
        // The first request of each route opens connections and reads tables; it is no part of the steady state.
        for suite in Suite::ALL {
            if let Some((n, row)) = (0_u64..).zip(rows).find(|(_, row)| row.suite == suite) {
                self.send(n, row).await?;
            }
        }
        let mut replies = Vec::with_capacity(rows.len());
        for round in 0..repeat {
            for (n, row) in (0_u64..).zip(rows) {
                let started = Instant::now();
                let reply = self.send(n, row).await?;
                times.push(row.suite, started.elapsed());
                overhead.push(row.suite, own_time(&reply));
                if round == 0 {
                    replies.push(reply);
                }
            }
        }
        // Read back afterwards, so that queries do not stand between the requests.
        let mut decided = Vec::with_capacity(rows.len());
        for ((n, row), reply) in (0_u64..).zip(rows).zip(&replies) {
            let said = self.said(n, row, reply).await?;
            decided.push(Decided { row: row.clone(), said });
        }
        let guard_set = self.sidecar.sets.current().hash.clone();
        Ok(Measured { guard_set, decided, repeat, times, overhead: Some(overhead) })
    }

    async fn send(&self, n: u64, row: &Row) -> Result<Reply> {
        let mut body = row.request.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("row".to_owned(), json!(n));
        }
        let principal =
            json!({ "id": row.principal.id, "roles": row.principal.roles, "attributes": row.principal.attributes })
                .to_string();
        let headers = [("content-type", "application/json"), ("x-parapet-principal", principal.as_str())];
        let url = format!("{}{}", self.url, Route::of(row.suite).path);
        self.client.send("POST", &url, &headers, body.to_string()).await
    }

    async fn said(&self, n: u64, row: &Row, reply: &Reply) -> Result<Said> {
        let records = self.records(row, reply).await?;
        let refusal = records.iter().find(|record| record.enforced >= Decision::Ask);
        let passed = reply.status.is_success();
        if passed == refusal.is_some() {
            bail!(
                "line {} of {}: status {} does not go with what is recorded",
                row.line,
                row.suite.name(),
                reply.status
            );
        }
        let failure = records.iter().find_map(|record| first_failure(&record.runs));
        Ok(Said {
            deny: refusal.is_some(),
            reason_code: refusal.map(|record| record.reason_code.clone()).unwrap_or_default(),
            explanation: refusal.map(|record| Explanation::of_runs(&record.runs)).unwrap_or_default(),
            unchanged: passed && self.answers.get(&n) == Some(&reply.body),
            guard_failed: failure.is_some(),
            failure,
        })
    }

    /// What was recorded of the exchange.
    async fn records(&self, row: &Row, reply: &Reply) -> Result<Vec<DecisionRecord>> {
        let place = || format!("line {} of {}: status {}: {}", row.line, row.suite.name(), reply.status, reply.text());
        let id: Uuid = reply.header("x-parapet-decision-id").parse().with_context(place)?;
        let store = &self.sidecar.store;
        let record = store.decision(DEFAULT_TENANT, id).await?.with_context(place)?;
        Ok(store.exchange(DEFAULT_TENANT, record.exchange_id).await?)
    }
}

/// What the sidecar says that it took itself.
fn own_time(reply: &Reply) -> Duration {
    Duration::from_micros(reply.header("x-parapet-overhead-us").parse().unwrap_or_default())
}
