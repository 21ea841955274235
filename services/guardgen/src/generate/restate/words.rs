//! A sentence as words, for telling what it can be about: nothing that it does not speak of is offered to the model.

use parapet_toolbox::meanings;

use crate::rules::{abbreviates, name_words, same_family};

/// Words that name nothing.
const EMPTY: &[&str] = &[
    "a", "about", "an", "and", "another", "any", "are", "as", "at", "be", "been", "before", "but", "by", "call",
    "called", "can", "cannot", "for", "from", "get", "gets", "has", "have", "he", "her", "his", "if", "in", "into",
    "is", "it", "its", "may", "must", "no", "not", "of", "off", "on", "one", "only", "or", "other", "our", "out",
    "people", "she", "so", "than", "that", "the", "their", "them", "they", "this", "to", "tool", "tools", "up", "us",
    "use", "used", "user", "users", "we", "when", "which", "who", "whoever", "whose", "with", "without", "you",
];
/// Words that say how a value is meant, and are none.
const SAYING: &[&str] = &[
    "always",
    "begin",
    "beginning",
    "begins",
    "called",
    "end",
    "ending",
    "ends",
    "first",
    "name",
    "named",
    "names",
    "own",
    "start",
    "starting",
    "starts",
    "again",
    "back",
    "once",
    "then",
    "dollar",
    "dollars",
    "euro",
    "euros",
    "percent",
    "pounds",
    "year",
    "years",
];
const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "nobody",
    "none",
    "nothing",
    "cannot",
    "without",
    "neither",
    "nor",
    "can't",
    "don't",
    "doesn't",
    "mustn't",
    "forbidden",
    "prohibited",
    "off",
];
/// Words before a name that take it out.
const EXCEPTING: &[&str] = &["not", "except", "unless", "but", "other", "non", "outside"];

/// One word of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it is written, without marks around it.
    pub(super) raw: String,
    /// In lower case.
    pub(super) lower: String,
    /// The mark that follows it, if one does.
    pub(super) mark: Option<char>,
}

impl Word {
    fn of(text: &str) -> Option<Self> {
        let inner = text.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '/')));
        let raw = inner.strip_suffix("'s").or_else(|| inner.strip_suffix("’s")).unwrap_or(inner);
        let mark = text.chars().next_back().filter(|c| matches!(c, ',' | ';' | ':' | '.'));
        (!raw.is_empty()).then(|| Self { raw: raw.to_owned(), lower: raw.to_lowercase().replace('’', "'"), mark })
    }

    /// Whether it is a name with an underscore, which is not to be taken apart.
    pub(super) fn is_identifier(&self) -> bool {
        self.raw.contains('_')
    }

    fn is_empty(&self) -> bool {
        EMPTY.contains(&self.lower.as_str())
    }
}

/// The words of a sentence; names in brackets are words too.
pub(super) fn words(sentence: &str) -> Vec<Word> {
    sentence.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).filter_map(Word::of).collect()
}

/// Where the name stands as a whole: all its parts, in order, from this word on.
pub(super) fn places(words: &[Word], name: &str) -> Vec<usize> {
    let parts = name_words(name);
    let fits = |at: usize| {
        words.get(at).is_some_and(|word| word.lower == name)
            || !parts.is_empty()
                && parts.iter().enumerate().all(|(n, part)| {
                    words.get(at + n).is_some_and(|word| !word.is_identifier() && is_form(part, &word.lower))
                })
    };
    (0..words.len()).filter(|at| fits(*at)).collect()
}

/// Whether the word is a form of the part of a name, or what the part abbreviates.
fn is_form(part: &str, word: &str) -> bool {
    let is_number = matches!(part, "no" | "nr" | "num") && word == "number";
    is_number || same_family(part, word) || abbreviates(part, word)
}

/// The parts of a name that say something.
pub(super) fn parts(name: &str) -> Vec<String> {
    name_words(name).into_iter().filter(|part| part.len() > 1 && !EMPTY.contains(&part.as_str())).collect()
}

/// Whether the word is a form of this part of a name.
pub(super) fn is_part(word: &Word, part: &str) -> bool {
    !word.is_empty() && !word.is_identifier() && same_family(part, &word.lower)
}

/// Whether the sentence takes something away.
pub(super) fn negates(words: &[Word]) -> bool {
    words.iter().any(|word| NEGATIONS.contains(&word.lower.as_str()))
}

/// Whether the word at `place` is taken out by one of the words before it.
pub(super) fn is_excepted(words: &[Word], place: usize) -> bool {
    let before = words.get(place.saturating_sub(3)..place).unwrap_or_default();
    before.iter().any(|word| EXCEPTING.contains(&word.lower.as_str()))
}

/// For each word, whether a "not" before it takes it out: "not to main or next, and with a note".
pub(super) fn taken_out(words: &[Word], values: &[String]) -> Vec<bool> {
    const ENDING: [&str; 5] = ["may", "can", "must", "cannot", "only"];
    let is_value = |at: usize| words.get(at).is_some_and(|word| values.contains(&word.raw));
    let mut taken = false;
    let mut all = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let lower = word.lower.as_str();
        let joins = matches!(lower, "and" | "or");
        taken = EXCEPTING.contains(&lower) || taken && !ENDING.contains(&lower) && (!joins || is_value(at + 1));
        all.push(taken);
        let goes_on = is_value(at)
            && (is_value(at + 1) || words.get(at + 1).is_some_and(|next| matches!(next.lower.as_str(), "and" | "or")));
        if word.mark.is_some() && !goes_on {
            taken = false;
        }
    }
    all
}

/// Whether the sentence as a whole says that something is not done: "is not forwarded", "nobody".
pub(super) fn denies(words: &[Word]) -> bool {
    const DENYING: [&str; 9] =
        ["nobody", "none", "nothing", "cannot", "never", "no", "forbidden", "prohibited", "without"];
    const AUXILIARY: [&str; 9] = ["is", "are", "may", "must", "can", "do", "does", "should", "shall"];
    let pairs = words.iter().zip(words.iter().skip(1));
    words.iter().any(|word| DENYING.contains(&word.lower.as_str()))
        || pairs.into_iter().any(|(before, word)| word.lower == "not" && AUXILIARY.contains(&before.lower.as_str()))
}

/// Whether a person may be asked.
pub(super) fn asks_a_person(words: &[Word]) -> bool {
    const PEOPLE: [&str; 6] = ["person", "somebody", "someone", "human", "parent", "supervisor"];
    asks_for_approval(words) || words.iter().any(|word| PEOPLE.contains(&word.lower.as_str()))
}

/// Whether somebody has to agree.
pub(super) fn asks_for_approval(words: &[Word]) -> bool {
    const STEMS: [&str; 6] = ["approv", "agree", "confirm", "consent", "permission", "wait"];
    // "two approvals" is a number of them.
    let counted =
        |at: usize| at > 0 && words.get(at - 1).is_some_and(|word| super::bounds::number(&word.lower).is_some());
    words.iter().enumerate().any(|(at, word)| STEMS.iter().any(|stem| word.lower.starts_with(stem)) && !counted(at))
}

/// Whether it is about everybody.
pub(super) fn opens_to_all(words: &[Word]) -> bool {
    const ALL: [&str; 10] =
        ["all", "every", "everybody", "everyone", "anybody", "anyone", "any", "free", "open", "whoever"];
    words.iter().any(|word| ALL.contains(&word.lower.as_str()))
}

/// Whether it is about all the rest.
pub(super) fn is_of_the_rest(words: &[Word]) -> bool {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.lower.as_str()));
    has(&["else", "other", "others", "rest", "remaining"]) || has(&["not"]) && has(&["mentioned", "listed", "named"])
}

/// Words that name nothing declared: they can be values.
pub(super) fn values(words: &[Word], declared: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let says = |word: &&Word| {
        let lower = word.lower.as_str();
        let is_grammar = meanings(lower).first().is_some_and(|meaning| meaning.is_grammar || meaning.is_number);
        !word.is_empty() && !is_grammar && ![SAYING, NEGATIONS].iter().any(|list| list.contains(&lower))
    };
    for word in words.iter().filter(says) {
        let known = declared.iter().any(|name| *name == word.raw || parts(name).iter().any(|part| is_part(word, part)));
        if !known && !found.contains(&word.raw) {
            found.push(word.raw.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_their_forms_and_not_in_other_names() {
        let all = words("A teller's customer id, from_account and \"the overdraft limit\" (two_factor).");
        let lower: Vec<&str> = all.iter().map(|word| word.lower.as_str()).collect();
        assert_eq!(
            lower,
            ["a", "teller", "customer", "id", "from_account", "and", "the", "overdraft", "limit", "two_factor"]
        );
        assert_eq!(places(&all, "customer_id"), [2]);
        assert_eq!(places(&all, "overdraft_limit"), [7]);
        assert_eq!(places(&all, "two_factor"), [9]);
        assert_eq!(places(&words("the student number"), "student_no"), [1]);
        assert_eq!(places(&all, "accounts"), Vec::<usize>::new(), "a part of another name is not meant");
    }

    #[test]
    fn what_a_sentence_is_about_is_told_by_its_words() {
        assert!(negates(&words("Books are never burnt.")) && !negates(&words("Books are lent.")));
        assert!(asks_a_person(&words("The practice has to approve it.")) && !asks_a_person(&words("Pay at once.")));
        assert!(is_of_the_rest(&words("Whatever is not mentioned is denied.")));
        let all = words("Files of the team platform and security, not of guests.");
        assert_eq!(values(&all, &["team", "guest", "file"]), ["platform", "security"]);
        assert!(is_excepted(&all, 8) && !is_excepted(&all, 4));
        let all = words("Push not to main or next, and with a note.");
        let out = taken_out(&all, &["main".to_owned(), "next".to_owned(), "note".to_owned()]);
        assert_eq!(out, [false, true, true, true, true, true, false, false, false, false]);
        assert!(denies(&words("It is not sent.")) && !denies(&all));
    }
}
