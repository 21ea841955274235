//! LiteLLM's generic guardrail: what that proxy gets to hear for each verdict.

use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup};

const CONFIG: &str = r#"
[[credential]]
name = "proxy"
key = "proxy-0123456789abcdef"
rights = ["assert_identity"]
[[credential]]
name = "plain"
key = "plain-0123456789abcdef"
[[route]]
name = "litellm"
surface = "litellm"
agent = "assistant"
principal = "optional"
"#;
const PATH: &str = "/beta/litellm_basic_guardrail_api";

async fn start() -> Gateway {
    Setup::with(CONFIG, Script::Silent).start().await
}

async fn ask_as(gateway: &Gateway, key: &str, body: &Value) -> Reply {
    gateway.send(Request::post(PATH, body.to_string()).header("x-api-key", key)).await
}

async fn ask(gateway: &Gateway, body: &Value) -> Reply {
    ask_as(gateway, "proxy-0123456789abcdef", body).await
}

fn texts(side: &str, texts: &[&str]) -> Value {
    json!({"input_type": side, "texts": texts, "request_data": {}, "structured_messages": null, "images": null, "tools": null, "tool_calls": null})
}

#[tokio::test]
async fn each_verdict_becomes_an_action_and_a_record() {
    let gateway = start().await;
    let allowed = ask(&gateway, &texts("request", &["hello"])).await;
    assert_eq!((allowed.status, allowed.json()), (200, json!({"action": "NONE"})));
    let redacted = ask(&gateway, &texts("response", &["fine", "a SECRET"])).await;
    assert_eq!(redacted.json(), json!({"action": "GUARDRAIL_INTERVENED", "texts": ["fine", "a ******"]}));
    for (text, said) in [("FORBIDDEN", "that word is not allowed"), ("ASKFIRST", "a person has to approve this")] {
        let reply = ask(&gateway, &texts("request", &[text])).await;
        let reason = reply.json()["blocked_reason"].as_str().unwrap().to_owned();
        assert_eq!((reply.status, reply.json()["action"].as_str()), (200, Some("BLOCKED")));
        assert!(reason.contains(said) && reason.contains(reply.header("x-parapet-decision-id").unwrap()), "{reason}");
    }
    let failed = ask(&gateway, &texts("request", &["SPIN"])).await;
    assert_eq!((failed.status, failed.json()["action"].as_str()), (200, Some("BLOCKED")));
    assert_eq!(
        gateway.story().await,
        ["0 input allow", "0 output redact", "0 input deny", "0 input ask", "0 input deny"]
    );
}

#[tokio::test]
async fn without_a_record_the_proxys_own_policy_decides() {
    let gateway = start().await;
    gateway.recorder.drain().await;
    let reply = ask(&gateway, &texts("request", &["hello"])).await;
    assert_eq!(reply.error(), (503, "guardrail_unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn the_history_is_judged_as_whose_words_it_is_and_calls_by_themselves() {
    let gateway = start().await;
    let mut body = texts("request", &["hi", "a SECRET page"]);
    body["structured_messages"] = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{\"q\": \"SECRET\"}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "a SECRET page"},
    ]);
    let reply = ask(&gateway, &body).await.json();
    assert_eq!(reply["texts"], json!(["hi", "a ****** page"]));
    assert_eq!(reply["structured_messages"][1]["tool_calls"][0]["function"]["arguments"], json!("{\"q\": \"******\"}"));
    assert_eq!(gateway.story().await, ["0 input redact", "1 tool_result redact"]);

    let call = |name: &str, arguments: &str| json!([{"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}]);
    let mut answer = texts("response", &[]);
    answer["tool_calls"] = call("delete_all", "{}");
    assert_eq!(ask(&gateway, &answer).await.json()["action"], "BLOCKED");
    answer["tool_calls"] = call("mail", "{\"text\": \"a SECRET\"}");
    let reply = ask(&gateway, &answer).await.json();
    assert_eq!(reply["action"], "BLOCKED", "LiteLLM takes no tool calls back");
    assert!(reply["blocked_reason"].as_str().unwrap().contains("`redaction_not_carried`"), "{reply}");
    let last = gateway.rows().await.pop().unwrap();
    assert_eq!((last.reason_code.as_str(), last.enforced.as_str()), ("redaction_not_carried", "deny"));
}

#[tokio::test]
async fn an_image_cannot_be_inspected() {
    let gateway = start().await;
    let mut body = texts("request", &["what is this?"]);
    body["images"] = json!(["https://x/y.png"]);
    let reply = ask(&gateway, &body).await.json();
    assert_eq!(reply["action"], "BLOCKED");
    assert!(reply["blocked_reason"].as_str().unwrap().contains("`/images`"), "{reply}");
}

#[tokio::test]
async fn the_user_counts_only_from_a_credential_with_the_right() {
    let gateway = start().await;
    let mut body = texts("response", &["PAYROLL of u7"]);
    body["request_data"] = json!({"user_api_key_user_id": "u7"});
    body["litellm_trace_id"] = json!("talk-1");
    assert_eq!(ask(&gateway, &body).await.json()["action"], "BLOCKED", "a proxy's user has no roles");
    assert_eq!(ask_as(&gateway, "plain-0123456789abcdef", &body).await.json()["action"], "BLOCKED");
    let rows = gateway.rows().await;
    let who: Vec<_> = rows.iter().map(|row| (row.principal.as_deref(), row.session.as_deref())).collect();
    assert_eq!(who, [(Some("u7"), Some("talk-1")), (None, Some("talk-1"))]);
}

#[tokio::test]
async fn a_body_of_another_shape_and_a_wrong_key_are_told_with_a_status() {
    let gateway = start().await;
    assert_eq!(ask(&gateway, &json!({"texts": ["a"]})).await.error(), (400, "malformed_body".to_owned()));
    let unknown = ask_as(&gateway, "wrong-0123456789abcdef", &texts("request", &["a"])).await;
    assert_eq!(unknown.error(), (401, "unauthorized".to_owned()));
    let bare = gateway.send(Request::post(PATH, texts("request", &["a"]).to_string())).await;
    assert_eq!(bare.error(), (401, "unauthorized".to_owned()));
    assert!(gateway.rows().await.is_empty());
}
