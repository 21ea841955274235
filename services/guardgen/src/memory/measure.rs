//! The measure of recall: edits for each character of the longer text.

use super::distance::Pattern;
use super::grams;

/// How far other events are from one event, by what the user asked and what the agent did.
#[derive(Debug)]
pub struct EventDistance(Pattern);

impl EventDistance {
    /// From this event.
    #[must_use]
    pub fn from(input: &str, output: &str) -> Self {
        Self(Pattern::new(&grams::event(input, output)))
    }

    /// To that event: 0 for the same text, 1 for one that has nothing in common; `None` when it is more than `at_most`.
    #[must_use]
    pub fn to(&self, input: &str, output: &str, at_most: f64) -> Option<f64> {
        relative(&self.0, &grams::event(input, output), at_most)
    }
}

/// The relative distance of `text`, unless it is greater than `at_most`. A smaller bound is found out sooner.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "texts are cut to lengths below 2^14, and the bound is not negative"
)]
pub(super) fn relative(pattern: &Pattern, text: &[char], at_most: f64) -> Option<f64> {
    let longest = pattern.len().max(text.len());
    if longest == 0 {
        return Some(0.0);
    }
    // A bound that is itself a distance has to admit the same distance again, whatever its rounding.
    let max = (at_most.clamp(0.0, 1.0) * longest as f64 + 1e-6) as usize;
    pattern.distance(text, max).map(|edits| edits as f64 / longest as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_distance_is_within_itself_as_a_bound(a in "[ab]{0,60}", b in "[ab]{0,60}", c in "[ab]{0,20}") {
            let from = EventDistance::from(&a, &c);
            let distance = from.to(&b, &c, 1.0).unwrap();
            prop_assert!((0.0..=1.0).contains(&distance));
            prop_assert_eq!(from.to(&b, &c, distance), Some(distance));
            // Nothing is nearer than the same text.
            if distance > 0.0 {
                prop_assert_eq!(from.to(&b, &c, distance - 0.004), None);
            }
        }
    }

    #[test]
    fn lengths_count_relative_to_the_longer_text() {
        let from = EventDistance::from("kitten", "");
        assert_eq!(from.to("sitting", "", 1.0), Some(3.0 / 7.0));
        assert_eq!(from.to("kitten", "", 0.0), Some(0.0));
        assert_eq!(EventDistance::from("", "").to("", "", 0.0), Some(0.0));
        assert_eq!(EventDistance::from("", "").to("a", "", 1.0), Some(1.0));
    }

    #[test]
    fn a_mebibyte_of_one_letter_is_compared_by_its_beginning() {
        let long = "a".repeat(1 << 20);
        assert_eq!(EventDistance::from(&long, &long).to(&long, &long, 0.0), Some(0.0));
        assert_eq!(EventDistance::from(&long, "").to(&"b".repeat(1 << 20), "", 1.0), Some(1.0));
    }
}
