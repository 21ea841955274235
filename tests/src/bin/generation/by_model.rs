//! With a model: every request as free prose with four examples. What counts is whether the guard passes the examples and
//! the tests that the model never saw; the first attempt stands beside the last.

use anyhow::{Context as _, Result};
use parapet_guardgen::{CheckOptions, GenerateError, GenerateOptions, Generated, Generator, Memory, Method, Progress};
use parapet_judge::{Guard, GuardSource, GuardTest, run_tests};
use parapet_models::{Budget, ModelClient, ModelConfig};

use crate::requests::{self, Asked, verdict_alone};
use crate::{Tally, sandbox};

pub(crate) async fn run(names: &[&str]) -> Result<Tally> {
    let config = ModelConfig::from_env()?.context("set PARAPET_MODEL_URL and PARAPET_MODEL_NAME")?;
    println!("model {}", config.model);
    let generator = Generator::new(sandbox(), Memory::seeds_only(), Some(ModelClient::new(config)?));
    println!(
        "{:22}{:>8}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>8}  ended",
        "request", "rounds", "first", "last", "held out", "proposed", "read", "written", "s"
    );
    let mut tally = Tally::default();
    for asked in requests::all()?.into_iter().filter(|asked| names.is_empty() || names.contains(&asked.id.as_str())) {
        let passed = match generator.generate(&asked.as_prose(), &options(), &mut watch).await {
            Ok(made) => tell(&asked, &made)?,
            Err(error) => {
                println!("{:22}{error}", asked.id);
                matches!(error, GenerateError::NotUnderstood(_))
            }
        };
        tally.add(usize::from(passed), usize::from(!passed));
    }
    Ok(tally)
}

/// Tells every step where `WATCH` is set.
fn watch(step: Progress) {
    if std::env::var_os("WATCH").is_some() {
        println!("  {}", serde_json::to_string(&step).unwrap_or_default());
    }
}

fn options() -> GenerateOptions {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    GenerateOptions {
        method: Method::Model,
        rounds: u32::try_from(number("ROUNDS", 5)).unwrap_or(5),
        cases: usize::try_from(number("CASES", 2)).unwrap_or(2),
        proposed_tests: usize::try_from(number("PROPOSE", 0)).unwrap_or(0),
        model_budget: Budget { seconds: Some(number("SECONDS", 300)), ..Budget::default() },
        checks: CheckOptions { max_mutants: 0, ..CheckOptions::default() },
        ..GenerateOptions::default()
    }
}

/// One line; whether the guard passes all its tests, those shown and those not.
fn tell(asked: &Asked, made: &Generated) -> Result<bool> {
    let provenance = &made.provenance;
    let source = made.draft.source()?;
    let held_out: Vec<GuardTest> = asked.held_out.iter().map(verdict_alone).collect();
    let (passed, all) = test(&source, &held_out);
    let (shown, shown_all) = test(&source, &source.tests);
    let attempts = || provenance.restated.iter().chain(&provenance.rounds).filter(|round| round.tests > 0);
    let first = attempts().next().map_or_else(|| "-".to_owned(), |round| format!("{}/{}", round.passed, round.tests));
    let proposed = provenance.proposed_tests;
    println!(
        "{:22}{:>8}{first:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>8.0}  {}",
        asked.id,
        attempts().count(),
        format!("{shown}/{shown_all}"),
        format!("{passed}/{all}"),
        format!("{}+{}", proposed.agreed, proposed.upheld),
        provenance.spent.usage.input_tokens,
        provenance.spent.usage.output_tokens,
        provenance.seconds,
        serde_json::to_string(&provenance.stopped)?,
    );
    if let Some(folder) = std::env::var_os("KEEP") {
        let folder = std::path::Path::new(&folder).join(&asked.id);
        parapet_guardgen::write_attempt(&folder, made)?;
    }
    Ok(passed == all && shown == shown_all)
}

fn test(source: &GuardSource, tests: &[GuardTest]) -> (usize, usize) {
    let sandbox = sandbox();
    let source = GuardSource { tests: tests.to_vec(), ..source.clone() };
    let Ok(guard) = Guard::build(&sandbox, source) else { return (0, tests.len()) };
    let passed = run_tests(&sandbox, &guard).iter().filter(|report| report.difference.is_none()).count();
    (passed, tests.len())
}
