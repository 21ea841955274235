use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fold::{Coverage, FoldPolicy, Ruling};
use crate::{Decision, Folded, GuardRun, Mode, OnError, Origin, Outcome, Part, PartKind, Role, Verdict, fold, redact};

fn tokens() -> Tokens {
    Tokens::new([7], b"").unwrap()
}

fn edit(part: usize, start: usize, end: usize, replacement: &str) -> Edit {
    Edit { part, start, end, replacement: replacement.to_owned() }
}

fn user(text: &str) -> Part {
    Part::text(Role::User, Origin::User, text)
}

fn call(text: &str) -> Part {
    Part { kind: PartKind::ToolCall, json: crate::json::parse_str(text).ok(), ..user(text) }
}

/// A decision that redacts, as the fold makes it.
fn decide(edits: Vec<Edit>) -> (Ruling, Folded<()>) {
    let verdict = Verdict { decision: Decision::Redact, reason_code: "r".to_owned(), edits, ..Verdict::allow() };
    let run = GuardRun {
        guard: "g".to_owned(),
        guard_hash: String::new(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome: Outcome::Verdict(verdict),
        fuel_used: 0,
        duration_us: 0,
    };
    fold((), &[run], &Coverage::default(), FoldPolicy::default())
}

/// The texts as they leave, the number of values without a token, and the edits of both proofs compared.
fn leave(tokens: &mut Tokens, parts: &[Part], edits: Vec<Edit>) -> (Vec<String>, u64) {
    let (mut ruling, mut folded) = decide(edits);
    let without = tokens.stand_in(parts, &mut ruling, &mut folded);
    let Folded::Permitted(permitted) = folded else { panic!("refused") };
    assert_eq!(permitted.into_parts().1, ruling.edits, "what is recorded is what leaves");
    (parts.iter().enumerate().map(|(n, part)| redact::apply(&part.text, n, &ruling.edits)).collect(), without)
}

/// The text with every token replaced by its value.
fn restore(tokens: &Tokens, text: &str) -> String {
    let mut out = String::new();
    let mut copied = 0;
    for found in tokens.find(text) {
        out.push_str(&text[copied..found.start]);
        out.push_str(found.value);
        copied = found.range().end;
    }
    out.push_str(&text[copied..]);
    out
}

#[test]
fn the_same_value_has_the_same_token_and_another_has_another() {
    let mut tokens = tokens();
    let parts = [user("ann@a.example bob@b.example"), user("to ann@a.example")];
    let edits = vec![edit(0, 0, 13, "[e-mail address]"), edit(0, 14, 27, "[e-mail address]"), edit(1, 3, 16, "***")];
    let (texts, without) = leave(&mut tokens, &parts, edits);
    assert_eq!(texts[0], "[E_MAIL_ADDRESS_1_70000000] [E_MAIL_ADDRESS_2_70000000]");
    assert_eq!((texts[1].as_str(), without), ("to [E_MAIL_ADDRESS_1_70000000]", 0));
    assert_eq!(restore(&tokens, &texts[0]), parts[0].text);
    assert_eq!(restore(&tokens, &texts[1]), parts[1].text);
}

#[test]
fn a_kind_is_named_after_what_the_guard_would_put_in_place() {
    for (replacement, name) in [
        ("[e-mail address]", "E_MAIL_ADDRESS"),
        ("<card>", "CARD"),
        ("******", "VALUE"),
        ("[größe]", "GR_E"),
        ("a very long name of some kind of value", "A_VERY_LONG_NAME_OF_SOME"),
        ("x] [y\"\\\n", "X_Y"),
    ] {
        assert_eq!(kind(replacement), name, "{replacement}");
    }
}

#[test]
fn what_a_guard_removes_is_gone() {
    let mut tokens = tokens();
    let (texts, without) = leave(&mut tokens, &[user("ab\u{200b}cd")], vec![edit(0, 2, 3, "")]);
    assert_eq!((texts[0].as_str(), without, tokens.is_empty()), ("abcd", 0, true));
}

#[test]
fn a_value_in_json_counts_without_its_escapes_and_a_token_stays_within_its_string() {
    let mut tokens = tokens();
    let parts = [user("Bob \"X\""), call(r#"{"to":"Bob \"X\"","n":41}"#)];
    let (texts, _) = leave(&mut tokens, &parts, vec![edit(0, 0, 7, "[name]"), edit(1, 7, 16, "[name]")]);
    assert_eq!(texts, ["[NAME_1_70000000]", r#"{"to":"[NAME_1_70000000]","n":41}"#]);
    assert_eq!(tokens.find(&texts[1]).next().unwrap().value, "Bob \"X\"");
    // In the place of a number there is room for a number alone.
    let (texts, without) = leave(&mut tokens, &parts, vec![edit(1, 22, 24, "0")]);
    assert_eq!((texts[1].as_str(), without), (r#"{"to":"Bob \"X\"","n":0}"#, 1));
}

#[test]
fn beyond_the_limits_a_redaction_is_a_plain_one() {
    let mut tokens = tokens();
    let long = user(&"x".repeat(MAX_VALUE_BYTES + 1));
    let (texts, without) = leave(&mut tokens, &[long], vec![edit(0, 0, MAX_VALUE_BYTES + 1, "[x]")]);
    assert_eq!((texts[0].as_str(), without), ("[x]", 1));

    let numbers: Vec<Part> = (0..MAX_TOKENS + 5).map(|n| user(&format!("{n:04}"))).collect();
    let edits = (0..numbers.len()).map(|n| edit(n, 0, 4, "[n]")).collect();
    let (texts, without) = leave(&mut tokens, &numbers, edits);
    assert_eq!(without, 5);
    assert!(texts[MAX_TOKENS - 1].starts_with("[N_1000_") && texts[MAX_TOKENS] == "[n]");
    // What has a token keeps it.
    assert_eq!(leave(&mut tokens, &numbers[..1], vec![edit(0, 0, 4, "[n]")]).1, 0);

    let mut tokens = Tokens::new([7], b"").unwrap();
    let texts: Vec<Part> = (0..70).map(|n| user(&format!("{n:01000}"))).collect();
    let edits = (0..texts.len()).map(|n| edit(n, 0, 1_000, "[n]")).collect();
    assert_eq!(leave(&mut tokens, &texts, edits).1, 70 - (MAX_VALUES_BYTES / 1_000) as u64);
}

#[test]
fn no_text_of_the_request_can_have_the_word_of_its_tokens() {
    assert_eq!(Tokens::new([7, 8], b"see [EMAIL_1_70000000]").unwrap().ending, "_80000000]");
    assert!(Tokens::new([7], b"70000000").is_none());
}

#[test]
fn only_the_exact_token_is_found() {
    let mut tokens = tokens();
    leave(&mut tokens, &[user("ann")], vec![edit(0, 0, 3, "[name]")]);
    for other in [
        "[name_1_70000000]",
        "[NAME_1_70000000",
        "NAME_1_70000000]",
        "[NAME_2_70000000]",
        "[NAME_1_70000001]",
        "[NAME_01_70000000]",
        "[NAME 1_70000000]",
        "[_70000000]",
        "_70000000]",
    ] {
        assert_eq!(restore(&tokens, other), other);
    }
    assert_eq!(restore(&tokens, "ü[[NAME_1_70000000]]_70000000]"), "ü[ann]_70000000]");
    assert!(!format!("{tokens:?}").contains("ann"));
}

#[test]
fn counts_tell_kinds_and_no_values() {
    let mut tokens = tokens();
    let (mut ruling, mut folded) = decide(vec![edit(0, 0, 3, "[name]"), edit(0, 4, 7, "[name]"), edit(0, 8, 9, "")]);
    tokens.stand_in(&[user("ann bob x")], &mut ruling, &mut folded);
    let counts = TokenCounts { replaced: tokens.count(&ruling.edits), ..TokenCounts::default() };
    assert_eq!(serde_json::to_value(&counts).unwrap(), json!({"replaced": {"NAME": 2}}));
}

proptest! {
    /// However a text is cut, what is known to be no part of an unfinished token gives the same values.
    #[test]
    fn a_text_that_comes_in_pieces_is_restored_as_a_whole_one(
        words in proptest::collection::vec(
            prop_oneof![Just("[NAME_1_70000000]"), Just("[NAME_1_"), Just("70000000]"), Just("["), Just("]"), Just("ü "), Just("[NAME_2_70000000]")],
            0..30,
        ),
        cuts in proptest::collection::vec(1_usize..12, 1..20),
    ) {
        let mut tokens = tokens();
        leave(&mut tokens, &[user("ann")], vec![edit(0, 0, 3, "[name]")]);
        let whole = words.concat();
        let chars: Vec<char> = whole.chars().collect();
        let (mut pending, mut out, mut at, mut n) = (String::new(), String::new(), 0, 0);
        while at < chars.len() {
            let next = (at + cuts[n % cuts.len()]).min(chars.len());
            pending.extend(&chars[at..next]);
            let split = tokens.unfinished(&pending);
            prop_assert!(pending.len() - split < "[NAME_1_70000000]".len());
            out.push_str(&restore(&tokens, &pending[..split]));
            pending.drain(..split);
            (at, n) = (next, n + 1);
        }
        out.push_str(&restore(&tokens, &pending));
        prop_assert_eq!(out, restore(&tokens, &whole));
    }
}
