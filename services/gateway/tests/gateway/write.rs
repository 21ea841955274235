//! Long documents over HTTP, with a writer that takes each line of the instruction for a section.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use parapet_domain::Stage;
use parapet_gateway::{DocumentError, Documents, Passages, Writing};
use parapet_surfaces::Fault;
use parapet_surfaces::sse::{SseEvent, SseParser};
use parapet_surfaces::write::{Piece, WriteRequest};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup, user};

const HEADER: &str = "x-parapet-principal";
const CONFIG: &str = r#"
[identity.header]
trusted_peers = ["127.0.0.1/32"]
[write]
max_documents = 2
max_documents_per_principal = 1
[[route]]
name = "reports"
surface = "write"
agent = "assistant"
"#;

/// Writes each line of the instruction as a section; at `WAIT` it waits until it is stopped.
#[derive(Default)]
struct Lines {
    kept: Mutex<HashMap<String, String>>,
    waits: Notify,
    stopped: Notify,
}

#[async_trait]
impl Documents for Lines {
    async fn write(&self, asked: WriteRequest, writing: Writing<'_>) -> Result<Value, DocumentError> {
        let Writing { passages, tell, stop } = writing;
        let Some(order) = asked.order else { return self.show(passages).await };
        let instruction = Piece { name: "instruction", place: None, text: &order.instruction };
        passages
            .judge(Stage::Input, instruction)
            .await
            .map_err(|withheld| DocumentError::Withheld(Box::new(withheld)))?;
        let mut text = Vec::new();
        for (at, line) in order.instruction.lines().enumerate() {
            tell(json!({"step": "writing", "number": at + 1}));
            if line == "WAIT" {
                self.waits.notify_one();
                stop.cancelled().await;
                self.stopped.notify_one();
                let message = "stopped".to_owned();
                return Err(DocumentError::Failed { fault: Fault::Overloaded, message, resumable: true });
            }
            // The instruction has passed; what the model makes of it need not.
            let line = line.replace("F.", "FORBIDDEN").replace("A.", "ASKFIRST").replace("S.", "SECRET");
            let place = (at + 1).to_string();
            let piece = Piece { name: "section", place: Some(&place), text: &line };
            match passages.judge(Stage::Output, piece).await {
                Ok(passed) => text.push(passed.edited.unwrap_or(line)),
                Err(withheld) if withheld.is_final() => text.push("(left out)".to_owned()),
                Err(withheld) => return Err(DocumentError::Withheld(Box::new(withheld))),
            }
        }
        let text = text.join("\n");
        self.kept.lock().unwrap().insert(passages.key(), text.clone());
        Ok(json!({"state": "finished", "text": text}))
    }

    async fn show(&self, passages: Arc<Passages>) -> Result<Value, DocumentError> {
        let text = self.kept.lock().unwrap().get(&passages.key()).cloned();
        let message = "there is none".to_owned();
        let unknown = DocumentError::Failed { fault: Fault::UnknownDocument, message, resumable: false };
        text.map(|text| json!({"state": "finished", "text": text})).ok_or(unknown)
    }
}

async fn start() -> (Gateway, Arc<Lines>) {
    let lines = Arc::new(Lines::default());
    let documents: Arc<dyn Documents> = Arc::<Lines>::clone(&lines);
    let setup = Setup { documents: Some(documents), ..Setup::with(CONFIG, Script::Silent) };
    (setup.start().await, lines)
}

fn named(id: &str) -> String {
    json!({"id": id, "roles": []}).to_string()
}

fn order(instruction: &str, more: &Value) -> Request {
    let mut body = json!({"instruction": instruction, "words": 100});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Request::post("/v1/write", body.to_string()).header(HEADER, &user("writer"))
}

/// The events of a streamed answer.
fn events(reply: &Reply) -> Vec<(String, Value)> {
    // The client reads chunks as they come: their sizes stand between the events.
    let text = reply.text();
    let plain: String = text.lines().filter(|line| line.contains(':')).fold(String::new(), |all, line| {
        let end = if line.starts_with("data") { "\n\n" } else { "\n" };
        all + line + end
    });
    let (mut parser, mut events) = (SseParser::new(1 << 20), Vec::<SseEvent>::new());
    parser.push(plain.as_bytes(), &mut events).unwrap();
    events.into_iter().map(|event| (event.name, serde_json::from_str(&event.data).unwrap())).collect()
}

#[tokio::test]
async fn steps_are_told_as_they_happen_and_the_document_at_the_end() {
    let (gateway, _) = start().await;
    let reply = gateway.send(order("one\nF. two\nthe S. three", &json!({"id": "r-1"}))).await;
    assert_eq!(
        (reply.status, reply.header("content-type"), reply.header("x-parapet-document")),
        (200, Some("text/event-stream"), Some("r-1"))
    );
    let events = events(&reply);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["progress", "progress", "progress", "finished"]);
    let document = &events[3].1;
    assert_eq!((&document["id"], &document["text"]), (&json!("r-1"), &json!("one\n(left out)\nthe ****** three")));
    assert!(!reply.text().contains("FORBIDDEN") && !reply.text().contains("SECRET"));

    // The document is the session by which all its decisions are found.
    let rows = gateway.rows().await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {} {}", row.stage.as_str(), row.coverage.inspected[0], row.enforced.as_str()))
        .collect();
    assert_eq!(
        told,
        ["input /instruction allow", "output /section/1 allow", "output /section/2 deny", "output /section/3 redact"]
    );
    for row in &rows {
        assert_eq!(
            (row.surface.as_str(), row.route.as_str(), row.session.as_deref()),
            ("write", "reports", Some("r-1"))
        );
        assert_eq!(row.principal.as_deref(), Some("u1"));
    }
}

#[tokio::test]
async fn a_document_is_its_users_alone() {
    let (gateway, _) = start().await;
    let reply = gateway.send(order("mine", &json!({"id": "r-1", "stream": false}))).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"id": "r-1", "state": "finished", "text": "mine"})));
    let get = |id: &str| Request::post(&format!("/v1/write/{id}"), "").method("GET");
    let shown = gateway.send(get("r-1").header(HEADER, &user("writer"))).await;
    assert_eq!(shown.json(), reply.json());
    let resumed = Request::post("/v1/write", r#"{"id": "r-1", "stream": false}"#);
    for request in [get("r-1"), get("other"), get("r-1/x"), resumed] {
        assert_eq!(
            gateway.send(request.header(HEADER, &named("u2"))).await.error(),
            (404, "unknown_document".to_owned())
        );
    }
    assert_eq!(gateway.send(get("r-1")).await.error(), (401, "principal_missing".to_owned()));
    // What another calls the same is another.
    let theirs =
        gateway.send(order("theirs", &json!({"id": "r-1", "stream": false})).header(HEADER, &named("u2"))).await;
    assert_eq!(theirs.json()["text"], "theirs");
    assert_eq!(gateway.send(get("r-1").header(HEADER, &user("writer"))).await.json()["text"], "mine");
}

#[tokio::test]
async fn what_fails_before_the_first_step_has_a_status_of_its_own() {
    let (gateway, _) = start().await;
    let refused = gateway.send(order("FORBIDDEN", &json!({}))).await;
    assert_eq!(refused.error(), (400, "content_filter".to_owned()));
    assert_eq!(refused.json()["error"]["reason_code"], "forbidden_word");
    assert_eq!(refused.json()["error"]["decision_id"], gateway.rows().await[0].id.to_string());
    for (request, error) in [
        (Request::post("/v1/write", "{}").header(HEADER, &user("writer")), (400, "malformed_body")),
        (order("x", &json!({"id": "a b"})), (400, "malformed_body")),
        (order("x", &json!({"words": "many"})), (400, "malformed_body")),
        (order("x", &json!({})).header("content-type", "text/plain"), (415, "unsupported_media_type")),
        (order("x", &json!({})).method("PUT"), (405, "method_not_allowed")),
        (Request::post("/v1/write/r-1", "{}").header(HEADER, &user("writer")), (405, "method_not_allowed")),
        (Request::post("/v1/write", "{}"), (401, "principal_missing")),
        (Request::post("/v1/writes", "{}"), (404, "unknown_route")),
    ] {
        assert_eq!(gateway.send(request).await.error(), (error.0, error.1.to_owned()));
    }
}

#[tokio::test]
async fn a_question_to_a_person_stops_the_document_and_says_where_it_waits() {
    let (gateway, _) = start().await;
    let whole = gateway.send(order("one\nA. two", &json!({"stream": false}))).await;
    assert_eq!(whole.error(), (202, "approval_required".to_owned()));
    let location = whole.header("location").unwrap().to_owned();
    let streamed = gateway.send(order("one\nA. two", &json!({"id": "r-2"}))).await;
    let (name, told) = events(&streamed).pop().unwrap();
    assert_eq!((name.as_str(), &told["id"], &told["resumable"]), ("failed", &json!("r-2"), &json!(true)));
    assert_eq!((&told["error"]["code"], &told["location"]), (&json!("approval_required"), &json!(location)));
}

#[tokio::test]
async fn nothing_is_told_of_a_section_that_cannot_be_recorded() {
    let (gateway, _) = start().await;
    gateway.recorder.drain().await;
    let reply = gateway.send(order("one", &json!({}))).await;
    assert_eq!(reply.error(), (503, "guardrail_unavailable".to_owned()));
    assert_eq!(reply.json()["error"]["reason_code"], "audit_unavailable");
}

/// A document that waits until it is stopped, on a connection of its own.
async fn waiting(gateway: &Gateway, lines: &Lines, who: &str, id: &str) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let request = order("WAIT", &json!({"id": id})).header(HEADER, &named(who));
    stream.write_all(&request.to_bytes()).await.unwrap();
    lines.waits.notified().await;
    stream
}

#[tokio::test]
async fn so_many_are_written_at_once_and_each_by_one_request() {
    let (gateway, lines) = start().await;
    let _first = waiting(&gateway, &lines, "u1", "r-1").await;
    let busy = gateway.send(order("x", &json!({"id": "r-1"}))).await;
    assert_eq!(busy.error(), (409, "document_busy".to_owned()));
    let second = gateway.send(order("x", &json!({"id": "r-2"}))).await;
    assert_eq!(second.error(), (503, "overloaded".to_owned()));
    assert!(second.text().contains("1 of your documents"), "{}", second.text());
    let shown = Request::post("/v1/write/r-1", "").method("GET").header(HEADER, &user("writer"));
    assert_eq!(
        gateway.send(shown).await.json(),
        json!({"id": "r-1", "state": "writing", "progress": {"step": "writing", "number": 1}})
    );

    let _other = waiting(&gateway, &lines, "u2", "r-1").await;
    let third = gateway.send(order("x", &json!({})).header(HEADER, &named("u3"))).await;
    assert!(third.text().contains("all 2 places for documents"), "{}", third.text());
}

#[tokio::test]
async fn a_caller_that_hangs_up_stops_its_document() {
    let (gateway, lines) = start().await;
    let stream = waiting(&gateway, &lines, "u1", "r-1").await;
    drop(stream);
    lines.stopped.notified().await;
    // Its place is free once the run is over.
    loop {
        let again = gateway.send(order("one", &json!({"id": "r-1", "stream": false}))).await;
        if again.status == 200 {
            break;
        }
        assert_eq!(again.error(), (409, "document_busy".to_owned()));
    }
}

#[tokio::test]
async fn when_parapet_ends_documents_stop_and_can_be_resumed() {
    let (mut gateway, lines) = start().await;
    let mut stream = waiting(&gateway, &lines, "u1", "r-1").await;
    gateway.begin_stop();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("event: failed") && text.contains(r#""resumable":true"#), "{text}");
    assert_eq!(gateway.stopped().await.cut, 0);
}

#[tokio::test]
async fn without_a_model_nobody_can_write() {
    let gateway = Setup::with(CONFIG, Script::Silent).start().await;
    assert_eq!(gateway.send(order("x", &json!({}))).await.error(), (501, "no_model".to_owned()));
}

#[tokio::test]
async fn rulings_hold_for_the_guards_and_the_user_that_they_are_about() {
    let (gateway, _) = start().await;
    let passages = |role: &str| {
        let principal = serde_json::from_str(&user(role)).unwrap();
        gateway.app.passages("reports", Some(principal), "r-1").unwrap()
    };
    let (writer, accountant) = (passages("writer"), passages("accountant"));
    assert_eq!(writer.fingerprint(), passages("writer").fingerprint());
    assert_ne!(writer.fingerprint(), accountant.fingerprint());
    // Roles change; the document stays its user's.
    assert_eq!(writer.key(), accountant.key());
    let piece = Piece { name: "section", place: Some("1"), text: "the PAYROLL" };
    assert!(accountant.judge(Stage::Output, piece).await.is_ok());
    let withheld = writer.judge(Stage::Output, piece).await.unwrap_err();
    assert!(withheld.is_final());

    let before = writer.fingerprint();
    gateway.change_guards();
    let gateway = &gateway;
    let hash = |row: usize| async move { gateway.rows().await[row].guard_set.clone() };
    drop(writer.judge(Stage::Output, piece).await);
    let (first, pinned) = (hash(1).await, hash(2).await);
    assert_eq!(first, pinned, "a ruling is by the guards that its fingerprint was about");
    assert_ne!(writer.fingerprint(), before);
    drop(writer.judge(Stage::Output, piece).await);
    assert_ne!(hash(3).await, first);
    assert!(gateway.app.passages("none", None, "r-1").is_none());
}
