//! Words and the length score of LongBench-Write. Pure.

/// Words of a text: each character from U+4E00 to U+9FFF, and each run of word characters that is made of ASCII letters alone,
/// `[\u4e00-\u9fff]` and `\b[a-zA-Z]+\b` as the benchmark counts them. A number, `GPT4o` and `foo_bar` are none.
#[must_use]
pub fn count(text: &str) -> u32 {
    let (mut words, mut run) = (0_u32, Run::None);
    for c in text.chars() {
        run = match (c, run) {
            ('a'..='z' | 'A'..='Z', Run::None | Run::Letters) => Run::Letters,
            // What Unicode calls a word character; accents as characters of their own are none.
            (c, _) if c.is_alphanumeric() || c == '_' => Run::Mixed,
            (_, ended) => {
                words = words.saturating_add(u32::from(ended == Run::Letters));
                Run::None
            }
        };
        words = words.saturating_add(u32::from(is_han(c)));
    }
    words.saturating_add(u32::from(run == Run::Letters))
}

/// How well `produced` words fit `required` ones, from 0 to 100. Twice as many cost as much as a third less.
#[must_use]
pub fn length_score(required: u32, produced: u32) -> f64 {
    if required == 0 || produced == 0 {
        return 0.0;
    }
    let (x, y) = (f64::from(required), f64::from(produced));
    let excess = if y > x { (y / x - 1.0) / 3.0 } else { (x / y - 1.0) / 2.0 };
    100.0 * (1.0 - excess).max(0.0)
}

/// Whether a character counts as a word by itself.
pub(crate) const fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// The run of word characters that the count is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    None,
    Letters,
    Mixed,
}

#[cfg(test)]
mod tests;
