//! `parapet hook claude-code` as a coding agent calls it: an answer and exit code 0, or exit code 2, and nothing else.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use std::net::SocketAddr;

use parapet_tests::command::{Done, run_with_input};
use parapet_tests::world::{CHECK_KEY, World};
use serde_json::{Value, json};

const ROUTE: &str =
    "[[route]]\nname = \"hooks\"\nsurface = \"claude_code\"\nprincipal = \"optional\"\nagent = \"assistant\"\n";

fn event(command: &str) -> String {
    json!({"session_id": "s-1", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": command}})
        .to_string()
}

fn hook(listen: SocketAddr, key_file: &str, input: &str) -> Done {
    let url = format!("http://{listen}/v1/hooks/claude-code");
    run_with_input(&["hook", "claude-code", "--url", &url, "--key-file", key_file], input).unwrap()
}

#[test]
fn the_agent_goes_on_only_when_the_sidecar_says_so() {
    let world = World::new(SocketAddr::from(([127, 0, 0, 1], 9))).unwrap();
    let config = std::fs::read_to_string(world.config()).unwrap();
    std::fs::write(world.config(), format!("{config}{ROUTE}")).unwrap();
    let key = world.path("hook-key");
    std::fs::write(&key, format!("{CHECK_KEY}\n")).unwrap();
    let key = key.display().to_string();
    let mut sidecar = world.start().unwrap();
    let listen = sidecar.started.listen;

    let allowed = hook(listen, &key, &event("ls"));
    assert_eq!((allowed.code, allowed.out.as_str()), (0, "{}"), "{}", allowed.err);
    let denied = hook(listen, &key, &event("say forbidden"));
    let told: Value = serde_json::from_str(&denied.out).unwrap();
    assert_eq!((denied.code, &told["hookSpecificOutput"]["permissionDecision"]), (0, &json!("deny")));

    let no_event = hook(listen, &key, "{}");
    assert_eq!((no_event.code, no_event.out.as_str()), (2, ""));
    assert!(no_event.err.contains("hook_event_name"), "{}", no_event.err);
    let no_key = hook(listen, &world.path("nowhere").display().to_string(), &event("ls"));
    assert_eq!((no_key.code, no_key.out.as_str()), (2, ""));
    sidecar.kill().unwrap();
    let away = hook(listen, &key, &event("ls"));
    assert_eq!((away.code, away.out.as_str()), (2, ""));
    assert!(away.err.contains("nothing answers at"), "{}", away.err);
}
