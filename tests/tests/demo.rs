//! `parapet demo --exit`: every exchange ends as the demo says it does, and stands in the log.

use parapet_tests::command::run;
use serde_json::Value;

#[test]
fn every_exchange_of_the_demo_is_decided_as_told() {
    let done = run(&["demo", "--exit", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]).unwrap();
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let exchanges: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decisions: Vec<&str> = exchanges.iter().map(|e| e["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["allow", "deny", "allow", "redact", "redact", "deny", "deny"]);
    for exchange in &exchanges {
        let records = exchange["records"].as_array().unwrap();
        let worst = records.iter().find(|r| r["id"] == exchange["decision_id"]).unwrap();
        assert_eq!(worst["enforced"], exchange["decision"], "{}", exchange["title"]);
    }
}

#[test]
fn the_demo_for_people_shows_requests_answers_and_the_log() {
    let done = run(&["demo", "--exit", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]).unwrap();
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for part in
        ["POST /ehr/ask", "400 Bad Request", "x-parapet-decision: deny", "in the audit log:", "eicu-access deny"]
    {
        assert!(done.out.contains(part), "`{part}` is not in:\n{}", done.out);
    }
    assert!(!done.out.contains('\u{1b}'), "colours are for terminals only");
}
