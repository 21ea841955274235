//! What people read.

use super::*;

#[test]
fn numbers_have_separators_and_units() {
    assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    assert_eq!([micros(0), micros(812), micros(3_400), micros(99_900)], ["0 µs", "812 µs", "3.40 ms", "99.9 ms"]);
    assert_eq!([micros(250_000), micros(1_250_000)], ["250 ms", "1.25 s"]);
    assert_eq!([bytes(900), bytes(8_192), bytes(2_306_867), bytes(16 << 20)], ["900 B", "8 KiB", "2.2 MiB", "16 MiB"]);
}

#[test]
fn a_share_is_never_rounded_to_all_or_nothing() {
    assert_eq!([share(0, 0), share(0, 7), share(7, 7), share(1, 4)], ["", "0 %", "100 %", "25 %"]);
    assert_eq!([share(1, 100_000), share(99_999, 100_000), share(31, 1_000)], ["< 0.1 %", "> 99.9 %", "3.1 %"]);
}

#[test]
fn times_are_utc_with_a_hint() {
    let at = Timestamp::parse("2026-01-31T23:04:05.000006Z").unwrap();
    let when = When::new(at, Timestamp::from_micros(at.as_micros() + 125_000_000));
    assert_eq!(
        (when.day.as_str(), when.clock.as_str(), when.fraction.as_str()),
        ("31 Jan 2026", "23:04:05", ".000006")
    );
    assert_eq!(when.ago, "2 min ago");
    let hints = [-60, 0, 30, 7_200, 259_200].map(|s| ago(s * 1_000_000));
    assert_eq!(hints, ["in the future", "just now", "30 s ago", "2 h ago", "3 days ago"]);
}

#[test]
fn hidden_characters_are_shown_and_scripts_are_left_alone() {
    assert_eq!(visible("a\u{202e}b\0c\r\nd"), "a⟨U+202E⟩b⟨U+0000⟩c\nd");
    assert_eq!(visible("שלום 👩\u{200d}🚒 می\u{200c}خواهم"), "שלום 👩\u{200d}🚒 می\u{200c}خواهم");
    assert_eq!(clip("one\ntwo three", 7), "one two…");
    assert_eq!(short_hash("guard:0123456789abcdef"), "0123456789ab");
}

#[test]
fn code_in_messages_is_found_between_backticks() {
    let piece = |code: bool, text: &str| (code, text.to_owned());
    assert_eq!(said("guard `a` failed"), [piece(false, "guard "), piece(true, "a"), piece(false, " failed")]);
    assert_eq!(said("`a`"), [piece(true, "a")]);
    assert_eq!(said("it`s"), [piece(false, "it`s")]);
    assert_eq!(said(""), []);
}
