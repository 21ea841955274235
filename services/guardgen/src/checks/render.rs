//! The report as text, for people and for a model: what is wrong first, where, and what to do; then the figures.

use std::fmt::{self, Display};

use super::report::{CheckComplaint, CheckReport, CostFigures, CostRun, MutantFigures};

impl CheckReport {
    /// The report as lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        let verdict = if self.counts() { "counts" } else { "does not count" };
        let complaints = self.complaints.iter().map(ToString::to_string);
        let head = std::iter::once(format!("guard `{}` {verdict}", self.guard));
        head.chain(complaints).chain(self.figures()).map(|line| line + "\n").collect()
    }

    /// The figures alone, a line each.
    #[must_use]
    pub fn figures(&self) -> Vec<String> {
        let tests = self.tests.as_ref().map(|tests| {
            let outcomes: Vec<String> = tests.outcomes.iter().map(|(word, count)| format!("{count} {word}")).collect();
            format!("tests: {} passed, {} failed ({})", tests.passed, tests.failed, outcomes.join(", "))
        });
        let coverage = self.coverage.iter().flat_map(|coverage| {
            [("lines", coverage.lines), ("branches", coverage.branches)].map(|(what, share)| {
                format!("{what}: {} of {} run by a test ({} %)", share.reached, share.total, share.percent())
            })
        });
        let mutants = self.mutants.as_ref().map(mutants_line);
        tests.into_iter().chain(coverage).chain(mutants).chain(self.cost.iter().map(cost_line)).collect()
    }
}

fn mutants_line(mutants: &MutantFigures) -> String {
    let MutantFigures { killed, survived, unreached, unbuildable, not_tried, .. } = mutants;
    format!(
        "mutants: {killed} of {} noticed by a test ({} %); {survived} not, {unreached} of them in code that no test runs; \
         {unbuildable} do not build, {not_tried} not tried",
        killed + survived,
        mutants.percent()
    )
}

fn cost_line(cost: &CostFigures) -> String {
    let CostFigures { shape, largest, works_up_to, .. } = cost;
    let CostRun { bytes, outcome, fuel, duration_us } = largest;
    let limit = if works_up_to < bytes { format!("; a verdict up to {works_up_to} bytes") } else { String::new() };
    format!("{shape}, {bytes} bytes: {outcome}, {fuel} fuel, {} ms{limit}", duration_us.div_ceil(1000))
}

impl Display for CheckComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = if self.fatal { "error" } else { "warning" };
        write!(f, "{weight} ({}): ", self.check.as_str())?;
        match self.line {
            0 => {}
            line => write!(f, "line {line}: ")?,
        }
        write!(f, "{}; {}", self.message, self.help)
    }
}
