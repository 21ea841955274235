//! The steps of a generation as they happen, on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parapet_guardgen::Progress;
use std::time::Duration;

use crate::output::clean;

/// A spinner with the present step; finished steps stay above it. Without a terminal each step is one line, and with
/// `--json` nothing is shown.
pub(super) struct Display {
    bar: ProgressBar,
    quiet: bool,
}

impl Display {
    pub(super) fn new(json: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        if json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, quiet: json }
    }

    pub(super) fn show(&mut self, step: &Progress) {
        let (done, text) = words(step);
        if done && !self.quiet {
            if self.bar.is_hidden() {
                anstream::eprintln!("{}", clean(&text));
            } else {
                self.bar.println(clean(&text));
            }
        } else {
            self.bar.set_message(clean(&text));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Whether the step is over, and what to say of it.
fn words(step: &Progress) -> (bool, String) {
    match step {
        Progress::NotCompiled { why } => (true, format!("the rules do not understand the request: {why}")),
        Progress::Recalled { cases } if cases.is_empty() => (true, "no past case is near".to_owned()),
        Progress::Recalled { cases } => (true, format!("past cases: {}", cases.join(", "))),
        Progress::Restating { sentences } => (false, format!("restating {sentences} sentences")),
        Progress::Restated { given, restated } => (true, format!("{given} -> {}", restated.join(" "))),
        Progress::Planning => (false, "planning".to_owned()),
        Progress::Planned { title, steps } => (true, format!("plan of {steps} steps: {title}")),
        Progress::Writing { round, of } => (false, format!("writing, attempt {round} of at most {of}")),
        Progress::Tried { round, built: false, seconds, .. } => {
            (true, format!("attempt {round}: cannot be built ({seconds:.1} s)"))
        }
        Progress::Tried { round, passed, tests, seconds, output_tokens, .. } => {
            (true, format!("attempt {round}: {passed} of {tests} tests pass ({output_tokens} tokens, {seconds:.1} s)"))
        }
        Progress::Proposing => (false, "the model proposes tests".to_owned()),
        Progress::Proposed { kept, dropped } => (true, format!("proposed tests: {kept} kept, {dropped} dropped")),
        Progress::Checking { tests } => (false, format!("checking: {tests} tests, coverage, mutants, cost")),
        Progress::Checked { counts: true, complaints } => {
            (true, format!("checks done: the guard counts, {complaints} remarks"))
        }
        Progress::Checked { complaints, .. } => {
            (true, format!("checks done: the guard does not count, {complaints} complaints"))
        }
    }
}
