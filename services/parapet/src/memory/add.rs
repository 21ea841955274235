//! `parapet memory add`: a guard becomes an example, once its tests have passed and somebody stands for it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parapet_domain::{Decision, Event, Outcome, Timestamp};
use parapet_guardgen::{Approval, Plan, TestsPassed, event_texts};
use parapet_judge::{EventDefaults, Guard, GuardFiles, GuardSource, event_from_partial, seen_by};
use parapet_sandbox::Sandbox;
use serde_json::Value;
use uuid::Uuid;

use super::place;
use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::output;

/// Runs the tests of a guard and, when all pass, adds it as an example in the name of the operator who approves it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet memory add --guard guards/shop-refunds --by ann
  parapet memory add --guard guards/shop-refunds --by ann --event event.json

The event is one that the guard judges, in the form of its tests; without --event, the first of its tests that it does not allow.
A failed test ends with exit code 4, and nothing is added.")]
pub(crate) struct Args {
    /// The guard's folder
    #[arg(long, value_name = "DIR")]
    guard: PathBuf,
    /// Who approves it
    #[arg(long, value_name = "NAME")]
    by: String,
    /// File with an event that it judges, as JSON
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    #[command(flatten)]
    sandbox: SandboxArgs,
    #[command(flatten)]
    place: place::Args,
}

/// A guard with the proof that its tests passed, and an event with the verdict on it.
struct Shown {
    guard: Guard,
    proof: TestsPassed,
    event: Event,
    verdict: Decision,
}

/// Adds it.
pub(super) async fn run(args: Args, json: bool) -> Result<Exit> {
    let folder = std::fs::canonicalize(&args.guard)
        .with_context(|| format!("`{}` cannot be read; give the folder of a guard", args.guard.display()))?;
    let source = GuardSource::parse(&GuardFiles::read(&folder)?)?;
    let plan = plan_of(&folder)?;
    let event = match &args.event {
        Some(file) => event_of(&source, &read_json(file)?)?,
        None => tested_event(&source)?,
    };
    let sandbox = Arc::new(args.sandbox.open()?);
    let shown = tokio::task::spawn_blocking(move || show(&sandbox, source, event)).await??;
    let (input, output) = event_texts(&shown.event);
    let approval = Approval { guard: &shown.guard.source, plan, input, output, verdict: shown.verdict, by: args.by };
    let added = args.place.open().await?.add(&approval, &shown.proof).await?;
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &added)?;
    } else {
        let word = if added.new { "added" } else { "known already" };
        writeln!(out, "{word}: {} ({} tests passed)", added.id, shown.proof.count())?;
    }
    Ok(Exit::Success)
}

/// Runs the tests, then the event.
fn show(sandbox: &Sandbox, source: GuardSource, event: Event) -> Result<Shown> {
    let guard = Guard::build(sandbox, source)?;
    let proof = TestsPassed::run(sandbox, &guard)?;
    let chars: Vec<usize> = event.parts.iter().map(|part| part.text.chars().count()).collect();
    let run = sandbox.run(&guard.loaded, &serde_json::to_vec(&event)?, &chars, &guard.source.manifest.budget);
    match run.outcome {
        Outcome::Verdict(verdict) => Ok(Shown { guard, proof, event, verdict: verdict.decision }),
        Outcome::Failure(failure) => {
            bail!(
                "the guard failed on the event ({}): {}; give one that it can judge",
                failure.kind.as_str(),
                failure.message
            )
        }
    }
}

/// The plan as steps, where the folder has one.
fn plan_of(folder: &Path) -> Result<Option<Plan>> {
    let file = folder.join("plan.json");
    if !file.exists() {
        return Ok(None);
    }
    let plan = serde_json::from_value(read_json(&file)?);
    plan.map(Some).with_context(|| format!("`{}` is no plan", file.display()))
}

fn read_json(file: &Path) -> Result<Value> {
    let text = place::text(file)?;
    parapet_domain::json::parse_str(&text).with_context(|| format!("`{}` is not acceptable JSON", file.display()))
}

/// What a guard refuses says more of its rule than what it lets pass.
fn tested_event(source: &GuardSource) -> Result<Event> {
    let refused = source.tests.iter().find(|test| test.expect.verdict.is_some_and(|v| v != Decision::Allow));
    match refused.or_else(|| source.tests.iter().find(|test| test.expect.verdict.is_some())) {
        Some(test) => event_of(source, &test.event),
        None => bail!("guard `{}` has no test with a verdict; give an event with `--event`", source.manifest.id),
    }
}

fn event_of(source: &GuardSource, value: &Value) -> Result<Event> {
    let manifest = &source.manifest;
    let stage = manifest.stages.first().copied().context("the manifest lists no stage")?;
    let defaults = EventDefaults { stage, agent: "agent".to_owned(), at: Timestamp::now(), id: Uuid::now_v7() };
    let event = event_from_partial(value, &defaults).map_err(anyhow::Error::msg)?;
    anyhow::ensure!(
        manifest.stages.contains(&event.stage),
        "guard `{}` does not judge the stage `{}`; give an event of a stage that its manifest lists",
        manifest.id,
        event.stage.as_str()
    );
    Ok(seen_by(manifest, event))
}
