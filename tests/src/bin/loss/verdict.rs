//! Compares what the clients got, and what reached the model, with what stands in the log.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use anyhow::Result;
use parapet_domain::{DecisionRecord, Stage};
use parapet_store::{DecisionFilter, PageRequest, Store, StoreConfig};
use uuid::Uuid;

use crate::clients::Results;
use crate::setup::Setup;

/// The outcome.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Decisions behind a released answer that stand in the log exactly once.
    pub(crate) passed: usize,
    /// What is wrong.
    pub(crate) failed: Vec<String>,
    /// Rows in the log.
    rows: usize,
    /// Requests that reached the model.
    asked: usize,
}

pub(crate) async fn check(setup: &Setup, results: &Results) -> Result<Checked> {
    let rows = all_rows(&setup.cluster.url()).await?;
    let mut checked = Checked { rows: rows.len(), failed: results.unexpected.clone(), ..Checked::default() };
    check_unique(&rows, &mut checked);
    check_released(&rows, &results.released, &mut checked);
    check_model(&rows, setup, &mut checked);
    Ok(checked)
}

async fn all_rows(url: &str) -> Result<Vec<DecisionRecord>> {
    let store = Store::open(&StoreConfig::new(url)).await?;
    let filter = DecisionFilter::of(parapet_domain::event::DEFAULT_TENANT);
    let (mut rows, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX_LIMIT));
    loop {
        let found = store.decisions(&filter, &page).await?;
        rows.extend(found.records);
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// No row twice: neither its id nor its event.
fn check_unique(rows: &[DecisionRecord], checked: &mut Checked) {
    let (mut ids, mut events) = (HashSet::new(), HashSet::new());
    for row in rows {
        if !ids.insert(row.id) || !events.insert(row.event_id) {
            checked.failed.push(format!("decision {} stands in the log twice", row.id));
        }
    }
}

/// Every released answer has the decision on the question and the decision on the answer, each once. The answer names one of
/// the two.
fn check_released(rows: &[DecisionRecord], released: &[Uuid], checked: &mut Checked) {
    let exchange_of: HashMap<Uuid, Uuid> = rows.iter().map(|row| (row.id, row.exchange_id)).collect();
    let mut stages: HashMap<Uuid, Vec<Stage>> = HashMap::new();
    for row in rows {
        stages.entry(row.exchange_id).or_default().push(row.stage);
    }
    for id in released {
        let Some(exchange) = exchange_of.get(id) else {
            checked.failed.push(format!("an answer was released, but its decision {id} is not in the log"));
            continue;
        };
        // Taken out, so that two answers cannot rest on the same rows.
        let found = stages.remove(exchange).unwrap_or_default();
        for stage in [Stage::Input, Stage::Output] {
            match found.iter().filter(|found| **found == stage).count() {
                1 => checked.passed += 1,
                n => checked
                    .failed
                    .push(format!("exchange {exchange} was released with {n} decisions at {}", stage.as_str())),
            }
        }
    }
}

/// Nothing reaches the model before its decision is in the log, whether or not the client got an answer.
fn check_model(rows: &[DecisionRecord], setup: &Setup, checked: &mut Checked) {
    let sessions: HashSet<&str> =
        rows.iter().filter(|row| row.stage == Stage::Input).filter_map(|row| row.session.as_deref()).collect();
    for body in setup.model.received() {
        checked.asked += 1;
        let session = body.get("user").and_then(serde_json::Value::as_str).unwrap_or_default();
        if !sessions.contains(session) {
            checked.failed.push(format!(
                "the question of session {session} reached the model, but its decision is not in the log"
            ));
        }
    }
}

pub(crate) fn print(out: &mut impl Write, events: &[String], results: &Results, checked: &Checked) -> Result<()> {
    for event in events {
        writeln!(out, "{event}")?;
    }
    writeln!(out, "released answers:                 {}", results.released.len())?;
    writeln!(out, "refused, decision not recordable: {}", results.refused)?;
    writeln!(out, "broken off by a kill:             {}", results.broken)?;
    writeln!(out, "requests that reached the model:  {}", checked.asked)?;
    writeln!(out, "rows in the log:                  {}", checked.rows)?;
    for failure in checked.failed.iter().take(20) {
        writeln!(out, "FAILED: {failure}")?;
    }
    writeln!(out, "{} passed, {} failed", checked.passed, checked.failed.len())?;
    Ok(())
}
