//! Upstreams that are down, slow, broken or say no: told apart from blocks, and nothing unjudged gets through.

use serde_json::json;
use tokio::net::TcpListener;

use crate::support::upstream::{Script, completion};
use crate::support::{CHAT, Gateway, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
const JSON: &str = "content-type: application/json\r\n";

async fn start(script: Script) -> Gateway {
    Setup::chat(script).start().await
}

#[tokio::test]
async fn an_upstream_that_is_down_is_an_outage() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = Setup::with(&CHAT.replace("{upstream}", &format!("http://{address}")), Script::Silent).start().await;
    assert_eq!(gateway.chat(HELLO).await.error(), (502, "upstream_unreachable".to_owned()));
    assert_eq!(gateway.story().await, ["0 input allow"]);
    assert!(
        gateway
            .app
            .metrics_text()
            .contains(r#"parapet_upstream_failures_total{upstream="model",kind="unreachable"} 1"#)
    );
}

#[tokio::test]
async fn an_upstream_that_is_slow_is_an_outage() {
    for limit in ["response_timeout_ms = 50", "total_timeout_ms = 50"] {
        let config = CHAT.replace("response_timeout_ms = 60000", limit);
        let gateway = Setup::with(&config, Script::Silent).start().await;
        assert_eq!(gateway.chat(HELLO).await.error(), (504, "upstream_timeout".to_owned()), "{limit}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_judged_is_not_passed_on() {
    let whole = completion(&["fine"]).to_string();
    let long = completion(&[&"x".repeat(200_000)]);
    for (script, code) in [
        (Script::Bytes(b"what is this\r\n\r\n".to_vec()), "upstream_error"),
        (Script::Bytes(Vec::new()), "upstream_error"),
        (
            Script::Bytes(
                format!("HTTP/1.1 200 OK\r\n{JSON}content-length: {}\r\n\r\n{}", whole.len(), &whole[..40])
                    .into_bytes(),
            ),
            "upstream_error",
        ),
        (
            Script::with_headers(200, "content-type: application/json\r\ncontent-encoding: gzip\r\n", &whole),
            "upstream_error",
        ),
        (Script::typed(200, "application/json", "{\"choices\": ["), "upstream_error"),
        (Script::typed(200, "application/json", r#"{"choices": [], "choices": []}"#), "upstream_error"),
        (Script::typed(200, "application/json", r#"{"answer": "no completion"}"#), "upstream_error"),
        (Script::typed(200, "text/html", "<html>hello</html>"), "upstream_error"),
        (Script::typed(502, "text/html", "<html>bad gateway</html>"), "upstream_error"),
        (
            Script::typed(
                200,
                "text/event-stream",
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n",
            ),
            "upstream_error",
        ),
        (Script::json(200, &long), "answer_too_large"),
    ] {
        let gateway = start(script).await;
        let reply = gateway.chat(HELLO).await;
        assert_eq!(reply.error(), (502, code.to_owned()), "{}", reply.text());
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_on_record_and_refused_whatever_the_route_says() {
    for script in [
        Script::typed(200, "application/json", "{\"choices\": ["),
        Script::with_headers(200, &format!("{JSON}content-encoding: gzip\r\n"), "{}"),
        Script::typed(
            200,
            "text/event-stream",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n",
        ),
        Script::with_headers(307, "location: http://127.0.0.1:1/\r\n", ""),
    ] {
        let gateway = Setup::with(&format!("{CHAT}not_inspected = \"allow\"\n"), script).start().await;
        assert_eq!(gateway.chat(HELLO).await.error(), (502, "upstream_error".to_owned()));
        assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
        let row = &gateway.rows().await[1];
        assert_eq!(row.coverage.not_inspected[0].reason, "unreadable");
        assert_eq!(row.reason_code, "part_not_inspected");
    }
}

#[tokio::test]
async fn an_error_of_the_upstream_keeps_its_status_and_is_judged_too() {
    let error = json!({"error": {"message": "slow down", "type": "rate_limit", "param": null, "code": "rate_limited"}});
    let script = Script::with_headers(429, "content-type: application/json\r\nretry-after: 7\r\n", error.to_string());
    let gateway = start(script).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!((reply.status, reply.json()), (429, error));
    assert_eq!((reply.header("retry-after"), reply.header("x-parapet-upstream-status")), (Some("7"), Some("429")));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);

    for body in [json!({"error": {"message": "FORBIDDEN"}}), json!({"detail": [{"why": "FORBIDDEN"}]})] {
        let gateway = start(Script::json(500, &body)).await;
        let reply = gateway.chat(HELLO).await;
        assert_eq!(reply.error(), (400, "content_filter".to_owned()), "{body}");
        assert_eq!(reply.header("x-parapet-upstream-status"), Some("500"));
    }
}

#[tokio::test]
async fn an_error_of_any_form_is_judged_as_a_whole() {
    let body = json!({"detail": [{"loc": ["body"], "msg": "the SECRET is missing"}]});
    let gateway = start(Script::json(422, &body)).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!((reply.status, reply.text()), (422, body.to_string().replace("SECRET", "******")));
}

#[tokio::test]
async fn an_empty_answer_is_decided_on_and_recorded() {
    let gateway = start(Script::with_headers(204, "", "")).await;
    assert_eq!(gateway.chat(HELLO).await.status, 204);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
}

#[tokio::test]
async fn an_upstream_cannot_speak_in_parapets_name() {
    let headers = "content-type: application/json\r\nx-parapet-decision: allow\r\nx-parapet-decision-id: forged\r\nkeep-alive: 5\r\nset-cookie: a=b\r\ncontent-digest: sha-256=:x:\r\nx-ratelimit-limit-requests: 7\r\n";
    let gateway = start(Script::with_headers(200, headers, completion(&["a SECRET"]).to_string())).await;
    let reply = gateway.chat(HELLO).await;
    assert_eq!(
        (reply.header("x-parapet-decision"), reply.header("x-ratelimit-limit-requests")),
        (Some("redact"), Some("7"))
    );
    assert_ne!(reply.header("x-parapet-decision-id"), Some("forged"));
    for name in ["keep-alive", "set-cookie", "content-digest"] {
        assert_eq!(reply.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_redirect_is_neither_followed_nor_passed_on() {
    for (status, body) in [(301, ""), (304, ""), (307, ""), (308, r#"{"error":{"message":"moved"}}"#)] {
        let headers = format!("{JSON}location: http://127.0.0.1:1/elsewhere\r\n");
        let gateway = start(Script::with_headers(status, &headers, body)).await;
        let reply = gateway.chat(HELLO).await;
        assert_eq!(reply.error(), (502, "upstream_error".to_owned()), "{status}");
        assert!(reply.header("location").is_none() && !reply.text().contains("elsewhere"), "{status}");
        assert_eq!(gateway.upstream.seen().len(), 1);
    }
}
