//! Watching a Rhai guard: which statements and branches its tests come through. A traced guard answers in a form of its
//! own and is a type of its own, so that none can be put where a guard judges.

use parapet_abi::{Probe, ScriptToken};
use parapet_domain::{Budget, Failure, FailureKind, Outcome};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::build::order::Order;
use crate::build::{self, parent};
use crate::error::BuildError;
use crate::guard::{GuardCode, Language, LoadedGuard};
use crate::run::{Run, verdict_of};
use crate::sandbox::Sandbox;

/// Fuel and time that a traced run may use, as a multiple of what the guard's own budget gives.
const ALLOWANCE: u64 = 8;
/// Longest list of probes in an answer, in bytes.
const MAX_PROBES_BYTES: u64 = 1 << 20;

/// A script that was rewritten to note where it comes through.
#[derive(Debug)]
pub struct TracedGuard {
    guard: LoadedGuard,
    probes: Vec<Probe>,
    tokens: Vec<ScriptToken>,
}

impl TracedGuard {
    /// What a run can be seen to reach, in source order.
    #[must_use]
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// All tokens of the script as it was written.
    #[must_use]
    pub fn tokens(&self) -> &[ScriptToken] {
        &self.tokens
    }
}

/// A run of a traced guard.
#[derive(Debug, Clone)]
pub struct TracedRun {
    /// How it ended. What noting costs is in it: fuel and time are not those of the plain guard.
    pub run: Run,
    /// For each probe, whether it was reached. All false when the run was ended from outside, as by a limit.
    pub hits: Vec<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer<'a> {
    #[serde(borrow)]
    verdict: Option<&'a RawValue>,
    failure: Option<String>,
    probes: Vec<usize>,
}

impl Sandbox {
    /// Builds a Rhai guard for watching, in a child process. It is not kept in the cache.
    ///
    /// # Errors
    /// As [`Sandbox::build`]; and for a guard in another language, of which nothing can be seen.
    pub fn build_traced(&self, code: &GuardCode) -> Result<TracedGuard, BuildError> {
        if code.language != Language::Rhai {
            return Err(BuildError::refused("only scripts can be traced", "test the module with its own tools"));
        }
        build::check_size(&code.code, &code.facts)?;
        let powers = self.powers(code)?;
        let source = parent::Source { code: &code.code, facts: &code.facts, trace: true };
        let done = parent::build(&self.config.builder, self.cache.dir(), &Order::of(code), &[source])?;
        let (image, listing) = build::only(done)?;
        let guard = self.load(code.language, &image, powers)?;
        Ok(TracedGuard { guard, probes: listing.probes, tokens: listing.tokens })
    }

    /// Runs a traced guard on one event, as [`Sandbox::run`] does a plain one, with more fuel, time and memory than `budget`
    /// gives, since noting costs some.
    #[must_use]
    pub fn run_traced(
        &self,
        traced: &TracedGuard,
        event_json: &[u8],
        part_chars: &[usize],
        budget: &Budget,
    ) -> TracedRun {
        let mut hits = vec![false; traced.probes.len()];
        let allowed = Budget {
            fuel: budget.fuel.saturating_mul(ALLOWANCE),
            deadline_ms: budget.deadline_ms.saturating_mul(ALLOWANCE),
            memory_bytes: Budget::MAX_MEMORY_BYTES,
            output_bytes: budget.output_bytes.saturating_add(MAX_PROBES_BYTES),
        };
        let run = self.run_with(&traced.guard, event_json, &allowed, |bytes| {
            let answer: Answer<'_> =
                serde_json::from_slice(bytes).map_err(|error| format!("traced answer is not understood: {error}"))?;
            for probe in &answer.probes {
                if let Some(hit) = hits.get_mut(*probe) {
                    *hit = true;
                }
            }
            outcome_of(&answer, part_chars, budget)
        });
        TracedRun { run, hits }
    }
}

fn outcome_of(answer: &Answer<'_>, part_chars: &[usize], budget: &Budget) -> Result<Outcome, String> {
    match (answer.verdict, &answer.failure) {
        (Some(verdict), None) if verdict.get().len() as u64 > budget.output_bytes => {
            Err(format!("output of {} bytes, {} allowed", verdict.get().len(), budget.output_bytes))
        }
        (Some(verdict), None) => verdict_of(verdict.get().as_bytes(), part_chars).map(Outcome::Verdict),
        (None, Some(message)) => Ok(Outcome::Failure(Failure { kind: FailureKind::Trapped, message: message.clone() })),
        _ => Err("traced answer has neither a verdict nor a failure".to_owned()),
    }
}
