//! `edit_distance`: Levenshtein distance within a bound, by Ukkonen's band.

use serde_json::Value;

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "edit_distance";
/// Largest bound: the width of the band, and so the constant of the linear time.
const MAX_BOUND: usize = 32;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "edit_distance(a: string, b: string[, max: integer]) -> integer",
    doc: "How many characters have to be inserted, deleted or replaced to turn `a` into `b` (Levenshtein), counted up to \
          `max`: a greater distance gives `max + 1`. `max` is 0 to 32, and 32 when not given. Case matters.",
    example: "edit_distance(\"paypal\", \"paypa1\") == 1",
    min_args: 2,
    max_args: 3,
    pure: true,
    base_fuel: 500,
    fuel_per_byte: 100,
    max_input_bytes: 16 << 10,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (a, b) = (args.text(0, "a")?, args.text(1, "b")?);
    let max = match args.optional(2) {
        None => MAX_BOUND,
        Some(value) => {
            value.as_u64().and_then(|max| usize::try_from(max).ok()).filter(|max| *max <= MAX_BOUND).ok_or_else(
                || ToolError::new(format!("argument `max` of `{NAME}` must be an integer from 0 to {MAX_BOUND}")),
            )?
        }
    };
    Ok(distance(a, b, max).into())
}

/// The distance, or `max + 1` when it is greater.
fn distance(a: &str, b: &str, max: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let over = max + 1;
    if a.len().abs_diff(b.len()) > max {
        return over;
    }
    // row[j] is the distance between the first i characters of `a` and the first j of `b`; outside the band it is `over`.
    let mut row: Vec<usize> = (0..=b.len()).map(|j| j.min(over)).collect();
    for (i, from) in a.iter().enumerate() {
        let band = i.saturating_sub(max)..(i + max + 1).min(b.len());
        let mut diagonal = row.get(band.start).copied().unwrap_or(over);
        let mut left = if band.start == 0 { (i + 1).min(over) } else { over };
        if let Some(cell) = row.get_mut(band.start) {
            *cell = left;
        }
        for (to, cell) in b.iter().zip(row.iter_mut().skip(1)).skip(band.start).take(band.len()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1).min(over);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn textbook(a: &[char], b: &[char]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, from) in a.iter().enumerate() {
            let mut next = vec![i + 1];
            for (j, to) in b.iter().enumerate() {
                next.push((row[j] + usize::from(from != to)).min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn the_band_agrees_with_the_textbook_up_to_the_bound(a in "[abä]{0,40}", b in "[abä]{0,40}", max in 0_usize..=32) {
            let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b, max), textbook(&left, &right).min(max + 1));
        }
    }

    #[test]
    fn a_greater_distance_is_the_bound_plus_one() {
        assert_eq!(distance("abcdef", "", 3), 4);
        assert_eq!(distance("kitten", "sitting", 32), 3);
        assert_eq!(distance("", "", 0), 0);
    }

    #[test]
    fn a_bound_out_of_range_is_an_error() {
        for max in [json!(33), json!(-1), json!(1.5), json!("3")] {
            let error = run(&Prepared::default(), &[json!("a"), json!("b"), max]).unwrap_err();
            assert_eq!(error.message, "argument `max` of `edit_distance` must be an integer from 0 to 32");
        }
    }
}
