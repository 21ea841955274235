//! Whatever the text: no tool panics, and every span lies within the text, in order, around what it reports.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helper functions too"
)]

use std::sync::LazyLock;

use parapet_toolbox::{Prepared, ToolConfig, ToolRun, find};
use proptest::prelude::*;
use serde_json::{Value, json};

const MANIFEST: &str = r#"{
    "patterns": {"s": {"word": "[a-zé]+", "digits": "[0-9]{2,}", "any": "(?s)..", "unicode": "\\b\\w+\\b", "not_word": "\\Ba\\B|(?i)\\bKEY\\b.*1\\b"}},
    "phrases": {"s": ["a", "b c", "é", "1", "ﬁ", "@", "key"]}
}"#;

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let config: ToolConfig = serde_json::from_str(MANIFEST).unwrap();
    Prepared::new(&config).unwrap()
});

fn call(name: &str, arguments: &[Value]) -> Value {
    let (_, tool) = find(name).unwrap();
    let ToolRun::Native(run) = tool.run else { panic!("{name} is not native") };
    run(&PREPARED, arguments).unwrap()
}

fn check_spans(text: &str, findings: &Value, disjoint: bool) -> Result<(), TestCaseError> {
    let chars: Vec<char> = text.chars().collect();
    let mut last_start = 0;
    let mut last_end = 0;
    for finding in findings.as_array().unwrap() {
        let at = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap();
        let (start, end) = (at("start"), at("end"));
        prop_assert!(start < end && end <= chars.len(), "{finding} in {text:?}");
        let slice: String = chars[start..end].iter().collect();
        prop_assert_eq!(&slice, finding["text"].as_str().unwrap());
        prop_assert!(start >= if disjoint { last_end } else { last_start }, "{finding} in {text:?}");
        (last_start, last_end) = (start, end);
    }
    Ok(())
}

/// Text made of the pieces that the detectors look for, cut and joined at random, with wide characters between.
fn spicy() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "ann@example.com", "@", ".", "-", "+41 (0)71 526 99 04", "(212) 555-0123", "x12", " ext. 5", "4111 1111 1111 1111",
            "219-09-9999", "192.168.0.1", "2001:db8::1", "::", ":", "DE89 3704 0044 0532 0130 00", "DE89", "https://", "www.",
            "user:pw1234@", "phone ", "call: ", "card ", "ssn ", "MRN: ", "born ", "3 May 1980", "passport ", "dl ", "NPI ",
            "1234567893", "AKIAIOSFODNN7EXAMPLE", "ghp_", "sk-", "eyJ", "-----BEGIN PRIVATE KEY-----", "-----END ", "password=", "secret: \"",
            "Bearer ", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "00:1A:2b:3c:4d:5e", "key", "1", "22", "333", "4444", " ", "\n", "\u{a0}", "\u{2011}",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["é", "ß", "ﬁ", "😀", "中", "e\u{301}", "\u{200b}", "İ", "Ａ", "\0", "٣", "²"]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "[a-zA-Z0-9]{1,40}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// What the patterns of the set find by themselves, in the order of `find_regex`.
fn plain_matches(text: &str) -> Vec<(usize, usize, String)> {
    let manifest: Value = serde_json::from_str(MANIFEST).unwrap();
    let chars = |byte: usize| text[..byte].chars().count();
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (name, pattern) in manifest["patterns"]["s"].as_object().unwrap() {
        let regex = regex::Regex::new(pattern.as_str().unwrap()).unwrap();
        found.extend(regex.find_iter(text).map(|m| (chars(m.start()), chars(m.end()), name.clone())));
    }
    found.sort_by_key(|(start, end, _)| (*start, *end));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn findings_of_the_built_in_finders_are_disjoint_slices_in_order(text in spicy()) {
        check_spans(&text, &call("find_pii", &[json!(text)]), true)?;
        check_spans(&text, &call("find_secrets", &[json!(text)]), true)?;
    }

    #[test]
    fn findings_of_the_guards_own_sets_are_slices_in_order(text in spicy()) {
        check_spans(&text, &call("find_regex", &[json!("s"), json!(text)]), false)?;
        check_spans(&text, &call("find_phrases", &[json!("s"), json!(text)]), false)?;
    }

    #[test]
    fn ruling_patterns_out_beforehand_changes_nothing(text in spicy()) {
        let got = call("find_regex", &[json!("s"), json!(text)]);
        let at = |f: &Value, key: &str| usize::try_from(f[key].as_u64().unwrap()).unwrap();
        let got: Vec<_> = got.as_array().unwrap().iter().map(|f| (at(f, "start"), at(f, "end"), f["name"].as_str().unwrap().to_owned())).collect();
        prop_assert_eq!(got, plain_matches(&text));
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        check_spans(&text, &call("find_pii", &[json!(text)]), true)?;
        check_spans(&text, &call("find_secrets", &[json!(text)]), true)?;
        check_spans(&text, &call("find_phrases", &[json!("s"), json!(text)]), false)?;
        call("url_parts", &[json!(text)]);
        call("url_parts", &[json!(format!("https://{text}"))]);
        call("edit_distance", &[json!(text), json!("é")]);
    }

    #[test]
    fn narrowing_the_types_never_loses_a_finding_of_that_type(text in spicy()) {
        let all = call("find_pii", &[json!(text)]);
        for finding in all.as_array().unwrap() {
            let narrowed = call("find_pii", &[json!(text), json!([finding["type"]])]);
            let covers = |f: &Value| f["start"].as_u64() < finding["end"].as_u64() && finding["start"].as_u64() < f["end"].as_u64();
            prop_assert!(narrowed.as_array().unwrap().iter().any(covers), "{finding} in {text:?}");
        }
    }
}
