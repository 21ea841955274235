//! Reversible redaction: within one exchange a token stands for each value that was taken out, and the value is put back where the
//! model repeats the token. The mapping lives as long as the exchange, in memory alone.

mod find;
mod mint;

#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Edit;

pub use find::Found;

/// Most values of one exchange that have a token. Beyond these limits a redaction cannot be undone.
pub const MAX_TOKENS: usize = 1_000;
/// Longest value that has a token, in bytes: what a token can grow to where a model repeats it.
pub const MAX_VALUE_BYTES: usize = 1_024;
/// Most bytes of all values together.
pub const MAX_VALUES_BYTES: usize = 64 << 10;
/// Most bytes that are put back in one answer. What comes after them stays a token.
pub const MAX_RESTORED_BYTES: usize = 4 << 20;

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the word that no text of the exchange can know: 40 bits.
const NONCE_CHARS: usize = 8;
/// Longest name of a kind, in characters.
const MAX_KIND_CHARS: usize = 24;

/// The tokens of one exchange, such as `[E_MAIL_ADDRESS_1_K7Q2M9XD]`: the kind of the value, a number, and a word that is drawn for the
/// exchange, so that neither the user nor a tool nor a web page can have written a token before it was made.
pub struct Tokens {
    /// What every token ends with: `_`, the word, `]`.
    ending: String,
    entries: Vec<Entry>,
    by_token: HashMap<String, usize>,
    /// Indices of entries by a hash of their value, so that each value is held once.
    by_value: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
    values_bytes: usize,
}

struct Entry {
    token: String,
    kind: String,
    value: Zeroizing<String>,
}

/// What became of tokens in one event: how many there are, by kind. Never which values they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Spans of a request in whose place a token was put.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced: BTreeMap<String, u64>,
    /// Spans of an answer in which a value was put back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub restored: BTreeMap<String, u64>,
}

impl Tokens {
    /// Tokens for an exchange that begins with `body`. Their word is the first of `draws`, which have to be random, that does not stand
    /// in it; `None` when all of them do.
    pub fn new(draws: impl IntoIterator<Item = u64>, body: &[u8]) -> Option<Self> {
        let mut words = draws.into_iter().map(word);
        let word = words.find(|word| !body.windows(NONCE_CHARS).any(|bytes| bytes == word.as_bytes()))?;
        Some(Self {
            ending: format!("_{word}]"),
            entries: Vec::new(),
            by_token: HashMap::new(),
            by_value: HashMap::new(),
            hasher: RandomState::new(),
            values_bytes: 0,
        })
    }

    /// Whether no value has a token.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether `text` is a token of this exchange.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.by_token.contains_key(text)
    }

    /// How many of `edits` put a token in place, by kind.
    #[must_use]
    pub fn count(&self, edits: &[Edit]) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for entry in edits.iter().filter_map(|edit| self.entries.get(*self.by_token.get(&edit.replacement)?)) {
            *counts.entry(entry.kind.clone()).or_default() += 1;
        }
        counts
    }

    /// The token of `value`: the one that it has, or a new one. `None` beyond the limits.
    fn token_of(&mut self, value: &str, replacement: &str) -> Option<&str> {
        let hash = self.hasher.hash_one(value);
        let same = |at: &&usize| self.entries.get(**at).is_some_and(|entry| *entry.value == value);
        let known = self.by_value.get(&hash).and_then(|all| all.iter().find(same)).copied();
        let at = match known {
            Some(at) => at,
            None => self.add(hash, value, replacement)?,
        };
        self.entries.get(at).map(|entry| entry.token.as_str())
    }

    fn add(&mut self, hash: u64, value: &str, replacement: &str) -> Option<usize> {
        let values_bytes = self.values_bytes.saturating_add(value.len());
        if self.entries.len() >= MAX_TOKENS || value.len() > MAX_VALUE_BYTES || values_bytes > MAX_VALUES_BYTES {
            return None;
        }
        let (at, kind) = (self.entries.len(), kind(replacement));
        let token = format!("[{kind}_{}{}", at + 1, self.ending);
        self.by_token.insert(token.clone(), at);
        self.by_value.entry(hash).or_default().push(at);
        self.entries.push(Entry { token, kind, value: Zeroizing::new(value.to_owned()) });
        self.values_bytes = values_bytes;
        Some(at)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("values", &self.entries.len()).finish_non_exhaustive()
    }
}

impl TokenCounts {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.restored.is_empty()
    }
}

fn word(draw: u64) -> String {
    let letter = |n: usize| ALPHABET.get((draw >> (5 * n)) as usize & 31).copied().unwrap_or_default();
    (0..NONCE_CHARS).map(|n| char::from(letter(n))).collect()
}

/// The name of a kind of values, from what a guard would put in their place: `E_MAIL_ADDRESS` from `[e-mail address]`.
fn kind(replacement: &str) -> String {
    let words = replacement.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let kind = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    let kind: String = kind.chars().take(MAX_KIND_CHARS).collect();
    let kind = kind.trim_end_matches('_');
    if kind.is_empty() { "VALUE".to_owned() } else { kind.to_owned() }
}
