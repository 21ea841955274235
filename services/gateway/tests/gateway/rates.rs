//! Who asks too often is told when to come back, and nothing of what it sends is read.

use serde_json::json;

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup, user};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

fn limit(key: &str, burst: u32) -> String {
    format!("[[limit]]\nname = \"l\"\nkey = \"{key}\"\nrequests = 1\nperiod_ms = 3600000\nburst = {burst}\n")
}

async fn ask_as(gateway: &Gateway, name: &str) -> Reply {
    let principal = user("nurse").replace("u1", name);
    gateway.send(Request::chat(HELLO).header("x-parapet-principal", &principal)).await
}

#[tokio::test]
async fn each_user_has_a_share_of_its_own() {
    let gateway = Setup::with(&format!("{CHAT}{}", limit("principal", 2)), Script::says("fine")).start().await;
    for _ in 0..2 {
        assert_eq!(ask_as(&gateway, "ann").await.status, 200);
    }
    let refused = ask_as(&gateway, "ann").await;
    assert_eq!(refused.error(), (429, "rate_limited".to_owned()));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(ask_as(&gateway, "bob").await.status, 200);
    assert_eq!(gateway.upstream.seen().len(), 3, "nothing of what is refused goes on");
    assert!(gateway.app.metrics_text().contains("parapet_rate_limited_total{limit=\"l\",route=\"chat\"} 1"));
}

#[tokio::test]
async fn a_limit_that_is_known_from_the_headers_is_applied_before_the_body_is_read() {
    let gateway = Setup::with(&format!("{CHAT}{}", limit("route", 1)), Script::says("fine")).start().await;
    assert_eq!(gateway.chat(HELLO).await.status, 200);
    let endless = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\nconnection: close\r\n\r\n{";
    let reply = crate::support::client::send_bytes(gateway.address, endless).await;
    assert_eq!(reply.error(), (429, "rate_limited".to_owned()));
}

#[tokio::test]
async fn a_user_that_a_body_names_counts_as_any_other() {
    let config = format!(
        "[[credential]]\nname = \"c\"\nkey = \"full-0123456789abcdef\"\nrights = [\"assert_identity\"]\n[[route]]\nname = \"check\"\nsurface = \"check\"\nagent = \"checker\"\n{}",
        limit("principal", 1)
    );
    let gateway = Setup::with(&config, Script::Silent).start().await;
    let check = |name: &str| {
        let body = json!({"stage": "input", "text": "hello", "principal": {"id": name}});
        Request::post("/v1/check", body.to_string()).header("x-parapet-key", "full-0123456789abcdef")
    };
    assert_eq!(gateway.send(check("ann")).await.status, 200);
    assert_eq!(gateway.send(check("ann")).await.error(), (429, "rate_limited".to_owned()));
    assert_eq!(gateway.send(check("bob")).await.status, 200);
    assert_eq!(gateway.rows().await.len(), 2);
}
