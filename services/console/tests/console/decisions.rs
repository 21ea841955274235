//! The log over the API: filters, pages, CSV, bad questions.

use http::StatusCode;
use parapet_domain::{DecisionRecord, Timestamp};
use serde_json::Value;

use crate::fixture::{Console, TOKEN};
use crate::records::{day, denied, failed, hostile, record, redacted};

/// 2026-01-31T12:00:00Z.
const fn now() -> Timestamp {
    Timestamp::from_micros(1_769_860_800_000_000)
}

fn ids(body: &Value) -> Vec<String> {
    let records = body["records"].as_array().into_iter().flatten();
    records.filter_map(|record| record["id"].as_str().map(str::to_owned)).collect()
}

fn log() -> Vec<DecisionRecord> {
    let base = |n| record(n, now());
    let mut foreign = record(90, now());
    foreign.tenant = "other".to_owned();
    vec![
        base(0),
        denied(base(1), "eicu-access", "access_denied", "No."),
        redacted(base(2)),
        failed(base(3)),
        hostile(base(4)),
        base(5),
        foreign,
    ]
}

#[tokio::test]
async fn each_filter_finds_its_rows_and_no_others() {
    let console = Console::with(&log()).await;
    let id = |n: u32| record(n, now()).id.to_string();
    let found = [
        ("", vec![0, 1, 2, 3, 4, 5]),
        ("decision=deny", vec![1, 3]),
        ("decision=redact", vec![2]),
        ("guard=pii-redact", vec![1, 2]),
        ("guard=pii-redact&decision=deny", vec![1]),
        ("agent=web-agent", vec![1]),
        ("principal=user-5", vec![5]),
        ("session=session-0", vec![0, 1, 2, 3]),
        ("stage=input", vec![1, 3, 5]),
        ("reason_code=pii_found", vec![2]),
        ("failure=out_of_fuel", vec![3]),
        ("exchange=0197e0a2-7c00-7000-a000-000000000001", vec![2, 3]),
        ("from=2026-01-31T11:58:00Z", vec![0, 1, 2]),
        ("from=2026-01-31T11:55:00Z&to=2026-01-31%2011:57", vec![4, 5]),
        ("agent=nobody", vec![]),
        ("session=%27%20OR%201%3D1%20--", vec![]),
    ];
    for (query, expected) in found {
        let answer = console.get(&format!("/admin/decisions?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        assert_eq!(ids(&answer.json()), expected.into_iter().map(id).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_while_new_rows_arrive() {
    let console = Console::with(&day(now())).await;
    let (mut seen, mut path) = (Vec::new(), "/admin/decisions?limit=100&stage=output".to_owned());
    loop {
        let answer = console.get(&path).await;
        let body = answer.json();
        seen.extend(ids(&body));
        console
            .store
            .insert(&[record(0, Timestamp::from_micros(now().as_micros() + 1_000_000 * seen.len() as i64))])
            .await
            .unwrap();
        let Some(next) = body["next"].as_str() else { break };
        assert!(
            answer.header("link").contains(&format!("limit=100&after={next}>; rel=\"next\"")),
            "{}",
            answer.header("link")
        );
        path = format!("/admin/decisions?limit=100&stage=output&after={next}");
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (700, 700));
}

#[tokio::test]
async fn bad_questions_are_refused_with_what_would_be_right() {
    let console = Console::with(&[]).await;
    let cases = [
        ("/admin/decisions?verdict=deny", "unknown query key `verdict`; known are `from`, `to`"),
        ("/admin/decisions?limit=5000", "`limit` cannot be `5000`; give a number between 1 and 1000"),
        (
            "/admin/decisions?decision=blocked",
            "`decision` cannot be `blocked`; give `allow`, `redact`, `ask` or `deny`",
        ),
        ("/admin/decisions?after=%27", "`after` cannot be `'`; give the `next` of the page before, unchanged"),
        ("/admin/decisions?agent=%00", "the value of `agent` has a control character in it"),
        ("/admin/overview?range=1y", "`range` cannot be `1y`; give `1h`, `24h`, `7d` or `30d`"),
        ("/admin/guards?mode=off", "unknown query key `mode`; there are none here"),
        ("/admin/decisions/0197e0a2-7c00-7000-8000-000000000001?x=1", "unknown query key `x`; there are none here"),
    ];
    for (path, message) in cases {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let body = answer.json();
        assert_eq!(body["error"]["code"], "bad_query");
        assert!(body["error"]["message"].as_str().unwrap().starts_with(message), "{path}: {body}");
    }
}

#[tokio::test]
async fn one_decision_comes_whole_and_only_from_its_tenant() {
    let console = Console::with(&log()).await;
    let one = hostile(record(4, now()));
    let answer = console.get(&format!("/admin/decisions/{}", one.id)).await;
    assert_eq!(serde_json::from_str::<DecisionRecord>(&answer.text).unwrap(), one);
    for unknown in [record(90, now()).id.to_string(), record(7, now()).id.to_string(), "not-an-id".to_owned()] {
        let answer = console.get(&format!("/admin/decisions/{unknown}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.json()["error"]["message"], format!("there is no decision `{unknown}`"));
    }
}

#[tokio::test]
async fn csv_comes_by_header_or_by_key_and_runs_no_formulas() {
    let console = Console::with(&log()).await;
    let bearer = format!("Bearer {TOKEN}");
    let accept = [("authorization", bearer.as_str()), ("accept", "text/html;q=0.1, text/csv")];
    let answer = console.get_with("/admin/decisions?limit=3", &accept).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"decisions.csv\"");
    assert!(answer.header("link").contains("rel=\"next\""));

    let answer = console.get("/admin/decisions?format=csv").await;
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let column = |name: &str| parapet_console::COLUMNS.iter().position(|column| *column == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    assert!(rows[4][column("principal")].starts_with("'=cmd|'/c calc'!A1"));
    assert_eq!(rows[3][column("failures")], *"prompt-injection=out_of_fuel");
    let approval = ["approval", "approval_state", "approval_by", "judged_before"].map(|name| &rows[4][column(name)]);
    assert_eq!(approval, ["00000000-0000-0000-0000-000000000008", "denied", "'+x", "1"]);
    assert_eq!((&rows[0][column("approval")], &rows[0][column("judged_before")]), ("", "0"));
    assert_eq!(rows[1][column("guards")], *"pii-redact;eicu-access");
    let json_wins = console.get_with("/admin/decisions?format=json", &accept).await;
    assert_eq!(json_wins.header("content-type"), "application/json");
}
