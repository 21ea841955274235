//! The end: nothing new is taken, what is at work is finished.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::client::{Request, send};
use crate::support::upstream::{Script, answer, completion};
use crate::support::{CHAT, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

#[tokio::test]
async fn a_request_at_work_is_finished_and_recorded() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let then = answer(200, "content-type: application/json\r\n", completion(&["fine"]).to_string().as_bytes());
    let script = Script::Wait { arrived: Arc::clone(&arrived), go: Arc::clone(&go), then };
    let mut gateway = Setup::chat(script).start().await;
    let address = gateway.address;
    let asked = tokio::spawn(async move { send(address, &Request::chat(HELLO)).await });
    arrived.notified().await;
    gateway.begin_stop();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert_eq!(asked.await.unwrap().status, 200);
    let drained = gateway.stopped().await;
    assert_eq!((drained.cut, drained.lost), (0, 0));
    assert_eq!(gateway.story().await, ["0 input allow", "1 output allow"]);
}

#[tokio::test]
async fn a_request_that_does_not_end_in_time_is_cut() {
    let config = format!("[server.limits]\ndrain_timeout_ms = 50\n{CHAT}");
    let mut gateway = Setup::with(&config, Script::Silent).start().await;
    let address = gateway.address;
    let mut stream = TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &Request::chat(HELLO).to_bytes()).await.unwrap();
    while gateway.upstream.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    gateway.begin_stop();
    assert_eq!(gateway.stopped().await.cut, 1);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut gateway = Setup::chat(Script::says("fine")).start().await;
    let _idle = TcpStream::connect(gateway.address).await.unwrap();
    gateway.chat(HELLO).await;
    gateway.begin_stop();
    assert_eq!(gateway.stopped().await.cut, 0);
}
