//! Tokens that become values before a window shows them.

use std::sync::Arc;

use super::*;
use crate::Restoring;

const TOKEN: &str = "[V_1_70000000]";

fn restoring(value: &str) -> Arc<Restoring> {
    let tokens = crate::restore::tests::tokens(&[value]);
    Arc::new(Restoring::new(tokens, crate::mcp::ToolFilter::default(), Some(ModelApi::OpenaiChat)))
}

/// What a client gets of a stream in which tokens become `value`, and what a log would keep of all windows.
fn restored(limits: WindowLimits, value: &str, pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<String>), StreamError> {
    let mut answer = chat(limits).restoring(restoring(value)).unwrap();
    let (mut out, mut logged) = (Vec::new(), Vec::new());
    let mut log = |draft: &Draft| {
        draft.parts.iter().enumerate().for_each(|(n, part)| logged.push(redact::apply(&part.text, n, &draft.restored)));
    };
    for piece in pieces {
        answer.push(piece)?;
        while let Some(window) = answer.window()? {
            log(&window.events[0]);
            let drawn = answer.draw(&[(&window.events[0], &edits_of(&window))]).unwrap();
            out.extend(&drawn.bytes);
            answer.advance(&drawn);
        }
    }
    let rest = answer.finish()?;
    rest.events.iter().for_each(&mut log);
    out.extend(answer.draw(&[]).unwrap().bytes);
    Ok((out, logged))
}

#[test]
fn a_token_across_chunks_and_windows_becomes_its_value() {
    let stream = stream_of(&["write to [V_", "1_7000", "0000] and [V_1_70000000], then", " to [V_1_7000000", "0]"]);
    for window in 1..40 {
        let (out, logged) = restored(limits(window, 3), "ann@a.example", &[&stream]).unwrap();
        let text = client_text(&out).0;
        assert_eq!(text, "write to ann@a.example and ann@a.example, then to ann@a.example", "windows of {window}");
        assert!(logged.iter().all(|text| !text.contains("ann") && !text.contains("example")), "{logged:?}");
    }
}

#[test]
fn guards_see_values_and_can_take_them_out_again() {
    let stream = stream_of(&["the word is [V_1_", "70000000] here and there"]);
    for window in 1..30 {
        let mut answer = chat(limits(window, 8)).restoring(restoring("SECRET")).unwrap();
        answer.push(&stream).unwrap();
        let mut out = Vec::new();
        while let Some(shown) = answer.window().unwrap() {
            let drawn = answer.draw(&[(&shown.events[0], &edits_of(&shown))]).unwrap();
            out.extend(&drawn.bytes);
            answer.advance(&drawn);
        }
        let rest = answer.finish().unwrap();
        out.extend(answer.draw(&[(&rest.events[0], &edits_of(&rest))]).unwrap().bytes);
        assert_eq!(client_text(&out).0, "the word is [x] here and there");
    }
}

#[test]
fn a_streamed_answer_in_json_gets_its_values_escaped() {
    let stream = stream_of(&[" {\"a\":\"[V_1_", "70000000]\",\"b\":\"", TOKEN, "\"}"]);
    for window in 1..30 {
        let (out, _) = restored(limits(window, 3), "Bob \"X\"", &[&stream]).unwrap();
        assert_eq!(client_text(&out).0, r#" {"a":"Bob \"X\"","b":"Bob \"X\""}"#);
    }
}

#[test]
fn values_that_grow_beyond_the_buffer_are_too_much() {
    let limits = WindowLimits { max_buffer_bytes: 4_000, ..limits(4, 2) };
    let stream = stream_of(&[&TOKEN.repeat(100)]);
    assert_eq!(restored(limits, &"x".repeat(1_000), &[&stream]).unwrap_err(), StreamError::TooLarge { limit: 4_000 });
}

proptest! {
    /// However a stream is cut and whatever the windows, a client gets every value in the place of its token, nothing half, and no log
    /// gets any of it.
    #[test]
    fn any_cut_restores_the_same_text(
        words in proptest::collection::vec(
            prop_oneof![Just(TOKEN), Just("[V_1_"), Just("70000000]"), Just("["), Just("ü "), Just("plain text ")], 0..40),
        cuts in proptest::collection::vec(1_usize..40, 1..30),
        window in 1_usize..60,
        overlap in 0_usize..30,
        value in prop_oneof![Just("ann@a.example"), Just("Ü"), Just("{[é]}\"")],
    ) {
        let whole = words.concat();
        let stream = stream_of(&words);
        let mut pieces = Vec::new();
        let (mut at, mut n) = (0, 0);
        while at < stream.len() {
            let next = (at + cuts[n % cuts.len()]).min(stream.len());
            pieces.push(&stream[at..next]);
            (at, n) = (next, n + 1);
        }
        let (out, logged) = restored(limits(window, overlap), value, &pieces).unwrap();
        prop_assert_eq!(client_text(&out).0, whole.replace(TOKEN, value));
        prop_assert!(logged.iter().all(|text| !text.contains(value)));
    }
}
