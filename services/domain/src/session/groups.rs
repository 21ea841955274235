//! The groups of words that a guard asks about, as digests.

use std::collections::{BTreeMap, HashMap};

use super::key::DigestKey;
use super::normal;

/// Groups of words that a guard asks about, at most 64.
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    /// For the digest of a word, the groups that have it, by the bit of their index.
    pub(super) masks: HashMap<u64, u64>,
}

impl Groups {
    pub(super) fn new(words: &BTreeMap<String, Vec<String>>, key: DigestKey) -> Self {
        let mut masks: HashMap<u64, u64> = HashMap::new();
        for (index, list) in words.values().take(64).enumerate() {
            for word in list.iter().flat_map(|word| normal::words(word).into_iter().next()) {
                *masks.entry(key.digest(word.folded.as_bytes())).or_default() |= 1 << index;
            }
        }
        Self { names: words.keys().take(64).cloned().collect(), masks }
    }

    pub(super) fn names(&self, mask: u64) -> impl Iterator<Item = &String> {
        self.names.iter().enumerate().filter(move |(index, _)| mask & (1 << index) != 0).map(|(_, name)| name)
    }
}
