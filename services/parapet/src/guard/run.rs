//! `parapet guard run`: one guard on one event, whatever a set would say.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use parapet_domain::{Decision, Match, Mode, OnError, Outcome, Stage};
use parapet_judge::{Guard, GuardSet, GuardSource, Judge, SetEntry};

use super::{SandboxArgs, load};
use crate::check::write_run;
use crate::exit::Exit;
use crate::{event_input, output};

/// Runs one guard on one event, with the budget of its manifest.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet guard run guards/no-internal-words --stage output --text 'internal only: we open at nine'
  parapet guard run guards/eicu-access event.json --json

The exit code is the verdict: 0 allow, 10 redact, 11 ask, 12 deny; 1 when the guard failed.")]
pub(crate) struct Args {
    /// The guard's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    event: event_input::Args,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// Runs it.
pub(crate) fn run(args: Args, json: bool) -> Result<Exit> {
    let files = load::files(Some(&args.folder))?;
    let [guard] = files.guards.as_slice() else {
        bail!("`{}` is not the folder of one guard; it has {} of them", args.folder.display(), files.guards.len());
    };
    let source = GuardSource::parse(guard)?;
    let (event, past) = args.event.event(source.manifest.stages.first().copied().unwrap_or(Stage::Input))?;
    if !source.manifest.stages.contains(&event.stage) {
        bail!(
            "guard `{}` does not judge the stage `{}`; give one that its manifest lists",
            guard.name,
            event.stage.as_str()
        );
    }
    let sandbox = Arc::new(args.sandbox.open()?);
    let budget = source.manifest.budget;
    let guard = Arc::new(Guard::build(&sandbox, source)?);
    let entry = SetEntry { guard, matching: Match::default(), mode: Mode::Enforce, on_error: OnError::Deny, budget };
    let runs = Judge::new(sandbox).judge_blocking_after(&GuardSet::new(vec![entry])?, &event, &past);
    let Some(run) = runs.first() else { bail!("the guard did not run") };
    let mut out = output::stdout();
    if json {
        output::json(&mut out, run)?;
    } else {
        write_run(&mut out, run)?;
    }
    Ok(match &run.outcome {
        Outcome::Verdict(verdict) => Decision::into(verdict.decision),
        Outcome::Failure(_) => Exit::Failure,
    })
}
