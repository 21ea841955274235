//! The protocol's use of HTTP: methods, headers, sessions, outages.

use serde_json::json;

use super::*;

#[tokio::test]
async fn only_the_three_methods_are_served() {
    let gateway = start(server(&says("never"))).await;
    for method in ["PUT", "OPTIONS", "HEAD", "PATCH"] {
        let reply = gateway.send(post(&call("look", &json!({}))).method(method)).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST, GET, DELETE")), "{method}");
    }
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn headers_of_the_protocol_are_checked_and_passed_on() {
    let gateway = start(server(&says("fine"))).await;
    let good =
        post(&call("look", &json!({}))).header("mcp-session-id", "s-1").header("mcp-protocol-version", "2025-06-18");
    let reply = gateway.send(good.clone()).await;
    assert_eq!((reply.status, reply.header("mcp-session-id")), (200, Some("s-1")));
    let seen = &gateway.upstream.seen()[0];
    assert_eq!((seen.header("mcp-session-id"), seen.header("mcp-protocol-version")), (Some("s-1"), Some("2025-06-18")));
    assert_eq!(seen.header("accept"), Some("application/json, text/event-stream"));
    for (name, value, status) in [
        ("mcp-protocol-version", "2099-01-01", 400),
        ("mcp-session-id", "a b", 400),
        ("accept", "application/json", 406),
        ("origin", "https://evil.example.com", 403),
        ("content-type", "text/plain", 415),
        ("content-encoding", "gzip", 415),
    ] {
        let reply = gateway.send(good.clone().header(name, value)).await;
        assert_eq!(reply.status, status, "{name}");
        assert_eq!(reply.json()["jsonrpc"], "2.0", "{name}");
    }
    assert_eq!(gateway.upstream.seen().len(), 1);
}

#[tokio::test]
async fn pages_of_a_site_that_the_route_names_may_ask() {
    let gateway = started("origins_allowed = [\"https://app.example.com\"]", server(&says("fine"))).await;
    let reply = gateway.send(post(&call("look", &json!({}))).header("origin", "https://app.example.com")).await;
    assert_eq!((reply.status, gateway.upstream.seen()[0].header("origin")), (200, None));
}

#[tokio::test]
async fn the_session_of_the_protocol_is_that_of_the_events_unless_the_caller_names_another() {
    let gateway = start(server(&says("fine"))).await;
    let message = post(&call("look", &json!({})));
    gateway.send(message.clone().header("mcp-session-id", "s-1")).await;
    gateway.send(message.clone().header("mcp-session-id", &"t".repeat(500))).await;
    gateway.send(message.header("mcp-session-id", "s-1").header("x-parapet-session", "mine")).await;
    let sessions: Vec<String> = gateway.rows().await.into_iter().step_by(2).map(|row| row.session.unwrap()).collect();
    assert_eq!((sessions[0].as_str(), sessions[2].as_str()), ("s-1", "mine"));
    assert!(sessions[1].starts_with("session:"), "{sessions:?}");
}

#[tokio::test]
async fn a_user_is_known_as_on_other_routes() {
    let config = CONFIG.replace("principal = \"optional\"", "principal = \"required\"");
    let gateway = Setup::with(&config, server(&says("PAYROLL"))).start().await;
    let message = post(&call("look", &json!({})));
    assert_eq!(gateway.send(message.clone()).await.status, 401);
    let with = |role: &str| message.clone().header("x-parapet-principal", &crate::support::user(role));
    assert!(refused(&gateway.send(with("clerk")).await).contains("only accountants"));
    assert_eq!(gateway.send(with("accountant")).await.text(), says("PAYROLL").to_string());
}

#[tokio::test]
async fn a_body_that_is_no_message_is_refused_and_goes_nowhere() {
    let gateway = start(server(&says("never"))).await;
    for (body, code) in [
        ("nonsense", -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}"#, -32700),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":3}}"#, -32600),
        ("[]", -32600),
    ] {
        let reply = gateway.send(Request::post("/mcp/files", body).header("accept", "*/*")).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(code)), "{body}");
    }
    assert!(gateway.upstream.seen().is_empty());
    let reply = gateway
        .send(Request::post("/mcp/files?q=FORBIDDEN", call("look", &json!({})).to_string()).header("accept", "*/*"))
        .await;
    assert!(refused(&reply).contains("part_not_inspected"));
}

#[tokio::test]
async fn a_server_that_says_no_keeps_its_status_and_not_its_text() {
    for (status, told) in [(404, 404), (401, 401), (500, 200), (302, 200)] {
        let gateway = start(Script::typed(status, "text/html", "<p>FORBIDDEN</p>")).await;
        let reply = ask(&gateway, &call("look", &json!({}))).await;
        assert_eq!((reply.status, &reply.json()["id"]), (told, &json!(7)), "{status}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(&status.to_string()));
        assert_eq!(reply.header("x-parapet-upstream-status"), Some(status.to_string().as_str()));
        assert!(!reply.text().contains("FORBIDDEN"));
    }
}

#[tokio::test]
async fn an_outage_is_an_error_in_the_protocols_own_way() {
    let config = CONFIG.replace("response_timeout_ms = 60000", "response_timeout_ms = 50");
    let gateway = Setup::with(&config, Script::Silent).start().await;
    let reply = ask(&gateway, &call("look", &json!({}))).await;
    assert_eq!((reply.status, &reply.json()["error"]["data"]["code"]), (200, &json!("upstream_timeout")));
    // The request waits no longer: its id can be used again.
    let reply = ask(&gateway, &call("look", &json!({}))).await;
    assert_eq!(reply.json()["error"]["data"]["code"], "upstream_timeout");
}

#[tokio::test]
async fn delete_ends_the_session_at_the_server() {
    let gateway = start(Script::typed(200, "text/plain", "FORBIDDEN bye")).await;
    let delete = Request::post("/mcp/files", "").method("DELETE").header("mcp-session-id", "s-1");
    let reply = gateway.send(delete).await;
    assert_eq!((reply.status, reply.text()), (204, String::new()));
    let seen = &gateway.upstream.seen()[0];
    assert_eq!(
        (seen.line.as_str(), seen.header("mcp-session-id"), seen.body.len()),
        ("DELETE /mcp HTTP/1.1", Some("s-1"), 0)
    );
}
