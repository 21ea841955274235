//! An answer that is held until it is whole: what leaves is what was judged, whoever reads it.

use parapet_domain::{Part, PartKind, json};
use parapet_surfaces::{HeldAnswer, ModelApi, StreamError};
use serde_json::Value;

use crate::coverage;
use crate::input::pieces;
use crate::sse::{assert_plain_lines, read};

const MAX_BYTES: usize = 1 << 22;

pub(crate) fn check(api: ModelApi, content: &[u8], seed: usize) {
    let whole = hold(api, &[content]);
    for seed in [0, seed] {
        match (&whole, hold(api, &pieces(content, seed))) {
            (Ok(whole), Ok(cut)) => assert_eq!(*whole, cut, "cut by {seed}"),
            (Err(_), Err(_)) => {}
            (whole, cut) => panic!("{whole:?} in one piece, {cut:?} cut by {seed}"),
        }
    }
    let Ok(held) = whole else { return };
    let body = json::parse(&held.body).expect("an answer that was put together is JSON");
    assert_eq!(coverage::uncovered(&body, &held.parsed), [], "in {body}");
    assert_plain_lines(&held.plain);
    assert_eq!(hold(api, &[&held.plain]).as_ref(), Ok(&held), "what leaves is another answer than was judged");
    if api == ModelApi::OpenaiChat {
        assert_eq!(contents_of(&held.plain), contents(&body), "a client reads another text than was judged");
    }
    if let Ok(anew) = api.replay(&held.body) {
        assert_plain_lines(&anew);
        let again = hold(api, &[&anew]).expect("an answer that is told anew is one");
        assert_eq!(texts(&again), texts(&held), "told anew it says something else");
    }
}

pub(crate) fn hold(api: ModelApi, pieces: &[&[u8]]) -> Result<HeldAnswer, StreamError> {
    let mut answer = api.stream(MAX_BYTES);
    pieces.iter().try_for_each(|piece| answer.push(piece))?;
    answer.finish()
}

/// What a guard sees: the place and the text of each part, and whose it is.
pub(crate) fn texts(held: &HeldAnswer) -> Vec<(&str, PartKind, &str)> {
    let parts = held.parsed.events.iter().flat_map(|draft| &draft.parts);
    parts.map(|part: &Part| (part.pointer.as_str(), part.kind, part.text.as_str())).collect()
}

/// The `content` of each choice as a plain client puts it together: by adding up strings.
fn contents_of(stream: &[u8]) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = Vec::new();
    for event in read(&[stream], usize::MAX).0 {
        let chunk: Value = serde_json::from_str(&event.data).unwrap_or_default();
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let index = choice["index"].as_u64().unwrap_or(0);
            let Some(text) = choice["delta"]["content"].as_str() else { continue };
            match all.iter_mut().find(|(known, _)| *known == index) {
                Some((_, whole)) => whole.push_str(text),
                None => all.push((index, text.to_owned())),
            }
        }
    }
    all.sort();
    all
}

/// The same, of the answer that was judged.
fn contents(body: &Value) -> Vec<(u64, String)> {
    let choices = body["choices"].as_array().into_iter().flatten();
    let text = |choice: &Value| Some((choice["index"].as_u64()?, choice["message"]["content"].as_str()?.to_owned()));
    let mut all: Vec<_> = choices.filter_map(text).collect();
    all.sort();
    all
}
