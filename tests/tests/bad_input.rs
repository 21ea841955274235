//! Bad input, from outside: each gets its status or exit code and a message that says what to do.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use std::net::TcpListener;

use parapet_tests::command::{Done, run, run_with_input};
use parapet_tests::upstream::Upstream;
use parapet_tests::world::{CHECK_KEY, MAX_BODY_BYTES, World};

/// A port on which nobody listens.
fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn serve(world: &World, more: &[&str]) -> Done {
    let config = world.config().display().to_string();
    run(&[&["serve", "--config", &config], more].concat()).unwrap()
}

#[tokio::test]
async fn requests_that_cannot_be_judged_are_refused_with_their_own_code() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let sidecar = world.start().unwrap();
    let key = ("x-parapet-key", CHECK_KEY);
    let long = format!(r#"{{"stage":"input","text":"{}"}}"#, "x".repeat(MAX_BODY_BYTES));
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let cases = [
        ("/v1/check", key, "{\"stage\":", 400, "malformed_body", "EOF while parsing"),
        ("/v1/check", key, r#"{"stage":"input","stage":"output","text":"x"}"#, 400, "malformed_body", "stands twice"),
        (
            "/v1/check",
            key,
            r#"{"stage":"sideways","text":"x"}"#,
            400,
            "malformed_body",
            "give `input`, `output`, `tool_call` or `tool_result`",
        ),
        ("/v1/check", key, r#"{"stage":"input","text":7}"#, 400, "malformed_body", "has to be a string"),
        ("/v1/check", key, &long, 413, "body_too_large", "the limit here"),
        ("/v1/check", ("x-parapet-key", "wrong"), r#"{"stage":"input","text":"x"}"#, 401, "unauthorized", "key"),
        ("/v1/chat/completions", ("x-parapet-principal", "not json"), chat, 401, "unauthorized", "x-parapet-principal"),
        ("/known/chat/completions", ("accept", "*/*"), chat, 401, "principal_missing", ""),
        ("/v1/chat/completions", ("content-encoding", "br"), chat, 415, "unsupported_encoding", "br"),
        ("/v2/unheard-of", ("accept", "*/*"), chat, 404, "unknown_route", "[[route]]"),
    ];
    for (path, header, body, status, code, text) in cases {
        let answer = sidecar
            .client
            .send("POST", path, &[header, ("content-type", "application/json")], body.to_owned())
            .await
            .unwrap();
        let error = &answer.json().unwrap()["error"];
        let start: String = body.chars().take(80).collect();
        assert_eq!(
            (answer.status.as_u16(), error["code"].as_str()),
            (status, Some(code)),
            "{path} {header:?} {start}: {error}"
        );
        assert!(error["message"].as_str().unwrap().contains(text), "{path} {start}: {error}");
    }
    assert!(model.received().is_empty(), "the model was asked all the same");
}

#[tokio::test]
async fn a_model_that_is_away_is_not_a_block() {
    let world = World::new(nobody()).unwrap();
    let sidecar = world.start().unwrap();
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let headers = [("content-type", "application/json")];
    let answer = sidecar.client.send("POST", "/v1/chat/completions", &headers, body).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.json().unwrap()["error"]["code"].as_str()),
        (502, Some("upstream_unreachable"))
    );
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let world = World::new(nobody()).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = serve(&world, &["--listen", &address]);
    assert_eq!(done.code, 6, "{}", done.err);
    assert!(done.err.contains(&format!("cannot listen on {address}: another process listens there; stop it, or choose another address with `--listen`")), "{}", done.err);
}

#[test]
fn all_errors_of_a_configuration_are_told_at_once() {
    let world = World::new(nobody()).unwrap();
    let bad = "[server]\nlisten = \"8080\"\ncolour = \"red\"\n[store]\nurl = \"mysql://x\"\n[[route]]\nname = \"a\"\nsurface = \"openai_chat\"\nupstream = \"gone\"\n";
    std::fs::write(world.config(), bad).unwrap();
    let done = serve(&world, &[]);
    assert_eq!(done.code, 3, "{}", done.err);
    for part in ["line 2: `server.listen`", "colour", "line 5: `store.url`", "`gone`"] {
        assert!(done.err.contains(part), "`{part}` is not in: {}", done.err);
    }
}

#[test]
fn a_guards_folder_that_is_not_there_is_named() {
    let world = World::new(nobody()).unwrap();
    let done = serve(&world, &["--guards", "/nowhere/guards"]);
    assert_eq!(done.code, 4, "{}", done.err);
    assert!(done.err.contains("`/nowhere/guards` cannot be read"), "{}", done.err);
}

#[test]
fn a_guard_that_cannot_be_built_is_told_with_its_position() {
    let world = World::new(nobody()).unwrap();
    std::fs::write(world.path("guards/forbidden-word/guard.rhai"), "fn check(event) {\n    alow()\n}\n").unwrap();
    let done = serve(&world, &[]);
    assert_eq!(done.code, 4, "{}", done.err);
    assert!(done.err.contains("guard `forbidden-word` cannot be built") && done.err.contains("line 2"), "{}", done.err);
}

#[test]
fn a_database_that_is_away_or_none_is_told() {
    let world = World::new(nobody()).unwrap();
    let away = serve(&world, &["--store", &format!("postgres://parapet:hunter2@{}/parapet", nobody())]);
    assert_eq!(away.code, 5, "{}", away.err);
    assert!(away.err.contains("not available") && !away.err.contains("hunter2"), "{}", away.err);

    std::fs::write(world.path("junk.db"), "this is no database, but long enough to have a header ".repeat(40)).unwrap();
    let junk = serve(&world, &["--store", &format!("sqlite:{}", world.path("junk.db").display())]);
    assert_eq!(junk.code, 5, "{}", junk.err);
    assert!(junk.err.contains("is not a SQLite database, or it is damaged"), "{}", junk.err);
}

#[test]
fn bad_events_on_the_command_line_are_told() {
    let malformed = run_with_input(&["check", "-"], "{\"stage\": \"input\"").unwrap();
    assert_eq!(malformed.code, 1, "{}", malformed.err);
    assert!(malformed.err.contains("`standard input` is not acceptable JSON"), "{}", malformed.err);

    let unknown = run(&["check", "--text", "x", "--stage", "sideways"]).unwrap();
    assert_eq!(unknown.code, 2, "{}", unknown.err);
    assert!(unknown.err.contains("use input, output, tool_call or tool_result"), "{}", unknown.err);

    let missing = run(&["check", "/nowhere/event.json"]).unwrap();
    assert_eq!(missing.code, 1, "{}", missing.err);
    assert!(missing.err.contains("`/nowhere/event.json` cannot be read"), "{}", missing.err);
}

#[test]
fn bad_questions_to_the_log_are_told() {
    let missing = run(&["audit", "query", "--store", "sqlite:/nowhere/parapet.db"]).unwrap();
    assert_eq!(missing.code, 1, "{}", missing.err);
    assert!(missing.err.contains("there is no audit log at `/nowhere/parapet.db`"), "{}", missing.err);

    let time = run(&["audit", "query", "--from", "yesterday", "--store", "sqlite:/nowhere/parapet.db"]).unwrap();
    assert_eq!(time.code, 1, "{}", time.err);
    assert!(time.err.contains("`yesterday` is no time; write 2026-01-31T12:00:00Z"), "{}", time.err);

    let admin =
        run(&["audit", "query", "--admin", &format!("http://{}", nobody()), "--token-file", "/nowhere"]).unwrap();
    assert_eq!(admin.code, 1, "{}", admin.err);
    assert!(admin.err.contains("admin token file `/nowhere` cannot be read"), "{}", admin.err);
}
