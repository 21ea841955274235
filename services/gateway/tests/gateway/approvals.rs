//! What a guard asks a person: the call waits, and once it is approved the very same call passes, once.

use parapet_domain::{ApprovalState, Timestamp};
use parapet_store::{Answer, Answered, ApprovalRecord};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{Reply, Request};
use crate::support::upstream::{Script, calls};
use crate::support::{CHAT, Gateway, Setup, user};

const HEADER: &str = "x-parapet-principal";

fn asks(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string()
}

/// A question with the result of a tool, which is an event of its own.
fn with_result(text: &str, result: &str) -> String {
    json!({"model": "m", "messages": [
        {"role": "user", "content": text},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": result},
    ]})
    .to_string()
}

async fn start(config: &str) -> Gateway {
    Setup::with(config, Script::says("done")).start().await
}

/// The approval that a reply leads to.
fn id_of(reply: &Reply) -> Uuid {
    let location = reply.header("location").unwrap_or_else(|| panic!("no location: {reply:?}"));
    location.strip_prefix("/v1/approvals/").unwrap().parse().unwrap()
}

/// Sends a question that has to wait, and gives its approval.
async fn waits(gateway: &Gateway, body: &str) -> Uuid {
    let reply = gateway.chat(body).await;
    assert_eq!(reply.error(), (400, "approval_required".to_owned()));
    id_of(&reply)
}

async fn answer(gateway: &Gateway, id: Uuid, approve: bool) {
    let answer = Answer { approve, by: "ann".to_owned(), note: "internal".to_owned(), at: Timestamp::now() };
    let answered = gateway.store.answer_approval("default", id, &answer).await.unwrap();
    assert!(matches!(answered, Answered::Taken(_)), "{answered:?}");
}

async fn approval(gateway: &Gateway, id: Uuid) -> ApprovalRecord {
    gateway.store.approval("default", id, Timestamp::now()).await.unwrap().unwrap()
}

async fn state(gateway: &Gateway, id: Uuid) -> ApprovalState {
    approval(gateway, id).await.state
}

async fn follow(gateway: &Gateway, id: impl std::fmt::Display) -> Reply {
    gateway.send(Request::post(&format!("/v1/approvals/{id}"), "").method("GET")).await
}

fn reason(reply: &Reply) -> (u16, Value) {
    (reply.status, reply.json()["error"]["reason_code"].clone())
}

#[tokio::test]
async fn an_approved_tool_call_passes_once_and_is_asked_about_again() {
    let call = calls("refund", r#"{"reason": "ASKFIRST", "amount": 150}"#);
    let gateway = Setup::chat(Script::json(200, &call)).start().await;
    let reply = gateway.chat(&asks("refund me")).await;
    assert_eq!(reason(&reply), (400, json!("needs_person")));
    assert!(!reply.text().contains("ASKFIRST"), "the call was told: {}", reply.text());
    let id = id_of(&reply);
    // As often as it is tried meanwhile, there is one question.
    assert_eq!(waits(&gateway, &asks("refund me")).await, id);
    assert_eq!(follow(&gateway, id).await.json()["state"], "pending");

    let shown = approval(&gateway, id).await;
    assert_eq!((shown.ask.tool.as_deref(), shown.ask.questions[0].guard.as_str()), (Some("refund"), "words"));
    assert_eq!(shown.ask.content.unwrap()["parts"][0]["text"], r#"{"reason": "ASKFIRST", "amount": 150}"#);

    answer(&gateway, id, true).await;
    assert_eq!(follow(&gateway, id).await.json()["state"], "approved");
    let reply = gateway.chat(&asks("refund me")).await;
    assert_eq!((reply.status, reply.json()), (200, call));
    let row = gateway.rows().await.pop().unwrap();
    let mark = row.approval.unwrap();
    assert_eq!((row.folded.as_str(), row.enforced.as_str()), ("ask", "allow"));
    assert_eq!((mark.id, mark.state, mark.by.as_deref()), (id, ApprovalState::Used, Some("ann")));
    assert_eq!(approval(&gateway, id).await.used_by, Some(row.id));
    assert_eq!(follow(&gateway, id).await.json()["state"], "used");

    assert_ne!(waits(&gateway, &asks("refund me")).await, id);
    let text = gateway.app.metrics_text();
    for line in [
        r#"parapet_approvals_total{route="chat",outcome="used"} 1"#,
        r#"parapet_approvals_total{route="chat",outcome="pending"} 3"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_question_that_waits_never_reaches_the_upstream() {
    let gateway = start(CHAT).await;
    let id = waits(&gateway, &asks("ASKFIRST")).await;
    assert!(gateway.upstream.seen().is_empty());
    answer(&gateway, id, true).await;
    assert_eq!(gateway.chat(&asks("ASKFIRST")).await.status, 200);
    assert_eq!(gateway.upstream.bodies(), [asks("ASKFIRST")]);
    let streamed = asks("ASKFIRST again").replace("{\"me", "{\"stream\":true,\"me");
    assert_eq!(gateway.chat(&streamed).await.error(), (400, "approval_required".to_owned()));
}

#[tokio::test]
async fn another_text_another_user_another_set_of_guards_is_another_question() {
    let gateway = start(CHAT).await;
    let of = |id: &str| Request::chat(&asks("ASKFIRST")).header(HEADER, &user("nurse").replace("u1", id));
    let id = id_of(&gateway.send(of("u1")).await);
    answer(&gateway, id, true).await;
    for other in
        [Request::chat(&asks("ASKFIRST ")).header(HEADER, &user("nurse")), of("u2"), Request::chat(&asks("ASKFIRST"))]
    {
        assert_ne!(id_of(&gateway.send(other).await), id);
    }
    gateway.change_guards();
    assert_ne!(id_of(&gateway.send(of("u1")).await), id);
    assert_eq!((state(&gateway, id).await, gateway.upstream.seen().len()), (ApprovalState::Approved, 0));
}

#[tokio::test]
async fn nobody_but_the_user_who_asked_sees_how_it_stands() {
    let gateway = start(CHAT).await;
    let of = |request: Request, id: &str| request.header(HEADER, &user("nurse").replace("u1", id));
    let id = id_of(&gateway.send(of(Request::chat(&asks("ASKFIRST")), "u1")).await);
    let get = || Request::post(&format!("/v1/approvals/{id}"), "").method("GET");
    let reply = gateway.send(of(get(), "u1")).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["id"], &body["state"]), (200, &json!(id), &json!("pending")));
    assert_eq!(body.as_object().unwrap().len(), 3, "more than the state is told: {body}");
    for stranger in [of(get(), "u2"), get()] {
        assert_eq!(gateway.send(stranger).await.error(), (404, "unknown_approval".to_owned()));
    }
    for unknown in [Uuid::now_v7().to_string(), "x".to_owned(), String::new()] {
        assert_eq!(follow(&gateway, unknown).await.error(), (404, "unknown_approval".to_owned()));
    }
    let posted = gateway.send(get().method("POST")).await;
    assert_eq!((posted.error().0, posted.header("allow")), (405, Some("GET")));
}

#[tokio::test]
async fn a_denied_call_is_refused_for_a_reason_of_its_own() {
    let gateway = start(CHAT).await;
    let id = waits(&gateway, &asks("ASKFIRST")).await;
    answer(&gateway, id, false).await;
    let reply = gateway.chat(&asks("ASKFIRST")).await;
    assert_eq!(reply.error(), (400, "content_filter".to_owned()));
    assert_eq!((reason(&reply).1, reply.header("location")), (json!("approval_denied"), None));
    assert!(!reply.text().contains("internal"), "{}", reply.text());
    let row = gateway.rows().await.pop().unwrap();
    let mark = row.approval.unwrap();
    assert_eq!(
        (row.enforced.as_str(), mark.id, mark.state, mark.by.as_deref()),
        ("deny", id, ApprovalState::Denied, Some("ann"))
    );
    assert_eq!(follow(&gateway, id).await.json()["state"], "denied");
}

#[tokio::test]
async fn an_approval_that_has_expired_lets_nothing_pass() {
    let gateway = start(CHAT).await;
    let id = waits(&gateway, &asks("ASKFIRST")).await;
    answer(&gateway, id, true).await;
    let later = Timestamp::from_micros(Timestamp::now().as_micros() + 901_000_000);
    assert_eq!(gateway.store.expire_approvals("default", later).await.unwrap(), 1);
    assert_ne!(waits(&gateway, &asks("ASKFIRST")).await, id);
    assert_eq!(state(&gateway, id).await, ApprovalState::Expired);
}

#[tokio::test]
async fn what_is_refused_for_another_reason_uses_no_approval() {
    let gateway = start(CHAT).await;
    let id = waits(&gateway, &with_result("ASKFIRST", "fine")).await;
    answer(&gateway, id, true).await;
    let reply = gateway.chat(&with_result("ASKFIRST", "FORBIDDEN")).await;
    assert_eq!(reason(&reply), (400, json!("forbidden_word")));
    // An edit that cannot be made is found after the fold.
    let reply = gateway.chat(&with_result("ASKFIRST", "SPIN")).await;
    assert_eq!(reply.error(), (400, "guardrail_failed".to_owned()));
    assert_eq!((state(&gateway, id).await, gateway.upstream.seen().len()), (ApprovalState::Approved, 0));
    assert_eq!(gateway.chat(&with_result("ASKFIRST", "fine")).await.status, 200);
    assert_eq!(state(&gateway, id).await, ApprovalState::Used);
    // A body that is refused anyway is no reason to ask anybody.
    let reply = gateway.chat(&with_result("ASKFIRST other", "FORBIDDEN")).await;
    assert_eq!((reply.error().1.as_str(), reply.header("location")), ("content_filter", None));
    assert_eq!(gateway.rows().await.pop().unwrap().approval, None);
}

#[tokio::test]
async fn all_questions_of_a_body_have_to_be_answered() {
    let gateway = start(CHAT).await;
    let body = with_result("ASKFIRST one", "ASKFIRST two");
    let first = waits(&gateway, &body).await;
    answer(&gateway, first, true).await;
    // Now the caller is led to the one that is missing, and the first is not used up.
    let second = waits(&gateway, &body).await;
    assert_ne!(first, second);
    assert_eq!((state(&gateway, first).await, gateway.upstream.seen().len()), (ApprovalState::Approved, 0));
    answer(&gateway, second, true).await;
    assert_eq!(gateway.chat(&body).await.status, 200);
    assert_eq!(
        (state(&gateway, first).await, state(&gateway, second).await),
        (ApprovalState::Used, ApprovalState::Used)
    );
}

#[tokio::test]
async fn of_many_retries_at_once_one_passes() {
    let gateway = start(CHAT).await;
    let body = with_result("ASKFIRST one", "ASKFIRST two");
    let first = waits(&gateway, &body).await;
    answer(&gateway, first, true).await;
    let second = waits(&gateway, &body).await;
    answer(&gateway, second, true).await;
    let replies = futures_util::future::join_all((0..8).map(|_| gateway.chat(&body))).await;
    let passed = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!((passed, gateway.upstream.seen().len()), (1, 1));
    for refused in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(refused.error(), (400, "approval_required".to_owned()));
        assert!(![first, second].contains(&id_of(refused)));
    }
}

#[tokio::test]
async fn an_approval_is_not_lost_when_the_record_fails() {
    let gateway = start(CHAT).await;
    let id = waits(&gateway, &asks("ASKFIRST")).await;
    answer(&gateway, id, true).await;
    gateway.recorder.drain().await;
    let reply = gateway.chat(&asks("ASKFIRST")).await;
    assert_eq!(reason(&reply), (503, json!("audit_unavailable")));
    assert_eq!((state(&gateway, id).await, gateway.upstream.seen().len()), (ApprovalState::Approved, 0));
}

#[tokio::test]
async fn without_a_store_nobody_can_be_asked_and_nothing_passes() {
    let setup = Setup::with(&format!("{CHAT}audit = \"best_effort\"\n"), Script::says("done"));
    let gateway = Setup { sqlite_max_bytes: Some(300_000), ..setup }.start().await;
    for n in 0..10 {
        let reply = gateway.chat(&asks(&format!("ASKFIRST {n} {}", "x".repeat(100_000)))).await;
        if reply.status == 503 {
            assert_eq!(reason(&reply).1, "approvals_unavailable");
            assert!(gateway.upstream.seen().is_empty());
            return;
        }
    }
    panic!("the store took everything");
}

#[tokio::test]
async fn a_user_can_have_only_so_many_calls_waiting() {
    let gateway = start(&format!("{CHAT}approval = {{ max_pending = 2 }}\n")).await;
    waits(&gateway, &asks("ASKFIRST 1")).await;
    let second = waits(&gateway, &asks("ASKFIRST 2")).await;
    let reply = gateway.chat(&asks("ASKFIRST 3")).await;
    assert_eq!((reason(&reply), reply.header("retry-after")), ((503, json!("approvals_full")), Some("1")));
    assert_eq!(waits(&gateway, &asks("ASKFIRST 2")).await, second);
    let other = gateway.send(Request::chat(&asks("ASKFIRST 3")).header(HEADER, &user("nurse"))).await;
    assert_eq!(other.error().1, "approval_required");
}

#[tokio::test]
async fn what_cannot_be_shown_whole_cannot_be_approved() {
    let long = asks(&format!("ASKFIRST {}", "x".repeat(256 << 10)));
    let gateway = start(CHAT).await;
    assert_eq!(reason(&gateway.chat(&long).await), (400, json!("approval_too_large")));
    // Where only the digest is shown, there is no such limit.
    let gateway = start(&format!("{CHAT}approval = {{ show_content = false }}\n")).await;
    let id = waits(&gateway, &long).await;
    let record = approval(&gateway, id).await;
    assert_eq!(record.ask.content, None);
    assert!(record.ask.call_digest.starts_with("call:"), "{}", record.ask.call_digest);
}

#[tokio::test]
async fn redactions_hold_for_the_person_and_for_what_is_let_through() {
    let gateway = start(&CHAT.replace("\"assistant\"", "\"teller\"")).await;
    let id = waits(&gateway, &asks("ASKFIRST a SECRET")).await;
    let content = approval(&gateway, id).await.ask.content.unwrap();
    assert_eq!(content["parts"][0]["text"], "ASKFIRST a ******");
    answer(&gateway, id, true).await;
    assert_eq!(gateway.chat(&asks("ASKFIRST a SECRET")).await.status, 200);
    assert_eq!(gateway.upstream.bodies(), [asks("ASKFIRST a ******")]);
    let rows = gateway.rows().await;
    let used =
        rows.iter().find(|row| row.approval.as_ref().is_some_and(|mark| mark.state == ApprovalState::Used)).unwrap();
    assert_eq!(
        (used.folded.as_str(), used.enforced.as_str(), used.decided_by.as_deref()),
        ("ask", "redact", Some("blot"))
    );
}

#[tokio::test]
async fn a_route_can_bind_approvals_to_the_conversation() {
    let gateway = start(&format!("{CHAT}approval = {{ bind_session = true }}\n")).await;
    let of = |session: &str| Request::chat(&asks("ASKFIRST")).header("x-parapet-session", session);
    let id = id_of(&gateway.send(of("one")).await);
    answer(&gateway, id, true).await;
    assert_ne!(id_of(&gateway.send(of("two")).await), id);
    assert_eq!(gateway.send(of("one")).await.status, 200);
}

const PLAIN: &str = r#"
[upstreams.ehr]
base_url = "{upstream}"
[[credential]]
name = "full"
key = "full-0123456789abcdef"
rights = ["assert_identity"]
[[credential]]
name = "plain"
key = "plain-0123456789abcdef"
[[route]]
name = "ehr"
surface = "generic"
path = "/ehr/ask"
upstream = "ehr"
principal = "optional"
request_parts = [{ name = "question", pointer = "/question" }]
answer_parts = [{ name = "answer", pointer = "/answer" }]
[[route]]
name = "check"
surface = "check"
agent = "checker"
principal = "optional"
"#;

#[tokio::test]
async fn plain_surfaces_answer_202_and_lead_to_the_approval() {
    let gateway = Setup::with(PLAIN, Script::json(200, &json!({"answer": "yes"}))).start().await;
    let ask = || gateway.send(Request::post("/ehr/ask", r#"{"question":"ASKFIRST"}"#));
    let reply = ask().await;
    assert_eq!(reply.error(), (202, "approval_required".to_owned()));
    answer(&gateway, id_of(&reply), true).await;
    assert_eq!(ask().await.json(), json!({"answer": "yes"}));
    assert_eq!(ask().await.status, 202);
}

#[tokio::test]
async fn a_check_is_approved_for_the_user_whom_it_names() {
    let gateway = Setup::with(PLAIN, Script::Silent).start().await;
    let key = |request: Request, key: &str| request.header("x-parapet-key", key);
    let check = |user: &str| {
        let body =
            json!({"tool_call": {"name": "refund", "arguments": {"why": "ASKFIRST"}}, "principal": {"id": user}});
        gateway.send(key(Request::post("/v1/check", body.to_string()), "full-0123456789abcdef"))
    };
    let reply = check("u1").await;
    assert_eq!((reply.status, &reply.json()["decision"]), (202, &json!("ask")));
    let id = id_of(&reply);
    let get = || Request::post(&format!("/v1/approvals/{id}"), "").method("GET");
    assert_eq!(gateway.send(key(get(), "full-0123456789abcdef")).await.json()["state"], "pending");
    for stranger in [get(), key(get(), "plain-0123456789abcdef"), key(get(), "wrong-0123456789abcdef")] {
        assert_eq!(gateway.send(stranger).await.error(), (404, "unknown_approval".to_owned()));
    }
    answer(&gateway, id, true).await;
    assert_eq!(check("u2").await.status, 202);
    let passed = check("u1").await;
    assert_eq!((passed.status, &passed.json()["decision"]), (200, &json!("allow")));
    assert_eq!(check("u1").await.status, 202);
}
