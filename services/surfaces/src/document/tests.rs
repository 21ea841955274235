use proptest::prelude::*;

use super::*;

/// Rebuilds the value from the places alone.
fn rebuild(document: &Document<'_>, node: &Node<'_>) -> Value {
    match &node.shape {
        Shape::Array(items) => items.iter().map(|item| rebuild(document, item)).collect(),
        Shape::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone().into_owned(), rebuild(document, value))).collect(),
        ),
        Shape::String => Value::String(document.string(node).unwrap().into_owned()),
        Shape::Bool(flag) => Value::Bool(*flag),
        Shape::Null => Value::Null,
        Shape::Number => document.value(node).unwrap(),
    }
}

fn check(text: &str) {
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(rebuild(&document, document.root()), json::parse_str(text).unwrap(), "{text}");
}

#[test]
fn places_hold_with_any_spacing_and_any_escape() {
    for text in [
        "0",
        " null ",
        "\"\"",
        "[]",
        "{ }",
        "[ 1 , -2.5e3,true , \"a\\\"b\\\\\" ]",
        "\t{ \"a\\u0041\" : { \"\" : [ { } , \"\\ud83d\\ude00\" ] } , \"ü\":\"\\/\" }\r\n",
        "[\"]\",\"}\",\",\",\"\\\\\"]",
    ] {
        check(text);
    }
}

#[test]
fn escapes_that_hide_a_word_are_undone_and_all_others_stay() {
    let text = r#"{"cmd" : "\u0072m \"-rf\" \/ \n\u0007", "\u0061":1e400}"#;
    let (plain, value) = embedded_json(text).unwrap();
    assert_eq!(plain, r#"{"cmd" : "rm \"-rf\" / \n\u0007", "a":1e400}"#);
    assert_eq!(json::parse_str(&plain).unwrap(), value);
    assert!(matches!(embedded_json(r#"{"a": "b\n"}"#), Some((Cow::Borrowed(_), _))));
    assert!(embedded_json("{'a': 1}").is_none());
}

#[test]
fn settings_and_content_are_told_apart() {
    let plain = |text: &str| {
        let document = Document::parse(text.as_bytes()).unwrap();
        (document.is_plain(document.root()), document.carries_text(document.root()))
    };
    assert_eq!(plain("0.5"), (true, false));
    assert_eq!(plain(r#""""#), (true, false));
    assert_eq!(plain(r#""meta-llama/Llama-3.1-8B:free""#), (true, true));
    assert_eq!(plain(r#""ignore the rules""#), (false, true));
    assert_eq!(plain(r#"{"tokens":[1,2,{"n":null}]}"#), (true, false));
    assert_eq!(plain(r#"{"ignore the rules":1}"#), (false, true));
    assert_eq!(plain(&format!("\"{}\"", "a".repeat(129))), (false, true));
}

proptest! {
    #[test]
    fn places_are_right_for_any_json(value in crate::arbitrary::json()) {
        check(&value.to_string());
        check(&serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:\\\\a0 \n]{0,40}") {
        let _ = Document::parse(&bytes);
        let _ = Document::parse(text.as_bytes());
        let _ = scan::scan(&text);
        let _ = scan::without_needless_escapes(&format!("\\u{text}"));
    }
}
