//! The phrases that make a sentence a rule: who may, who must, what is forbidden, and what joins conditions to it.

use super::comparators::starts_with;
use super::words::Token;

/// What the verb of a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modal {
    /// "may not"
    MayNot,
    /// "may only"
    MayOnly,
    /// "may"
    May,
    /// "must"
    Must,
    /// "requires"
    Requires,
    /// "is forbidden"
    Forbidden,
    /// "is only allowed"
    OnlyAllowed,
    /// "is allowed"
    Allowed,
    /// "is required for", after what is required
    RequiredFor,
}

use Modal::{Allowed, Forbidden, May, MayNot, MayOnly, Must, OnlyAllowed, RequiredFor, Requires};

/// Longer phrases before those that they start with.
const MODALS: &[(&str, Modal)] = &[
    ("may not", MayNot),
    ("may never", MayNot),
    ("must not", MayNot),
    ("must never", MayNot),
    ("mustn't", MayNot),
    ("can not", MayNot),
    ("can never", MayNot),
    ("cannot", MayNot),
    ("can't", MayNot),
    ("shall not", MayNot),
    ("should not", MayNot),
    ("should never", MayNot),
    ("shouldn't", MayNot),
    ("is not allowed to", MayNot),
    ("are not allowed to", MayNot),
    ("isn't allowed to", MayNot),
    ("aren't allowed to", MayNot),
    ("is never allowed to", MayNot),
    ("are never allowed to", MayNot),
    ("is not permitted to", MayNot),
    ("are not permitted to", MayNot),
    ("is forbidden to", MayNot),
    ("are forbidden to", MayNot),
    ("is forbidden from", MayNot),
    ("are forbidden from", MayNot),
    ("is prohibited from", MayNot),
    ("are prohibited from", MayNot),
    ("is barred from", MayNot),
    ("are barred from", MayNot),
    ("may only", MayOnly),
    ("can only", MayOnly),
    ("must only", MayOnly),
    ("should only", MayOnly),
    ("shall only", MayOnly),
    ("is only allowed to", MayOnly),
    ("are only allowed to", MayOnly),
    ("is only permitted to", MayOnly),
    ("are only permitted to", MayOnly),
    ("is allowed to", May),
    ("are allowed to", May),
    ("is permitted to", May),
    ("are permitted to", May),
    ("is free to all", Allowed),
    ("are free to all", Allowed),
    ("is free to everyone", Allowed),
    ("are free to everyone", Allowed),
    ("is free to", May),
    ("are free to", May),
    ("may", May),
    ("can", May),
    ("has to", Must),
    ("have to", Must),
    ("needs to", Must),
    ("need to", Must),
    ("is obliged to", Must),
    ("must", Must),
    ("shall", Must),
    ("should", Must),
    ("is required", RequiredFor),
    ("are required", RequiredFor),
    ("is needed", RequiredFor),
    ("are needed", RequiredFor),
    ("is necessary", RequiredFor),
    ("is mandatory", RequiredFor),
    ("requires", Requires),
    ("require", Requires),
    ("needs", Requires),
    ("need", Requires),
    ("calls for", Requires),
    ("is only allowed", OnlyAllowed),
    ("are only allowed", OnlyAllowed),
    ("is allowed only", OnlyAllowed),
    ("are allowed only", OnlyAllowed),
    ("is only permitted", OnlyAllowed),
    ("are only permitted", OnlyAllowed),
    ("is permitted only", OnlyAllowed),
    ("is only possible", OnlyAllowed),
    ("is possible only", OnlyAllowed),
    ("is reserved", OnlyAllowed),
    ("are reserved", OnlyAllowed),
    ("is restricted", OnlyAllowed),
    ("are restricted", OnlyAllowed),
    ("is limited", OnlyAllowed),
    ("are limited", OnlyAllowed),
    ("is only", OnlyAllowed),
    ("are only", OnlyAllowed),
    ("is forbidden", Forbidden),
    ("are forbidden", Forbidden),
    ("is not allowed", Forbidden),
    ("are not allowed", Forbidden),
    ("is never allowed", Forbidden),
    ("are never allowed", Forbidden),
    ("is prohibited", Forbidden),
    ("are prohibited", Forbidden),
    ("is not permitted", Forbidden),
    ("are not permitted", Forbidden),
    ("is never permitted", Forbidden),
    ("is banned", Forbidden),
    ("are banned", Forbidden),
    ("is off limits", Forbidden),
    ("are off limits", Forbidden),
    ("is disallowed", Forbidden),
    ("are disallowed", Forbidden),
    ("is refused", Forbidden),
    ("are refused", Forbidden),
    ("is denied", Forbidden),
    ("are denied", Forbidden),
    ("is allowed", Allowed),
    ("are allowed", Allowed),
    ("is permitted", Allowed),
    ("are permitted", Allowed),
    ("is free", Allowed),
    ("are free", Allowed),
    ("is open", Allowed),
    ("are open", Allowed),
];

/// The first modal in the tokens: where it starts, where it ends, what it says.
pub(super) fn modal(tokens: &[Token]) -> Option<(usize, usize, Modal)> {
    (0..tokens.len()).find_map(|at| {
        let rest = tokens.get(at..)?;
        MODALS.iter().find_map(|(phrase, modal)| Some((at, at + starts_with(rest, phrase)?, *modal)))
    })
}

/// How a clause hangs on the rest of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// "only if"
    OnlyIf,
    /// "if"
    If,
    /// "unless", "without"
    Unless,
    /// "only for", "only by": who alone may.
    OnlyFor,
}

const JOINTS: &[(&str, Joint)] = &[
    ("if and only if", Joint::OnlyIf),
    ("only if", Joint::OnlyIf),
    ("only when", Joint::OnlyIf),
    ("only with", Joint::OnlyIf),
    ("but only if", Joint::OnlyIf),
    ("provided that", Joint::OnlyIf),
    ("provided", Joint::OnlyIf),
    ("as long as", Joint::OnlyIf),
    ("so long as", Joint::OnlyIf),
    ("on condition that", Joint::OnlyIf),
    ("on the condition that", Joint::OnlyIf),
    ("only by", Joint::OnlyFor),
    ("only for", Joint::OnlyFor),
    ("only to", Joint::OnlyFor),
    ("in case", Joint::If),
    ("whenever", Joint::If),
    ("when", Joint::If),
    ("if", Joint::If),
    ("where", Joint::If),
    ("unless", Joint::Unless),
    ("except if", Joint::Unless),
    ("except when", Joint::Unless),
    ("except for", Joint::Unless),
    ("except by", Joint::Unless),
    ("except to", Joint::Unless),
    ("except", Joint::Unless),
    ("without", Joint::Unless),
    ("until", Joint::Unless),
];

/// The joint that starts the tokens, and how many it takes.
pub(super) fn joint(tokens: &[Token]) -> Option<(Joint, usize)> {
    JOINTS.iter().find_map(|(phrase, joint)| Some((*joint, starts_with(tokens, phrase)?)))
}

/// Words for whoever uses the agent, and for the agent itself.
const PERSONS: &[&str] = &[
    "user",
    "users",
    "customer",
    "customers",
    "person",
    "persons",
    "people",
    "anyone",
    "anybody",
    "everyone",
    "everybody",
    "you",
    "they",
    "he",
    "she",
    "agent",
    "assistant",
    "caller",
    "callers",
    "client",
    "clients",
    "patient",
    "patients",
    "guest",
    "guests",
    "traveller",
    "travellers",
    "traveler",
    "travelers",
    "employee",
    "employees",
    "one",
    "we",
    "someone",
    "those",
    "it",
    "bot",
    "member",
    "members",
];
const ARTICLES: &[&str] = &["the", "a", "an", "any", "every", "all", "each", "that", "such", "our", "this", "these"];

/// Whether the tokens name nobody in particular: "the user", "anyone".
pub(super) fn is_anyone(tokens: &[Token]) -> bool {
    let generic = |word: &str| {
        PERSONS.contains(&word) && !matches!(word, "guest" | "guests" | "member" | "members" | "employee" | "employees")
    };
    !tokens.is_empty() && tokens.iter().all(|token| generic(token.word()) || ARTICLES.contains(&token.word()))
}

/// Whether the tokens speak of people at all.
pub(super) fn names_person(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| PERSONS.contains(&token.word()) || matches!(token.word(), "who" | "whose"))
}

/// "be deleted": what stands before it is what is acted on.
pub(super) fn is_passive(rest: &[Token]) -> bool {
    const IRREGULAR: &[&str] = &[
        "sent", "made", "given", "read", "written", "bought", "sold", "shown", "run", "paid", "done", "put", "set",
        "taken", "built", "shut",
    ];
    let word = |at: usize| rest.get(at).map_or("", Token::word);
    let at = 1 + usize::from(matches!(word(1), "only" | "ever" | "never"));
    word(0) == "be" && (word(at).ends_with("ed") || IRREGULAR.contains(&word(at)))
}

/// "needs approval by a manager": a person has to approve, whoever it is.
pub(super) fn is_approval(tokens: &[Token]) -> bool {
    const BEFORE: &[&str] = &[
        "be",
        "been",
        "to",
        "get",
        "ask",
        "asks",
        "for",
        "obtain",
        "have",
        "has",
        "a",
        "an",
        "the",
        "prior",
        "manager",
        "manager's",
        "human",
        "explicit",
        "written",
        "manual",
        "supervisor",
        "supervisor's",
        "first",
        "it",
        "request",
        "needs",
        "need",
        "requires",
        "require",
        "must",
        "also",
        "person's",
        "admin",
        "admin's",
        "user's",
        "separate",
        "is",
        "are",
        "seek",
        "wait",
        "person",
        "somebody",
        "someone",
        "someone's",
        "additional",
        "medical",
        "doctor's",
        "owner's",
        "teacher's",
        "parent's",
        "nurse's",
    ];
    const WORDS: &[&str] = &[
        "approval",
        "approved",
        "approve",
        "approves",
        "sign-off",
        "signoff",
        "confirmation",
        "confirmed",
        "confirm",
        "confirms",
        "authorisation",
        "authorization",
        "authorised",
        "authorized",
        "consent",
        "permission",
        "ask",
    ];
    let Some(at) = tokens.iter().position(|token| WORDS.contains(&token.word()) && token.word() != "ask") else {
        return tokens.len() == 1 && tokens.first().is_some_and(|token| token.word() == "ask");
    };
    let (before, after) = tokens.split_at(at);
    let by_whom = after.get(1).is_none_or(|token| {
        matches!(
            token.word(),
            "by" | "from" | "of" | "first" | "it" | "needed" | "required" | "before" | "beforehand" | "this"
        ) || token.is_mark('.')
    });
    let by_whom = by_whom || after.get(1).is_some_and(|token| matches!(token.word(), "is" | "the"));
    before.iter().all(|token| BEFORE.contains(&token.word()))
        && by_whom
        && after.iter().all(|token| !token.word().is_empty() || token.is_mark('.'))
}
