//! Rows of LongBench-Write and LongWrite-Ruler: a prompt, its kind and the length that it asks for. Read from a file that
//! anybody may have written, so everything has a limit.

use serde::{Deserialize, Serialize};

use parapet_agentwrite::Language;

/// Largest file, in bytes.
pub(crate) const MOST_BYTES: usize = 64 << 20;
/// Most rows of a file.
pub(crate) const MOST_ROWS: usize = 20_000;
/// Longest prompt, in bytes.
pub(crate) const MOST_PROMPT_BYTES: usize = 64 << 10;
/// Most words that a row may ask for.
pub(crate) const MOST_WORDS: u32 = 200_000;
/// Longest name of a kind, in characters.
const MOST_KIND: usize = 100;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The instruction, as the model gets it.
    pub prompt: String,
    /// Kind of the text, such as `News Report`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Words that are asked for.
    pub length: u32,
}

/// Why a file of rows is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The file as a whole.
    #[error("{0}")]
    File(String),
    /// One line of it.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Row {
    /// Language of the prompt.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::of(&self.prompt)
    }

    fn check(&self) -> Result<(), String> {
        check_prompt(&self.prompt)?;
        check_kind(&self.kind)?;
        check_words(self.length)
    }
}

/// Reads `{"prompt": …, "type": …, "length": …}` lines; further fields are left unread, empty lines skipped.
///
/// # Errors
/// The first line that is no such row, or a limit that the file passes.
pub fn read_rows(bytes: &[u8]) -> Result<Vec<Row>, RowError> {
    read_lines(bytes, |row: &Row| row.check())
}

/// Reads one value from each line and checks it.
pub(crate) fn read_lines<T: for<'de> Deserialize<'de>>(
    bytes: &[u8],
    check: impl Fn(&T) -> Result<(), String>,
) -> Result<Vec<T>, RowError> {
    if bytes.len() > MOST_BYTES {
        return Err(RowError::File(format!("it has more than {MOST_BYTES} bytes; split it")));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| RowError::File(format!("it is not UTF-8 from byte {} on", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason| RowError::Line { line: at + 1, reason };
        if rows.len() == MOST_ROWS {
            return Err(wrong(format!("there are more than {MOST_ROWS} rows; split the file")));
        }
        let row: T = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        check(&row).map_err(wrong)?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(RowError::File("it has no rows".to_owned()));
    }
    Ok(rows)
}

pub(crate) fn check_prompt(prompt: &str) -> Result<(), String> {
    if prompt.trim().is_empty() {
        return Err("`prompt` is empty".to_owned());
    }
    if prompt.len() > MOST_PROMPT_BYTES {
        return Err(format!("`prompt` has {} bytes; at most {MOST_PROMPT_BYTES} are taken", prompt.len()));
    }
    Ok(())
}

pub(crate) fn check_kind(kind: &str) -> Result<(), String> {
    let length = kind.chars().count();
    if kind.trim().is_empty() || length > MOST_KIND || kind.chars().any(char::is_control) {
        return Err(format!("`type` must be a name of 1 to {MOST_KIND} characters"));
    }
    Ok(())
}

pub(crate) fn check_words(words: u32) -> Result<(), String> {
    if (1..=MOST_WORDS).contains(&words) {
        return Ok(());
    }
    Err(format!("`length` is {words}, but must be from 1 to {MOST_WORDS}"))
}

#[cfg(test)]
mod tests;
