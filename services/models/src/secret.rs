//! A value that must not show up in logs, errors, debug output or recorded files.

/// A key. `Debug` prints a placeholder; there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// Keys shorter than this are not looked for in texts: replacing them would garble the text and hide nothing.
const SHORTEST_TO_SCRUB: usize = 6;

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself; do not log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key. Servers repeat keys in their error messages.
    pub(crate) fn scrub(&self, text: &str) -> String {
        if self.0.len() < SHORTEST_TO_SCRUB {
            return text.to_owned();
        }
        text.replace(&self.0, "[key]")
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
