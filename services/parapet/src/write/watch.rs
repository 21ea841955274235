//! The steps of a document as they happen, on standard error: a bar with the words so far and the time left on a terminal, else a
//! line for each step that is over.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parapet_agentwrite::{Fate, Progress};

use crate::output::clean;

/// The display. With `--json` nothing is shown.
pub(crate) struct Display {
    bar: ProgressBar,
    quiet: bool,
}

impl Display {
    pub(crate) fn new(words: u32, quiet: bool) -> Self {
        let bar = ProgressBar::new(u64::from(words));
        if quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos} of {len} words, {msg} ({elapsed})");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, quiet }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        if self.bar.is_hidden() {
            anstream::eprintln!("{}", clean(text));
        } else {
            self.bar.println(clean(text));
        }
    }

    pub(crate) fn show(&self, step: &Progress) {
        if let Progress::Done { words_so_far, seconds_left, .. } = step {
            self.bar.set_position(u64::from(*words_so_far));
            self.bar.set_message(seconds_left.map(left).unwrap_or_default());
        }
        match words(step) {
            (true, text) => self.line(&text),
            (false, text) => self.bar.set_message(clean(&text)),
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Whether the step is over, and what to say of it.
fn words(step: &Progress) -> (bool, String) {
    match step {
        Progress::Planning { words } => (false, format!("planning {words} words")),
        Progress::Planned { sections, words } => (true, format!("plan of {sections} sections, {words} words")),
        Progress::Writing { number, of, words, .. } => {
            (false, format!("writing section {number} of {of}, about {words} words"))
        }
        Progress::Continuing { section, words, wanted } => {
            (false, format!("section {section} has {words} words of {wanted} and is continued"))
        }
        Progress::Condensing { section, words, wanted } => {
            (false, format!("section {section} has {words} words for {wanted} and is condensed"))
        }
        Progress::Revising { section, .. } => (false, format!("section {section} is weak and is written anew")),
        Progress::Denied { section, attempt, code, decision } => {
            (true, format!("section {section}, version {attempt}: refused by the guards, {code}, decision {decision}"))
        }
        Progress::Done { number, of, fate, words, words_so_far, words_wanted, seconds_left, .. } => {
            let left = seconds_left.filter(|_| number < of).map(|seconds| format!(", {}", left(seconds)));
            let left = left.unwrap_or_default();
            let became = became(*fate);
            (
                true,
                format!(
                    "section {number} of {of} {became}: {words} words, {words_so_far} of {words_wanted} in all{left}"
                ),
            )
        }
    }
}

const fn became(fate: Fate) -> &'static str {
    match fate {
        Fate::Written => "written",
        Fate::Redacted => "written, with edits of the guards",
        Fate::Denied => "left out, as the guards refused it",
        Fate::Unwritten => "left out, as the model did not write it",
    }
}

/// Time that is left, as people say it.
fn left(seconds: f64) -> String {
    match seconds.round() {
        seconds if seconds < 90.0 => format!("about {seconds} s left"),
        seconds if seconds < 5_400.0 => format!("about {} min left", (seconds / 60.0).round()),
        seconds => format!("about {:.1} h left", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_is_over_is_told_with_the_words_and_the_time_left() {
        let done = |number, seconds_left, fate| Progress::Done {
            section: "3".to_owned(),
            number,
            of: 8,
            fate,
            words: 450,
            words_so_far: 1_300,
            words_wanted: 4_000,
            seconds_left,
            calls: 9,
            kept_calls: 0,
        };
        for (step, told) in [
            (
                done(3, Some(100.4), Fate::Written),
                "section 3 of 8 written: 450 words, 1300 of 4000 in all, about 2 min left",
            ),
            (
                done(3, None, Fate::Redacted),
                "section 3 of 8 written, with edits of the guards: 450 words, 1300 of 4000 in all",
            ),
            (
                done(8, Some(0.0), Fate::Denied),
                "section 8 of 8 left out, as the guards refused it: 450 words, 1300 of 4000 in all",
            ),
        ] {
            assert_eq!(words(&step), (true, told.to_owned()));
        }
        assert_eq!(left(12.2), "about 12 s left");
        assert_eq!(left(9_000.0), "about 2.5 h left");
    }
}
