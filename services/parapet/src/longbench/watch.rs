//! How far a run or a judgement is, on standard error.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parapet_agentwrite::Progress as Step;
use parapet_longbench::WatchSteps;

/// A bar with the time left. Without a terminal, and with `--json`, nothing is shown.
pub(super) struct Display(ProgressBar);

impl Display {
    pub(super) fn new(what: &'static str, json: bool) -> Self {
        let bar = ProgressBar::new(0);
        if json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} ({elapsed}, {eta} left)");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(what);
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self(bar)
    }

    pub(super) fn show(&self, done: usize, total: usize, message: String) {
        if self.0.length() == Some(0) {
            // What an earlier run has done says nothing on the speed of this one.
            self.0.set_length(count(total));
            self.0.set_position(count(done));
            self.0.reset_eta();
        }
        self.0.set_position(count(done));
        self.0.set_message(message);
    }

    /// Shows the steps within a text, until the next text is there.
    pub(super) fn steps(&self) -> Arc<WatchSteps> {
        let bar = self.0.clone();
        Arc::new(move |key, step| {
            if let Step::Done { number, of, words_so_far, words_wanted, .. } = step {
                let (row, sample) = (key.row + 1, key.sample + 1);
                bar.set_message(format!(
                    "row {row}, text {sample}: section {number} of {of}, {words_so_far} of {words_wanted} words"
                ));
            }
        })
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
