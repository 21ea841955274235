//! Tokens that become values before a window shows them.

use std::sync::Arc;

use parapet_domain::redact;

use super::*;
use crate::Restoring;

const TOKEN: &str = "[V_1_70000000]";

fn restoring(value: &str) -> Arc<Restoring> {
    let tokens = crate::restore::tests::tokens(&[value]);
    Arc::new(Restoring::new(tokens, crate::mcp::ToolFilter::default(), Some(ModelApi::AnthropicMessages)))
}

/// What a client gets, and what a log would keep.
fn restored(limits: WindowLimits, value: &str, pieces: &[&[u8]]) -> (Got, Vec<String>) {
    let (mut answer, mut got, mut logged) =
        (windows(limits).restoring(restoring(value)).unwrap(), Got::default(), Vec::new());
    let mut log = |shown: &ParsedBody| {
        for draft in &shown.events {
            let edits = redact::merge(&draft.restored);
            logged.extend(draft.parts.iter().enumerate().map(|(n, part)| redact::apply(&part.text, n, &edits)));
        }
    };
    for piece in pieces {
        answer.push(piece).unwrap();
        while let Some(window) = answer.window().unwrap() {
            log(&window);
            got.take(&mut answer, &window);
        }
    }
    let rest = answer.finish().unwrap();
    log(&rest);
    got.take(&mut answer, &rest);
    (got, logged)
}

#[test]
fn growing_text_calls_and_unsigned_blocks_get_their_values_back() {
    let raw = message(vec![
        thought(0, &["for ", TOKEN]),
        text(1, &["write to [V_1_", "70000000] and to [V_1_70000000]", " now"]),
        call(2, &["{\"to\":\"[V_1_7", "0000000]\"}"]),
        text(3, &["{\"a\":\"", TOKEN, "\", \"b\":\"", TOKEN, "\"}"]),
    ]);
    for window in 1..40 {
        let (got, logged) = restored(limits(window, 3), "Bob \"X\"", &[raw.as_bytes()]);
        let body = body(&got.out);
        assert_eq!(body["content"][0]["thinking"], format!("for {TOKEN}"), "what is signed is as it was");
        assert_eq!(body["content"][1]["text"], "write to Bob \"X\" and to Bob \"X\" now");
        assert_eq!(body["content"][2]["input"], "{\"to\":\"Bob \\\"X\\\"\"}");
        assert_eq!(body["content"][3]["text"], "{\"a\":\"Bob \\\"X\\\"\", \"b\":\"Bob \\\"X\\\"\"}");
        assert!(logged.iter().all(|text| !text.contains("Bob")), "{logged:?}");
    }
}

#[test]
fn guards_see_values_and_can_take_them_out_again() {
    let raw = message(vec![text(0, &["the word is [V_1_", "70000000] here"]), call(1, &["{\"w\":\"", TOKEN, "\"}"])]);
    for window in 1..30 {
        let (got, _) = restored(limits(window, 6), NEEDLE, &[raw.as_bytes()]);
        let body = body(&got.out);
        assert_eq!(
            (&body["content"][0]["text"], &body["content"][1]["input"]),
            (&json!("the word is [x] here"), &json!("{\"w\":\"[x]\"}"))
        );
    }
}

proptest! {
    /// However a message is cut and whatever the windows, a client gets what it would get had all of it been held, and no log gets a value.
    #[test]
    fn any_cut_restores_what_the_held_message_restores(
        blocks in proptest::collection::vec((0_u8..5, proptest::collection::vec(
            prop_oneof![Just(TOKEN), Just("[V_1_"), Just("70000000]"), Just("["), Just("ü "), Just("plain text ")], 0..20)), 0..6),
        cuts in proptest::collection::vec(1_usize..200, 1..30),
        window in 1_usize..60,
        overlap in 0_usize..30,
        value in prop_oneof![Just("ann@a.example"), Just("Ü"), Just("{<é>}\"")],
    ) {
        let of = |(index, (kind, words)): (usize, &(u8, Vec<&str>))| match kind {
            0 => thought(index, words),
            1 => call(index, &[&["{\"note\":\""], words.as_slice(), &["\"}"]].concat()),
            _ => text(index, words),
        };
        let raw = message(blocks.iter().enumerate().map(of).collect()).into_bytes();
        let (mut pieces, mut at, mut n) = (Vec::new(), 0, 0);
        while at < raw.len() {
            let next = (at + cuts[n % cuts.len()]).min(raw.len());
            pieces.push(&raw[at..next]);
            (at, n) = (next, n + 1);
        }
        let (got, logged) = restored(limits(window, overlap), value, &pieces);
        let held = hold(&raw).restored(&restoring(value));
        prop_assert_eq!(body(&got.out), body(&held.plain));
        prop_assert!(logged.iter().all(|text| !text.contains(value)));
    }
}
