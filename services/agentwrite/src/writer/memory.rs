//! What the model is shown of the text so far: all of it while it is short, then the facts, a summary and the end. What is shown
//! is bounded, however long the document grows.

use std::collections::{HashSet, VecDeque};

use super::Desk;
use crate::text::{first_words, last_words, mark, sentences};
use crate::wording::fenced;
use crate::words::count;

/// Characters of one fact.
pub(super) const FACT: usize = 160;

/// The document so far, as far as it counts.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) text: String,
    pub(super) words: u32,
    pub(super) summary: String,
    pub(super) facts: VecDeque<String>,
    /// Its sentences, to know one that comes again.
    pub(super) sentences: HashSet<u64>,
}

/// What a section adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) summary: String,
    pub(super) facts: Vec<String>,
    /// Places of the facts that it contradicts.
    pub(super) contradicted: Vec<usize>,
}

impl Memory {
    /// Takes a section that counts.
    pub(super) fn add(&mut self, text: &str, note: Option<Note>, most_facts: usize) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
        self.words = self.words.saturating_add(count(text));
        self.sentences.extend(sentences(text).filter_map(mark));
        let Some(note) = note else { return };
        self.summary = note.summary;
        self.facts.extend(note.facts);
        while self.facts.len() > most_facts {
            self.facts.pop_front();
        }
    }

    /// The facts with their numbers from 1.
    pub(super) fn numbered_facts(&self) -> String {
        self.facts.iter().enumerate().map(|(at, fact)| format!("{}. {fact}\n", at + 1)).collect()
    }
}

impl Desk<'_> {
    /// Whether notes are taken: all of the text will not fit.
    pub(super) fn takes_notes(&self) -> bool {
        self.brief.target.aim() > self.settings().whole_words
    }

    /// What is shown of the text so far, to a model that is shown `1 / shrink` of what the settings say.
    pub(super) fn shown(&self, memory: &Memory, shrink: u32) -> Vec<String> {
        let (wording, settings) = (self.wording, self.settings());
        if memory.text.is_empty() {
            return vec![wording.is_first.to_owned()];
        }
        if memory.words <= settings.whole_words / shrink {
            return vec![wording.whole_text.to_owned(), fenced("text", &memory.text)];
        }
        let mut out = Vec::new();
        if !memory.facts.is_empty() {
            let facts = memory.numbered_facts();
            out.extend([wording.facts.to_owned(), first_words(&facts, settings.whole_words / shrink / 4).to_owned()]);
        }
        if !memory.summary.is_empty() {
            let summary = first_words(&memory.summary, settings.summary_words / shrink);
            out.extend([wording.summary.to_owned(), summary.to_owned()]);
        }
        let end = last_words(&memory.text, settings.last_words / shrink);
        out.extend([wording.end_of_text.to_owned(), fenced("text", end)]);
        out
    }
}
