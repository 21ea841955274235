//! What a server offers: lists that are filtered, a greeting that is judged.

use serde_json::json;

use super::*;

fn tools() -> Value {
    result(&json!({"tools": [
        {"name": "read_file", "description": "reads", "inputSchema": {"type": "object"}},
        {"name": "bad", "description": "does FORBIDDEN things", "inputSchema": {"type": "object"}},
        {"name": "write_file", "description": "knows a SECRET", "inputSchema": {"type": "object"}}]}))
}

fn names(reply: &Reply) -> Vec<String> {
    reply.json()["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_definition_that_is_denied_is_left_out_and_the_others_stay() {
    let gateway = start(server(&tools())).await;
    let reply = ask(&gateway, &request("tools/list", &json!({}))).await;
    assert_eq!(names(&reply), ["read_file", "write_file"]);
    assert_eq!(reply.json()["result"]["tools"][1]["description"], "knows a ******");
    assert_eq!(gateway.story().await, ["0 input allow", "1 input deny", "2 input redact"]);
}

#[tokio::test]
async fn tools_that_the_route_leaves_out_are_neither_listed_nor_called() {
    let lists = "tools_allowed = [\"read_*\", \"write_file\"]\ntools_denied = [\"write_file\"]";
    let gateway = started(
        lists,
        by_method(|method| {
            let body = if method == "tools/list" { tools() } else { says("done") };
            answer(200, "content-type: application/json\r\n", body.to_string().as_bytes())
        }),
    )
    .await;
    let reply = ask(&gateway, &request("tools/list", &json!({}))).await;
    assert_eq!(names(&reply), ["read_file"]);
    for tool in ["write_file", "bad"] {
        assert!(refused(&ask(&gateway, &call(tool, &json!({}))).await).contains("tool_not_offered"), "{tool}");
    }
    assert_eq!(ask(&gateway, &call("read_file", &json!({}))).await.text(), says("done").to_string());
    assert_eq!(gateway.upstream.seen().len(), 2);
    let codes: Vec<String> = gateway.rows().await.into_iter().map(|row| row.reason_code).collect();
    assert_eq!(codes.iter().filter(|code| *code == "tool_not_offered").count(), 4, "{codes:?}");
}

#[tokio::test]
async fn what_surrounds_a_list_refuses_the_whole_of_it() {
    let mut list = tools();
    list["result"]["nextCursor"] = json!("FORBIDDEN");
    let gateway = start(server(&list)).await;
    let reply = ask(&gateway, &request("tools/list", &json!({}))).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "forbidden_word");
}

#[tokio::test]
async fn what_cannot_be_inspected_around_a_list_refuses_the_whole_of_it() {
    let mut list = tools();
    list["result"]["do this now"] = json!(true);
    let gateway = start(server(&list)).await;
    let reply = ask(&gateway, &request("tools/list", &json!({}))).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "part_not_inspected");
}

#[tokio::test]
async fn a_greeting_is_judged_and_gives_the_session() {
    let hello = |version: &str, instructions: &str| {
        result(
            &json!({"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}, "instructions": instructions}),
        )
    };
    let params =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let gateway = start(server(&hello("2025-06-18", "use me well"))).await;
    let reply = ask(&gateway, &request("initialize", &params)).await;
    assert_eq!(
        (reply.header("mcp-session-id"), &reply.json()["result"]["instructions"]),
        (Some("s-1"), &json!("use me well"))
    );
    assert_eq!(gateway.story().await, ["0 input allow"]);

    let gateway = start(server(&hello("2025-06-18", "FORBIDDEN"))).await;
    let reply = ask(&gateway, &request("initialize", &params)).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "forbidden_word");

    let gateway = start(server(&hello("2099-01-01", "hello there"))).await;
    let reply = ask(&gateway, &request("initialize", &params)).await;
    assert_eq!(reply.json()["error"]["data"]["reason_code"], "protocol_version_unknown");
}
