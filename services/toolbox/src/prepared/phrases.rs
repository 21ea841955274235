//! A named set of phrases in one automaton over folded text.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::PrepareError;
use crate::folded::{fold_phrase, is_word};

/// Most phrases in one set.
const MAX_PHRASES: usize = 5_000;
/// Longest phrase, in bytes.
const MAX_PHRASE_BYTES: usize = 200;

/// A set as `find_phrases` uses it.
#[derive(Debug)]
pub(crate) struct PhraseSet {
    pub(crate) automaton: AhoCorasick,
    pub(crate) phrases: Vec<Phrase>,
}

/// One phrase, in the automaton's order.
#[derive(Debug)]
pub(crate) struct Phrase {
    /// As in the manifest.
    pub(crate) text: String,
    /// Whether it begins with a word character, so that no word character may stand before it.
    pub(crate) word_first: bool,
    /// Whether it ends with one.
    pub(crate) word_last: bool,
}

impl PhraseSet {
    pub(super) fn new(set: &str, phrases: &[String]) -> Result<Self, PrepareError> {
        let place = format!("phrases.{set}");
        let error = |message: String| PrepareError::new(&place, message);
        if phrases.is_empty() || phrases.len() > MAX_PHRASES {
            return Err(error(format!("{} phrases; a set has 1 to {MAX_PHRASES}", phrases.len())));
        }
        let folded = phrases.iter().map(|phrase| fold(phrase)).collect::<Result<Vec<_>, _>>().map_err(error)?;
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(&folded)
            .map_err(|_| error("the phrases are too large together; use fewer".to_owned()))?;
        let phrases = phrases.iter().zip(&folded).map(|(text, folded)| Phrase::new(text, folded)).collect();
        Ok(Self { automaton, phrases })
    }
}

impl Phrase {
    fn new(text: &str, folded: &str) -> Self {
        let (first, last) = (folded.chars().next(), folded.chars().next_back());
        Self { text: text.to_owned(), word_first: first.is_some_and(is_word), word_last: last.is_some_and(is_word) }
    }
}

fn fold(phrase: &str) -> Result<String, String> {
    if phrase.len() > MAX_PHRASE_BYTES {
        return Err(format!("`{phrase}` is longer than {MAX_PHRASE_BYTES} bytes"));
    }
    let folded = fold_phrase(phrase);
    if folded.is_empty() {
        return Err(format!("phrase `{phrase}` has no visible character"));
    }
    Ok(folded)
}
