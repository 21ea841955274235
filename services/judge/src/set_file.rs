//! `set.toml`: how the guards of a folder are used. How a guard is used is no part of the guard, so that promoting
//! one does not change its hash.

use parapet_domain::{Budget, Match, Mode, OnError};
use serde::{Deserialize, Serialize};

/// Contents of `set.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFile {
    /// The guards in their order, which is the order of the fold.
    #[serde(default)]
    pub guard: Vec<SetFileEntry>,
}

/// How one guard is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFileEntry {
    /// The guard's id.
    pub id: String,
    /// Whether it counts.
    #[serde(default)]
    pub mode: Mode,
    /// What a failure counts as.
    #[serde(default)]
    pub on_error: OnError,
    /// Which events it judges, within the stages that it declares.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Limits other than the manifest's.
    pub budget: Option<Budget>,
}

impl SetFile {
    /// Reads `set.toml`, or makes one that enforces `ids` in their order when there is none.
    ///
    /// # Errors
    /// What is wrong, with its position where there is one.
    pub fn parse(text: Option<&[u8]>, ids: &[&str]) -> Result<Self, String> {
        let Some(bytes) = text else {
            return Ok(Self { guard: ids.iter().map(|id| SetFileEntry::enforced(id)).collect() });
        };
        let text = std::str::from_utf8(bytes).map_err(|_| "file is not valid UTF-8".to_owned())?;
        let set: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        set.complaint(ids).map_or(Ok(set), Err)
    }

    fn complaint(&self, ids: &[&str]) -> Option<String> {
        for (n, entry) in self.guard.iter().enumerate() {
            if !ids.contains(&entry.id.as_str()) {
                return Some(format!("guard `{}` has no folder; there are: {}", entry.id, ids.join(", ")));
            }
            if self.guard.iter().take(n).any(|earlier| earlier.id == entry.id) {
                return Some(format!("guard `{}` is listed twice", entry.id));
            }
            if let Some(complaint) = entry.budget.as_ref().and_then(Budget::complaint) {
                return Some(format!("guard `{}`: budget: {complaint}", entry.id));
            }
        }
        let missing = ids.iter().find(|id| self.guard.iter().all(|entry| entry.id != **id))?;
        Some(format!("guard `{missing}` has a folder but no entry; add one, with mode = \"off\" if it must not run"))
    }
}

impl SetFileEntry {
    fn enforced(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            mode: Mode::Enforce,
            on_error: OnError::Deny,
            matching: Match::default(),
            budget: None,
        }
    }
}
