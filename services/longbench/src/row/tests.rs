use parapet_agentwrite::Language;

use super::*;

fn told(text: &str) -> String {
    read_rows(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn rows_of_the_published_shape_are_read() {
    let text = "\u{feff}{\"prompt\": \"Write 100 words.\", \"type\": \"News Report\", \"length\": 100}\r\n\n\
                {\"prompt\": \"写一篇1000字的中国旅游指南\", \"type\": \"社区论坛\", \"length\": 1000, \"id\": 7}";
    let rows = read_rows(text.as_bytes()).unwrap();
    assert_eq!(rows.iter().map(|row| row.length).collect::<Vec<_>>(), [100, 1000]);
    assert_eq!(rows.iter().map(Row::language).collect::<Vec<_>>(), [Language::English, Language::Chinese]);
    assert_eq!(rows[1].kind, "社区论坛");
}

#[test]
fn a_row_of_another_shape_is_named() {
    let good = r#"{"prompt": "p", "type": "t", "length": 1}"#;
    assert!(told("{\"prompt\": \"p\"}").starts_with("line 1: missing field `type`"));
    assert!(told(&format!("{good}\n[1]")).starts_with("line 2: "));
    assert!(told(r#"{"prompt": "p", "type": "t", "length": -5}"#).contains("-5"));
    assert!(told(r#"{"prompt": "p", "type": "t", "length": 1.5}"#).contains("1.5"));
    assert_eq!(told(r#"{"prompt": " ", "type": "t", "length": 1}"#), "line 1: `prompt` is empty");
    assert_eq!(
        told(r#"{"prompt": "p", "type": "t", "length": 0}"#),
        "line 1: `length` is 0, but must be from 1 to 200000"
    );
    assert_eq!(
        told("{\"prompt\": \"p\", \"type\": \"a\\u001bb\", \"length\": 1}"),
        "line 1: `type` must be a name of 1 to 100 characters"
    );
}

#[test]
fn files_have_limits() {
    assert_eq!(told("\n \n"), "it has no rows");
    assert_eq!(read_rows(b"\xff").unwrap_err().to_string(), "it is not UTF-8 from byte 0 on");
    let row = "{\"prompt\": \"p\", \"type\": \"t\", \"length\": 1}\n";
    assert_eq!(told(&row.repeat(MOST_ROWS + 1)), "line 20001: there are more than 20000 rows; split the file");
    let long = format!(r#"{{"prompt": "{}", "type": "t", "length": 1}}"#, "p".repeat(MOST_PROMPT_BYTES + 1));
    assert_eq!(told(&long), "line 1: `prompt` has 65537 bytes; at most 65536 are taken");
    assert!(read_rows(&vec![b' '; MOST_BYTES + 1]).is_err());
}
