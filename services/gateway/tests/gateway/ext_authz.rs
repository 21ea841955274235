//! Envoy's external authorization over HTTP, with requests as Envoy sends them.

use serde_json::json;

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup, user};

pub(crate) const CONFIG: &str = r#"
[identity.header]
trusted_peers = ["127.0.0.1/32"]
[[credential]]
name = "envoy"
key = "envoy-0123456789abcdef"
rights = ["assert_identity"]
[[route]]
name = "envoy"
surface = "ext_authz"
inspects = "openai_chat"
agent = "assistant"
principal = "optional"
[[route]]
name = "own"
surface = "ext_authz"
path = "/own"
inspects = "generic"
request_parts = [{ name = "question", pointer = "/question" }]
agent = "assistant"
principal = "optional"
"#;
pub(crate) const KEY: &str = "envoy-0123456789abcdef";

async fn start() -> Gateway {
    Setup::with(CONFIG, Script::Silent).start().await
}

/// With the method and body of the original request, and the headers that Envoy is told to pass on.
fn check(path: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(path, body).header("x-parapet-key", KEY).header("x-envoy-auth-partial-body", "false")
}

fn chat(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

async fn ask(gateway: &Gateway, text: &str) -> Reply {
    gateway.send(check("/ext_authz/v1/chat/completions", chat(text))).await
}

#[tokio::test]
async fn only_what_passes_gets_a_2xx_and_refusals_have_the_shape_of_the_original() {
    let gateway = start().await;
    let allowed = ask(&gateway, "hello").await;
    assert_eq!(allowed.status, 200);
    assert!(allowed.header("x-parapet-decision-id").is_some());
    for (text, status, code, reason) in [
        ("FORBIDDEN", 400, "content_filter", "forbidden_word"),
        ("ASKFIRST", 400, "approval_required", "needs_person"),
        ("SPIN", 400, "guardrail_failed", "guard_out_of_fuel"),
        ("a SECRET", 400, "content_filter", "redaction_not_carried"),
    ] {
        let reply = ask(&gateway, text).await;
        assert_eq!(reply.error(), (status, code.to_owned()));
        assert_eq!(
            (&reply.json()["error"]["reason_code"], &reply.json()["error"]["type"]),
            (&json!(reason), &json!("invalid_request_error"))
        );
    }
    let decisions: Vec<_> = gateway.rows().await.iter().map(|row| row.enforced.as_str().to_owned()).collect();
    assert_eq!(decisions, ["allow", "deny", "ask", "deny", "deny"]);
}

#[tokio::test]
async fn an_agents_own_api_is_mapped_and_never_told_202() {
    let gateway = start().await;
    let ask = |text: &str| check("/own/ask", json!({"question": text}).to_string());
    assert_eq!(gateway.send(ask("hello")).await.status, 200);
    assert_eq!(gateway.send(ask("ASKFIRST")).await.error(), (400, "approval_required".to_owned()));
    let unmapped = gateway.send(check("/own/ask", r#"{"question":"hi","more":"text"}"#)).await;
    assert_eq!(unmapped.json()["error"]["reason_code"], "part_not_inspected");
}

#[tokio::test]
async fn without_a_record_envoys_own_policy_decides() {
    let gateway = start().await;
    gateway.recorder.drain().await;
    assert_eq!(ask(&gateway, "hello").await.error(), (503, "guardrail_unavailable".to_owned()));
}

#[tokio::test]
async fn what_is_not_seen_as_a_whole_is_not_judged() {
    let gateway = start().await;
    let path = "/ext_authz/v1/chat/completions";
    let cut = gateway.send(check(path, chat("hello")).header("x-envoy-auth-partial-body", "true")).await;
    assert_eq!(cut.error(), (413, "body_too_large".to_owned()));
    let bodiless = gateway.send(check(path, "").method("GET")).await;
    assert_eq!((bodiless.status, &bodiless.json()["error"]["reason_code"]), (400, &json!("part_not_inspected")));
    let query = gateway.send(check(&format!("{path}?a=b"), chat("hello"))).await;
    assert!(query.json()["error"]["message"].as_str().unwrap().contains("query_string"));
    let packed = gateway.send(check(path, chat("hello")).header("content-encoding", "gzip")).await;
    assert_eq!(packed.error(), (415, "unsupported_encoding".to_owned()));
    let form = gateway.send(check(path, chat("hello")).header("content-type", "text/plain")).await;
    assert_eq!(form.error(), (415, "unsupported_media_type".to_owned()));
    let upgrade = gateway.send(check(path, chat("hello")).header("upgrade", "websocket")).await;
    assert_eq!(upgrade.error(), (400, "upgrade_refused".to_owned()));
}

#[tokio::test]
async fn any_method_and_path_below_the_prefix_is_judged_the_path_too() {
    let gateway = start().await;
    let put = gateway.send(check("/ext_authz/v1/chat/completions", chat("hello")).method("PUT")).await;
    assert_eq!(put.status, 200);
    let path = gateway.send(check("/ext_authz/say/%46ORBIDDEN", chat("hello"))).await;
    assert_eq!(path.json()["error"]["reason_code"], "forbidden_word");
    let rows = gateway.rows().await;
    assert!(rows.iter().all(|row| row.coverage.inspected.contains(&":path".to_owned())));
    assert_eq!(gateway.send(check("/ext_authzz/v1", chat("hello"))).await.error(), (404, "unknown_route".to_owned()));
}

#[tokio::test]
async fn the_key_is_the_proxys_and_the_user_that_of_the_request() {
    let gateway = start().await;
    let request = || check("/ext_authz/v1/chat/completions", chat("PAYROLL"));
    let accountant = gateway.send(request().header("x-parapet-principal", &user("accountant"))).await;
    assert_eq!(accountant.status, 200);
    assert_eq!(gateway.send(request().header("x-parapet-principal", &user("nurse"))).await.status, 400);
    let foreign = Request::post("/ext_authz/v1/chat/completions", chat("hello"))
        .header("authorization", &format!("Bearer {KEY}"));
    assert_eq!(gateway.send(foreign).await.error(), (401, "unauthorized".to_owned()), "that one is the user's");
}
