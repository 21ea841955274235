use super::*;

const EICU: &str = r#"{"id":"a","identity":"nursing","question":"q","agent_knowledge":"k","agent_code":"GetValue(db, 'cost')","label":1,"needed":{"cost":["cost"]},"inaccessible":{"cost":["cost","chargetime"]}}"#;
const WEB: &str = r#"{"id":"b","website":"w","domain":"d","subdomain":"s","task":"t","user_info":{"age":9},"agent_prompt":["p"],"agent_output":["o"],"target_action":"x","label":0,"violation":""}"#;

fn folder(eicu: &str, web: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("eicu-ac.jsonl"), eicu).unwrap();
    std::fs::write(dir.path().join("mind2web-sc.jsonl"), web).unwrap();
    dir
}

fn complaint(eicu: &str, web: &str) -> String {
    format!("{:#}", read_all(folder(eicu, web).path()).unwrap_err())
}

#[test]
fn the_guards_get_nothing_of_what_their_decision_is_compared_with() {
    let rows = read_all(folder(EICU, WEB).path()).unwrap();
    for row in &rows {
        let seen = format!("{}{}{}", row.request, row.answer, serde_json::to_string(&row.principal).unwrap());
        for hidden in
            ["inaccessible", "needed", "chargetime", "violation", "subdomain", "website", "label", "target_action"]
        {
            assert!(!seen.contains(hidden), "{hidden} in {seen}");
        }
    }
}

#[test]
fn a_column_that_only_the_label_names_is_noticed() {
    let rows = read_all(folder(EICU, WEB).path()).unwrap();
    assert_eq!(rows[0].truth.absent_columns, ["chargetime"]);
}

#[test]
fn absent_and_malformed_data_is_named_with_file_and_line() {
    let empty = tempfile::tempdir().unwrap();
    let error = format!("{:#}", read_all(empty.path()).unwrap_err());
    assert!(
        error.contains("eicu-ac.jsonl` cannot be read; give the folder of the EICU-AC data set with `--data`"),
        "{error}"
    );
    assert!(complaint("\n\n", WEB).ends_with("eicu-ac.jsonl` has no rows"));
    assert!(complaint(&format!("{EICU}\n{{}}"), WEB).contains("eicu-ac.jsonl`, line 2: missing field `id`"));
    assert!(complaint(EICU, &WEB.replace(r#""label":0"#, r#""label":7"#)).contains("line 1: `label` is 7"));
}
