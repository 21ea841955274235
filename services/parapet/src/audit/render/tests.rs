use parapet_domain::decision::{DECISION_VERSION, DecisionRecord, Engine};
use parapet_domain::fold::Coverage;
use parapet_domain::{Decision, Stage, Surface, Timestamp};
use uuid::Uuid;

use super::*;

fn record() -> DecisionRecord {
    DecisionRecord {
        version: DECISION_VERSION.to_owned(),
        id: Uuid::from_u128(1),
        event_id: Uuid::from_u128(2),
        exchange_id: Uuid::from_u128(3),
        sequence: 0,
        at: Timestamp::parse("2026-03-02T12:00:00.123456Z").unwrap(),
        tenant: "default".to_owned(),
        route: "chat".to_owned(),
        agent: "clinic\u{1b}[31m".to_owned(),
        principal: Some("=cmd|' /C calc'!A0".to_owned()),
        roles: vec!["nursing".to_owned()],
        session: None,
        trace_id: None,
        stage: Stage::Output,
        surface: Surface::Generic,
        content_digest: "content:00".to_owned(),
        coverage: Coverage::default(),
        runs: Vec::new(),
        folded: Decision::Deny,
        enforced: Decision::Deny,
        reason_code: "access_denied".to_owned(),
        message: "no \"access\", sorry".to_owned(),
        decided_by: Some("eicu-access".to_owned()),
        approval: None,
        tokens: None,
        guard_set: "set:00".to_owned(),
        engine: Engine { parapet: "0.1.0".to_owned(), toolbox: "1".to_owned(), rhai_guest: "00".to_owned() },
        duration_us: 42,
        content: None,
        chain_sequence: None,
        chain_digest: None,
        chain_key_id: None,
    }
}

fn cursor() -> Cursor {
    Cursor { at: Timestamp::from_micros(7), id: Uuid::from_u128(9) }
}

fn written(format: Format, records: &[DecisionRecord], next: Option<Cursor>) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, format);
    for record in records {
        writer.record(record).unwrap();
    }
    writer.finish(next).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_json_form_is_one_document_for_any_number_of_records() {
    for count in 0..3 {
        let records = vec![record(); count];
        let value: serde_json::Value = serde_json::from_str(&written(Format::Json, &records, Some(cursor()))).unwrap();
        assert_eq!(value["records"].as_array().unwrap().len(), count);
        assert_eq!(value["next"], cursor().to_string());
    }
}

#[test]
fn a_csv_cell_cannot_start_a_formula_and_quotes_are_doubled() {
    let text = written(Format::Csv, &[record()], None);
    let line = text.split("\r\n").nth(1).unwrap();
    assert!(line.contains(",'=cmd|' /C calc'!A0,"), "{line}");
    assert!(line.contains(",\"no \"\"access\"\", sorry\","), "{line}");
    assert_eq!(text.matches("decided_by").count(), 1);
}

#[test]
fn the_table_carries_no_escape_sequence_of_the_content() {
    let text = written(Format::Table, &[record()], Some(cursor()));
    assert!(text.contains("clinic\u{fffd}[31m"), "{text}");
    assert!(text.contains("2026-03-02 12:00:00.123"), "{text}");
    assert!(text.contains(&format!("more: add `--after {}`", cursor())), "{text}");
}

#[test]
fn an_empty_answer_says_so() {
    assert!(written(Format::Table, &[], None).ends_with("no decision matches\n"));
}
