//! Server-sent events: the cut of the bytes changes nothing, a plain reading of the specification finds the same events, and
//! what is written is read back.

use parapet_surfaces::StreamError;
use parapet_surfaces::sse::{SseEvent, SseParser};

use crate::input::{pieces, settings};

const NO_LIMIT: usize = 1 << 24;

pub(crate) fn check(data: &[u8]) {
    let Some(([seed, limit], content)) = settings(data) else { return };
    let max = if limit % 2 == 1 { limit } else { NO_LIMIT };
    let (events, result) = read(&[content], max);
    for seed in [0, seed] {
        assert_eq!(read(&pieces(content, seed), max), (events.clone(), result.clone()), "cut by {seed}");
    }
    assert!(events.iter().all(|event| event.data.len() <= max), "more is held than the limit");
    if let (NO_LIMIT, Ok(text)) = (max, std::str::from_utf8(content)) {
        assert_eq!(result, Ok(()));
        assert_eq!(events, by_the_specification(text));
    }
    let written: String = events.iter().map(SseEvent::render).collect();
    assert_eq!(read(&[written.as_bytes()], NO_LIMIT), (events, Ok(())), "written as {written:?}");
}

/// The events of a whole stream, and how reading it ended.
pub(crate) fn read(pieces: &[&[u8]], max: usize) -> (Vec<SseEvent>, Result<(), StreamError>) {
    let mut events = Vec::new();
    let mut parser = SseParser::new(max);
    let pushed = pieces.iter().try_for_each(|piece| parser.push(piece, &mut events));
    let result = pushed.and_then(|()| parser.finish(&mut events));
    (events, result)
}

/// The WHATWG's rules, line by line over the whole text, but for the end, which counts as an empty line.
fn by_the_specification(text: &str) -> Vec<SseEvent> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut next, mut data) = (Vec::new(), SseEvent::default(), None::<Vec<&str>>);
    for line in text.split('\n').chain([""]) {
        if line.is_empty() {
            next.name = match data.take() {
                Some(lines) => {
                    events.push(SseEvent { data: lines.join("\n"), ..std::mem::take(&mut next) });
                    String::new()
                }
                None => String::new(),
            };
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data.get_or_insert_default().push(value),
            "event" => next.name = value.to_owned(),
            "id" if !value.contains('\0') => next.id = Some(value.to_owned()),
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                next.retry = value.parse().ok()
            }
            _ => {}
        }
    }
    events
}

/// Characters that some readers take for the end of a line.
const ENDS: [char; 10] = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Asserts that no client finds lines in `stream` that another does not, whichever characters it takes for the end of a line.
pub(crate) fn assert_plain_lines(stream: &[u8]) {
    let known = ["data: ", "event: ", "id: ", "retry: "];
    for line in std::str::from_utf8(stream).expect("what leaves is UTF-8").split('\n') {
        assert_one_line(line);
        assert!(line.is_empty() || known.iter().any(|field| line.starts_with(field)), "{line:?} is no field");
    }
}

/// Asserts that no reader finds the end of a line in `text`.
pub(crate) fn assert_one_line(text: &str) {
    assert!(!text.contains(ENDS), "a line ends for some readers and not for others: {text:?}");
}
