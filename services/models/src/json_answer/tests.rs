use serde_json::json;

use super::*;

#[test]
fn json_is_found_in_what_models_write_around_it() {
    let wanted = json!({"a": "} ] \" {", "b": [1, 2]});
    let plain = r#"{"a": "} ] \" {", "b": [1, 2]}"#;
    let spare = r#"{"a": "} ] \" {", "b": [1, 2,],}"#;
    for text in [
        plain.to_owned(),
        spare.to_owned(),
        format!("\u{feff}  {plain}\n"),
        format!("Here you are:\n```json\n{plain}\n```\nAnything else?"),
        format!("```\n{spare}\n```"),
        format!("Sure! {plain} is what you want."),
        format!("As in [1], {{so to say}}: {plain}"),
        format!("[the answer is {plain}]"),
        format!("[the answer is {plain}"),
        format!("{{{plain}}}"),
        format!("<think>{{\"a\": 1}} or [2]?</think>\n{plain}"),
    ] {
        assert_eq!(find(&text, |value| value.is_object() && value.get("b").is_some()), Some(wanted.clone()), "{text}");
    }
}

#[test]
fn the_first_value_is_kept_when_none_fits() {
    assert_eq!(find("[1] and {\"x\": 2}", |_| false), Some(json!([1])));
    assert_eq!(find("7", Value::is_number), Some(json!(7)));
}

#[test]
fn a_part_does_not_pass_for_the_whole() {
    for text in [
        r#"{"a": {"x": true}, "b": ["1.1"#,
        "Here:\n```json\n{\"a\": {\"x\": true},",
        r#"{a: {"x": true}}"#,
        r#"[{"x": true}, {"x": tr"#,
        r#"[{"x": true}, oops]"#,
    ] {
        assert_eq!(find(text, |_| true), None, "{text}");
    }
}

#[test]
fn what_is_cut_off_is_no_value() {
    for text in ["{\"a\": [1, 2", "", "no JSON", "{\"a\": \"}", "]]]{", "```json\n{\"a\"\n```"] {
        assert_eq!(find(text, |_| true), None, "{text}");
    }
}

#[test]
fn hostile_depth_ends_soon() {
    assert_eq!(find(&"[".repeat(200_000), |_| true), None);
    assert_eq!(find(&format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)), |_| true), None);
}
