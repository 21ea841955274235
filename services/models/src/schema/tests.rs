use serde_json::json;

use super::check;

#[test]
fn every_complaint_names_the_place_and_what_is_wanted() {
    let schema = json!({
        "type": "object",
        "required": ["title", "steps"],
        "additionalProperties": false,
        "properties": {
            "title": {"type": "string", "minLength": 2},
            "steps": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/$defs/step"}},
            "weight": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        },
        "$defs": {"step": {"type": "object", "required": ["kind"], "properties": {
            "kind": {"enum": ["select", "compare"]},
            "n": {"anyOf": [{"type": "integer"}, {"const": "all"}]},
        }}},
    });
    let good = json!({"title": "Ok", "steps": [{"kind": "select", "n": 2.0}, {"kind": "compare", "n": "all"}], "weight": null});
    assert_eq!(check(&schema, &good), Ok(()));
    for (pointer, value, complaint) in [
        ("/title", json!(7), "`/title` is a number, but must be of type `string`"),
        ("/title", json!("x"), "`/title` has 1 characters, but must have at least 2"),
        ("/steps", json!([]), "`/steps` has 0 items, but must have at least 1"),
        ("/steps/0", json!({}), "`/steps/0` lacks `kind`"),
        ("/steps/1/kind", json!("guess"), "`/steps/1/kind` must be one of `\"select\"`, `\"compare\"`"),
        (
            "/steps/1/n",
            json!("some"),
            "`/steps/1/n` fits none of the 2 allowed forms; of the first: `/steps/1/n` is a string, but must be of \
             type `integer`",
        ),
        ("/weight", json!(1.5), "`/weight` is 1.5, but must be at most 1"),
        ("/weight", json!("1"), "`/weight` is a string, but must be of type `number` or `null`"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert_eq!(check(&schema, &bad), Err(complaint.to_owned()));
    }
    let mut more = good;
    more["note"] = json!(1);
    let complaint = "the value has `note`, but may only have `steps`, `title`, `weight`";
    assert_eq!(check(&schema, &more), Err(complaint.to_owned()));
    assert_eq!(check(&schema, &json!([])), Err("the value is an array, but must be of type `object`".to_owned()));
}

#[test]
fn a_schema_without_end_is_refused_and_not_followed() {
    let schema = json!({"$ref": "#"});
    assert_eq!(check(&schema, &json!(1)), Err("the value is nested too deeply".to_owned()));
    let list = json!({"type": "array", "items": {"$ref": "#"}});
    assert_eq!(check(&list, &json!([[], [[]]])), Ok(()));
}
