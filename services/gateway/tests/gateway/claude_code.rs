//! The hooks of a coding agent: what it gets to hear for each verdict, in each event's own words.

use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup};

const CONFIG: &str = r#"
[[credential]]
name = "laptop"
key = "laptop-0123456789abcdef"
[[route]]
name = "hooks"
surface = "claude_code"
agent = "assistant"
principal = "optional"
"#;

async fn start() -> Gateway {
    Setup::with(CONFIG, Script::Silent).start().await
}

async fn hook(gateway: &Gateway, body: &Value) -> Reply {
    let request = Request::post("/v1/hooks/claude-code", body.to_string());
    gateway.send(request.header("authorization", "Bearer laptop-0123456789abcdef")).await
}

fn bash(command: &str) -> Value {
    json!({"session_id": "s-1", "transcript_path": "/t.jsonl", "cwd": "/home/u", "hook_event_name": "PreToolUse",
        "tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": "t1"})
}

#[tokio::test]
async fn a_call_is_let_pass_in_silence_denied_asked_about_or_changed() {
    let gateway = start().await;
    let allowed = hook(&gateway, &bash("ls")).await;
    assert_eq!((allowed.status, allowed.text().as_str()), (200, "{}"));
    for (command, decision, said) in [
        ("FORBIDDEN", "deny", "that word is not allowed"),
        ("SPIN", "deny", "could not judge this content"),
        ("ASKFIRST", "ask", "a person has to look at this"),
    ] {
        let reply = hook(&gateway, &bash(command)).await;
        let told = reply.json()["hookSpecificOutput"].clone();
        assert_eq!((reply.status, &told["permissionDecision"]), (200, &json!(decision)), "{told}");
        let reason = told["permissionDecisionReason"].as_str().unwrap();
        assert!(reason.contains(said) && reason.contains(reply.header("x-parapet-decision-id").unwrap()), "{reason}");
    }
    let changed = hook(&gateway, &bash("echo SECRET")).await.json()["hookSpecificOutput"].clone();
    assert_eq!(changed["updatedInput"], json!({"command": "echo ******"}));
    assert_eq!(changed["permissionDecision"], "ask", "never `allow`");
    let rows = gateway.rows().await;
    assert!(rows.iter().all(|row| row.session.as_deref() == Some("s-1") && row.surface.as_str() == "claude_code"));
    let decisions: Vec<_> = rows.iter().map(|row| row.enforced.as_str()).collect();
    assert_eq!(decisions, ["allow", "deny", "deny", "ask", "redact"]);
}

#[tokio::test]
async fn an_outage_denies_as_the_agent_would_go_on_at_an_error() {
    let gateway = start().await;
    gateway.recorder.drain().await;
    let reply = hook(&gateway, &bash("ls")).await;
    assert_eq!((reply.status, &reply.json()["hookSpecificOutput"]["permissionDecision"]), (200, &json!("deny")));
    assert!(reply.text().contains("`audit_unavailable`"));
}

#[tokio::test]
async fn results_prompts_and_answers_are_told_in_their_own_way() {
    let gateway = start().await;
    let event = |name: &str, more: Value| {
        let mut body = json!({"session_id": "s-1", "hook_event_name": name});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let read = |output: Value| {
        event(
            "PostToolUse",
            json!({"tool_name": "Read", "tool_input": {"file_path": "FORBIDDEN"}, "tool_response": output}),
        )
    };
    assert_eq!(hook(&gateway, &read(json!({"text": "fine"}))).await.json(), json!({}));
    assert_eq!(
        hook(&gateway, &read(json!({"text": "a SECRET"}))).await.json()["hookSpecificOutput"]["updatedToolOutput"],
        json!({"text": "a ******"})
    );
    let withheld = hook(&gateway, &read(json!({"text": "FORBIDDEN fruit"}))).await;
    assert_eq!(withheld.json()["decision"], "block");
    assert!(!withheld.text().contains("fruit"));
    let prompt = hook(&gateway, &event("UserPromptSubmit", json!({"prompt": "a SECRET"}))).await.json();
    assert_eq!(prompt["decision"], "block");
    assert!(prompt["reason"].as_str().unwrap().contains("`redaction_not_carried`"));
    let stop = json!({"stop_hook_active": false, "last_assistant_message": "FORBIDDEN"});
    assert_eq!(hook(&gateway, &event("Stop", stop)).await.json()["decision"], "block");
    let unheard = hook(&gateway, &event("NewIn2030", json!({"anything": "FORBIDDEN"}))).await.json();
    assert_eq!(unheard["continue"], false);
    assert_eq!(hook(&gateway, &json!({"tool_name": "Bash"})).await.error(), (400, "malformed_body".to_owned()));
}
