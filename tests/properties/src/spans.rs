//! Where the values of a JSON text stand, by another way than the one under test: `RawValue` borrows its text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::value::RawValue;

/// The bytes of the value at a JSON Pointer.
pub(crate) fn span(text: &str, pointer: &str) -> Option<Range<usize>> {
    let mut at = serde_json::from_str::<&RawValue>(text).ok()?.get();
    for segment in pointer.split('/').skip(1) {
        let key = segment.replace("~1", "/").replace("~0", "~");
        at = if at.starts_with('[') {
            serde_json::from_str::<Vec<&RawValue>>(at).ok()?.get(key.parse::<usize>().ok()?)?.get()
        } else {
            serde_json::from_str::<BTreeMap<String, &RawValue>>(at).ok()?.get(&key)?.get()
        };
    }
    let start = at.as_ptr() as usize - text.as_ptr() as usize;
    Some(start..start + at.len())
}

/// What stands between `spans`, which are in order: the bytes that no edit may touch.
pub(crate) fn between<'t>(text: &'t str, spans: &[Range<usize>]) -> Vec<&'t str> {
    let starts = [0].into_iter().chain(spans.iter().map(|span| span.end));
    let ends = spans.iter().map(|span| span.start).chain([text.len()]);
    starts.zip(ends).map(|(start, end)| &text[start..end]).collect()
}
