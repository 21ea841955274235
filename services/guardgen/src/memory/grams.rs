//! What a case is found by: hashes of a few neighbouring characters, of which those with the smallest values stand for the
//! whole text (Broder, "On the resemblance and containment of documents", 1997). Two texts within a small edit distance share
//! most of their neighbourhoods, hence most of the smallest hashes. The hash is part of what is stored: it must not change.

use parapet_store::CaseRecord;

/// Characters of a neighbourhood. Shorter ones stand in every case of an agent, longer ones do not survive an edit.
const NEIGHBOURS: usize = 5;
/// Hashes that stand for an event.
const OF_EVENT: usize = 64;
/// Hashes that stand for a guard request.
const OF_REQUEST: usize = 16;
/// Characters of each text that are compared: it bounds the work on hostile texts, and the beginning is what tells cases
/// apart.
pub(super) const COMPARED: usize = 4_096;

/// What is hashed: the same words say something else in a request than in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Request,
    Agent,
}

/// All grams of a case.
pub(super) fn of_case(case: &CaseRecord) -> Vec<i64> {
    let mut grams = of_text(Kind::Event, &event(&case.input, &case.output));
    grams.extend(of_text(Kind::Request, &cut(&case.request)));
    grams.extend(of_agent(&case.agent));
    grams
}

/// The grams of a text, none of an empty one.
pub(super) fn of_text(kind: Kind, text: &[char]) -> Vec<i64> {
    let count = if kind == Kind::Event { OF_EVENT } else { OF_REQUEST };
    let mut hashes: Vec<u64> = match text {
        [] => Vec::new(),
        short if short.len() < NEIGHBOURS => vec![hash(kind, short)],
        long => long.windows(NEIGHBOURS).map(|window| hash(kind, window)).collect(),
    };
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(count);
    hashes.into_iter().map(u64::cast_signed).collect()
}

/// The gram of an agent as a whole: its description says the same only when it is the same.
pub(super) fn of_agent(agent: &str) -> Option<i64> {
    let agent: Vec<char> = agent.trim().chars().collect();
    (!agent.is_empty()).then(|| hash(Kind::Agent, &agent).cast_signed())
}

/// The text of an event that is compared. Without one it is empty.
pub(super) fn event(input: &str, output: &str) -> Vec<char> {
    let mut text = cut(input);
    if !output.is_empty() {
        text.push('\n');
        text.extend(cut(output));
    }
    text
}

/// As much of a text as is compared.
pub(super) fn cut(text: &str) -> Vec<char> {
    text.chars().take(COMPARED).collect()
}

/// Each character goes through the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn hash(kind: Kind, text: &[char]) -> u64 {
    let seed = match kind {
        Kind::Event => 1,
        Kind::Request => 2,
        Kind::Agent => 3,
    };
    text.iter().fold(seed, |state, c| {
        let mut z = (state ^ u64::from(u32::from(*c))).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn the_hash_of_stored_cases_does_not_change() {
        assert_eq!(of_text(Kind::Event, &chars("ab")), [-2_712_877_432_956_964_336]);
        assert_eq!(of_text(Kind::Request, &chars("cancel")), [-8_573_001_052_590_846_234, -7_050_417_804_349_468_548]);
        assert_eq!(of_agent(" shop \n"), Some(1_894_521_461_486_773_300));
    }

    #[test]
    fn a_small_edit_leaves_most_grams() {
        let text =
            "for part in event.parts { if part.text.contains(facts.word) { return deny(\"word\", \"no\"); } } allow()";
        let before = of_text(Kind::Event, &chars(&text.repeat(3)));
        let after = of_text(Kind::Event, &chars(&text.repeat(3).replacen("word", "term", 1)));
        let shared = before.iter().filter(|gram| after.contains(gram)).count();
        assert!(shared >= 50, "{shared} of {}", before.len());
        assert!(before.iter().all(|gram| !of_text(Kind::Request, &chars(text)).contains(gram)));
    }

    #[test]
    fn no_text_has_more_grams_than_it_may() {
        assert!(of_text(Kind::Event, &[]).is_empty());
        assert_eq!(of_text(Kind::Event, &chars(&"a".repeat(1 << 20))).len(), 1);
        let long: Vec<char> = ('\u{4e00}'..'\u{9fff}').collect();
        assert_eq!(of_text(Kind::Event, &long).len(), OF_EVENT);
        assert!(event("", "").is_empty());
        assert_eq!(event(&"a".repeat(1 << 20), &"b".repeat(1 << 20)).len(), 2 * COMPARED + 1);
        assert_eq!(of_agent("  "), None);
    }
}
