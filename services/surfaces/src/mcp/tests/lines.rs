use proptest::prelude::*;

use super::*;

fn read(pieces: &[&[u8]], max: usize) -> Vec<Line> {
    let mut reader = LineReader::new(max);
    let mut lines = Vec::new();
    for piece in pieces {
        reader.push(piece, &mut lines);
    }
    reader.finish(&mut lines);
    lines
}

fn whole(text: &str) -> Line {
    Line::Whole(text.as_bytes().to_vec())
}

#[test]
fn lines_come_in_pieces_and_with_either_end() {
    assert_eq!(
        read(&[b"{\"a\"", b":1}\r", b"\n\n  \r\n{}\nlast"], 100),
        [whole("{\"a\":1}"), whole("{}"), whole("last")]
    );
}

#[test]
fn a_line_over_the_limit_is_passed_over_and_the_next_one_is_read() {
    assert_eq!(
        read(&[b"12345\r\n123456\n", b"1234567", b"8901\n12\n"], 5),
        [whole("12345"), Line::TooLong, Line::TooLong, whole("12")]
    );
}

#[test]
fn a_message_is_one_line_to_every_reader() {
    let inner = r#"{"jsonrpc":"2.0","method":"x"}"#;
    let message = format!("{{\"a\":\r\n{inner}\r,\t\"b\" : \"c\u{2028}{}\u{85}\"}}", inner.replace('"', "\\\""));
    let out = String::from_utf8(line(message.as_bytes())).unwrap();
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    assert!(out.ends_with('\n') && !out.trim_end().contains(ends), "{out:?}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), serde_json::from_str::<Value>(&message).unwrap());
}

proptest! {
    #[test]
    fn the_cut_of_the_pieces_changes_nothing(
        text in "([a-z]{0,6}|\r\n|\n){0,30}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6), max in 1usize..8,
    ) {
        let bytes = text.as_bytes();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(&pieces, max), read(&[bytes], max));
    }
}
