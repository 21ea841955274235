use serde_json::json;

use super::from_schema;

fn rules(schema: &serde_json::Value) -> String {
    let grammar = from_schema(schema);
    grammar.split_once("value ::=").unwrap().0.to_owned()
}

#[test]
fn members_come_in_order_and_only_required_ones_must() {
    let schema = json!({"type": "object", "required": ["b"], "properties": {
        "a": {"type": "integer"}, "b": {"enum": ["x", "say \"y\""]}, "c": {"type": ["string", "null"]},
    }});
    let expected = concat!(
        "root ::= ws rule-0\n",
        r#"rule-0 ::= "{" ws "\"b\"" ":" ws ("\"x\"" | "\"say \\\"y\\\"\"") ws ("," ws "\"a\"" ":" ws integer)? "#,
        r#"("," ws "\"c\"" ":" ws (string | null))? "}" ws"#,
        "\n",
    );
    assert_eq!(rules(&schema), expected);
}

#[test]
fn any_optional_member_may_be_the_first() {
    let schema = json!({"properties": {"a": {"type": "null"}, "b": {"type": "boolean"}}});
    let expected = concat!(
        "root ::= ws rule-0\n",
        r#"rule-0 ::= "{" ws ("\"a\"" ":" ws null ("," ws "\"b\"" ":" ws boolean)? | "\"b\"" ":" ws boolean )? "}" ws"#,
        "\n",
    );
    assert_eq!(rules(&schema), expected);
}

#[test]
fn arrays_have_their_limits() {
    let array = |limits: serde_json::Value| {
        let mut schema = json!({"type": "array", "items": {"type": "number"}});
        schema.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        let rules = rules(&schema);
        rules
            .lines()
            .nth(1)
            .unwrap()
            .trim_start_matches(r#"rule-0 ::= "[" ws "#)
            .trim_end_matches(r#" "]" ws"#)
            .to_owned()
    };
    assert_eq!(array(json!({})), r#"(number ("," ws number){0,})?"#);
    assert_eq!(array(json!({"minItems": 2})), r#"number ("," ws number){1,}"#);
    assert_eq!(array(json!({"minItems": 1, "maxItems": 3})), r#"number ("," ws number){0,2}"#);
    assert_eq!(array(json!({"maxItems": 3})), r#"(number ("," ws number){0,2})?"#);
    assert_eq!(array(json!({"maxItems": 1000})), r#"(number ("," ws number){0,})?"#);
}

#[test]
fn short_strings_have_their_limits() {
    let limited = json!({"type": "string", "minLength": 1, "maxLength": 80});
    assert_eq!(rules(&limited), "root ::= ws \"\\\"\" char{1,80} \"\\\"\" ws\n");
    assert_eq!(rules(&json!({"type": "string", "maxLength": 501})), "root ::= ws string\n");
}

#[test]
fn a_schema_may_refer_to_itself() {
    let schema = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {
        "type": "object", "required": ["kids"], "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    }}});
    let expected = concat!(
        "root ::= ws ref-0\n",
        "ref-0 ::= rule-1\n",
        r#"rule-0 ::= "[" ws (ref-0 ("," ws ref-0){0,})? "]" ws"#,
        "\n",
        r#"rule-1 ::= "{" ws "\"kids\"" ":" ws rule-0  "}" ws"#,
        "\n",
    );
    assert_eq!(rules(&schema), expected);
}

#[test]
fn what_has_no_type_is_any_value() {
    assert_eq!(rules(&json!({})), "root ::= ws value\n");
    assert_eq!(rules(&json!({"$ref": "#/nowhere"})), "root ::= ws value\n");
}
