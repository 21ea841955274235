//! Numbers of a sentence and how they bound: "up to 28" allows 28, "over 14" leaves 14 out. What the words say is not left to
//! a model to guess.

use super::words::Word;

/// A number and what the words around it say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    /// The number, as a rule writes it.
    pub(super) value: String,
    said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// What is still allowed: "up to 28", "never more than 28".
    Limit(Comparison),
    /// What a consequence follows on: "over 14".
    Case(Comparison),
    /// Where something begins or ends: "from 18 on".
    Range(Comparison),
    Nothing,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtMost,
    Less,
    AtLeast,
    More,
}

use Comparison::{AtLeast, AtMost, Less, More};

const BEFORE: &[(&str, Said)] = &[
    ("no more than", Said::Limit(AtMost)),
    ("not more than", Said::Limit(AtMost)),
    ("never more than", Said::Limit(AtMost)),
    ("at most", Said::Limit(AtMost)),
    ("up to", Said::Limit(AtMost)),
    ("maximum of", Said::Limit(AtMost)),
    ("not exceed", Said::Limit(AtMost)),
    ("never exceed", Said::Limit(AtMost)),
    ("not above", Said::Limit(AtMost)),
    ("never above", Said::Limit(AtMost)),
    ("not over", Said::Limit(AtMost)),
    ("never over", Said::Limit(AtMost)),
    ("at least", Said::Limit(AtLeast)),
    ("no less than", Said::Limit(AtLeast)),
    ("not less than", Said::Limit(AtLeast)),
    ("no fewer than", Said::Limit(AtLeast)),
    ("minimum of", Said::Limit(AtLeast)),
    ("not under", Said::Limit(AtLeast)),
    ("never under", Said::Limit(AtLeast)),
    ("never below", Said::Limit(AtLeast)),
    ("more than", Said::Case(More)),
    ("older than", Said::Case(More)),
    ("greater than", Said::Case(More)),
    ("higher than", Said::Case(More)),
    ("exceeds", Said::Case(More)),
    ("exceeding", Said::Case(More)),
    ("above", Said::Case(More)),
    ("over", Said::Case(More)),
    ("beyond", Said::Case(More)),
    ("less than", Said::Case(Less)),
    ("fewer than", Said::Case(Less)),
    ("younger than", Said::Case(Less)),
    ("lower than", Said::Case(Less)),
    ("under", Said::Case(Less)),
    ("below", Said::Case(Less)),
    ("from", Said::Range(AtLeast)),
];
const AFTER: &[(&str, Said)] = &[
    ("or more", Said::Range(AtLeast)),
    ("or older", Said::Range(AtLeast)),
    ("or above", Said::Range(AtLeast)),
    ("and above", Said::Range(AtLeast)),
    ("and more", Said::Range(AtLeast)),
    ("upwards", Said::Range(AtLeast)),
    ("or less", Said::Limit(AtMost)),
    ("or fewer", Said::Limit(AtMost)),
    ("or below", Said::Limit(AtMost)),
    ("at most", Said::Limit(AtMost)),
    ("at least", Said::Limit(AtLeast)),
];
/// Words that leave the number itself out.
const EXCLUDING: [&str; 4] = ["not counting", "not including", "excluding", "exclusive of"];
const NUMBERS: [(&str, &str); 15] = [
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("twelve", "12"),
    ("twenty", "20"),
    ("fifty", "50"),
    ("hundred", "100"),
    ("thousand", "1000"),
    ("million", "1000000"),
];
/// Words that a phrase may stand away from its number.
const REACH: usize = 4;

/// The numbers of a sentence, each once.
pub(super) fn bounds(words: &[Word]) -> Vec<Bound> {
    let mut found: Vec<Bound> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(value) = number(&word.lower) else { continue };
        let before = joined(words.get(at.saturating_sub(REACH)..at).unwrap_or_default());
        if let Some(known) = found.iter_mut().find(|known| known.value == value) {
            if EXCLUDING.iter().any(|phrase| ends_with(&before, phrase)) {
                known.said = known.said.without_the_number();
            }
            continue;
        }
        let after = joined(words.get(at + 1..(at + 1 + REACH).min(words.len())).unwrap_or_default());
        let said = BEFORE.iter().find(|(phrase, _)| ends_with(&before, phrase));
        let said = said.or_else(|| AFTER.iter().find(|(phrase, _)| starts_near(&after, phrase)));
        found.push(Bound { value, said: said.map_or(Said::Nothing, |(_, said)| *said) });
    }
    found
}

impl Bound {
    /// Words for the comparisons that the bound can mean as a requirement (`only_if`) or as a case. `negated`: whether the
    /// sentence takes something away.
    pub(super) fn comparisons(&self, required: bool, asks: bool, negated: bool) -> Vec<&'static str> {
        let all = match (self.said, required) {
            (Said::Limit(holds), true) => vec![holds],
            (Said::Limit(holds), false) => vec![holds.opposite()],
            (Said::Case(case), true) => vec![if negated { case.opposite() } else { case }],
            (Said::Case(case), false) => vec![case],
            (Said::Range(holds), true) => vec![holds],
            (Said::Range(holds), false) if asks => vec![holds],
            (Said::Range(holds), false) => vec![holds.opposite(), holds],
            (Said::Nothing, _) => return vec!["equal to", "at most", "at least", "less than", "more than"],
        };
        all.into_iter().map(Comparison::words).collect()
    }
}

impl Said {
    fn without_the_number(self) -> Self {
        let strict = |comparison: Comparison| match comparison {
            AtLeast => More,
            AtMost => Less,
            other => other,
        };
        match self {
            Self::Limit(comparison) => Self::Limit(strict(comparison)),
            Self::Case(comparison) => Self::Case(strict(comparison)),
            Self::Range(comparison) => Self::Range(strict(comparison)),
            Self::Nothing => Self::Nothing,
        }
    }
}

impl Comparison {
    const fn opposite(self) -> Self {
        match self {
            AtMost => More,
            More => AtMost,
            AtLeast => Less,
            Less => AtLeast,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            AtMost => "at most",
            Less => "less than",
            AtLeast => "at least",
            More => "more than",
        }
    }
}

/// "1,000" and "two" as rules write them.
pub(super) fn number(word: &str) -> Option<String> {
    if let Some((_, value)) = NUMBERS.iter().find(|(name, _)| *name == word) {
        return Some((*value).to_owned());
    }
    let digits = word.trim_start_matches(['$', '€', '£']).replace(',', "");
    digits.parse::<f64>().is_ok_and(f64::is_finite).then_some(digits)
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
}

fn ends_with(text: &str, phrase: &str) -> bool {
    // "more than a hundred"
    let text = text.strip_suffix(" a").or_else(|| text.strip_suffix(" the")).unwrap_or(text);
    text.strip_suffix(phrase).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
}

fn starts_near(text: &str, phrase: &str) -> bool {
    let padded = format!(" {text} ");
    padded.find(&format!(" {phrase} ")).is_some_and(|at| at <= 12)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn as_required(sentence: &str) -> Vec<(String, &'static str)> {
        let words = words(sentence);
        let negated = super::super::words::negates(&words);
        bounds(&words)
            .into_iter()
            .map(|bound| (bound.value.clone(), bound.comparisons(true, false, negated)[0]))
            .collect()
    }

    fn as_case(sentence: &str, asks: bool) -> &'static str {
        bounds(&words(sentence))[0].comparisons(false, asks, true)[0]
    }

    #[test]
    fn what_the_words_say_decides_how_a_number_is_compared() {
        for (sentence, value, comparison) in [
            ("Move up to 1,000 dollars.", "1000", "at most"),
            ("but never more than $50 at once", "50", "at most"),
            ("Cars are rented from 21 years on.", "21", "at least"),
            ("People older than 18 may enter.", "18", "more than"),
            ("Nobody gives more than a hundred.", "100", "at most"),
            ("Nobody under 16 may book.", "16", "at least"),
            ("Guests of 18 or older only.", "18", "at least"),
        ] {
            assert_eq!(as_required(sentence), [(value.to_owned(), comparison)], "{sentence}");
        }
        assert_eq!(as_case("Fewer than two approvals wait for a person.", true), "less than");
        assert_eq!(as_case("Transfers up to 500 are made, others are not.", false), "more than");
        assert_eq!(as_case("From 500 upwards, not counting 500 itself, somebody approves.", true), "more than");
        assert_eq!(as_case("From 500 upwards somebody approves.", true), "at least");
    }
}
