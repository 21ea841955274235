//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// The key, such as `route[2].upstream`, counted from 0; empty when it is about the file.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    /// Where the configuration came from.
    pub source: String,
    /// At least one.
    pub complaints: Vec<Complaint>,
}

impl ConfigErrors {
    pub(super) fn new(source: &str, mut complaints: Vec<Complaint>) -> Self {
        complaints.sort_by_key(|c| c.line.unwrap_or(usize::MAX));
        Self { source: source.to_owned(), complaints }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.complaints.len();
        write!(f, "configuration `{}` has {n} error{}", self.source, if n == 1 { "" } else { "s" })?;
        self.complaints.iter().try_for_each(|complaint| write!(f, "\n  {complaint}"))
    }
}

impl std::error::Error for ConfigErrors {}
