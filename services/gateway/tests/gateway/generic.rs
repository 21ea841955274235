//! An agent's own JSON API, mapped by the configuration.

use serde_json::json;

use crate::support::Setup;
use crate::support::client::Request;
use crate::support::upstream::Script;

const CONFIG: &str = r#"
[upstreams.ehr]
base_url = "{upstream}/base"
[[route]]
name = "ehr"
surface = "generic"
path = "/ehr/ask"
upstream = "ehr"
upstream_path = "/ask"
principal = "optional"
request_parts = [{ name = "question", pointer = "/question" }]
request_ignore = ["/id"]
answer_parts = [{ name = "code", pointer = "/code" }, { name = "notes", pointer = "/notes/*", required = false }]
answer_ignore = ["/cost"]
"#;

async fn ask(
    config: &str,
    request: &serde_json::Value,
    answer: &serde_json::Value,
) -> (crate::support::Gateway, crate::support::client::Reply) {
    let gateway = Setup::with(config, Script::json(200, answer)).start().await;
    let reply = gateway.send(Request::post("/ehr/ask", request.to_string())).await;
    (gateway, reply)
}

#[tokio::test]
async fn mapped_parts_are_judged_and_the_rest_passes_unchanged() {
    let answer = json!({"code": "x = 1", "notes": ["one", "a SECRET"], "cost": 1.50});
    let (gateway, reply) = ask(CONFIG, &json!({"id": "7", "question": "how many"}), &answer).await;
    assert_eq!((reply.status, reply.text()), (200, answer.to_string().replace("SECRET", "******")));
    assert_eq!(gateway.upstream.seen()[0].line, "POST /base/ask HTTP/1.1");
    let rows = gateway.rows().await;
    assert_eq!(rows[1].coverage.inspected, ["/code", "/notes/0", "/notes/1"]);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output redact"]);
}

#[tokio::test]
async fn denied_code_never_reaches_the_client() {
    let (_gateway, reply) = ask(CONFIG, &json!({"question": "how many"}), &json!({"code": "FORBIDDEN()"})).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert!(!reply.text().contains("FORBIDDEN"));
}

#[tokio::test]
async fn a_field_that_is_not_mapped_is_refused_unless_the_route_allows_it() {
    let request = json!({"question": "how many", "aside": "FORBIDDEN"});
    let (gateway, reply) = ask(CONFIG, &request, &json!({"code": "x"})).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &json!("part_not_inspected")));
    assert!(gateway.upstream.seen().is_empty());
    let open = CONFIG.replace("principal =", "not_inspected = \"allow\"\nprincipal =");
    let (gateway, reply) = ask(&open, &request, &json!({"code": "x"})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(gateway.rows().await[0].coverage.not_inspected[0].pointer, "/aside");
}

#[tokio::test]
async fn a_body_without_a_required_part_is_malformed() {
    let (gateway, reply) = ask(CONFIG, &json!({"id": "7"}), &json!({"code": "x"})).await;
    assert_eq!(reply.error(), (400, "malformed_body".to_owned()));
    assert!(gateway.upstream.seen().is_empty());
    // The same in an answer is the upstream's fault.
    let (_gateway, reply) = ask(CONFIG, &json!({"question": "how many"}), &json!({"cod": "x"})).await;
    assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
}
