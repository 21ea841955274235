//! No caller can take more than its share: bytes, headers, time, places.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::client::{Request, parse, send, send_bytes};
use crate::support::upstream::{Script, completion};
use crate::support::{CHAT, Gateway, Setup};

const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

async fn start(limits: &str, script: Script) -> Gateway {
    Setup::with(&format!("[server.limits]\n{limits}\n{CHAT}"), script).start().await
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_its_length_is_stated_or_not() {
    let gateway = start("max_body_bytes = 1000", Script::says("never")).await;
    let long = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#, "x".repeat(1000));
    assert_eq!(gateway.chat(&long).await.error(), (413, "body_too_large".to_owned()));
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    assert_eq!(send_bytes(gateway.address, chunked.as_bytes()).await.error(), (413, "body_too_large".to_owned()));
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_caller_of_a_body_that_is_too_long_learns_why() {
    let gateway = start("max_body_bytes = 1000000", Script::says("never")).await;
    // More than the sockets' buffers hold, so that it is still being sent when the answer is decided.
    let reply = gateway.chat(&"x".repeat(3_900_000)).await;
    assert_eq!(reply.error(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_caller_that_does_not_read_its_answer_is_cut_off() {
    let config = format!("[server.limits]\nwrite_timeout_ms = 50\n{}", CHAT.replace("100000", "100000000"));
    let body = completion(&[&"x".repeat(30_000_000)]).to_string();
    let length = body.len();
    let mut gateway = Setup::with(&config, Script::typed(200, "application/json", body)).start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&Request::chat(HELLO).to_bytes()).await.unwrap();
    while gateway.rows().await.len() < 2 {
        tokio::task::yield_now().await;
    }
    // The drain waits for the connection, which ends by its own clock and not by being cut.
    gateway.begin_stop();
    assert_eq!(gateway.stopped().await.cut, 0);
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    assert!(got.len() < length, "{}", got.len());
}

#[tokio::test]
async fn headers_over_a_limit_are_refused() {
    let gateway = start("max_headers = 10\nmax_header_bytes = 8192", Script::says("never")).await;
    let mut many = Request::chat(HELLO);
    for n in 0..20 {
        many = many.add(&format!("x-h{n}"), "1");
    }
    assert_eq!(send(gateway.address, &many).await.status, 431);
    assert_eq!(send(gateway.address, &Request::chat(HELLO).add("x-long", &"y".repeat(9000))).await.status, 431);
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_caller_that_does_not_finish_its_headers_is_cut_off() {
    let gateway = start("header_read_timeout_ms = 50", Script::says("never")).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: ").await.unwrap();
    let mut answer = Vec::new();
    // Ends only because the gateway closes the connection.
    stream.read_to_end(&mut answer).await.unwrap();
    let mut idle = TcpStream::connect(gateway.address).await.unwrap();
    idle.read_to_end(&mut answer).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_does_not_finish_its_body_gets_408() {
    let gateway = start("body_read_timeout_ms = 50", Script::says("never")).await;
    let bytes = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{";
    assert_eq!(send_bytes(gateway.address, bytes).await.error(), (408, "request_timeout".to_owned()));
}

#[tokio::test]
async fn when_all_places_are_taken_the_next_request_is_sent_away_at_once() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let then = crate::support::upstream::answer(
        200,
        "content-type: application/json\r\n",
        completion(&["fine"]).to_string().as_bytes(),
    );
    let script = Script::Wait { arrived: Arc::clone(&arrived), go: Arc::clone(&go), then };
    let gateway = start("max_concurrent_requests = 1", script).await;
    let (address, first) = (gateway.address, Request::chat(HELLO));
    let first = tokio::spawn(async move { send(address, &first).await });
    arrived.notified().await;
    let second = gateway.chat(HELLO).await;
    assert_eq!(second.error(), (503, "overloaded".to_owned()));
    assert_eq!(second.header("retry-after"), Some("1"));
    go.notify_one();
    assert_eq!(first.await.unwrap().status, 200);
}

/// A caller that has sent the beginning of a body, `sent` bytes of it, and now keeps still.
async fn sends_slowly(gateway: &Gateway, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body once it begins to read it.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&vec![b' '; sent]).await.unwrap();
    stream
}

#[tokio::test]
async fn a_caller_that_sends_slowly_takes_no_place_from_others() {
    let gateway = start("max_concurrent_requests = 1", Script::says("fine")).await;
    let _slow = sends_slowly(&gateway, 10).await;
    assert_eq!(gateway.chat(HELLO).await.status, 200);
}

#[tokio::test]
async fn bodies_share_their_room_and_give_it_back() {
    let limits = "max_body_bytes = 60000\nmax_held_bytes = 60000";
    let gateway = start(limits, Script::says("fine")).await;
    let slow = sends_slowly(&gateway, 0).await;
    assert_eq!(gateway.chat(HELLO).await.status, 200, "who only states a length holds nothing");
    drop(slow);
    let padded = format!("{HELLO}{}", " ".repeat(59_000));
    for _ in 0..3 {
        assert_eq!(gateway.chat(&padded).await.status, 200, "the room of one is free for the next");
    }
}

#[tokio::test]
async fn connections_over_the_limit_wait_until_there_is_room() {
    let gateway = start("max_connections = 1", Script::says("fine")).await;
    let first = TcpStream::connect(gateway.address).await.unwrap();
    let (address, waiting) = (gateway.address, Request::chat(HELLO));
    let waiting = tokio::spawn(async move { send(address, &waiting).await });
    assert!(!waiting.is_finished());
    drop(first);
    assert_eq!(waiting.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_request_as_a_whole_has_its_time() {
    let gateway = start("request_timeout_ms = 50", Script::Silent).await;
    assert_eq!(gateway.chat(HELLO).await.error(), (504, "upstream_timeout".to_owned()));
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let gateway = Setup::chat(Script::says("fine")).start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let keep = String::from_utf8(Request::chat(HELLO).to_bytes()).unwrap().replace("connection: close\r\n", "");
    stream.write_all(keep.as_bytes()).await.unwrap();
    stream.write_all(&Request::chat(HELLO).to_bytes()).await.unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    assert_eq!(parse(&answers).status, 200);
    assert_eq!(gateway.rows().await.len(), 4);
}
