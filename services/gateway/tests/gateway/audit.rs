//! Nothing is released without a record, unless the route says so; and what happened can be counted.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::support::client::{Request, send};
use crate::support::upstream::{Script, answer, completion};
use crate::support::{CHAT, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

#[tokio::test]
async fn without_a_store_nothing_is_released() {
    let gateway = Setup::chat(Script::says("never")).start().await;
    gateway.recorder.drain().await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!(reply.error(), (503, "guardrail_unavailable".to_owned()));
    assert_eq!(
        (reply.json()["error"]["reason_code"].as_str(), reply.header("retry-after")),
        (Some("audit_unavailable"), Some("1"))
    );
    assert!(gateway.upstream.seen().is_empty());
    // A refusal that cannot be recorded is not passed off as one that was.
    let refused = gateway.chat(&HELLO.replace("hello", "FORBIDDEN")).await;
    assert_eq!(refused.error(), (503, "guardrail_unavailable".to_owned()));
    assert!(gateway.app.metrics_text().contains("parapet_audit_failures_total 2"));
}

#[tokio::test]
async fn an_answer_whose_record_fails_is_not_released() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let then = answer(200, "content-type: application/json\r\n", completion(&["precious"]).to_string().as_bytes());
    let script = Script::Wait { arrived: Arc::clone(&arrived), go: Arc::clone(&go), then };
    let gateway = Setup::chat(script).start().await;
    let address = gateway.address;
    let asked = tokio::spawn(async move { send(address, &Request::chat(HELLO)).await });
    arrived.notified().await;
    gateway.recorder.drain().await;
    go.notify_one();
    let reply = asked.await.unwrap();
    assert_eq!(reply.error(), (503, "guardrail_unavailable".to_owned()));
    assert!(!reply.text().contains("precious"));
}

#[tokio::test]
async fn a_store_that_is_full_refuses_required_routes() {
    let setup = Setup { sqlite_max_bytes: Some(300_000), ..Setup::chat(Script::says("fine")) };
    let gateway = setup.start().await;
    let long = HELLO.replace("hello", &"x".repeat(100));
    for _ in 0..2_000 {
        let reply = gateway.chat(&long).await;
        if reply.status != 200 {
            assert_eq!(reply.error(), (503, "guardrail_unavailable".to_owned()));
            return;
        }
    }
    panic!("the store took everything");
}

#[tokio::test]
async fn a_best_effort_route_goes_on_and_counts_what_is_lost() {
    let gateway = Setup::with(&format!("{CHAT}audit = \"best_effort\"\n"), Script::says("fine")).start().await;
    gateway.recorder.drain().await;
    assert_eq!(gateway.chat(HELLO).await.status, 200);
    assert!(gateway.app.metrics_text().contains("parapet_audit_dropped_total 2"));
}

#[tokio::test]
async fn what_happened_can_be_counted_and_names_no_user() {
    let gateway = Setup::chat(Script::says("a SECRET")).start().await;
    gateway.send(Request::chat(HELLO).header("x-parapet-principal", &crate::support::user("nurse"))).await;
    gateway.chat(&HELLO.replace("hello", "SPIN")).await;
    let text = gateway.app.metrics_text();
    for line in [
        r#"parapet_guard_decisions_total{guard="words",stage="input",decision="allow",mode="enforce"} 1"#,
        r#"parapet_guard_decisions_total{guard="words",stage="output",decision="redact",mode="enforce"} 1"#,
        r#"parapet_guard_failures_total{guard="words",kind="out_of_fuel"} 1"#,
        r#"parapet_guard_duration_seconds_bucket{le="0.000005",guard="words"}"#,
        r#"parapet_decisions_total{route="chat",stage="output",decision="redact"} 1"#,
        r#"parapet_not_inspected_parts_total{reason="guard_failed"} 1"#,
        r#"parapet_requests_total{route="chat",status="200"} 1"#,
        "parapet_overhead_seconds_count 2",
        "parapet_audit_queue_depth 0",
        "parapet_audit_dropped_total 0",
        "parapet_guard_set_broken 0",
        "parapet_requests_in_flight 0",
        "parapet_guard_set_info{guard_set=\"set:",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("u1") && !text.contains("nurse") && !text.contains("blotted"), "{text}");
}
