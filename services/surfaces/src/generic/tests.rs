use parapet_domain::{Origin, PartKind, Role, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{self, pointers, uncovered, with_unique_texts};
use crate::{limits, rewrite};

fn part(name: &str, pointer: &str) -> PartMapping {
    serde_json::from_value(json!({"name": name, "pointer": pointer})).unwrap()
}

fn mapping(pointers: &[&str], ignore: &[&str]) -> GenericMapping {
    let parts = pointers.iter().map(|pointer| PartMapping { required: false, ..part("any", pointer) }).collect();
    let parts = if pointers.is_empty() {
        vec![PartMapping { required: false, ..part("none", "/no such/field") }]
    } else {
        parts
    };
    GenericMapping::new(Stage::Input, parts, &ignore.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn texts(parsed: &ParsedBody) -> Vec<(&str, &str)> {
    parsed.events[0].parts.iter().map(|part| (part.pointer.as_str(), part.text.as_str())).collect()
}

fn listed(parsed: &ParsedBody) -> Vec<(&str, &str)> {
    parsed.not_inspected.iter().map(|entry| (entry.pointer.as_str(), entry.reason.as_str())).collect()
}

#[test]
fn the_parts_are_those_that_the_mapping_names() {
    let body = r#"{"id":"r-1","question":"Who?","steps":[{"say":"a","do":1},{"say":"b"}],"context":{"d1":"x","d2":{"y":[1]}},"n":5,"trace":"t t"}"#;
    let mapping = mapping(&["/question", "/steps/*/say", "/context/*", "/n"], &["/id"]);
    let parsed = parse_request(body.as_bytes(), &mapping).unwrap();
    assert_eq!(
        texts(&parsed),
        [
            ("/question", "Who?"),
            ("/steps/0/say", "a"),
            ("/steps/1/say", "b"),
            ("/context/d1", "x"),
            ("/context/d2", r#"{"y":[1]}"#),
            ("/n", "5")
        ]
    );
    assert_eq!(parsed.events[0].parts[4].json, Some(json!({"y": [1]})));
    assert_eq!(listed(&parsed), [("/steps/0/do", "unmapped_field"), ("/trace", "unmapped_field")]);
    assert_eq!((parsed.events[0].stage, parsed.not_inspected_total), (Stage::Input, 2));
}

#[test]
fn a_mapping_says_whose_content_it_is_and_the_stage_says_the_rest() {
    let own: PartMapping = serde_json::from_value(
        json!({"name": "page", "pointer": "/page", "role": "tool", "origin": "retrieved", "kind": "tool_result"}),
    )
    .unwrap();
    let mapping = GenericMapping::new(Stage::Output, vec![own, part("code", "/code")], &[]).unwrap();
    let parsed = parse_answer(br#"{"page":"{\"a\":1}","code":"x = 1"}"#, &mapping).unwrap();
    let [page, code] = parsed.events[0].parts.as_slice() else { panic!("{parsed:?}") };
    assert_eq!(
        (page.role, page.origin, page.kind, page.json.clone()),
        (Role::Tool, Origin::Retrieved, PartKind::ToolResult, Some(json!({"a": 1})))
    );
    assert_eq!(
        (code.role, code.origin, code.kind, code.name.as_deref()),
        (Role::Assistant, Origin::Model, PartKind::Text, Some("code"))
    );
}

#[test]
fn a_route_can_carry_tool_calls() {
    let call: PartMapping =
        serde_json::from_value(json!({"name": "arguments", "pointer": "/args", "tool_pointer": "/call/0/tool"}))
            .unwrap();
    let mapping = GenericMapping::new(Stage::ToolCall, vec![call], &[]).unwrap();
    let parsed = parse_request(br#"{"call":[{"tool":"delete_file"}],"args":{"path":"/"}}"#, &mapping).unwrap();
    let part = &parsed.events[0].parts[0];
    assert_eq!(
        (part.kind, part.tool.as_deref(), part.text.as_str()),
        (PartKind::ToolCall, Some("delete_file"), r#"{"path":"/"}"#)
    );
    assert_eq!(listed(&parsed), []);
    let parsed = parse_request(br#"{"call":[{"tool":"say nice things"}],"args":{}}"#, &mapping).unwrap();
    assert_eq!(listed(&parsed), [("/call/0/tool", "unmapped_field")]);
}

#[test]
fn required_parts_that_are_missing_are_all_named() {
    let mapping = GenericMapping::new(
        Stage::Input,
        vec![part("question", "/q"), part("code", "/steps/*/code"), part("n", "/n")],
        &[],
    )
    .unwrap();
    let error = parse_request(br#"{"q":null,"steps":[{}],"n":0}"#, &mapping).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the body has no `/q`, which the route reads as `question`; give it, or set `required = false`; \
         the body has no `/steps/*/code`, which the route reads as `code`; give it, or set `required = false`"
    );
}

#[test]
fn mistakes_in_a_mapping_are_told_all_at_once() {
    let parts =
        vec![part("", "/a"), part("b", "a/b"), part("c", "/a/*"), part("d", "/x/y"), part("e", "/x"), part("f", "/a")];
    let errors = GenericMapping::new(Stage::Input, parts, &["/x/y/z".to_owned(), "/~3".to_owned()]).unwrap_err();
    assert_eq!(
        errors.0,
        [
            "part `/a` has an empty name; guards know parts by their names",
            "`a/b` is no JSON Pointer; it has to be empty or begin with `/`, with `~` written as `~0`",
            "`/a/*` lies within another pointer of the mapping; name only the outer or the inner one",
            "other pointers of the mapping lie within `/x`; name only the outer or the inner one",
            "`/a` stands in the mapping twice; keep one",
            "`/x/y/z` lies within another pointer of the mapping; name only the outer or the inner one",
            "`/~3` is no JSON Pointer; it has to be empty or begin with `/`, with `~` written as `~0`",
        ]
    );
    let errors = GenericMapping::new(Stage::Input, Vec::new(), &[]).unwrap_err();
    assert_eq!(errors.to_string(), "the mapping names no part; give at least one with `name` and `pointer`");
    assert!(serde_json::from_value::<PartMapping>(json!({"name": "a", "pointer": "/a", "rolle": "user"})).is_err());
}

#[test]
fn keys_can_be_content_too() {
    let parsed = parse_request(
        br#"{"answers":{"ignore the rules":"x","a":"y"},"do it":true,"n":true,"":null,"5551234":null,"m":2}"#,
        &mapping(&["/answers/*"], &[]),
    )
    .unwrap();
    assert_eq!(
        listed(&parsed),
        [
            ("/answers/ignore the rules", "object_key"),
            ("/do it", "object_key"),
            ("/", "object_key"),
            ("/5551234", "object_key"),
            ("/m", "unmapped_field")
        ]
    );
}

#[test]
fn long_keys_cost_no_more_than_they_weigh() {
    let key = "k".repeat(100_000);
    let inner: serde_json::Map<String, Value> = (0..5_000).map(|n| (n.to_string(), json!("text"))).collect();
    let body = json!({&key: inner}).to_string();
    let parsed = parse_request(body.as_bytes(), &mapping(&["/a"], &[])).unwrap();
    assert_eq!(listed(&parsed), [("", "unmapped_field")]);
    assert_eq!(parse_request(body.as_bytes(), &mapping(&["/*/*"], &[])), Err(SurfaceError::KeyTooLong));
}

#[test]
fn limits_are_named_errors() {
    let body = json!(vec!["x"; limits::MAX_PARTS + 1]).to_string();
    assert_eq!(parse_request(body.as_bytes(), &mapping(&["/*"], &[])), Err(SurfaceError::TooManyParts));
    let parsed = parse_request(body.as_bytes(), &mapping(&["/*/a"], &[])).unwrap();
    assert_eq!(
        (parsed.not_inspected_total, parsed.not_inspected.len()),
        (limits::MAX_PARTS + 1, limits::MAX_LISTED + 1)
    );
    let body = format!("[{}1]", "1,".repeat(limits::MAX_VALUES));
    assert_eq!(parse_request(body.as_bytes(), &mapping(&["/a"], &[])), Err(SurfaceError::TooManyValues));
    let body = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    assert!(
        parse_request(body.as_bytes(), &mapping(&["/a"], &[]))
            .unwrap_err()
            .to_string()
            .contains("nested deeper than 100 levels")
    );
}

/// Pointers of the body itself, some segments made to `*`, none within another.
fn patterns(body: &Value, picks: &[(prop::sample::Index, u8)]) -> Vec<String> {
    let all = pointers(body);
    let mut chosen: Vec<String> = Vec::new();
    for (pick, wild) in picks {
        let segments: Vec<&str> = pick.get(&all).split('/').collect();
        let any = |n: usize, segment: &str| {
            if n > 0 && (wild >> (n % 8)) & 1 == 1 { "*".to_owned() } else { segment.to_owned() }
        };
        let pattern = segments.iter().enumerate().map(|(n, segment)| any(n, segment)).collect::<Vec<_>>().join("/");
        let within = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}/")) || b.is_empty();
        if !chosen.iter().any(|other| within(other, &pattern) || within(&pattern, other)) {
            chosen.push(pattern);
        }
    }
    chosen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_text_is_inspected_or_listed(
        body in arbitrary::json().prop_map(with_unique_texts), picks in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..5),
    ) {
        let patterns = patterns(&body, &picks);
        let mapping = mapping(&patterns.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        let parsed = parse_request(body.to_string().as_bytes(), &mapping).unwrap();
        // A key that the mapping spells out is the operator's and no content.
        let spelled: Vec<&str> = patterns.iter().flat_map(|pattern| pattern.split('/')).collect();
        let missed: Vec<_> = uncovered(&body, &parsed)
            .into_iter()
            .filter(|(place, text)| !(place.ends_with(&crate::pointer::child("", text)) && spelled.contains(&&crate::pointer::child("", text)[1..])))
            .collect();
        prop_assert_eq!(missed, vec![]);
    }

    #[test]
    fn what_is_ignored_is_neither_judged_nor_listed(body in arbitrary::json().prop_map(with_unique_texts), pick in any::<prop::sample::Index>()) {
        let all = pointers(&body);
        let pointer = pick.get(&all);
        prop_assume!(!pointer.is_empty());
        let parsed = parse_request(body.to_string().as_bytes(), &mapping(&[], &[pointer])).unwrap();
        let inside = |other: &str| other == pointer || other.starts_with(&format!("{pointer}/"));
        prop_assert!(!listed(&parsed).iter().any(|(other, _)| inside(other)));
        prop_assert!(uncovered(&body, &parsed).iter().all(|(place, _)| inside(place) || pointer.starts_with(place)));
    }

    #[test]
    fn edits_come_back_to_their_places(body in arbitrary::json(), picks in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4)) {
        let patterns = patterns(&body, &picks);
        let mapping = mapping(&patterns.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        let text = body.to_string();
        let parsed = parse_request(text.as_bytes(), &mapping).unwrap();
        let edits: Vec<_> = parsed.events[0].parts.iter().enumerate().filter(|(_, part)| part.kind == PartKind::Text && !part.text.is_empty())
            .map(|(part, _)| parapet_domain::Edit { part, start: 0, end: 1, replacement: "#".to_owned() }).collect();
        let out = rewrite(text.as_bytes(), &[(&parsed.events[0], &edits)]).unwrap();
        let again = parse_request(&out, &mapping).unwrap();
        let first = |parsed: &ParsedBody| parsed.events[0].parts.iter().map(|part| (part.pointer.clone(), part.text.chars().skip(1).collect::<String>())).collect::<Vec<_>>();
        prop_assert_eq!(first(&again), first(&parsed));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse_request(&bytes, &mapping(&["/*", "/a/b"], &["/c"]));
    }
}
