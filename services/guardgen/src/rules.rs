//! Guard requests that need no model: access tables and rule lists become plan, code, facts and tests by fixed rules.
//! A request is understood as a whole or refused with the sentence that stopped it; nothing in it is left out silently.

use crate::{Draft, GuardRequest};

mod access;
mod list;
mod markdown;

/// Most characters of a sentence that a complaint shows.
const MAX_SHOWN: usize = 400;

/// Why a request cannot be compiled: the sentence that stopped it, the reason, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{sentence}` is not understood: {why}; {help}")]
pub struct NotUnderstood {
    /// The sentence, table row or list item, as it is written.
    pub sentence: String,
    /// What is wrong with it.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

impl NotUnderstood {
    /// A complaint about `sentence`.
    pub(crate) fn new(sentence: impl Into<String>, why: impl Into<String>, help: impl Into<String>) -> Self {
        let mut sentence = sentence.into();
        if let Some((end, _)) = sentence.char_indices().nth(MAX_SHOWN) {
            sentence.truncate(end);
            sentence.push('…');
        }
        Self { sentence, why: why.into(), help: help.into() }
    }
}

/// Compiles a structured request: an access table (role → resource → fields) or a list of rules
/// (action, required attribute, violation), as Markdown tables, lists or prose.
///
/// # Errors
/// The sentence that neither is made of, and what to write instead.
pub fn compile(request: &GuardRequest) -> Result<Draft, NotUnderstood> {
    if access::claims(request) {
        return access::compile(request).or_else(|complaint| list::compile(request).map_err(|_| complaint));
    }
    list::compile(request).or_else(|complaint| access::compile(request).map_err(|_| complaint))
}

/// What the description of an agent declares for lists of rules.
pub(crate) use list::{
    Declared, Names, ToolName, ValueKind, abbreviates, name_words, names_of, same_action, same_family,
};

pub(crate) use access::{Verb, reaches_data, roles_of_examples};
