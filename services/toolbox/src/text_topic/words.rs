//! The small words of English: those that say how the others hang together.

use super::units::UnitKind;

/// Participles, superlatives and adverbs that may follow their noun.
pub(super) fn qualifies(word: &str) -> bool {
    const WORDS: [&str; 50] = [
        "available",
        "cheap",
        "cheaper",
        "best",
        "good",
        "new",
        "near",
        "nearby",
        "online",
        "open",
        "free",
        "big",
        "small",
        "large",
        "more",
        "most",
        "less",
        "high",
        "low",
        "lower",
        "higher",
        "first",
        "last",
        "next",
        "all",
        "latest",
        "recent",
        "popular",
        "local",
        "other",
        "there",
        "here",
        "today",
        "tonight",
        "tomorrow",
        "together",
        "again",
        "instead",
        "too",
        "soon",
        "similar",
        "different",
        "suitable",
        "full",
        "old",
        "current",
        "upcoming",
        "worth",
        "due",
        "such",
    ];
    WORDS.contains(&word) || ["ed", "est", "ly", "able", "ing"].iter().any(|s| word.len() > 4 && word.ends_with(s))
}

/// The kind of a word of grammar: prepositions, determiners, pronouns and the like.
pub(super) fn closed_class(word: &str) -> Option<UnitKind> {
    Some(match word {
        "in" | "at" | "near" | "from" | "to" | "with" | "by" | "on" | "around" | "under" | "over" | "between"
        | "for" | "within" | "without" | "after" | "before" | "during" | "until" | "as" | "of" | "into" | "about"
        | "via" | "through" | "across" | "above" | "below" | "per" | "using" | "including" | "featuring" | "based"
        | "inside" | "close" | "next to" | "against" | "than" | "like" | "since" | "till" | "along" | "starring"
        | "onto" => UnitKind::Preposition,
        "that" | "which" | "who" | "whose" | "where" | "when" | "while" | "if" | "because" | "so" | "how"
        | "called" | "named" | "titled" | "entitled" => UnitKind::Relative,
        "and" | "or" | "then" | "but" | "&" | "nor" | "also" => UnitKind::Coordinator,
        "the" | "a" | "an" | "my" | "your" | "our" | "their" | "his" | "her" | "this" | "these" | "those" | "any"
        | "some" | "each" | "every" | "its" | "no" => UnitKind::Determiner,
        "it" | "them" | "one" | "ones" | "itself" => UnitKind::Pronoun,
        "i" | "you" | "we" | "me" | "us" | "he" | "she" | "they" | "can" | "could" | "would" | "will" | "shall"
        | "should" | "may" | "must" | "please" | "now" | "just" | "only" | "help" | "let" | "want" | "need"
        | "wish" | "going" | "try" | "do" | "does" | "did" | "not" | "i'd" | "i'm" | "don't" | "let's" | "start"
        | "begin" | "proceed" | "go ahead" | "able" | "like to" | "user" | "directly" => UnitKind::Lead,
        "is" | "are" | "be" | "was" | "were" | "been" | "being" => UnitKind::Auxiliary,
        _ => return None,
    })
}
