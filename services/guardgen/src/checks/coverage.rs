//! Which lines and which outcomes of conditions the guard's own tests run, and what to add for those that they do not.

mod condition;

use std::collections::BTreeMap;

use parapet_domain::Budget;
use parapet_judge::{FactSets, GuardSource};
use parapet_sandbox::{Probe, ProbeKind, Sandbox, TracedGuard};

use super::options::CheckOptions;
use super::report::{Check, CheckComplaint, Coverage, Share, UnreachedBranch};
use super::script::Script;
use super::testing::ReadyTest;

/// For each probe, whether any of `tests` reached it.
pub(super) fn hits(
    sandbox: &Sandbox,
    source: &GuardSource,
    traced: &TracedGuard,
    tests: &[ReadyTest<'_>],
    budget: &Budget,
) -> Vec<bool> {
    let mut hits = vec![false; traced.probes().len()];
    // The code is the same, and so are its probes.
    let others: Vec<Option<TracedGuard>> =
        FactSets::of(&source.tests).others(source).map(|code| sandbox.build_traced(&code).ok()).collect();
    for test in tests {
        let other = test.facts.checked_sub(1).and_then(|other| others.get(other));
        let Some(traced) = other.map_or(Some(traced), Option::as_ref) else { continue };
        let run = sandbox.run_traced(traced, &test.json, &test.part_chars, budget);
        hits.iter_mut().zip(run.hits).for_each(|(hit, now)| *hit |= now);
    }
    hits
}

/// The figures.
pub(super) fn figures(script: &Script<'_>, hits: &[bool]) -> Coverage {
    let mut lines: BTreeMap<u32, bool> = BTreeMap::new();
    let mut branches = Share::default();
    let mut unreached_branches = Vec::new();
    for (probe, hit) in script.probes().iter().zip(hits) {
        match probe.kind {
            ProbeKind::Statement => *lines.entry(probe.line).or_insert(true) &= hit,
            ProbeKind::Arm | ProbeKind::WhenTrue | ProbeKind::WhenFalse => {
                branches.total += 1;
                branches.reached += usize::from(*hit);
                if !hit {
                    unreached_branches.push(unreached(script, probe));
                }
            }
            ProbeKind::Closure | ProbeKind::Function => {}
        }
    }
    let reached = lines.values().filter(|reached| **reached).count();
    Coverage {
        lines: Share { reached, total: lines.len() },
        branches,
        unreached_lines: lines.into_iter().filter(|(_, reached)| !reached).map(|(line, _)| line).collect(),
        unreached_branches,
    }
}

fn unreached(script: &Script<'_>, probe: &Probe) -> UnreachedBranch {
    let outcome = match probe.kind {
        ProbeKind::WhenTrue => "true",
        ProbeKind::WhenFalse => "false",
        _ => "arm",
    };
    UnreachedBranch { line: probe.line, column: probe.column, condition: script.excerpt(probe), outcome }
}

/// What to act on: places that no test reaches, where the way there is open. What lies behind them is left out.
pub(super) fn complaints(
    script: &Script<'_>,
    hits: &[bool],
    figures: &Coverage,
    options: &CheckOptions,
) -> Vec<CheckComplaint> {
    let mut found = places(script, hits);
    let more = found.len().saturating_sub(options.max_listed);
    found.truncate(options.max_listed);
    let mut complaints = found;
    if more > 0 {
        complaints.push(warning(
            format!("{more} more places are never run by a test"),
            "add tests for those above first".into(),
        ));
    }
    let shares = [
        ("lines", figures.lines, options.min_line_percent),
        ("branches", figures.branches, options.min_branch_percent),
    ];
    for (what, share, least) in shares.into_iter().filter(|(_, share, least)| share.percent() < *least) {
        let Share { reached, total } = share;
        let percent = share.percent();
        complaints.push(warning(
            format!("the tests run {reached} of {total} {what} ({percent} %), fewer than {least} %"),
            "add tests for the places that are listed".into(),
        ));
    }
    complaints
}

fn places(script: &Script<'_>, hits: &[bool]) -> Vec<CheckComplaint> {
    let probes: Vec<(&Probe, bool)> = script.probes().iter().zip(hits.iter().copied()).collect();
    let mut complaints = Vec::new();
    // Whether what comes now lies behind a place that is complained of already.
    let mut behind = false;
    for (index, (probe, hit)) in probes.iter().enumerate() {
        // The two outcomes of a condition stand side by side.
        let other = |offset: usize| probes.get(index.wrapping_add(offset)).is_some_and(|(_, hit)| *hit);
        let complaint = match (probe.kind, hit) {
            (ProbeKind::Statement | ProbeKind::Function, true) => {
                behind = false;
                None
            }
            (ProbeKind::Function, false) => {
                behind = true;
                Some(never_called(script, probe))
            }
            (ProbeKind::WhenTrue, false) if other(1) => {
                behind = true;
                Some(condition::complaint(script, probe, true))
            }
            (ProbeKind::WhenFalse, false) if other(usize::MAX) => Some(condition::complaint(script, probe, false)),
            (ProbeKind::Arm, false) if !behind => Some(never_taken(script, probe)),
            (ProbeKind::Closure, false) if !behind => Some(never_run(script, probe, "the closure with body")),
            (ProbeKind::Statement, false) if !behind => {
                behind = true;
                Some(never_run(script, probe, "the statement"))
            }
            _ => None,
        };
        complaints.extend(complaint);
    }
    complaints
}

fn never_called(script: &Script<'_>, probe: &Probe) -> CheckComplaint {
    let name = script.excerpt(probe);
    let message = format!("function `{name}` is never called by a test");
    warning(message, "add a test whose event leads there, or remove the function".into()).at(probe.line, probe.column)
}

fn never_taken(script: &Script<'_>, probe: &Probe) -> CheckComplaint {
    let pattern = script.excerpt(probe);
    let help = match pattern.as_str() {
        "_" => "add a test for a value that none of the other arms has".to_owned(),
        pattern => format!("add a test where the value is `{pattern}`"),
    };
    warning(format!("the arm `{pattern}` of this `switch` is never run by a test"), help).at(probe.line, probe.column)
}

fn never_run(script: &Script<'_>, probe: &Probe, what: &str) -> CheckComplaint {
    let text = script.excerpt(probe);
    let help = "add a test whose event leads there, or remove it".to_owned();
    warning(format!("{what} `{text}` is never run by a test"), help).at(probe.line, probe.column)
}

fn warning(message: String, help: String) -> CheckComplaint {
    CheckComplaint::warning(Check::Coverage, message, help)
}
