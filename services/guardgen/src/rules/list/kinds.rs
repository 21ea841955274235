//! What is known of the vocabulary's categories beyond their words: which belong together, and what verbs are done to.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// The knowledge, read once.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kinds {
    /// How much looking for a thing counts as an act of getting it, by the category of the act.
    pub looking_counts: BTreeMap<String, f64>,
    loose: Categories,
    neutral: Categories,
    /// By category or group of things.
    pub kind: BTreeMap<String, Kind>,
    /// What a verb is done to when nothing is said.
    pub default_object: BTreeMap<String, String>,
    /// What a place or container is for.
    pub holds: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
struct Categories {
    categories: Vec<String>,
}

/// What belongs to one kind of things.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Kind {
    /// Further categories of the same kind.
    pub kind: Vec<String>,
    /// Words that go with it.
    pub signs: BTreeMap<String, f64>,
    /// Kinds that overlap.
    pub near: BTreeMap<String, f64>,
    /// Actions that are done to hardly anything else.
    pub verbs: BTreeMap<String, f64>,
}

impl Kinds {
    /// The table. A test reads it, so that it cannot be malformed.
    pub(super) fn get() -> &'static Self {
        static KINDS: OnceLock<Kinds> = OnceLock::new();
        KINDS.get_or_init(|| toml::from_str(include_str!("kinds.toml")).unwrap_or_default())
    }

    /// Whether the category gathers a field of life.
    pub(super) fn is_loose(&self, category: &str) -> bool {
        self.loose.categories.iter().any(|known| known == category)
    }

    /// Whether the category says nothing of what a task is about.
    pub(super) fn is_neutral(&self, category: &str) -> bool {
        self.neutral.categories.iter().any(|known| known == category)
    }
}

#[cfg(test)]
mod tests {
    use parapet_toolbox::members;

    use super::Kinds;

    #[test]
    fn the_table_names_categories_that_exist() {
        let kinds: Kinds = toml::from_str(include_str!("kinds.toml")).unwrap();
        let mut names: Vec<&String> = kinds.loose.categories.iter().chain(&kinds.neutral.categories).collect();
        names.extend(
            kinds.looking_counts.keys().chain(kinds.default_object.keys()).chain(kinds.default_object.values()),
        );
        names.extend(kinds.holds.keys().chain(kinds.holds.values()).chain(kinds.kind.keys()));
        names.extend(
            kinds
                .kind
                .values()
                .flat_map(|k| k.kind.iter().chain(k.signs.keys()).chain(k.near.keys()).chain(k.verbs.keys())),
        );
        for name in names {
            assert!(!members(name).is_empty(), "{name}");
        }
    }
}
