//! What a rule says for the case that it is broken: "…, else 'Members only'", "otherwise a manager has to approve".

use super::phrases::is_approval;
use super::policy::Effect;
use super::words::{Kind, Token};

/// A sentence without its last part, and what that part says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split<'a> {
    /// The rule itself.
    pub body: &'a [Token],
    /// What happens, where it is said.
    pub effect: Option<Effect>,
    /// The text of the violation, where there is one.
    pub text: Option<String>,
    /// Whether anything of the kind is said.
    pub found: bool,
}

/// Takes the part for the broken rule off.
pub(super) fn split<'a>(sentence: &str, tokens: &'a [Token]) -> Split<'a> {
    let Some((at, length)) = (0..tokens.len()).find_map(|at| Some((at, begins(tokens, at)?))) else {
        return Split { body: trimmed(tokens), effect: None, text: None, found: false };
    };
    let body = trimmed(tokens.get(..at).unwrap_or_default());
    let (effect, text) = consequence(sentence, tokens.get(at + length..).unwrap_or_default());
    Split { body, effect: Some(effect), text, found: true }
}

/// Length of the words that begin the part, if it begins at `at`.
fn begins(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |n: usize| tokens.get(n).map_or("", Token::word);
    let before = at.checked_sub(1).map_or("", word);
    let someone_else = matches!(
        before,
        "anything"
            | "everything"
            | "something"
            | "nothing"
            | "anyone"
            | "anybody"
            | "nobody"
            | "everyone"
            | "everybody"
            | "one"
            | "someone"
            | "somebody"
            | "anywhere"
    );
    match word(at) {
        "else" if !someone_else => Some(1),
        "otherwise" => Some(1),
        "or" if word(at + 1) == "else" => Some(2),
        "violation" | "message" if tokens.get(at + 1).is_some_and(|token| token.is_mark(':')) => Some(2),
        _ if tokens.get(at)?.kind == Kind::Arrow => Some(1),
        _ => None,
    }
}

/// What follows "else".
fn consequence(sentence: &str, tokens: &[Token]) -> (Effect, Option<String>) {
    let quote =
        tokens.iter().find_map(|token| if let Kind::Quote(text) = &token.kind { Some(text.clone()) } else { None });
    let unquoted: Vec<Token> =
        tokens.iter().filter(|token| !matches!(token.kind, Kind::Quote(_) | Kind::Mark(_))).cloned().collect();
    if is_approval(&unquoted) || asks(&unquoted) {
        return (Effect::Ask, quote);
    }
    if quote.is_some() {
        return (Effect::Deny, quote);
    }
    let rest = saying(tokens);
    let plain = rest.iter().all(|token| REFUSED.contains(&token.word()) || token.is_mark('.'));
    if plain {
        return (Effect::Deny, None);
    }
    let start = rest.first().map_or(0, |token| token.start);
    let end = trimmed(rest).last().map_or(start, |token| token.end);
    (Effect::Deny, sentence.get(start..end).map(str::to_owned).filter(|text| !text.is_empty()))
}

/// Ways to say that the answer is no, without a text of its own.
const REFUSED: &[&str] = &[
    "it",
    "is",
    "are",
    "they",
    "the",
    "call",
    "task",
    "action",
    "request",
    "refused",
    "denied",
    "forbidden",
    "not",
    "allowed",
    "refuse",
    "deny",
    "reject",
    "rejected",
    "blocked",
    "block",
    "this",
    "must",
    "be",
];

/// "ask a manager", "a manager has to approve".
fn asks(tokens: &[Token]) -> bool {
    let has = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.word()));
    let starts = tokens.first().is_some_and(|token| token.word() == "ask");
    starts
        || has(&["approve", "approves", "confirm", "confirms", "decides", "decide"])
            && has(&["must", "has", "needs", "should", "to"])
}

/// Without "say:", "the violation is", "refuse with".
fn saying(tokens: &[Token]) -> &[Token] {
    const WORDS: &[&str] = &[
        "say",
        "says",
        "answer",
        "reply",
        "respond",
        "refuse",
        "deny",
        "reject",
        "with",
        "the",
        "violation",
        "message",
        "text",
        "is",
        "explanation",
        "reads",
        "show",
        "error",
        "rule",
        "violated",
        "user",
        "gets",
        "told",
        "tell",
        "report",
        "of",
    ];
    if let Some(colon) = tokens.iter().position(|token| token.is_mark(':')) {
        let before = tokens.get(..colon).unwrap_or_default();
        if before.iter().all(|token| WORDS.contains(&token.word())) {
            return tokens.get(colon + 1..).unwrap_or_default();
        }
    }
    let skip = tokens.iter().take_while(|token| matches!(token.word(), "say" | "says") || token.is_mark(',')).count();
    tokens.get(skip..).unwrap_or_default()
}

/// Without marks at both ends.
pub(super) fn trimmed(tokens: &[Token]) -> &[Token] {
    let is_edge = |token: &Token| {
        matches!(token.kind, Kind::Mark('.' | ',' | ';' | ':' | '!' | '(' | '\u{2013}' | '\u{2014}' | '-'))
    };
    let start = tokens.iter().take_while(|token| is_edge(token)).count();
    let tokens = tokens.get(start..).unwrap_or_default();
    // A bracket that closes one inside belongs to it.
    let closes = |tokens: &[Token]| {
        tokens.iter().filter(|t| t.is_mark(')')).count() > tokens.iter().filter(|t| t.is_mark('(')).count()
    };
    let mut end = tokens.len();
    while let Some(token) = end.checked_sub(1).and_then(|last| tokens.get(last)) {
        let unopened = token.is_mark(')') && closes(tokens.get(..end).unwrap_or_default());
        if !(is_edge(token) || unopened) {
            break;
        }
        end -= 1;
    }
    tokens.get(..end).unwrap_or_default()
}
