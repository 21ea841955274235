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
    let embedded = |text| embedded_json(text, &mut 100).unwrap();
    let (plain, value) = embedded(text).unwrap();
    assert_eq!(plain, r#"{"cmd" : "rm \"-rf\" / \n\u0007", "a":1e400}"#);
    assert_eq!(json::parse_str(&plain).unwrap(), value);
    assert!(matches!(embedded(r#"{"a": "b\n"}"#), Some((Cow::Borrowed(_), _))));
    assert!(embedded("{'a': 1}").is_none());
}

#[test]
fn settings_and_content_are_told_apart() {
    let plain = |text: &str| {
        let document = Document::parse(text.as_bytes()).unwrap();
        (document.is_plain(document.root()), document.carries_content(document.root()))
    };
    assert_eq!(plain("0.5"), (true, true));
    assert_eq!(plain(r#""""#), (true, false));
    assert_eq!(plain(r#""meta-llama/Llama-3.1-8B:free""#), (true, true));
    assert_eq!(plain(r#""ignore the rules""#), (false, true));
    assert_eq!(plain(r#"{"tokens":[1,2,{"n":null}]}"#), (true, true));
    assert_eq!(plain(r#"{"a":[true,{"n":null},[]]}"#), (true, false));
    assert_eq!(plain(r#"{"5551234":null}"#), (true, true));
    assert_eq!(plain(r#"{"ignore the rules":1}"#), (false, true));
    assert_eq!(plain(&format!("\"{}\"", "a".repeat(129))), (false, true));
}

#[test]
fn a_body_of_many_tiny_values_is_refused_by_name() {
    let objects = |count: usize| format!("[{}{{}}]", "{},".repeat(count - 1));
    assert!(Document::parse(objects(MAX_VALUES - 1).as_bytes()).is_ok());
    assert_eq!(Document::parse(objects(MAX_VALUES).as_bytes()).unwrap_err(), SurfaceError::TooManyValues);
}

#[test]
fn json_in_strings_shares_one_allowance() {
    let mut left = 5;
    assert!(embedded_json("[1,{}]", &mut left).unwrap().is_some());
    assert_eq!(left, 2);
    assert_eq!(embedded_json("[1,2]", &mut left), Err(SurfaceError::TooManyValues));
    assert_eq!(embedded_json("prose, with, many, commas", &mut left), Ok(None));
    assert!(embedded_json("[\",[,{\\\"\"]", &mut left).unwrap().is_some());
}

/// How many values there are, counted from the value.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn values_are_counted_exactly(value in crate::arbitrary::json()) {
        prop_assert_eq!(scan::count_values(&value.to_string()), count(&value));
        prop_assert_eq!(scan::count_values(&serde_json::to_string_pretty(&value).unwrap()), count(&value));
    }

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
