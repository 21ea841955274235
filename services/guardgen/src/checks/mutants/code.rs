//! Changes of the code: another operator, a turned condition, another number, a statement less.

use parapet_sandbox::{Probe, ProbeKind, ScriptToken, TokenKind};

use super::{Edit, Mutant};
use crate::checks::report::Survivor;
use crate::checks::script::Script;

const EDGE: &str = "add a test where both sides are equal";
const OTHER: &str = "add a test whose verdict, `reason_code` or `details` depend on it, or remove it";

/// Operators, what each is changed to, and what a test must be like to notice.
const OPERATORS: [(&str, &str, &str); 16] = [
    ("==", "!=", OTHER),
    ("!=", "==", OTHER),
    ("<", "<=", EDGE),
    ("<=", "<", EDGE),
    (">", ">=", EDGE),
    (">=", ">", EDGE),
    ("&&", "||", "add a test where exactly one of the two sides is true"),
    ("||", "&&", "add a test where exactly one of the two sides is true"),
    ("in", "!in", OTHER),
    ("!in", "in", OTHER),
    ("+=", "=", OTHER),
    ("-=", "=", OTHER),
    ("+", "-", OTHER),
    ("-", "+", OTHER),
    ("*", "/", OTHER),
    ("/", "*", OTHER),
];

/// All changes, in source order. `hits` says which probes a test reaches.
pub(super) fn mutants(script: &Script<'_>, hits: &[bool]) -> Vec<Mutant> {
    let reached = Reached { script, hits };
    let tokens = script.tokens().iter().enumerate().flat_map(|(index, token)| of_token(script, index, token));
    let probes = script.probes().iter().filter_map(|probe| of_probe(script, probe));
    let mut mutants: Vec<Mutant> = tokens.chain(probes).collect();
    mutants.sort_by_key(|mutant| match mutant.edit {
        Edit::Code { start, end, .. } => (start, end),
        Edit::Facts(..) => (0, 0),
    });
    for mutant in &mut mutants {
        if let Edit::Code { start, .. } = mutant.edit {
            mutant.survivor.unreached = !reached.is(start);
        }
    }
    mutants
}

fn of_token(script: &Script<'_>, index: usize, token: &ScriptToken) -> Vec<Mutant> {
    let word = script.word(token);
    let change = |new: &str, what: String, help: &str| {
        mutant((token.line, token.column), (token.start, token.end), new.to_owned(), what, help)
    };
    match token.kind {
        TokenKind::Integer | TokenKind::Float => numbers(word)
            .into_iter()
            // The last item is the first of a list of one: that says nothing.
            .filter(|new| !(new.starts_with("(-") && is_index(script, index)))
            .map(|new| change(&new, format!("`{word}` changed to `{new}`"), "add a test at the edge of this number"))
            .collect(),
        TokenKind::Keyword if word == "true" => vec![change("false", "`true` changed to `false`".into(), OTHER)],
        TokenKind::Keyword if word == "false" => vec![change("true", "`false` changed to `true`".into(), OTHER)],
        TokenKind::Symbol if word == "!" && !script.follows_operand(index) => {
            vec![change("", "`!` removed".into(), OTHER)]
        }
        TokenKind::Symbol | TokenKind::Keyword if script.follows_operand(index) && is_operator(script, index, word) => {
            let known = OPERATORS.iter().find(|(operator, ..)| *operator == word);
            known.map(|(_, new, help)| change(new, format!("`{word}` changed to `{new}`"), help)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a change of the operator can mean something: `for … in` is none, and `+` on texts is how they are joined.
fn is_operator(script: &Script<'_>, index: usize, word: &str) -> bool {
    let is_text = |token: Option<&ScriptToken>| {
        token.is_some_and(|token| matches!(token.kind, TokenKind::String | TokenKind::StringPiece))
    };
    match word {
        "in" => {
            let is_for =
                |back: usize| index.checked_sub(back).and_then(|at| script.tokens().get(at)).map(|t| script.word(t));
            is_for(2) != Some("for") && is_for(6) != Some("for")
        }
        "+" => !is_text(script.before(index).map(|(token, _)| token)) && !is_text(script.tokens().get(index + 1)),
        _ => true,
    }
}

/// Whether the token stands alone in brackets, behind a list.
fn is_index(script: &Script<'_>, index: usize) -> bool {
    let before = script.before(index).is_some_and(|(_, word)| matches!(word, "[" | "?["));
    before && script.tokens().get(index + 1).is_some_and(|next| script.word(next) == "]")
}

/// The number one above and one below.
fn numbers(word: &str) -> Vec<String> {
    let plain = word.replace('_', "");
    if let Ok(number) = plain.parse::<i64>() {
        let up = number.checked_add(1).map(|number| number.to_string());
        // A minus sign would be an operator of its own.
        let down =
            number.checked_sub(1).map(|number| if number < 0 { format!("({number})") } else { number.to_string() });
        return up.into_iter().chain(down).collect();
    }
    let Ok(number) = plain.parse::<f64>() else { return Vec::new() };
    let down = rounded(number - 1.0);
    let down = if down < 0.0 { format!("({down:?})") } else { format!("{down:?}") };
    vec![format!("{:?}", rounded(number + 1.0)), down]
}

/// Without what a subtraction leaves over in the last digits.
pub(super) fn rounded(number: f64) -> f64 {
    let rounded = (number * 1e9).round() / 1e9;
    if rounded.is_finite() { rounded } else { number }
}

fn of_probe(script: &Script<'_>, probe: &Probe) -> Option<Mutant> {
    let (place, range) = ((probe.line, probe.column), (probe.start, probe.end));
    match probe.kind {
        ProbeKind::WhenTrue => {
            let text = script.slice(probe.start, probe.end);
            let what = format!("`{}` turned into its opposite", script.excerpt(probe));
            Some(mutant(place, range, format!("!({text})"), what, OTHER))
        }
        ProbeKind::Statement => {
            let text = script.slice(probe.start, probe.end);
            // Without its declaration, a variable's uses do not build.
            let declares = ["let ", "const "].iter().any(|word| text.starts_with(word));
            let what = format!("`{}` removed", script.excerpt(probe));
            // A semicolon stays: what is before it may need one.
            (!declares).then(|| mutant(place, range, ";".to_owned(), what, OTHER))
        }
        _ => None,
    }
}

fn mutant((line, column): (u32, u32), (start, end): (u32, u32), text: String, change: String, help: &str) -> Mutant {
    let survivor = Survivor { line, column, fact: None, change, unreached: false };
    Mutant { survivor, help: help.to_owned(), edit: Edit::Code { start, end, text } }
}

/// Which bytes of the code a test reaches.
struct Reached<'a> {
    script: &'a Script<'a>,
    hits: &'a [bool],
}

impl Reached<'_> {
    /// Whether the innermost statement or closure around byte `at` is reached.
    fn is(&self, at: u32) -> bool {
        let around = |probe: &&(&Probe, &bool)| {
            matches!(probe.0.kind, ProbeKind::Statement | ProbeKind::Closure) && probe.0.start <= at && at < probe.0.end
        };
        let probes: Vec<(&Probe, &bool)> = self.script.probes().iter().zip(self.hits).collect();
        // Later probes begin later, so the last one around is the innermost.
        probes.iter().rfind(around).is_none_or(|(_, hit)| **hit)
    }
}
