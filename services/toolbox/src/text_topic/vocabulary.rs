//! The embedded table of lemmas and categories, read once. Derived from WordNet by `derive_vocabulary.py`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Position of a category in [`Vocabulary::name`].
pub(super) type CategoryId = u16;
/// How sure a lemma stands for a category, 1 to 9.
pub(super) type Sense = (CategoryId, u8);

/// Longest lemma in words.
pub(super) const LONGEST_LEMMA: usize = 4;
/// Names of action categories start with this.
const ACTION_PREFIX: &str = "to_";

static TABLE: &str = include_str!("vocabulary.tsv");

/// Lemmas with their senses, and groups of categories.
pub(super) struct Vocabulary {
    names: Vec<&'static str>,
    ids: HashMap<&'static str, CategoryId>,
    groups: HashMap<&'static str, Vec<CategoryId>>,
    lemmas: HashMap<String, Vec<Sense>>,
    /// First words of lemmas of several words.
    starts: HashSet<String>,
}

impl Vocabulary {
    /// The table, parsed on first use.
    pub(super) fn get() -> &'static Self {
        static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        VOCABULARY.get_or_init(|| Self::parse(TABLE))
    }

    /// Senses of a lemma: lower case, words joined by single spaces, no hyphens.
    pub(super) fn senses(&self, lemma: &str) -> &[Sense] {
        self.lemmas.get(lemma).map_or(&[], Vec::as_slice)
    }

    /// Whether a lemma of several words starts with this word.
    pub(super) fn starts_lemma(&self, word: &str) -> bool {
        self.starts.contains(word)
    }

    /// The category's name.
    pub(super) fn name(&self, id: CategoryId) -> &'static str {
        self.names.get(usize::from(id)).copied().unwrap_or_default()
    }

    /// The category or all categories of the group of this name; empty when there is none.
    pub(super) fn resolve(&self, name: &str) -> &[CategoryId] {
        if let Some(group) = self.groups.get(name) {
            return group;
        }
        self.ids.get(name).map_or(&[], std::slice::from_ref)
    }

    /// The names of all categories.
    pub(super) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The names of all categories and groups, in order.
    pub(super) fn category_names(&self) -> String {
        let mut names: Vec<&str> = self.names.iter().chain(self.groups.keys()).copied().collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// Whether the category is one of actions, not of things.
    pub(super) fn is_action(&self, id: CategoryId) -> bool {
        self.name(id).starts_with(ACTION_PREFIX)
    }

    fn parse(table: &'static str) -> Self {
        let mut this = Self {
            names: Vec::new(),
            ids: HashMap::new(),
            groups: HashMap::new(),
            lemmas: HashMap::new(),
            starts: HashSet::new(),
        };
        let lines = || table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
        for (lemma, senses) in lines().filter(|(lemma, _)| !lemma.starts_with('@')) {
            for (name, weight) in senses.split(' ').filter_map(split_sense) {
                let id = this.id_of(name);
                if let Some((first, _)) = lemma.split_once(' ') {
                    this.starts.insert(first.to_owned());
                }
                let entry = this.lemmas.entry(lemma.to_owned()).or_default();
                match entry.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, known)) => *known = weight.max(*known),
                    None => entry.push((id, weight)),
                }
            }
        }
        for (group, members) in lines() {
            if let Some(group) = group.strip_prefix('@') {
                let ids = members.split(' ').filter_map(|name| this.ids.get(name).copied()).collect();
                this.groups.insert(group, ids);
            }
        }
        this
    }

    fn id_of(&mut self, name: &'static str) -> CategoryId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = CategoryId::try_from(self.names.len()).unwrap_or(CategoryId::MAX);
        self.names.push(name);
        self.ids.insert(name, id);
        id
    }
}

/// `film9` is (`film`, 9).
fn split_sense(sense: &str) -> Option<(&str, u8)> {
    let (name, digit) = sense.split_at_checked(sense.len().checked_sub(1)?)?;
    Some((name, digit.parse().ok()?))
}
