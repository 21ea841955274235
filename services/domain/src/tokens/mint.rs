//! Tokens in place of what guards would put there.

use crate::fold::Ruling;
use crate::{Edit, Folded, Part, Tokens, json, redact};

impl Tokens {
    /// Puts a token in place of each value that the edits of a decision take out. What is taken out stays the same. An edit keeps what its
    /// guard puts in place where that is nothing, which is a removal, and where a token would be beyond the limits or break the
    /// structure of the part. Gives back how many values have no token for these two reasons.
    pub fn stand_in<T>(&mut self, parts: &[Part], ruling: &mut Ruling, folded: &mut Folded<T>) -> u64 {
        let mut without = 0;
        for edits in ruling.edits.chunk_by_mut(|a, b| a.part == b.part) {
            if let Some(part) = edits.first().and_then(|edit| parts.get(edit.part)) {
                without += self.stand_in_part(part, edits);
            }
        }
        if let Folded::Permitted(permitted) = folded {
            permitted.reword(&ruling.edits);
        }
        without
    }

    fn stand_in_part(&mut self, part: &Part, edits: &mut [Edit]) -> u64 {
        let index = edits.first().map_or(0, |edit| edit.part);
        let mut reworded = edits.to_vec();
        let mut without = 0;
        for (taken, edit) in redact::taken(&part.text, index, edits).into_iter().zip(&mut reworded) {
            if edit.replacement.is_empty() {
                continue;
            }
            match self.token_of(&value(part, taken), &edit.replacement) {
                Some(token) => token.clone_into(&mut edit.replacement),
                None => without += 1,
            }
        }
        // A number can be edited into another number, and not into a token.
        if part.json.is_some() && json::parse_str(&redact::apply(&part.text, index, &reworded)).is_err() {
            return edits.len() as u64;
        }
        edits.clone_from_slice(&reworded);
        without
    }
}

/// The value that stands for itself in prose, and with escapes within a string of JSON.
fn value(part: &Part, taken: &str) -> String {
    let unescaped = part.json.as_ref().and_then(|_| serde_json::from_str(&format!("\"{taken}\"")).ok());
    unescaped.unwrap_or_else(|| taken.to_owned())
}
