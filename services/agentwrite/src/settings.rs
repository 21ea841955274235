//! How far a writer may go. All limits have a value; there is no way to switch one off.

use parapet_models::Budget;
use serde::{Deserialize, Serialize};

/// Limits and habits of a writer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Least words of a section, unless the whole document has fewer. Default 200.
    pub least_words: u32,
    /// Words of a section when the plan is free to choose. Default 450.
    pub ideal_words: u32,
    /// Most words of a section; one that is planned longer is planned anew as several. Default 1000.
    pub most_words: u32,
    /// Documents up to this length are planned by one question, longer ones level by level. Default 10000.
    pub expand_above: u32,
    /// Words of a part of a document that is planned level by level. Default 5000.
    pub part_words: u32,
    /// Most sections of a document. Default 1000.
    pub most_sections: u32,

    /// The whole text so far is shown to the model while it has at most these words. Default 3000.
    pub whole_words: u32,
    /// Words of the end of the text so far that are shown otherwise. Default 400.
    pub last_words: u32,
    /// Words of the summary that is shown otherwise. Default 250.
    pub summary_words: u32,
    /// Facts that are remembered, the newest. Default 30.
    pub facts: u32,
    /// Words of the plan that are shown; of a longer one, what is near the section and the headings of the rest. Default 1200.
    pub plan_words: u32,

    /// Questions for a plan, or for the plan of a part, until there is one that can be used. Default 3.
    pub plan_tries: u32,
    /// Questions to bring one section to its length. Default 6.
    pub control_rounds: u32,
    /// Times that a weak section is written anew. Default 1.
    pub revise_rounds: u32,
    /// Times that a section is written, or the document planned, when the guards refuse it. Default 3.
    pub gate_tries: u32,
    /// Questions at the same time, where they do not depend on each other. Default 4.
    pub concurrency: u32,

    /// Temperature. Default: that of the model's configuration.
    pub temperature: Option<f64>,
    /// Seed, from which that of each question is made. Default: none.
    pub seed: Option<u64>,
    /// Tokens that a word may take, for the limit of each answer. Default: 2 for English, 2.5 for Chinese.
    pub tokens_per_word: Option<f64>,
    /// Longest answer, in tokens. Default 4096.
    pub max_tokens: u32,
    /// Whether the sections get headings, and the document a title. Default true.
    pub headings: bool,
    /// What the document may use in all, earlier runs of it included, but for the time. Default: no limit.
    pub budget: Budget,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            least_words: 200,
            ideal_words: 450,
            most_words: 1_000,
            expand_above: 10_000,
            part_words: 5_000,
            most_sections: 1_000,
            whole_words: 3_000,
            last_words: 400,
            summary_words: 250,
            facts: 30,
            plan_words: 1_200,
            plan_tries: 3,
            control_rounds: 6,
            revise_rounds: 1,
            gate_tries: 3,
            concurrency: 4,
            temperature: None,
            seed: None,
            tokens_per_word: None,
            max_tokens: 4_096,
            headings: true,
            budget: Budget::default(),
        }
    }
}

/// A setting that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is {value}, but must be {allowed}")]
pub struct SettingsError {
    name: &'static str,
    value: String,
    allowed: String,
}

impl Settings {
    /// Settings for a model that reads and writes at most `tokens` in one exchange: less is shown to it, and asked of it.
    #[must_use]
    pub fn for_context(tokens: u32) -> Self {
        let usual = Self::default();
        // A question shows the text, the plan, the summary and the facts, and leaves room for the answer; a word takes two tokens.
        let share = |of_hundred: u32, most: u32, least: u32| (tokens / 200 * of_hundred).clamp(least, most);
        Self {
            whole_words: share(20, usual.whole_words, 60),
            last_words: share(8, usual.last_words, 40),
            summary_words: share(6, usual.summary_words, 30),
            plan_words: share(15, usual.plan_words, 80),
            facts: (tokens / 256).clamp(4, usual.facts),
            ideal_words: share(25, usual.ideal_words, 100),
            most_words: share(40, usual.most_words, 200),
            least_words: share(15, usual.least_words, 60),
            max_tokens: (tokens / 2).clamp(200, usual.max_tokens),
            ..usual
        }
    }

    /// Checks that the limits can be kept.
    ///
    /// # Errors
    /// The first setting that cannot.
    pub fn check(&self) -> Result<(), SettingsError> {
        let ranges = [
            ("least_words", self.least_words, 1, 2_000),
            ("ideal_words", self.ideal_words, self.least_words, 2_000),
            ("most_words", self.most_words, self.ideal_words, 2_000),
            ("part_words", self.part_words, self.most_words, 10_000),
            ("expand_above", self.expand_above, self.part_words, 20_000),
            ("most_sections", self.most_sections, 1, 2_000),
            ("whole_words", self.whole_words, 50, 50_000),
            ("last_words", self.last_words, 20, 5_000),
            ("summary_words", self.summary_words, 20, 2_000),
            ("facts", self.facts, 0, 200),
            ("plan_words", self.plan_words, 50, 20_000),
            ("plan_tries", self.plan_tries, 1, 10),
            ("control_rounds", self.control_rounds, 1, 20),
            ("revise_rounds", self.revise_rounds, 0, 5),
            ("gate_tries", self.gate_tries, 1, 10),
            ("concurrency", self.concurrency, 1, 64),
            ("max_tokens", self.max_tokens, 100, 100_000),
        ];
        if let Some((name, value, from, to)) =
            ranges.into_iter().find(|(_, value, from, to)| !(from..=to).contains(&value))
        {
            return Err(SettingsError { name, value: value.to_string(), allowed: format!("from {from} to {to}") });
        }
        let numbers =
            [("temperature", self.temperature, 0.0, 2.0), ("tokens_per_word", self.tokens_per_word, 0.5, 20.0)];
        for (name, value, from, to) in numbers {
            if let Some(value) = value.filter(|value| !(from..=to).contains(value)) {
                return Err(SettingsError { name, value: value.to_string(), allowed: format!("from {from} to {to}") });
            }
        }
        Ok(())
    }

    /// Checks that so many words can be written in the sections that there may be.
    pub(crate) fn check_for(&self, words: u32) -> Result<(), SettingsError> {
        self.check()?;
        let needed = words / self.least_words;
        if needed <= self.most_sections {
            return Ok(());
        }
        let allowed = format!("at least {needed} for {words} words, or `least_words` larger");
        Err(SettingsError { name: "most_sections", value: self.most_sections.to_string(), allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        let told = |settings: Settings| settings.check().unwrap_err().to_string();
        assert_eq!(
            told(Settings { most_words: 100, ..Settings::default() }),
            "`most_words` is 100, but must be from 450 to 2000"
        );
        assert_eq!(
            told(Settings { temperature: Some(f64::NAN), ..Settings::default() }),
            "`temperature` is NaN, but must be from 0 to 2"
        );
        assert_eq!(
            told(Settings { gate_tries: 0, ..Settings::default() }),
            "`gate_tries` is 0, but must be from 1 to 10"
        );
    }

    #[test]
    fn every_context_gives_settings_that_can_be_kept() {
        for tokens in [0, 512, 1_024, 2_048, 4_096, 8_192, 32_768, 1_000_000] {
            let settings = Settings::for_context(tokens);
            assert_eq!(settings.check(), Ok(()), "{tokens}: {settings:?}");
        }
        assert_eq!(Settings::for_context(1_000_000), Settings::default());
    }
}
