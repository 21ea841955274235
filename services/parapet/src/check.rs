//! `parapet check`: one event through all guards of a set, as the sidecar would judge it. Nothing is recorded.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use parapet_domain::fold::{Coverage, FoldPolicy, Ruling};
use parapet_domain::{Event, GuardRun, Outcome, Stage, fold, redact};
use parapet_judge::{GuardSets, Judge};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::guard::SandboxArgs;
use crate::output::{self, BOLD, DIM, clean, paint, style_of};
use crate::{config, event_input};

/// Judges one event and prints the verdicts. Nothing is recorded, nothing is sent.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet check --text 'My SSN is 536-22-8145'
  parapet check --stage output --agent ehr --principal '{\"id\":\"n1\",\"roles\":[\"nursing\"]}' event.json
  echo '{\"stage\":\"tool_call\",\"parts\":[{\"tool\":\"run_shell\",\"json\":{\"command\":\"ls\"}}]}' | parapet check --json

The exit code is the decision: 0 allow, 10 redact, 11 ask, 12 deny; 1 and others are failures.")]
pub(crate) struct Args {
    #[command(flatten)]
    event: event_input::Args,
    /// Folder of guards; default: the configuration's, or the bundled guards
    #[arg(long, value_name = "DIR")]
    guards: Option<PathBuf>,
    /// Configuration whose guards are used
    #[arg(long, value_name = "FILE", conflicts_with = "guards")]
    config: Option<PathBuf>,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// Judges it.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    let (event, past) = args.event.event(Stage::Input)?;
    let event = Arc::new(event);
    let dir = match (&args.guards, &args.config) {
        (None, Some(file)) => config::load(file)?.guards.dir,
        (dir, _) => dir.clone(),
    };
    let sandbox = Arc::new(args.sandbox.open()?);
    let set = GuardSets::load(Arc::clone(&sandbox), dir.as_deref())?.current();
    let runs = Judge::new(sandbox).judge_after(&set, &event, Some(&past)).await;
    let coverage =
        Coverage { inspected: event.parts.iter().map(|part| part.pointer.clone()).collect(), ..Coverage::default() };
    let (ruling, _) = fold((), &runs, &coverage, FoldPolicy::default());
    let mut out = output::stdout();
    if json {
        output::json(&mut out, &report(&event, &runs, &ruling, &set.hash))?;
    } else {
        write_text(&mut out, &event, &runs, &ruling)?;
    }
    Ok(ruling.enforced.into())
}

/// The texts of all parts as they would be released, when anything is changed in them.
fn redacted(event: &Event, ruling: &Ruling) -> Option<Vec<String>> {
    let texts = event.parts.iter().enumerate().map(|(n, part)| redact::apply(&part.text, n, &ruling.edits));
    (!ruling.edits.is_empty()).then(|| texts.collect())
}

fn reason(runs: &[GuardRun], ruling: &Ruling) -> (String, String) {
    if let Some(refusal) = &ruling.refusal {
        return (refusal.reason_code.clone(), refusal.message.clone());
    }
    let decider = runs.iter().find(|run| Some(&run.guard) == ruling.decided_by.as_ref()).map(|run| &run.outcome);
    match decider {
        Some(Outcome::Verdict(verdict)) => (verdict.reason_code.clone(), verdict.message.clone()),
        _ => (String::new(), String::new()),
    }
}

fn report(event: &Event, runs: &[GuardRun], ruling: &Ruling, guard_set: &str) -> Value {
    let (reason_code, message) = reason(runs, ruling);
    json!({
        "decision": ruling.enforced,
        "reason_code": reason_code,
        "message": message,
        "decided_by": ruling.decided_by,
        "edits": ruling.edits,
        "redacted": redacted(event, ruling),
        "outcomes": runs,
        "guard_set": guard_set,
    })
}

fn write_text(out: &mut impl Write, event: &Event, runs: &[GuardRun], ruling: &Ruling) -> Result<()> {
    let decision = paint(style_of(ruling.enforced).bold(), ruling.enforced.as_str());
    match reason(runs, ruling) {
        (code, _) if code.is_empty() => writeln!(out, "{decision}")?,
        (code, message) => writeln!(out, "{decision}  {}  {}", paint(BOLD, &code), clean(&message))?,
    }
    for text in redacted(event, ruling).into_iter().flatten() {
        writeln!(out, "  as released: {}", clean(&text))?;
    }
    for run in runs {
        write_run(out, run)?;
    }
    Ok(())
}

/// One guard's line; also what `guard run` prints.
pub(crate) fn write_run(out: &mut impl Write, run: &GuardRun) -> Result<()> {
    let cost = paint(DIM, &format!("{} fuel, {} µs", run.fuel_used, run.duration_us));
    match &run.outcome {
        Outcome::Verdict(verdict) => {
            let word = paint(style_of(verdict.decision), &format!("{:6}", verdict.decision.as_str()));
            writeln!(out, "  {word} {:20} {} {cost}", run.guard, verdict.reason_code)?;
            if !verdict.details.is_null() {
                writeln!(out, "         {}", paint(DIM, &output::excerpt(&verdict.details.to_string(), 400)))?;
            }
        }
        Outcome::Failure(failure) => {
            let word = paint(output::BAD, "failed");
            writeln!(out, "  {word} {:20} {}: {} {cost}", run.guard, failure.kind.as_str(), clean(&failure.message))?;
        }
    }
    Ok(())
}
