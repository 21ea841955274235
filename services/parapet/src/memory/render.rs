//! Cases as text for people.

use std::io::Write;

use anyhow::Result;
use parapet_guardgen::{Case, Recalled};
use parapet_store::Evidence;

use crate::output::{self, BOLD, DIM, clean, paint, style_of};

/// The line of a case in a list.
pub(super) fn line(case: &Case) -> String {
    let at = case.created_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let verdict = paint(style_of(case.verdict), &format!("{:7}", case.verdict.as_str()));
    format!(
        "{:36} {:16} {verdict} {:22} {:20} {}",
        case.id.to_string(),
        at.get(..16).unwrap_or(&at).replace('T', " "),
        output::excerpt(&case.guard, 22),
        output::excerpt(&why(&case.evidence), 20),
        output::excerpt(&case.request, 60),
    )
}

/// The heading over [`line()`].
pub(super) fn heading() -> String {
    let titles =
        format!("{:36} {:16} {:7} {:22} {:20} {}", "id", "since (UTC)", "verdict", "guard", "evidence", "request");
    paint(BOLD, &titles)
}

/// The evidence in a few words.
pub(super) fn why(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Seed => "part of parapet".to_owned(),
        Evidence::Approved { by, .. } => format!("approved by {by}"),
        Evidence::Feedback { right: true, by, .. } => format!("right, says {by}"),
        Evidence::Feedback { right: false, by, .. } => format!("wrong, says {by}"),
    }
}

/// Everything of a case.
pub(super) fn whole(out: &mut impl Write, case: &Case) -> Result<()> {
    writeln!(out, "{}  {}", paint(BOLD, &case.id.to_string()), why(&case.evidence))?;
    let since = case.created_at.map(|at| format!(", since {at}")).unwrap_or_default();
    let verdict = paint(style_of(case.verdict), case.verdict.as_str());
    writeln!(out, "{verdict} by guard {} {}{since}", clean(&case.guard), paint(DIM, &clean(&case.guard_hash)))?;
    match &case.evidence {
        Evidence::Approved { tests_passed, .. } => writeln!(out, "{tests_passed} tests passed")?,
        Evidence::Feedback { decision, note, .. } => writeln!(out, "decision {decision}: {}", clean(note))?,
        Evidence::Seed => {}
    }
    for (title, text) in [
        ("Agent", &case.agent),
        ("Request", &case.request),
        ("Input", &case.input),
        ("Output", &case.output),
        ("Plan", &case.plan_text),
        ("Code", &case.code),
    ] {
        if !text.is_empty() {
            writeln!(out, "\n{}", paint(BOLD, title))?;
            text.lines().try_for_each(|line| writeln!(out, "  {}", clean(line)))?;
        }
    }
    if !case.tests.is_empty() {
        writeln!(out, "\n{}", paint(BOLD, "Tests"))?;
        case.tests.iter().try_for_each(|test| writeln!(out, "  {}", clean(&test.description)))?;
    }
    Ok(())
}

/// What was recalled, nearest first.
pub(super) fn recalled(out: &mut impl Write, hits: &[Recalled]) -> Result<()> {
    if hits.is_empty() {
        writeln!(out, "nothing to compare with")?;
    }
    for hit in hits {
        let case = &hit.case;
        let distance = paint(BOLD, &format!("{:.3}", hit.distance));
        writeln!(out, "{distance}  {}  {}", case.id, paint(DIM, &clean(&why(&case.evidence))))?;
        writeln!(out, "       {}", output::excerpt(&case.request, 100))?;
        let event = format!("{} {}", case.input, case.output);
        writeln!(out, "       {} on: {}", case.verdict.as_str(), output::excerpt(&event, 100))?;
    }
    Ok(())
}
