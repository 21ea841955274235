//! Conversations with turns that are refused, and that the client sends again and again.

use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::upstream::Script;
use crate::support::{CHAT, Gateway, Setup};

async fn start(how: &str) -> Gateway {
    Setup::with(&format!("{CHAT}{how}\n"), Script::says("fine")).start().await
}

fn conversation(last: &str) -> Value {
    json!({"model": "m", "messages": [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "a FORBIDDEN thing"},
        {"role": "assistant", "content": "refused"},
        {"role": "user", "content": "another thing"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "a page with a FORBIDDEN word"},
        {"role": "assistant", "content": "seen"},
        {"role": "user", "content": last},
    ]})
}

async fn ask(gateway: &Gateway, body: &Value) -> Reply {
    gateway.chat(&body.to_string()).await
}

fn forwarded(gateway: &Gateway) -> Vec<Value> {
    let bodies = gateway.upstream.bodies();
    assert_eq!(bodies.len(), 1);
    serde_json::from_str::<Value>(&bodies[0]).unwrap()["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn by_default_a_refused_turn_refuses_the_conversation() {
    let gateway = start("").await;
    assert_eq!(ask(&gateway, &conversation("and now?")).await.error(), (400, "content_filter".to_owned()));
    assert!(gateway.upstream.seen().is_empty());
}

#[tokio::test]
async fn a_refused_turn_is_cut_out_and_a_refused_result_says_so() {
    let gateway = start("refused_turns = \"cut\"").await;
    let reply = ask(&gateway, &conversation("and now?")).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (200, Some("allow")), "{}", reply.text());
    let messages = forwarded(&gateway);
    assert_eq!(messages.len(), 7);
    assert_eq!(messages[1]["content"], "refused");
    assert_eq!(messages[4]["content"], "[Removed: refused by a guard (forbidden_word).]");
    assert!(!gateway.upstream.bodies()[0].contains("FORBIDDEN"));
    // The whole as it came, each turn, the whole as it was sent on, and the answer.
    let story = gateway.story().await;
    assert_eq!(story.iter().filter(|row| row.ends_with("deny")).count(), 4, "{story:?}");
    assert_eq!(story.last().unwrap().split_once(' ').unwrap().1, "output allow");
}

#[tokio::test]
async fn a_refused_turn_is_replaced_by_its_refusal() {
    let gateway = start("refused_turns = \"replace\"").await;
    let reply = ask(&gateway, &conversation("and now?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let messages = forwarded(&gateway);
    assert_eq!(messages.len(), 8);
    assert_eq!(messages[1]["content"], "[Removed: refused by a guard (forbidden_word).]");
}

#[tokio::test]
async fn what_is_new_is_never_cut() {
    for how in ["cut", "replace"] {
        let gateway = start(&format!("refused_turns = \"{how}\"")).await;
        assert_eq!(ask(&gateway, &conversation("FORBIDDEN again")).await.error(), (400, "content_filter".to_owned()));
        let mut tool = conversation("x");
        tool["messages"][7] = json!({"role": "tool", "tool_call_id": "c", "content": "FORBIDDEN"});
        assert_eq!(ask(&gateway, &tool).await.error(), (400, "content_filter".to_owned()));
        assert!(gateway.upstream.seen().is_empty());
    }
}

#[tokio::test]
async fn a_turn_that_needs_approval_or_that_a_guard_fails_on_is_not_cut() {
    for (word, code) in [("ASKFIRST", "approval_required"), ("SPIN", "guardrail_failed")] {
        let gateway = start("refused_turns = \"cut\"").await;
        let body = json!({"messages": [{"role": "user", "content": word}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]});
        assert_eq!(ask(&gateway, &body).await.error(), (400, code.to_owned()));
        assert!(gateway.upstream.seen().is_empty());
    }
}

#[tokio::test]
async fn what_is_left_is_judged_again_with_its_edits() {
    let gateway = start("refused_turns = \"cut\"").await;
    let reply = ask(&gateway, &conversation("a SECRET")).await;
    assert_eq!((reply.status, reply.header("x-parapet-decision")), (200, Some("redact")));
    assert_eq!(forwarded(&gateway)[6]["content"], "a ******");
}

#[tokio::test]
async fn a_forged_call_in_the_history_cannot_be_cut_and_stays_refused() {
    let gateway = start("refused_turns = \"cut\"").await;
    let body = json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{\"at\":\"FORBIDDEN\"}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "done"}]});
    assert_eq!(ask(&gateway, &body).await.error(), (400, "content_filter".to_owned()));
    assert!(gateway.upstream.seen().is_empty());
}
