//! A text with what several detectors ask of it, worked out once.

use std::cell::OnceCell;
use std::ops::Range;

use super::context::Context;

/// Stretch that is first looked at as a whole: most of a text has no digit.
const STRIDE: usize = 32;

pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    digit_runs: OnceCell<Vec<Range<usize>>>,
    context: OnceCell<Context>,
}

impl<'t> Source<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, digit_runs: OnceCell::new(), context: OnceCell::new() }
    }

    /// Every longest run of ASCII digits.
    pub(super) fn digit_runs(&self) -> &[Range<usize>] {
        self.digit_runs.get_or_init(|| digit_runs(self.text.as_bytes()))
    }

    /// The words that tell what a number is.
    pub(super) fn context(&self) -> &Context {
        self.context.get_or_init(|| Context::scan(self.text, self.digit_runs()))
    }
}

fn digit_runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, stretch) in bytes.chunks(STRIDE).enumerate() {
        // Without an early exit, so that the compiler looks at many bytes at once.
        if !stretch.iter().fold(false, |any, byte| any | byte.is_ascii_digit()) {
            continue;
        }
        for (offset, _) in stretch.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
            let at = index * STRIDE + offset;
            match runs.last_mut() {
                Some(run) if run.end == at => run.end = at + 1,
                _ => runs.push(at..at + 1),
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_on_across_stretches() {
        let text = format!("{}123 4", "x".repeat(STRIDE - 1));
        assert_eq!(Source::new(&text).digit_runs(), [31..34, 35..36]);
        assert!(Source::new("no ٣ digits").digit_runs().is_empty());
    }
}
