//! What is no plain request: each thing refused by name, nothing passed over.

use crate::support::client::{Request, send_bytes};
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

async fn start() -> Gateway {
    Setup::chat(Script::says("never")).start().await
}

#[tokio::test]
async fn each_is_refused_by_name_and_never_reaches_the_upstream() {
    let gateway = start().await;
    let chat = || Request::chat(HELLO);
    for (request, status, code) in [
        (Request::post("/v1/completions", HELLO), 404, "unknown_route"),
        (Request::post("/v1/chat/completions/", HELLO), 404, "unknown_route"),
        (Request::post("//v1/chat/completions", HELLO), 404, "unknown_route"),
        (Request::post("/v1/chat/../chat/completions", HELLO), 404, "unknown_route"),
        (Request::post("/V1/chat/completions", HELLO), 404, "unknown_route"),
        (chat().method("GET"), 405, "method_not_allowed"),
        (chat().method("PUT"), 405, "method_not_allowed"),
        (chat().add("upgrade", "websocket"), 400, "upgrade_refused"),
        (chat().header("content-encoding", "gzip"), 415, "unsupported_encoding"),
        (chat().header("content-encoding", "identity, br"), 415, "unsupported_encoding"),
        (chat().header("content-type", "text/plain"), 415, "unsupported_media_type"),
        (chat().header("content-type", "application/jsonp"), 415, "unsupported_media_type"),
        (chat().header("x-parapet-session", "two words"), 400, "malformed_body"),
        (Request::chat(""), 400, "malformed_body"),
        (Request::chat("{"), 400, "malformed_body"),
        (Request::chat("[]"), 400, "malformed_body"),
        (
            Request::chat(r#"{"model":"m","messages":[],"messages":[{"role":"user","content":"x"}]}"#),
            400,
            "malformed_body",
        ),
        (Request::post("/v1/chat/completions", b"{\"a\":\"\xff\"}".to_vec()), 400, "malformed_body"),
        (Request::post("/v1/chat/completions?user=admin", HELLO), 400, "content_filter"),
    ] {
        let shown = String::from_utf8_lossy(&request.to_bytes()).into_owned();
        assert_eq!(gateway.send(request).await.error(), (status, code.to_owned()), "{shown}");
    }
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_refused_method_says_which_one_is_served() {
    let gateway = start().await;
    let reply = gateway.send(Request::chat(HELLO).method("DELETE")).await;
    assert_eq!(reply.header("allow"), Some("POST"));
}

#[tokio::test]
async fn media_types_may_have_parameters() {
    let gateway = Setup::chat(Script::says("fine")).start().await;
    let request = Request::chat(HELLO)
        .header("content-type", "Application/JSON; charset=utf-8")
        .header("content-encoding", "identity");
    assert_eq!(gateway.send(request).await.status, 200);
}

#[tokio::test]
async fn two_lengths_or_bytes_that_are_no_http_are_refused() {
    let gateway = start().await;
    let smuggled = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\nconnection: close\r\n\r\nhello!";
    assert_eq!(send_bytes(gateway.address, smuggled).await.status, 400);
    assert_eq!(send_bytes(gateway.address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n").await.status, 400);
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_query_passes_only_where_the_route_lets_uninspected_parts_pass() {
    let gateway = Setup::with(&format!("{CHAT}not_inspected = \"allow\"\n"), Script::says("fine")).start().await;
    let reply = gateway.send(Request::post("/v1/chat/completions?api-version=1", HELLO)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(gateway.rows().await[0].coverage.not_inspected[0].reason, "query_string");
}
