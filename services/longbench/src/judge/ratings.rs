//! The six ratings of LongBench-Write, and the score that they make.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Names of the ratings, in the order of [`Ratings::all`].
const NAMES: [&str; 6] = ["relevance", "accuracy", "coherence", "clarity", "breadth_and_depth", "reading_experience"];

/// Ratings from 1, the worst, to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratings {
    /// Whether the text is what was asked for, in subject and form.
    pub relevance: u8,
    /// Whether what it says is right.
    pub accuracy: u8,
    /// Whether it hangs together, without repetition and contradiction.
    pub coherence: u8,
    /// Whether it is clear, and detailed where that matters.
    pub clarity: u8,
    /// Whether it covers its subject, and goes into it.
    pub breadth_and_depth: u8,
    /// Whether it reads well.
    pub reading_experience: u8,
}

impl Ratings {
    /// What an empty text is worth.
    pub(crate) const LOWEST: Self =
        Self { relevance: 1, accuracy: 1, coherence: 1, clarity: 1, breadth_and_depth: 1, reading_experience: 1 };

    /// Each with its name.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u8); 6] {
        let [a, b, c, d, e, f] = NAMES;
        [
            (a, self.relevance),
            (b, self.accuracy),
            (c, self.coherence),
            (d, self.clarity),
            (e, self.breadth_and_depth),
            (f, self.reading_experience),
        ]
    }

    /// The score of one rating, 0 to 100.
    #[must_use]
    pub fn score_of(rating: u8) -> f64 {
        (f64::from(rating) - 1.0) * 25.0
    }

    /// Mean of the scores, 0 to 100.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.all().iter().map(|(_, rating)| Self::score_of(*rating)).sum::<f64>() / 6.0
    }

    /// The form of the judge's answer.
    pub(crate) fn schema() -> Value {
        let rating = json!({"type": "integer", "enum": [1, 2, 3, 4, 5]});
        let properties: serde_json::Map<_, _> = NAMES.iter().map(|name| ((*name).to_owned(), rating.clone())).collect();
        json!({"type": "object", "properties": properties, "required": NAMES, "additionalProperties": false})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rating_is_worth_a_quarter_more_than_the_one_below() {
        assert_eq!([1, 2, 3, 4, 5].map(Ratings::score_of), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert!(Ratings::LOWEST.score().abs() < 1e-9);
        let mixed = Ratings {
            relevance: 5,
            accuracy: 4,
            coherence: 3,
            clarity: 2,
            breadth_and_depth: 1,
            reading_experience: 3,
        };
        assert!((mixed.score() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn the_schema_asks_for_exactly_the_ratings() {
        let written = serde_json::to_value(Ratings::LOWEST).unwrap();
        let asked = Ratings::schema();
        let keys: Vec<_> = written.as_object().unwrap().keys().cloned().collect();
        let mut names: Vec<_> = asked["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        names.sort_unstable();
        let mut sorted = keys.clone();
        sorted.sort();
        assert_eq!(sorted, names);
    }
}
