//! Approvals as people and programs see them: what waits, what would pass, and one answer.

use axum::body::Body;
use http::{Request, StatusCode};
use parapet_domain::approval::{Asker, Question};
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{Stage, Timestamp};
use parapet_store::{Ask, Asked};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Answer, Console, TOKEN};

/// A question that hopes to be clicked away.
pub(crate) const HOSTILE: &str = "</pre><script>document.title='pwned'</script>\u{202e}";

/// Asks for a refund of `amount`.
pub(crate) async fn ask(console: &Console, amount: u32) -> Uuid {
    let now = Timestamp::now();
    let ask = Ask {
        tenant: "default".to_owned(),
        id: Uuid::now_v7(),
        binding: format!("approval:{amount}"),
        created_at: now,
        expires_at: Timestamp::from_micros(now.as_micros() + 900_000_000),
        exchange_id: Uuid::now_v7(),
        route: "chat".to_owned(),
        agent: "assistant".to_owned(),
        principal: Some(Asker { id: "user-7".to_owned(), authenticated_by: AuthenticatedBy::Jwt }),
        session: None,
        stage: Stage::ToolCall,
        tool: Some("refund".to_owned()),
        call_digest: "call:00".to_owned(),
        questions: vec![Question {
            guard: "refund-limits".to_owned(),
            guard_hash: "guard:00".to_owned(),
            reason_code: "large_refund".to_owned(),
            message: "more than `100` euros".to_owned(),
        }],
        guard_set: "set:00".to_owned(),
        content: Some(json!({"parts": [
            {"kind": "tool_call", "role": "assistant", "name": null, "tool": "refund", "pointer": "/a", "text": format!("{{\"amount\":{amount}}}")},
            {"kind": "text", "role": "assistant", "name": "why", "tool": null, "pointer": "/b", "text": HOSTILE},
        ]})),
    };
    match console.store.ask(&ask, 100).await.unwrap() {
        Asked::Pending(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn post(console: &Console, id: impl std::fmt::Display, body: &str) -> Answer {
    let request = Request::post(format!("/admin/approvals/{id}"))
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json");
    console.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()["error"]["code"].clone())
}

#[tokio::test]
async fn a_program_lists_what_waits_and_answers_once() {
    let console = Console::with(&[]).await;
    let (first, second) = (ask(&console, 150).await, ask(&console, 250).await);
    let list = console.get("/admin/approvals?state=pending&limit=1").await.json();
    assert_eq!((&list["approvals"][0]["id"], &list["next"]), (&json!(second), &json!(second)));
    let list = console.get(&format!("/admin/approvals?state=pending&after={second}")).await.json();
    assert_eq!((&list["approvals"][0]["id"], &list["next"]), (&json!(first), &Value::Null));

    let shown = console.get(&format!("/admin/approvals/{first}")).await.json();
    assert_eq!(shown["content"]["parts"][0]["text"], "{\"amount\":150}");
    assert_eq!(
        (&shown["state"], &shown["tool"], &shown["principal"]["id"]),
        (&json!("pending"), &json!("refund"), &json!("user-7"))
    );
    assert_eq!(shown.get("binding"), None);

    let answered = post(&console, first, r#"{"decision":"approve","by":"ann","note":"seen"}"#).await;
    let body = answered.json();
    assert_eq!(
        (answered.status, &body["state"], &body["decided_by"], &body["note"]),
        (StatusCode::OK, &json!("approved"), &json!("ann"), &json!("seen"))
    );
    let steps: Vec<_> =
        body["steps"].as_array().unwrap().iter().map(|step| (step["state"].clone(), step["by"].clone())).collect();
    assert_eq!(steps, [(json!("pending"), json!("parapet")), (json!("approved"), json!("ann"))]);

    let late = post(&console, first, r#"{"decision":"deny","by":"ben"}"#).await;
    assert_eq!(code(&late), (409, json!("not_pending")));
    assert_eq!(late.json()["error"]["message"], "this is `approved` already and cannot be answered any more");
    assert_eq!(post(&console, second, r#"{"decision":"deny","by":"ben"}"#).await.json()["state"], "denied");
    assert_eq!(console.get("/admin/approvals?state=pending").await.json()["approvals"], json!([]));
}

#[tokio::test]
async fn an_answer_without_a_name_or_from_elsewhere_is_refused() {
    let console = Console::with(&[]).await;
    let id = ask(&console, 150).await;
    let long = format!(r#"{{"decision":"approve","by":"{}"}}"#, "x".repeat(257));
    for body in [
        "",
        "{}",
        r#"{"decision":"approve"}"#,
        r#"{"decision":"approve","by":" "}"#,
        r#"{"decision":"perhaps","by":"ann"}"#,
        r#"{"decision":"approve","by":"ann","id":1}"#,
        long.as_str(),
    ] {
        assert_eq!(code(&post(&console, id, body).await), (400, json!("bad_answer")), "{body}");
    }
    let good = r#"{"decision":"approve","by":"ann"}"#;
    for unknown in [Uuid::now_v7().to_string(), "x".to_owned()] {
        assert_eq!(code(&post(&console, unknown, good).await), (404, json!("not_found")));
    }
    let stranger = Request::post(format!("/admin/approvals/{id}")).header("content-type", "application/json");
    assert_eq!(console.send(stranger.body(Body::from(good)).unwrap()).await.status, StatusCode::UNAUTHORIZED);
    // A page of another site that sends a person's cookie along.
    let cookie = console.sign_in().await;
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    let foreign = console.post(&format!("/approvals/{id}"), "decision=approve&by=ann", &headers).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let foreign = Request::post(format!("/admin/approvals/{id}"))
        .header("cookie", &cookie)
        .header("origin", "https://evil.example")
        .header("host", "console.test")
        .header("content-type", "application/json");
    assert_eq!(code(&console.send(foreign.body(Body::from(good)).unwrap()).await), (403, json!("foreign_form")));
    assert_eq!(console.get(&format!("/admin/approvals/{id}")).await.json()["state"], "pending");
    assert_eq!(console.get("/admin/approvals?state=open").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_person_reads_what_would_pass_and_answers() {
    let console = Console::with(&[]).await;
    assert!(console.get("/approvals").await.text.contains("Nothing waits for you"));
    let id = ask(&console, 150).await;
    let list = console.get("/approvals").await.text;
    assert!(list.contains(&format!("/approvals/{id}")) && list.contains("refund") && list.contains("user-7"), "{list}");
    let page = console.get(&format!("/approvals/{id}")).await.text;
    assert!(
        page.contains("{&#34;amount&#34;:150}") && page.contains("large_refund") && page.contains("⟨U+202E⟩"),
        "{page}"
    );
    assert!(!page.contains("<script>document"), "{page}");

    let cookie = console.sign_in().await;
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let path = format!("/approvals/{id}");
    let nameless = console.post(&path, "decision=approve&by=", &headers).await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
    let answered = console.post(&path, "decision=approve&by=Ann+Lee&note=called+back", &headers).await;
    assert_eq!((answered.status, answered.header("location")), (StatusCode::SEE_OTHER, path.as_str()));
    let page = console.get(&path).await.text;
    assert!(
        page.contains("Ann Lee") && page.contains("called back") && !page.contains("<form class=\"stack answer\""),
        "{page}"
    );
    assert_eq!(console.post(&path, "decision=deny&by=ben", &headers).await.status, StatusCode::CONFLICT);
    assert!(console.get("/approvals?state=approved").await.text.contains(&path));
}
