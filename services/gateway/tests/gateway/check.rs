//! `POST /v1/check`: the same judging, with the decision as the answer.

use serde_json::json;

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup};

const CONFIG: &str = r#"
[[credential]]
name = "full"
key = "full-0123456789abcdef"
rights = ["assert_identity"]
[[credential]]
name = "plain"
key = "plain-0123456789abcdef"
[[route]]
name = "check"
surface = "check"
agent = "checker"
principal = "optional"
"#;

async fn start() -> Gateway {
    Setup::with(CONFIG, Script::Silent).start().await
}

async fn check(gateway: &Gateway, key: &str, body: &serde_json::Value) -> Reply {
    gateway.send(Request::post("/v1/check", body.to_string()).header("x-parapet-key", key)).await
}

const FULL: &str = "full-0123456789abcdef";
const PLAIN: &str = "plain-0123456789abcdef";

#[tokio::test]
async fn each_decision_is_told_and_recorded() {
    let gateway = start().await;
    for (text, status, decision) in
        [("hello", 200, "allow"), ("FORBIDDEN", 200, "deny"), ("a SECRET", 200, "redact"), ("ASKFIRST", 202, "ask")]
    {
        let reply = check(&gateway, PLAIN, &json!({"stage": "output", "text": text})).await;
        let body = reply.json();
        assert_eq!((reply.status, body["decision"].as_str()), (status, Some(decision)), "{body}");
        assert_eq!(reply.header("x-parapet-decision"), Some(decision));
        assert_eq!(body["inspected"], json!(["/text"]));
        let rows = gateway.rows().await;
        let row = rows.last().unwrap();
        assert_eq!(
            (row.id.to_string().as_str(), row.enforced.as_str()),
            (body["decision_id"].as_str().unwrap(), decision)
        );
    }
    let redacted = check(&gateway, PLAIN, &json!({"stage": "output", "text": "a SECRET"})).await.json();
    assert_eq!(redacted["texts"][0]["text"], "a ******");
}

#[tokio::test]
async fn a_guard_that_fails_is_no_block() {
    let gateway = start().await;
    let body = check(&gateway, PLAIN, &json!({"stage": "input", "text": "SPIN"})).await.json();
    assert_eq!((body["decision"].as_str(), body["code"].as_str()), (Some("deny"), Some("guardrail_failed")));
}

#[tokio::test]
async fn only_a_credential_with_the_right_may_name_the_user() {
    let gateway = start().await;
    let body = json!({"stage": "output", "text": "PAYROLL", "agent": "ehr", "principal": {"id": "u9", "roles": ["accountant"]}});
    let reply = check(&gateway, PLAIN, &body).await;
    assert_eq!(reply.error(), (403, "identity_not_allowed".to_owned()));
    assert!(gateway.rows().await.is_empty());

    let reply = check(&gateway, FULL, &body).await;
    assert_eq!(reply.json()["decision"], "allow");
    let rows = gateway.rows().await;
    assert_eq!(
        (rows[0].principal.as_deref(), rows[0].agent.as_str(), rows[0].roles.as_slice()),
        (Some("u9"), "ehr", &["accountant".to_owned()][..])
    );
}

#[tokio::test]
async fn without_a_known_key_nothing_is_judged() {
    let gateway = start().await;
    let body = json!({"stage": "input", "text": "hello"});
    assert_eq!(check(&gateway, "wrong-0123456789abcdef", &body).await.error(), (401, "unauthorized".to_owned()));
    let bare = gateway.send(Request::post("/v1/check", body.to_string())).await;
    assert_eq!(bare.error(), (401, "unauthorized".to_owned()));
    let bearer = gateway
        .send(Request::post("/v1/check", body.to_string()).header("authorization", &format!("Bearer {PLAIN}")))
        .await;
    assert_eq!(bearer.status, 200);
    assert_eq!(gateway.rows().await.len(), 1);
}

#[tokio::test]
async fn everything_wrong_with_a_check_is_told_at_once() {
    let gateway = start().await;
    let reply = check(&gateway, PLAIN, &json!({"stage": "sideways", "txt": "hello"})).await;
    assert_eq!(reply.error(), (400, "malformed_body".to_owned()));
    let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`/txt` is not known") && message.contains("`sideways`"), "{message}");
}

#[tokio::test]
async fn a_required_user_may_come_from_the_body_of_a_credential_with_the_right() {
    let gateway = Setup::with(&CONFIG.replace("principal = \"optional\"", ""), Script::Silent).start().await;
    let nameless = json!({"stage": "input", "text": "hello"});
    assert_eq!(check(&gateway, FULL, &nameless).await.error(), (401, "principal_missing".to_owned()));
    assert_eq!(check(&gateway, PLAIN, &nameless).await.error(), (401, "principal_missing".to_owned()));
    let named = json!({"stage": "input", "text": "hello", "principal": {"id": "u1"}});
    assert_eq!(check(&gateway, FULL, &named).await.status, 200);
}
