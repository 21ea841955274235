//! One piece of content that was seen: whose it is and the digests of its words, never the words.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::key::DigestKey;
use super::{kind, leaves, normal, records};
use crate::history::ValueKind;
use crate::{Origin, Part};

/// Most words of one source; the rest is left out and the source says so.
pub(super) const MAX_WORDS: usize = 32_768;
/// Words after which a passage ends, whatever the punctuation.
const MAX_PASSAGE: usize = 48;
/// Most different values of a kind that are told apart.
const MAX_NAMED: usize = 64;

/// What was seen of one part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Digest over everything below, so that the same content counts once.
    pub(super) id: u64,
    pub(super) origin: Origin,
    pub(super) tool: Option<String>,
    pub(super) call_id: Option<String>,
    /// Each word as it is compared.
    pub(super) words: Vec<u64>,
    /// The lower half of each word's digest as it stands.
    pub(super) raw: Vec<u32>,
    /// The pieces of words that are put together, with the index of the word.
    pub(super) pieces: Vec<(u32, u64)>,
    /// The index after the last word of each passage.
    pub(super) passages: Vec<u32>,
    /// The labels of the fields of records, by the index of the word.
    #[serde(default)]
    pub(super) labels: Vec<u32>,
    /// Those of them with which a record begins that has another before it.
    #[serde(default)]
    pub(super) dividers: Vec<u32>,
    /// How many different values there are of each kind by which somebody or something is named.
    pub(super) named: BTreeMap<ValueKind, u32>,
    pub(super) truncated: bool,
}

impl Source {
    pub(super) fn of(part: &Part, key: DigestKey) -> Self {
        let mut source = Self {
            id: 0,
            origin: part.origin,
            tool: part.tool.clone(),
            call_id: part.call_id.clone(),
            words: Vec::new(),
            raw: Vec::new(),
            pieces: Vec::new(),
            passages: Vec::new(),
            labels: Vec::new(),
            dividers: Vec::new(),
            named: BTreeMap::new(),
            truncated: false,
        };
        let mut named: BTreeMap<ValueKind, BTreeSet<u64>> = BTreeMap::new();
        for text in leaves::of_content(part) {
            let mut labels = records::labels(&text).into_iter().peekable();
            for word in normal::words(&text) {
                if let Some(label) = labels.next_if(|label| label.at <= word.at) {
                    source.label(label);
                }
                source.push(&word, key, &mut named);
            }
            source.end_passage();
        }
        source.named =
            named.into_iter().map(|(kind, values)| (kind, u32::try_from(values.len()).unwrap_or(u32::MAX))).collect();
        source.id = source.digest(key);
        source
    }

    /// The next word is a label.
    fn label(&mut self, label: records::Label) {
        let Some(index) = u32::try_from(self.words.len()).ok().filter(|_| self.words.len() < MAX_WORDS) else { return };
        self.labels.push(index);
        if label.divides {
            self.dividers.push(index);
        }
    }

    fn push(&mut self, word: &normal::Word, key: DigestKey, named: &mut BTreeMap<ValueKind, BTreeSet<u64>>) {
        let Some(index) = u32::try_from(self.words.len()).ok().filter(|_| self.words.len() < MAX_WORDS) else {
            self.truncated = true;
            return;
        };
        let digest = key.digest(word.folded.as_bytes());
        self.words.push(digest);
        self.raw.push(half(key.digest(word.raw.as_bytes())));
        self.pieces.extend(normal::pieces(&word.folded).map(|piece| (index, key.digest(piece.as_bytes()))));
        let kind = kind::of_word(&word.raw, &word.folded);
        if matches!(kind, ValueKind::Address | ValueKind::Url | ValueKind::Account | ValueKind::File) {
            let values = named.entry(kind).or_default();
            if values.len() < MAX_NAMED {
                values.insert(digest);
            }
        }
        let start = self.passages.last().copied().unwrap_or_default();
        if word.ends || (index - start) as usize >= MAX_PASSAGE {
            self.end_passage();
        }
    }

    fn end_passage(&mut self) {
        let end = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        if self.passages.last().copied().unwrap_or_default() < end {
            self.passages.push(end);
        }
    }

    fn digest(&self, key: DigestKey) -> u64 {
        let label = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
        let mut bytes = vec![self.origin as u8];
        for field in [label(&self.tool), label(&self.call_id)] {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field);
        }
        bytes.extend(self.words.iter().flat_map(|word| word.to_be_bytes()));
        key.digest(&bytes)
    }

    /// Whether it says what the operator or the user wants.
    pub(super) const fn is_trusted(&self) -> bool {
        matches!(self.origin, Origin::Operator | Origin::User)
    }

    pub(super) const fn is_untrusted(&self) -> bool {
        matches!(self.origin, Origin::Tool | Origin::Retrieved)
    }

    /// Whether these words are all that a field of a record holds.
    pub(super) fn is_field(&self, words: &Range<usize>) -> bool {
        let is_label = |index: usize| u32::try_from(index).is_ok_and(|index| self.labels.binary_search(&index).is_ok());
        words.start.checked_sub(1).is_some_and(is_label) && (words.end == self.words.len() || is_label(words.end))
    }

    /// Whether a record begins with this passage that has another before it.
    pub(super) fn divides(&self, passage: usize) -> bool {
        let first = passage.checked_sub(1).and_then(|before| self.passages.get(before));
        first.is_some_and(|first| self.dividers.binary_search(first).is_ok())
    }

    /// Memory that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let indices = self.passages.len() + self.labels.len() + self.dividers.len();
        128 + self.words.len() * 12 + self.pieces.len() * 16 + indices * 4
    }
}

/// The lower half of a digest.
pub(super) const fn half(digest: u64) -> u32 {
    (digest & 0xffff_ffff) as u32
}
