//! Code that does not parse.

use serde_json::json;

use crate::report;

fn names(code: &str) -> Vec<String> {
    let found = report(code);
    assert!(found["error"].is_object(), "no error for {code}");
    found["calls"].as_array().unwrap().iter().map(|call| call["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_error_has_message_line_and_column() {
    let found = report("x = 1\ny = = 2\n");
    assert_eq!(found["error"]["line"], 2);
    assert_eq!(found["error"]["column"], 5);
    assert!(!found["error"]["message"].as_str().unwrap().is_empty());
}

#[test]
fn calls_around_the_error_are_still_there() {
    for code in [
        "db = LoadDB('lab')\ny = = 2\nGetValue(db, 'labname')",
        "db = LoadDB('lab'\nGetValue(db, 'labname')",
        "```python\ndb = LoadDB('lab')\nGetValue(db, 'labname')\n```",
        "First, load it: db = LoadDB('lab')\nthen GetValue(db, 'labname')",
        "  db = LoadDB('lab')\nif x\n  GetValue(db, 'labname')",
        "print 'x', LoadDB('lab')\nGetValue(db, 'labname')",
        "x = 'open\ndb = LoadDB('lab')\nGetValue(db, 'labname')",
        "let db = LoadDB('lab'); GetValue(db, 'labname')",
        "db = LoadDB('lab') GetValue(db, 'labname')",
        "db := LoadDB('lab')\n$ GetValue(db, 'labname')",
        "def g(:\n  LoadDB('lab')\nGetValue(db, 'labname')",
    ] {
        let found = names(code);
        for name in ["LoadDB", "GetValue"] {
            assert!(found.iter().any(|known| known == name), "{name} is lost in {code}: {found:?}");
        }
    }
}

#[test]
fn what_only_scanning_finds_is_marked_and_never_certain() {
    let found = report("@@ LoadDB('lab', t) @@");
    let call = found["calls"].as_array().unwrap().iter().find(|call| call["recovered"] == true).cloned();
    if let Some(call) = call {
        assert_eq!(call["target_known"], false);
        assert_eq!(call["args"][0]["literal"], "lab");
        assert_eq!(call["args"][1]["resolved"], false);
    } else {
        assert_eq!(found["calls"][0]["args"][0]["literal"], "lab");
    }
}

#[test]
fn prose_is_an_error_without_calls() {
    let found = report("I cannot answer that question.");
    assert!(found["error"].is_object());
    assert_eq!(found["calls"], json!([]));
}

#[test]
fn an_empty_program_is_fine() {
    for code in ["", "\n", "# only a comment", "\u{feff}x = 1"] {
        let found = report(code);
        assert_eq!(found["error"], json!(null), "{code:?}");
        assert_eq!(found["calls"], json!([]));
    }
}

#[test]
fn a_missing_argument_is_unresolved() {
    let found = report("f('a', , 'b')");
    assert!(found["error"].is_object());
    assert!(found["calls"].as_array().unwrap().iter().any(|call| call["name"] == "f"));
}
