//! Callers that do not wait for their answer: what has begun is on record all the same.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::client::Request;
use crate::support::upstream::{Script, answer, completion};
use crate::support::{CHAT, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

/// An upstream that says when a request is there, and answers once it is told to.
fn waits(text: &str) -> (Arc<Notify>, Arc<Notify>, Script) {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let then = answer(200, "content-type: application/json\r\n", completion(&[text]).to_string().as_bytes());
    let script = Script::Wait { arrived: Arc::clone(&arrived), go: Arc::clone(&go), then };
    (arrived, go, script)
}

#[tokio::test]
async fn a_denial_is_recorded_for_a_caller_that_hung_up() {
    let mut gateway = Setup::chat(Script::says("never")).start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&Request::chat(&HELLO.replace("hello", "FORBIDDEN")).to_bytes()).await.unwrap();
    drop(stream);
    while gateway.rows().await.is_empty() {
        tokio::task::yield_now().await;
    }
    gateway.begin_stop();
    gateway.stopped().await;
    assert_eq!(gateway.story().await, ["0 input deny"]);
}

#[tokio::test]
async fn an_answer_is_judged_and_recorded_for_a_caller_that_hung_up_and_the_end_waits_for_it() {
    let (arrived, go, script) = waits("a SECRET");
    let mut gateway = Setup::chat(script).start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&Request::chat(HELLO).to_bytes()).await.unwrap();
    arrived.notified().await;
    // The gateway has noticed once it closes its side too.
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    gateway.begin_stop();
    go.notify_one();
    assert_eq!(gateway.stopped().await.lost, 0);
    assert_eq!(gateway.story().await, ["0 input allow", "1 output redact"]);
}

#[tokio::test]
async fn an_exchange_that_takes_too_long_for_its_caller_is_recorded_to_its_end() {
    let (arrived, go, script) = waits("FORBIDDEN");
    let config = format!("[server.limits]\nrequest_timeout_ms = 50\n{CHAT}");
    let mut gateway = Setup::with(&config, script).start().await;
    assert_eq!(gateway.chat(HELLO).await.error(), (504, "upstream_timeout".to_owned()));
    arrived.notified().await;
    gateway.begin_stop();
    go.notify_one();
    gateway.stopped().await;
    assert_eq!(gateway.story().await, ["0 input allow", "1 output deny"]);
}
