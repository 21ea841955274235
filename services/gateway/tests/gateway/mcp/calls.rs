//! Tool calls and their results.

use parapet_domain::Timestamp;
use parapet_store::Answer;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn an_allowed_call_and_its_result_pass_byte_for_byte() {
    let text =
        "{ \"jsonrpc\":\"2.0\", \"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"hi \\u00e4\"}]} }";
    let gateway = start(Script::typed(200, "application/json", text)).await;
    let body = "{\"jsonrpc\":\"2.0\",  \"id\":7, \"method\":\"tools/call\",\"params\":{\"name\":\"look\",\"arguments\":{\"what\":\"a b\"}}}";
    let reply = gateway.send(Request::post("/mcp/files", body).header("accept", "*/*")).await;
    assert_eq!((reply.status, reply.text()), (200, text.to_owned()));
    assert_eq!(gateway.upstream.bodies(), [body]);
    assert_eq!(gateway.upstream.seen()[0].line, "POST /mcp HTTP/1.1");
    assert_eq!(gateway.story().await, ["0 tool_call allow", "1 tool_result allow"]);
    let rows = gateway.rows().await;
    assert_eq!(rows[0].exchange_id, rows[1].exchange_id);
    assert_eq!((rows[0].surface.as_str(), rows[0].route.as_str()), ("mcp", "files"));
    assert_eq!(rows[1].coverage.inspected, ["/result/content/0/text"]);
    assert_eq!(reply.header("x-parapet-decision"), Some("allow"));
}

#[tokio::test]
async fn a_denied_call_never_reaches_the_server() {
    let gateway = start(server(&says("never"))).await;
    for (message, reason) in [
        (call("delete_all", &json!({})), "forbidden_tool"),
        (call("look", &json!({"q": "FORBIDDEN"})), "forbidden_word"),
    ] {
        let reply = ask(&gateway, &message).await;
        let text = refused(&reply);
        let id = reply.header("x-parapet-decision-id").unwrap();
        assert!(
            text.contains(reason) && text.contains(id) && text.contains("Do not send it again unchanged"),
            "{text}"
        );
        assert_eq!(reply.json()["result"]["_meta"]["parapet/refusal"]["decision_id"], id);
    }
    assert!(gateway.upstream.seen().is_empty());
    assert_eq!(gateway.rows().await.len(), 2);
}

#[tokio::test]
async fn a_denied_result_never_reaches_the_client() {
    for bad in [
        says("the FORBIDDEN thing"),
        result(&json!({"content": [], "structuredContent": {"deep": [{"x": "FORBIDDEN"}]}})),
        result(&json!({"content": [{"type": "resource", "resource": {"uri": "a", "text": "FORBIDDEN"}}]})),
        result(&json!({"content": [{"type": "resource_link", "uri": "a", "name": "n", "description": "FORBIDDEN"}]})),
        result(&json!({"content": [], "_meta": {"note": "FORBIDDEN"}})),
        result(&json!({"content": [{"type": "text", "text": "FORBIDDEN"}], "isError": true})),
        json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -1, "message": "FORBIDDEN"}}),
    ] {
        let gateway = start(server(&bad)).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        assert!(refused(&reply).contains("forbidden_word"), "{bad}");
        assert!(!reply.text().contains("FORBIDDEN"), "{bad}");
        assert_eq!(gateway.story().await, ["0 tool_call allow", "1 tool_result deny"], "{bad}");
    }
}

#[tokio::test]
async fn redactions_are_made_in_arguments_text_and_structured_content() {
    let answer =
        result(&json!({"content": [{"type": "text", "text": "a SECRET"}], "structuredContent": {"k": "the SECRET"}}));
    let gateway = start(server(&answer)).await;
    let message = call("look", &json!({"q": "my SECRET"}));
    let reply = ask(&gateway, &message).await;
    assert_eq!(reply.text(), answer.to_string().replace("SECRET", "******"));
    assert_eq!(gateway.upstream.bodies(), [message.to_string().replace("SECRET", "******")]);
    assert_eq!(gateway.story().await, ["0 tool_call redact", "1 tool_result redact"]);
}

#[tokio::test]
async fn a_redaction_that_would_break_structured_content_refuses_the_result() {
    let gateway = start(server(&result(&json!({"content": [], "structuredContent": {"k": "BREAK"}})))).await;
    assert!(refused(&ask(&gateway, &call("look", &json!({}))).await).contains("redaction_impossible"));
}

#[tokio::test]
async fn a_call_that_a_person_approves_passes_once_when_it_is_repeated() {
    let gateway = start(server(&says("done"))).await;
    let message = call("look", &json!({"q": "ASKFIRST", "n": 1}));
    let reply = ask(&gateway, &message).await;
    let text = refused(&reply);
    let location = reply.json()["result"]["_meta"]["parapet/refusal"]["location"].as_str().unwrap().to_owned();
    assert!(text.starts_with("A person has to approve this first") && text.contains(&location), "{text}");
    assert!(text.contains(&gateway.rows().await[0].id.to_string()) && gateway.upstream.seen().is_empty());

    let id = location.rsplit('/').next().unwrap().parse().unwrap();
    let yes = Answer { approve: true, by: "ann".to_owned(), note: String::new(), at: Timestamp::now() };
    gateway.store.answer_approval("default", id, &yes).await.unwrap();
    assert!(refused(&ask(&gateway, &call("look", &json!({"q": "ASKFIRST", "n": 2}))).await).contains("has to approve"));
    assert_eq!(ask(&gateway, &message).await.text(), says("done").to_string());
    assert!(refused(&ask(&gateway, &message).await).contains("has to approve"));
    assert_eq!(gateway.upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_guard_that_fails_is_told_apart_from_a_block() {
    let gateway = start(server(&says("SPIN"))).await;
    for message in [call("look", &json!({"q": "SPIN"})), call("look", &json!({}))] {
        let reply = ask(&gateway, &message).await;
        assert!(refused(&reply).contains("guard_out_of_fuel"), "{message}");
        assert_eq!(reply.json()["result"]["_meta"]["parapet/refusal"]["code"], "guardrail_failed");
    }
}

#[tokio::test]
async fn what_cannot_be_inspected_passes_only_where_the_route_says_so() {
    let image = result(&json!({"content": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}]}));
    let gateway = start(server(&image)).await;
    assert!(refused(&ask(&gateway, &call("look", &json!({}))).await).contains("part_not_inspected"));
    let gateway = started("not_inspected = \"allow\"", server(&image)).await;
    assert_eq!(ask(&gateway, &call("look", &json!({}))).await.text(), image.to_string());
    assert_eq!(gateway.rows().await[1].coverage.not_inspected[0].reason, "image");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_passed_on() {
    for (stray, what) in [
        (json!({"jsonrpc": "2.0", "id": 8, "result": {"content": []}}), "another id"),
        (json!({"jsonrpc": "2.0", "id": "7", "result": {"content": []}}), "an id of another type"),
    ] {
        let gateway = start(server(&stray)).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        assert_eq!(reply.json()["error"]["data"]["code"], "upstream_error", "{what}");
        assert_eq!((reply.status, &reply.json()["id"]), (200, &json!(7)));
        let rows = gateway.rows().await;
        assert_eq!(rows.last().unwrap().reason_code, "answer_not_asked", "{what}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_outage_and_on_record() {
    for bad in [
        "not JSON",
        r#"{"jsonrpc":"2.0","id":7,"result":{},"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{"content":"x"},"more":"FORBIDDEN"}"#,
        r#"[{"jsonrpc":"2.0","id":7,"result":{}}, 3"#,
    ] {
        let gateway = start(Script::typed(200, "application/json", bad)).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        assert_eq!(reply.json()["error"]["data"]["code"], "upstream_error", "{bad}");
        assert_eq!(gateway.rows().await.last().unwrap().coverage.not_inspected[0].reason, "unreadable", "{bad}");
    }
}

#[tokio::test]
async fn other_requests_are_judged_and_refused_as_errors() {
    let gateway = start(server(&result(&json!({"contents": [{"uri": "a", "text": "fine"}]})))).await;
    let reply = ask(&gateway, &request("resources/read", &json!({"uri": "file:///FORBIDDEN"}))).await;
    assert_eq!(reply.json()["error"]["code"], -32050);
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "forbidden_word");
    assert!(gateway.upstream.seen().is_empty());
    let reply = ask(&gateway, &request("resources/read", &json!({"uri": "file:///a"}))).await;
    assert_eq!(reply.json()["result"]["contents"][0]["text"], "fine");

    let gateway = start(server(&result(
        &json!({"messages": [{"role": "user", "content": {"type": "text", "text": "FORBIDDEN"}}]}),
    )))
    .await;
    let reply = ask(&gateway, &request("prompts/get", &json!({"name": "p"}))).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "forbidden_word");
    assert_eq!(gateway.story().await, ["0 tool_call allow", "1 input deny"]);
}

#[tokio::test]
async fn a_method_that_is_not_known_passes_only_where_the_route_says_so() {
    let odd = request("vendor/do", &json!({"x": "y y"}));
    let gateway = start(server(&result(&json!({"z": "z z"})))).await;
    let reply = ask(&gateway, &odd).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "method_not_known");
    assert!(gateway.upstream.seen().is_empty());
    let gateway = started("unknown_methods = \"judge\"", server(&result(&json!({"z": "z z"})))).await;
    assert_eq!(ask(&gateway, &odd).await.json()["result"]["z"], "z z");
    assert_eq!(gateway.story().await, ["0 tool_call allow", "1 tool_result allow"]);
    let reply = ask(&gateway, &request("vendor/do", &json!({"x": "FORBIDDEN"}))).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "forbidden_word");
}

#[tokio::test]
async fn notifications_pass_or_are_dropped_and_nobody_waits() {
    let gateway = start(Script::Bytes(accepted())).await;
    let cancelled = |reason: &str| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3, "reason": reason}});
    let reply = ask(&gateway, &cancelled("too slow")).await;
    assert_eq!((reply.status, reply.text()), (202, String::new()));
    let reply = ask(&gateway, &cancelled("FORBIDDEN")).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (202, Some("deny")));
    assert_eq!(gateway.upstream.seen().len(), 1);
    assert_eq!(gateway.story().await, ["0 output allow", "0 output deny"]);
    let reply = ask(&gateway, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    assert_eq!(reply.status, 202);
    assert_eq!(
        (gateway.upstream.seen().len(), gateway.rows().await.len()),
        (2, 2),
        "what has no content leaves no row"
    );
}

#[tokio::test]
async fn a_batch_passes_whole_or_not_at_all() {
    let one = |id: u32, q: &str| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "look", "arguments": {"q": q}}});
    let answers = json!([{"jsonrpc": "2.0", "id": 2, "result": {"content": []}}, {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "FORBIDDEN"}]}}]);
    let gateway = start(server(&answers)).await;
    let reply = ask(&gateway, &json!([one(1, "a"), one(2, "b")])).await;
    let body = reply.json();
    assert_eq!((body[0]["id"].clone(), body[1]["result"]["isError"].clone()), (json!(2), json!(true)), "{body}");
    let reply = ask(&gateway, &json!([one(1, "a"), one(2, "FORBIDDEN")])).await;
    let ids: Vec<Value> = reply.json().as_array().unwrap().iter().map(|reply| reply["id"].clone()).collect();
    assert_eq!((reply.status, ids), (200, vec![json!(2), json!(1)]));
    assert_eq!(gateway.upstream.seen().len(), 1);
    let modern = post(&json!([one(1, "a")])).header("mcp-protocol-version", "2025-06-18");
    assert_eq!(gateway.send(modern).await.status, 400);
}

#[tokio::test]
async fn each_call_counts_in_its_session_whatever_its_id() {
    let config = CONFIG.replace("agent = \"assistant\"", "agent = \"shop\"");
    let gateway = Setup::with(&config, server(&says("the account is ZX-4711-QQ"))).start().await;
    let asks = async |session: &str, to: &str| {
        let reply = gateway.send(post(&call("refund", &json!({"to": to}))).header("mcp-session-id", session)).await;
        reply.json()["result"]["_meta"]["parapet/refusal"]["reason_code"].as_str().map(str::to_owned)
    };
    assert_eq!(asks("s-1", "first").await, None);
    assert_eq!(asks("s-1", "second").await, None);
    assert_eq!(asks("s-1", "third").await.as_deref(), Some("too_often"));
    assert_eq!(asks("s-2", "first").await, None);
    assert_eq!(asks("s-2", "ZX-4711-QQ").await.as_deref(), Some("from_result"));
}
