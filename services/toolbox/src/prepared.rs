//! What a guard's manifest gives to the tools, compiled once: pattern sets and phrase sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod alphabet;
mod patterns;
mod phrases;
mod weaker;

pub(crate) use patterns::{Pattern, PatternSet};
pub(crate) use phrases::PhraseSet;

/// Longest name of a set or a pattern, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Most sets of one kind.
const MAX_SETS: usize = 32;

/// The part of a guard's manifest that is for the tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ToolConfig {
    /// For `find_regex`: set name → pattern name → regular expression.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub patterns: BTreeMap<String, BTreeMap<String, String>>,
    /// For `find_phrases`: set name → phrases.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phrases: BTreeMap<String, Vec<String>>,
}

/// A [`ToolConfig`] ready for use. Immutable; shared by all runs of the guard.
#[derive(Debug, Default)]
pub struct Prepared {
    patterns: BTreeMap<String, PatternSet>,
    phrases: BTreeMap<String, PhraseSet>,
}

/// Why a [`ToolConfig`] cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct PrepareError {
    /// Key in the manifest, such as `patterns.ids.ticket`.
    pub place: String,
    /// What is wrong there and what to do.
    pub message: String,
}

impl PrepareError {
    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl Prepared {
    /// Compiles `config`, and once for the whole process the patterns of the built-in finders, so that no guard's run pays
    /// for that.
    ///
    /// # Errors
    /// The first pattern, phrase or set, in name order, that is malformed or over a limit.
    pub fn new(config: &ToolConfig) -> Result<Self, PrepareError> {
        crate::find_pii::build_patterns();
        crate::find_secrets::build_patterns();
        check_names("patterns", config.patterns.keys())?;
        check_names("phrases", config.phrases.keys())?;
        let patterns = config.patterns.iter().map(|(name, set)| Ok((name.clone(), PatternSet::new(name, set)?)));
        let phrases = config.phrases.iter().map(|(name, set)| Ok((name.clone(), PhraseSet::new(name, set)?)));
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()?, phrases: phrases.collect::<Result<_, _>>()? })
    }

    pub(crate) const fn patterns(&self) -> &BTreeMap<String, PatternSet> {
        &self.patterns
    }

    pub(crate) const fn phrases(&self) -> &BTreeMap<String, PhraseSet> {
        &self.phrases
    }
}

fn check_names<'a>(kind: &str, names: impl ExactSizeIterator<Item = &'a String>) -> Result<(), PrepareError> {
    if names.len() > MAX_SETS {
        return Err(PrepareError::new(kind, format!("{} sets; the limit is {MAX_SETS}", names.len())));
    }
    names.into_iter().try_for_each(|name| check_name(kind, name))
}

/// Names are used in results and in errors, so they are kept short and plain.
fn check_name(place: &str, name: &str) -> Result<(), PrepareError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(plain) {
        let message = format!("`{name}` is no name: use 1 to {MAX_NAME_BYTES} letters, digits, `_`, `-` or `.`");
        return Err(PrepareError::new(place, message));
    }
    Ok(())
}
