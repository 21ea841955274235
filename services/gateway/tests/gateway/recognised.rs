//! Histories whose parts are remembered: what is left out when they come again, and all the ways in which something might slip
//! through by that.

use parapet_domain::{DecisionRecord, Stage, Timestamp};
use parapet_store::{Answer, Answered};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{Reply, Request};
use crate::support::upstream::{Script, calls};
use crate::support::{CHAT, Gateway, Setup};

const HEADER: &str = "x-parapet-principal";
const SESSION: &str = "x-parapet-session";

fn config(more: &str) -> String {
    format!("{}history = \"remember\"\n{more}\n", CHAT.replace("\"assistant\"", "\"recaller\""))
}

async fn start(more: &str) -> Gateway {
    Setup::with(&config(more), Script::says("fine")).start().await
}

fn says(role: &str, text: &str) -> Value {
    json!({"role": role, "content": text})
}

/// A conversation in which `texts` are said by turns, the user's first.
fn talk(texts: &[&str]) -> Value {
    texts.iter().zip(["user", "assistant"].iter().cycle()).map(|(text, role)| says(role, text)).collect()
}

fn request(messages: &Value) -> Request {
    let body = json!({"model": "m", "messages": messages});
    Request::chat(&body.to_string()).header(SESSION, "s").header(HEADER, &user("u1", "accountant"))
}

fn user(id: &str, role: &str) -> String {
    json!({"id": id, "roles": [role], "attributes": {"age": 30}}).to_string()
}

async fn ask(gateway: &Gateway, messages: &Value) -> Reply {
    gateway.send(request(messages)).await
}

/// The newest decision on the input of a request.
async fn input(gateway: &Gateway) -> DecisionRecord {
    gateway.rows().await.into_iter().rev().find(|row| row.stage == Stage::Input).unwrap()
}

fn before(row: &DecisionRecord) -> Vec<&str> {
    row.coverage.judged_before.iter().map(|part| part.pointer.as_str()).collect()
}

/// A gateway that knows the history of `texts`: it was sent as history once.
async fn knows(more: &str, texts: &[&str]) -> Gateway {
    let gateway = start(more).await;
    let reply = ask(&gateway, &talk(&[texts, &["and?"]].concat())).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    gateway
}

#[tokio::test]
async fn a_history_is_judged_once_as_history_and_known_afterwards() {
    let gateway = start("").await;
    ask(&gateway, &talk(&["one"])).await;
    let first = input(&gateway).await;
    assert_eq!((before(&first).len(), first.coverage.inspected.len()), (0, 1));
    // What was new the first time is judged again when it is history.
    ask(&gateway, &talk(&["one", "two", "three"])).await;
    let second = input(&gateway).await;
    assert_eq!((before(&second).len(), second.coverage.inspected.len()), (0, 3));
    ask(&gateway, &talk(&["one", "two", "three", "four", "five"])).await;
    let third = input(&gateway).await;
    assert_eq!(before(&third), ["/messages/0/content", "/messages/1/content"]);
    assert!(third.coverage.judged_before.iter().all(|part| part.decision == second.id));
    assert_eq!(third.coverage.inspected, ["/messages/2/content", "/messages/3/content", "/messages/4/content"]);
    assert!(third.runs.iter().any(|run| run.guard == "alone"), "each guard runs on each event");
    let metrics = gateway.app.metrics_text();
    assert!(metrics.contains(r#"parapet_judged_before_parts_total{route="chat"} 2"#), "{metrics}");
}

#[tokio::test]
async fn results_of_tools_are_known_too_and_stay_on_record() {
    let gateway = start("").await;
    let with = |last: &str| {
        json!([says("user", "look"),
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "a page"}, says("assistant", "seen"), says("user", last)])
    };
    ask(&gateway, &with("a")).await;
    ask(&gateway, &with("b")).await;
    let rows = gateway.rows().await;
    let results: Vec<_> = rows.iter().filter(|row| row.stage == Stage::ToolResult).collect();
    assert_eq!((before(results[0]).len(), before(results[1])), (0, vec!["/messages/2/content"]));
    assert_eq!(results[1].coverage.judged_before[0].decision, results[0].id);
    assert_eq!(before(&input(&gateway).await).len(), 3);
}

#[tokio::test]
async fn by_default_and_without_a_session_everything_is_judged_every_time() {
    let history = talk(&["one", "two", "three"]);
    let unset = Setup::with(&config("").replace("history = \"remember\"", ""), Script::says("fine")).start().await;
    let remembering = start("").await;
    for _ in 0..3 {
        ask(&unset, &history).await;
        remembering.chat(&json!({"model": "m", "messages": history}).to_string()).await;
    }
    for gateway in [unset, remembering] {
        assert!(gateway.rows().await.iter().all(|row| row.coverage.judged_before.is_empty()));
    }
}

#[tokio::test]
async fn the_same_text_in_another_place_is_judged() {
    let gateway = knows("", &["PAYROLL one", "two"]).await;
    let tool = |role: &str| json!({"role": role, "tool_call_id": "c", "content": "PAYROLL one"});
    for (messages, judged) in [
        (json!([says("assistant", "PAYROLL one"), says("user", "x")]), "/messages/0/content"),
        (json!([says("system", "PAYROLL one"), says("assistant", "two"), says("user", "x")]), "/messages/0/content"),
        (
            json!([{"role": "user", "name": "n", "content": "PAYROLL one"}, says("assistant", "two")]),
            "/messages/0/name",
        ),
        // New, although the same was said before.
        (talk(&["x", "y", "PAYROLL one"]), "/messages/2/content"),
        (talk(&["PAYROLL  one", "two", "x"]), "/messages/0/content"),
        (talk(&["PAYROLL one\u{200b}", "two", "x"]), "/messages/0/content"),
        (talk(&["PAYROLL", "one", "x"]), "/messages/0/content"),
    ] {
        ask(&gateway, &messages).await;
        assert!(input(&gateway).await.coverage.inspected.contains(&judged.to_owned()), "{messages}");
    }
    ask(&gateway, &json!([says("user", "x"), tool("tool"), says("assistant", "two"), says("user", "x")])).await;
    let rows = gateway.rows().await;
    let result = rows.iter().find(|row| row.stage == Stage::ToolResult).unwrap();
    assert_eq!(result.coverage.inspected, ["/messages/1/content"]);
    // The same turns at other places are the same turns.
    ask(&gateway, &talk(&["x", "y", "PAYROLL one", "two", "z"])).await;
    assert!(before(&input(&gateway).await).contains(&"/messages/2/content"));
}

#[tokio::test]
async fn another_user_role_session_or_route_knows_nothing_of_it() {
    let other = "[[route]]\nname = \"other\"\npath = \"/other\"\nsurface = \"openai_chat\"\nupstream = \"model\"\nagent = \"recaller\"\nprincipal = \"optional\"\nhistory = \"remember\"\n";
    let gateway = knows(other, &["PAYROLL one", "two"]).await;
    let messages = talk(&["PAYROLL one", "two", "x"]);
    let body = json!({"model": "m", "messages": messages}).to_string();
    for changed in [
        request(&messages).header(HEADER, &user("u2", "accountant")),
        request(&messages).header(SESSION, "t"),
        Request::post("/other", body.clone()).header(SESSION, "s").header(HEADER, &user("u1", "accountant")),
    ] {
        assert_eq!(gateway.send(changed).await.status, 200);
        assert_eq!(before(&input(&gateway).await), [""; 0]);
    }
    // What an accountant may read is refused to the same user in another role, and to nobody.
    for changed in [
        request(&messages).header(HEADER, &user("u1", "nurse")),
        Request::chat(&body).header(SESSION, "s"),
        request(&messages).header(HEADER, r#"{"id": "u1", "roles": [], "attributes": {"age": 30}}"#),
    ] {
        assert_eq!(gateway.send(changed).await.json()["error"]["reason_code"], "role");
    }
    ask(&gateway, &messages).await;
    assert_eq!(before(&input(&gateway).await).len(), 2, "and it is known to whom it was");
}

#[tokio::test]
async fn another_guard_set_judges_all_of_it_anew() {
    let gateway = knows("", &["LATER", "two"]).await;
    let messages = talk(&["LATER", "two", "x"]);
    ask(&gateway, &messages).await;
    assert_eq!(before(&input(&gateway).await).len(), 2);
    gateway.change_guards();
    assert_eq!(ask(&gateway, &messages).await.error(), (400, "content_filter".to_owned()));
    assert_eq!(before(&input(&gateway).await), [""; 0]);
}

#[tokio::test]
async fn what_was_refused_is_refused_again() {
    for how in ["refuse", "cut", "replace"] {
        let gateway = start(&format!("refused_turns = \"{how}\"")).await;
        let messages = talk(&["FORBIDDEN", "no", "x"]);
        for _ in 0..3 {
            let reply = ask(&gateway, &messages).await;
            assert_eq!(reply.status, if how == "refuse" { 400 } else { 200 });
        }
        for row in gateway.rows().await.iter().filter(|row| row.reason_code == "forbidden_word") {
            assert!(row.coverage.inspected.contains(&"/messages/0/content".to_owned()));
        }
        assert!(gateway.upstream.bodies().iter().all(|body| !body.contains("FORBIDDEN")), "{how}");
    }
}

#[tokio::test]
async fn a_refused_neighbour_leaves_nothing_behind() {
    let gateway = start("").await;
    assert_eq!(ask(&gateway, &talk(&["good", "fine", "FORBIDDEN"])).await.status, 400);
    // The result of a tool is refused, the rest of the body is not.
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "FORBIDDEN"});
    assert_eq!(ask(&gateway, &json!([says("user", "good"), says("assistant", "fine"), result])).await.status, 400);
    assert_eq!(ask(&gateway, &talk(&["good", "fine", "x"])).await.status, 200);
    assert_eq!(before(&input(&gateway).await), [""; 0]);
}

#[tokio::test]
async fn what_was_redacted_is_redacted_again() {
    let gateway = start("").await;
    for _ in 0..3 {
        ask(&gateway, &talk(&["my SECRET", "fine", "x"])).await;
        assert!(!before(&input(&gateway).await).contains(&"/messages/0/content"));
    }
    assert_eq!(before(&input(&gateway).await), ["/messages/1/content"], "its neighbour is known");
    let bodies = gateway.upstream.bodies();
    assert_eq!((bodies.len(), bodies.iter().filter(|body| body.contains("my ******")).count()), (3, 3));
}

#[tokio::test]
async fn an_edit_is_made_in_the_part_that_it_is_meant_for() {
    let gateway = knows("", &["one", "two", "three", "four"]).await;
    ask(&gateway, &talk(&["one", "two", "three", "four", "my SECRET"])).await;
    assert_eq!(before(&input(&gateway).await).len(), 4);
    let sent: Value = serde_json::from_str(gateway.upstream.bodies().last().unwrap()).unwrap();
    assert_eq!(sent["messages"], talk(&["one", "two", "three", "four", "my ******"]));
}

#[tokio::test]
async fn two_halves_are_seen_together_by_a_guard_that_judges_the_whole() {
    let gateway = knows("", &["LEFT-HALF", "fine"]).await;
    ask(&gateway, &talk(&["LEFT-HALF", "fine", "x"])).await;
    assert_eq!(before(&input(&gateway).await).len(), 2);
    let reply = ask(&gateway, &talk(&["LEFT-HALF", "fine", "RIGHT-HALF"])).await;
    assert_eq!(reply.json()["error"]["reason_code"], "halves");
    assert_eq!(before(&input(&gateway).await).len(), 2, "the other guard knew the first half");
}

#[tokio::test]
async fn what_a_shadow_guard_says_is_on_record_each_time() {
    let gateway = knows("", &["WATCHED", "fine"]).await;
    for _ in 0..2 {
        ask(&gateway, &talk(&["WATCHED", "fine", "x"])).await;
        let row = input(&gateway).await;
        assert_eq!((before(&row).len(), row.folded.as_str(), row.enforced.as_str()), (0, "deny", "allow"));
    }
}

#[tokio::test]
async fn counters_of_the_session_go_on() {
    let config = config("").replace("\"recaller\"", "\"rememberer\"");
    let gateway = Setup::with(&config, Script::json(200, &calls("refund", r#"{"n": 1}"#))).start().await;
    let messages = talk(&["one", "two", "refund 1"]);
    assert_eq!(ask(&gateway, &messages).await.status, 200);
    assert_eq!(ask(&gateway, &messages).await.status, 200);
    assert_eq!(before(&input(&gateway).await).len(), 2);
    assert_eq!(ask(&gateway, &messages).await.json()["error"]["reason_code"], "too_often");
}

#[tokio::test]
async fn what_a_person_approved_passes_once_and_is_not_known_for_that() {
    let gateway = start("").await;
    let messages = talk(&["ASKFIRST", "fine", "x"]);
    let reply = ask(&gateway, &messages).await;
    assert_eq!(reply.error(), (400, "approval_required".to_owned()));
    let id: Uuid = reply.header("location").unwrap().strip_prefix("/v1/approvals/").unwrap().parse().unwrap();
    let yes = Answer { approve: true, by: "ann".to_owned(), note: String::new(), at: Timestamp::now() };
    assert!(matches!(gateway.store.answer_approval("default", id, &yes).await.unwrap(), Answered::Taken(_)));
    assert_eq!(ask(&gateway, &messages).await.status, 200);
    let reply = ask(&gateway, &messages).await;
    assert_eq!(reply.error(), (400, "approval_required".to_owned()));
    assert_eq!(before(&input(&gateway).await), [""; 0]);
    // Nor is what stood beside it.
    ask(&gateway, &talk(&["other", "fine", "x"])).await;
    assert_eq!(before(&input(&gateway).await), [""; 0]);
}

#[tokio::test]
async fn only_so_much_is_known() {
    let gateway = Setup::with(&format!("[history]\nmax_parts = 2\n{}", config("")), Script::says("fine")).start().await;
    for _ in 0..2 {
        ask(&gateway, &talk(&["one", "two", "three", "four", "x"])).await;
    }
    assert_eq!(before(&input(&gateway).await), ["/messages/2/content", "/messages/3/content"]);
}

#[tokio::test]
async fn many_requests_at_once_leave_no_part_out() {
    let gateway = start("").await;
    let messages = talk(&["one", "two", "three", "four", "x"]);
    let replies = futures_util::future::join_all((0..16).map(|_| ask(&gateway, &messages))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    ask(&gateway, &messages).await;
    let rows: Vec<_> = gateway.rows().await.into_iter().filter(|row| row.stage == Stage::Input).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    assert_eq!(rows.len(), 17);
    for row in &rows {
        assert_eq!(row.coverage.inspected.len() + row.coverage.judged_before.len(), 5);
        assert!(row.coverage.judged_before.iter().all(|part| ids.contains(&part.decision)));
    }
    assert!(rows.iter().any(|row| before(row).len() == 4));
}

/// A conversation of two turns and what is new, in the words of each protocol.
fn spoken(api: &str, stream: bool) -> (&'static str, Value) {
    let text = |role: &str, text: &str| says(role, text);
    let (path, conversation) = match api {
        "openai_chat" => ("/v1/chat/completions", "messages"),
        "anthropic_messages" => ("/v1/messages", "messages"),
        _ => ("/v1/responses", "input"),
    };
    let turns = json!([text("user", "one"), text("assistant", "two"), text("user", "x")]);
    let mut body = json!({"model": "m", "max_tokens": 9, "stream": stream, conversation: turns});
    if api == "openai_responses" {
        body.as_object_mut().unwrap().remove("max_tokens");
    }
    (path, body)
}

#[tokio::test]
async fn every_model_surface_remembers_whole_and_streamed() {
    for api in ["openai_chat", "openai_responses", "anthropic_messages"] {
        for stream in [false, true] {
            let config = config("").replace("openai_chat", api);
            // What comes back is no matter here.
            let gateway = Setup::with(&config, Script::typed(503, "application/json", "{}")).start().await;
            let (path, body) = spoken(api, stream);
            for _ in 0..2 {
                let request = Request::post(path, body.to_string()).header(SESSION, "s");
                gateway.send(request).await;
            }
            let row = input(&gateway).await;
            assert_eq!(gateway.upstream.seen().len(), 2, "{api} {stream}");
            assert_eq!(
                (before(&row).len(), row.coverage.inspected.len()),
                (2, 1),
                "{api} {stream}: {:?}",
                row.coverage
            );
        }
    }
}
