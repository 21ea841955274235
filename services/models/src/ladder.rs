//! The ways to ask for JSON, from the strictest down. What a server refuses is remembered, so that it is asked once.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{ModelError, Rung};

/// Statuses by which servers say that they do not know a field.
const REFUSALS: [u16; 5] = [400, 404, 415, 422, 501];

#[derive(Debug)]
pub(crate) struct Ladder {
    rungs: &'static [Rung],
    /// The highest rung that is not known to fail.
    from: AtomicUsize,
}

impl Ladder {
    pub(crate) const fn new(rungs: &'static [Rung]) -> Self {
        Self { rungs, from: AtomicUsize::new(0) }
    }

    /// Where a question begins.
    pub(crate) fn start(&self) -> usize {
        self.from.load(Ordering::Relaxed)
    }

    /// The rung at `position`.
    pub(crate) fn rung(&self, position: usize) -> Option<Rung> {
        self.rungs.get(position).copied()
    }

    /// Remembers that everything above `position` fails on this server.
    pub(crate) fn begin_at(&self, position: usize) {
        self.from.fetch_max(position, Ordering::Relaxed);
    }
}

/// Whether the server refuses this way of asking, and whether it always will.
pub(crate) enum Refusal {
    /// It does not know the field.
    Always,
    /// It cannot use this schema.
    ThisSchema,
}

/// Tells a refusal of `rung` from every other error, by the field that the server names.
pub(crate) fn refusal(rung: Rung, error: &ModelError) -> Option<Refusal> {
    let ModelError::Refused { status, message, .. } = error else { return None };
    let message = message.to_ascii_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let fields: &[&str] = match rung {
        Rung::JsonSchema => {
            &["response_format", "json_schema", "output_config", "output_format", "schema", "structured"]
        }
        Rung::JsonObject => &["response_format", "json_object", "json mode", "structured"],
        Rung::Grammar => &["grammar"],
        Rung::Text => &[],
    };
    if !REFUSALS.contains(status) || !names(fields) {
        return None;
    }
    let about_this_one =
        names(&["invalid schema", "conversion failed", "failed to parse grammar", "schema is invalid"]);
    Some(if about_this_one { Refusal::ThisSchema } else { Refusal::Always })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, message: &str) -> ModelError {
        ModelError::Refused { status, message: message.to_owned(), passing: false, retry_after: None }
    }

    #[test]
    fn only_an_error_that_names_the_field_is_a_refusal_of_the_rung() {
        let told = |rung, status, message: &str| refusal(rung, &refused(status, message));
        let unknown = "'response_format.type' must be one of 'json_object', 'text'";
        assert!(matches!(told(Rung::JsonSchema, 400, unknown), Some(Refusal::Always)));
        assert!(matches!(told(Rung::JsonObject, 422, "unknown field `response_format`"), Some(Refusal::Always)));
        assert!(matches!(told(Rung::Grammar, 501, "Grammar is not supported"), Some(Refusal::Always)));
        let schema = "Invalid schema for response_format 'plan': 'allOf' is not permitted";
        assert!(matches!(told(Rung::JsonSchema, 400, schema), Some(Refusal::ThisSchema)));
        assert!(told(Rung::JsonSchema, 400, "model `x` does not exist").is_none());
        assert!(told(Rung::JsonSchema, 500, unknown).is_none());
        assert!(told(Rung::Text, 400, unknown).is_none());
        assert!(refusal(Rung::JsonSchema, &ModelError::Empty).is_none());
    }

    #[test]
    fn the_way_down_is_remembered_and_never_climbed_back() {
        let ladder = Ladder::new(&[Rung::JsonSchema, Rung::JsonObject, Rung::Text]);
        ladder.begin_at(2);
        ladder.begin_at(1);
        assert_eq!(ladder.rung(ladder.start()), Some(Rung::Text));
        assert_eq!(ladder.rung(3), None);
    }
}
