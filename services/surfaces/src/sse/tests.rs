use proptest::prelude::*;

use super::*;

fn read(chunks: &[&[u8]]) -> Result<Vec<SseEvent>, StreamError> {
    let mut parser = SseParser::new(1_000);
    let mut events = Vec::new();
    for chunk in chunks {
        parser.push(chunk, &mut events)?;
    }
    parser.finish(&mut events)?;
    Ok(events)
}

fn data(text: &[u8]) -> Vec<String> {
    read(&[text]).unwrap().into_iter().map(|event| event.data).collect()
}

#[test]
fn lines_end_with_any_of_the_three_line_ends() {
    for end in ["\n", "\r", "\r\n"] {
        let text = format!("data: a{end}{end}data: b{end}{end}");
        assert_eq!(data(text.as_bytes()), ["a", "b"], "{end:?}");
    }
}

#[test]
fn fields_are_read_as_the_specification_says() {
    let text =
        "\u{feff}: comment\nevent: error\ndata:x\ndata: y\ndata\nid: 3\nretry: 1\nfoo: bar\n\n\n\ndata\n\ndata:  z";
    let events = read(&[text.as_bytes()]).unwrap();
    let pairs: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
    assert_eq!(pairs, [("error", "x\ny\n"), ("", ""), ("", " z")]);
    assert_eq!((events[0].id.as_deref(), events[0].retry), (Some("3"), Some(1)));
    assert_eq!((events[1].id.as_deref(), events[1].retry), (None, None));
}

#[test]
fn a_line_feed_in_the_next_chunk_still_belongs_to_its_carriage_return() {
    let events = read(&[b"data: a\r", b"\ndata: b\r", b"", b"\n\r", b"\n"]).unwrap();
    assert_eq!(events, [SseEvent { data: "a\nb".to_owned(), ..SseEvent::default() }]);
}

#[test]
fn bad_utf8_and_endless_events_are_errors() {
    assert_eq!(read(&[b"data: \xff\n\n"]), Err(StreamError::Utf8));
    assert_eq!(read(&[b"data: ", &[b'x'; 1_000]]), Err(StreamError::TooLarge { limit: 1_000 }));
    let many_lines = b"data: 1\n".repeat(200);
    assert_eq!(read(&[&many_lines]), Err(StreamError::TooLarge { limit: 1_000 }));
    let many_comments = b": keep alive\n".repeat(200);
    assert_eq!(read(&[&many_comments]), Ok(vec![]));
}

#[test]
fn an_id_waits_for_the_next_event_with_data() {
    let events = read(&[b"id: 7\n\nretry: 5\nretry: soon\nid: a\0b\ndata: x\n\n"]).unwrap();
    let expected = SseEvent { data: "x".to_owned(), id: Some("7".to_owned()), retry: Some(5), ..SseEvent::default() };
    assert_eq!(events, [expected]);
}

proptest! {
    #[test]
    fn an_event_that_is_written_is_read_as_the_same(
        name in "[a-z]{0,5}", data in "[a\\{\" \n😀]{0,20}", id in prop::option::of("[!-~]{0,9}"), retry in prop::option::of(0u64..10_000),
    ) {
        let event = SseEvent { name, data, id, retry };
        prop_assert_eq!(read(&[event.render().as_bytes()]).unwrap(), [event]);
    }

    #[test]
    fn the_cut_of_the_chunks_changes_nothing(
        text in "(data: ?|event: ?|: |[aä😀]|\r\n|\n|\r|\n\n){0,60}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = text.as_bytes();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(&chunks), read(&[bytes]));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&[&bytes]);
    }
}
