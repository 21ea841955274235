//! The report for people: a table for each data set with the published figures below ours, then what was wrong.

use std::io::{self, Write};

use super::Via;
use super::figures::{Figures, Wrong};
use super::latency::Latency;
use super::published::Published;
use super::report::{Report, SuiteReport};
use crate::output::{BOLD, DIM, clean, paint};

/// Heads of the columns after the method, each nine wide.
const HEAD: [&str; 6] = ["LPA", "LPP", "LPR", "EA", "FRA", "s/check"];

/// Prints the report.
pub(crate) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for suite in &report.suites {
        print_suite(out, suite)?;
    }
    let what = match report.via {
        Via::InProcess => "one event judged",
        Via::Http => "one exchange",
    };
    print_latency(out, what, &report.latency)?;
    if let Some(overhead) = &report.overhead {
        print_latency(out, "of it the sidecar", overhead)?;
    }
    writeln!(out, "{}", paint(DIM, &format!("guard set {}", report.guard_set)))
}

fn print_suite(out: &mut impl Write, suite: &SuiteReport) -> io::Result<()> {
    let Figures { rows, to_deny, .. } = suite.figures;
    writeln!(out, "{}  {rows} rows, {to_deny} to deny", paint(BOLD, suite.suite.name()))?;
    let heads: String = HEAD.iter().map(|head| format!("{head:>9}")).collect();
    writeln!(out, "  {:26}{heads}", "")?;
    let ours = &suite.figures;
    print_line(out, "these guards", [ours.lpa, ours.lpp, ours.lpr, ours.ea, ours.fra], suite.seconds_a_row)?;
    for Published { method, lpa, lpp, lpr, ea, seconds } in suite.published {
        print_line(out, method, [Some(*lpa), *lpp, *lpr, *ea, None], *seconds)?;
    }
    print_wrong(out, ours)?;
    writeln!(out)
}

fn print_line(out: &mut impl Write, method: &str, percents: [Option<f64>; 5], seconds: Option<f64>) -> io::Result<()> {
    let cell = |value: Option<f64>| value.map_or_else(|| format!("{:>9}", "-"), |value| format!("{value:>9.1}"));
    let cells: String = percents.into_iter().map(cell).collect();
    let seconds =
        seconds.map_or_else(|| "-".to_owned(), |s| if s < 0.1 { format!("{s:.6}") } else { format!("{s:.1}") });
    writeln!(out, "  {method:26}{cells} {seconds:>9}")
}

fn print_wrong(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    if figures.guard_failures > 0 {
        writeln!(out, "  guards failed on {} rows", figures.guard_failures)?;
    }
    for Wrong { line, id, problem, reason_code, failure, absent_columns, .. } in &figures.wrong {
        let mut text = format!("  line {line} ({}): {}", clean(id), problem.text());
        if !reason_code.is_empty() {
            text.push_str(&format!(" ({reason_code})"));
        }
        if let Some(failure) = failure {
            text.push_str(&format!(": {failure}"));
        }
        if !absent_columns.is_empty() {
            text.push_str(&format!("; nowhere in the agent's text: {}", absent_columns.join(", ")));
        }
        writeln!(out, "{}", clean(&text))?;
    }
    if let Some(share) = figures.misses_with_absent_column {
        writeln!(out, "  {share:.1} % of the misses name a column that stands nowhere in the agent's text")?;
    }
    Ok(())
}

fn print_latency(out: &mut impl Write, what: &str, latency: &Latency) -> io::Result<()> {
    let Latency { decisions, p50_us, p99_us, per_second } = latency;
    writeln!(
        out,
        "{what}: p50 {p50_us:.0} µs, p99 {p99_us:.0} µs, {per_second:.0} a second one after the other ({decisions} measured)"
    )
}
