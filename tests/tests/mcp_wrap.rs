//! `parapet mcp wrap` as a client starts it: a scripted server behind it, lines in and lines out, rows in the log.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that panics fails its test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use parapet_tests::{command, guards, sidecar, world};
use serde_json::{Value, json};

/// Answers by what is in the line, keeps what it was sent in `seen`, and ends with code 7.
const SERVER: &str = r#"
echo "the server is up" >&2
while IFS= read -r line; do
    printf '%s\n' "$line" >> "$1"
    case "$line" in
    *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"look","description":"looks"},{"name":"bad","description":"a forbidden thing"}]}}' ;;
    *'"leak"'*) echo '{"jsonrpc":"2.0","id":4,"result":{"content":[{"type":"text","text":"the forbidden thing"}]}}' ;;
    *'"stray"'*) echo 'starting up ...'; echo '{"jsonrpc":"2.0","id":99,"result":{}}'; echo '{"jsonrpc":"2.0","id":5,"result":{"content":[]}}' ;;
    *'"sample"'*) echo '{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"a forbidden thing"}}]}}' ;;
    *'"long"'*) head -c 70000 /dev/zero | tr '\0' 'x'; echo ;;
    *'"quit"'*) exit 9 ;;
    *'"tools/call"'*) printf '{"jsonrpc":"2.0",\r\n' | tr -d '\r\n'; echo '"id":3,"result":{"content":[{"type":"text","text":"done"}]}}' ;;
    esac
done
exit 7
"#;

/// A folder with guards, a configuration and the server.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        guards::write_forbidden_word(&place.path("guards")).unwrap();
        std::fs::write(place.path("server.sh"), SERVER).unwrap();
        let (home, cache) = (place.0.path().display(), world::shared_cache().unwrap());
        let config = format!(
            "[server.limits]\nmax_body_bytes = 65536\n[store]\nurl = \"sqlite:{home}/log.db\"\n[audit]\ndigest_key_file = \"{home}/key\"\n[guards]\ndir = \"{home}/guards\"\n[sandbox]\ncache_dir = \"{}\"\n[[route]]\nname = \"local\"\nsurface = \"mcp\"\ntools_denied = [\"secret_*\"]\n",
            cache.display()
        );
        std::fs::write(place.path("parapet.toml"), config).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn start(&self) -> Client {
        Client::start(&["--config", &self.text("parapet.toml"), "--route", "local"], self)
    }

    /// What the server was sent.
    fn seen(&self) -> String {
        std::fs::read_to_string(self.path("seen")).unwrap_or_default()
    }

    /// Every decision.
    fn rows(&self) -> Vec<Value> {
        let url = format!("sqlite:{}", self.text("log.db"));
        let done = command::run(&["audit", "query", "--store", &url, "--json"]).unwrap();
        let page: Value = serde_json::from_str(&done.out).unwrap();
        page["records"].as_array().unwrap().clone()
    }
}

/// A client with a running server behind Parapet.
struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(arguments: &[&str], place: &Place) -> Self {
        let mut command = sidecar::parapet(&["mcp", "wrap"]).unwrap();
        command
            .args(arguments)
            .arg("--state-dir")
            .arg(place.path("state"))
            .arg("--")
            .arg("sh")
            .arg(place.path("server.sh"))
            .arg(place.path("seen"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn send(&mut self, line: &str) {
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn call(&mut self, id: u32, tool: &str, text: &str) {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {"q": text}}});
        self.send(&message.to_string());
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line:?}"))
    }

    /// Closes the input; the exit code, what was still said, and standard error.
    fn end(mut self) -> (Option<i32>, String, String) {
        drop(self.input.take());
        self.ended()
    }

    fn ended(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }
}

fn text_of(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {message}"))
}

#[test]
fn lines_pass_both_ways_and_the_code_of_the_server_is_that_of_the_command() {
    let place = Place::new();
    let mut client = place.start();
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    client.call(3, "look", "a thing");
    assert_eq!(text_of(&client.read()), "done");
    let (code, rest, errors) = client.end();
    assert_eq!((code, rest.as_str()), (Some(7), ""));
    assert!(errors.contains("the server is up"), "{errors}");
    assert_eq!(place.seen().lines().count(), 2);

    let rows = place.rows();
    let stages: Vec<&str> = rows.iter().map(|row| row["stage"].as_str().unwrap()).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(stages.contains(&"tool_call") && stages.contains(&"tool_result"), "{stages:?}");
    assert_eq!(rows[0]["exchange_id"], rows[1]["exchange_id"]);
    assert_eq!((&rows[0]["surface"], &rows[0]["route"]), (&json!("mcp"), &json!("local")));
    assert!(
        rows.iter().all(|row| row["principal"].is_string() && row["session"].as_str().unwrap().starts_with("stdio-"))
    );
}

#[test]
fn what_is_denied_reaches_neither_side() {
    let place = Place::new();
    let mut client = place.start();
    client.call(3, "look", "a forbidden thing");
    let refused = client.read();
    assert_eq!((&refused["id"], &refused["result"]["isError"]), (&json!(3), &json!(true)));
    assert!(text_of(&refused).contains("forbidden_word"), "{refused}");
    client.call(3, "secret_door", "x");
    assert!(text_of(&client.read()).contains("tool_not_offered"));
    assert_eq!(place.seen(), "");

    client.send(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    let list = client.read();
    assert_eq!(list["result"]["tools"], json!([{"name": "look", "description": "looks"}]));
    client.call(4, "leak", "x");
    assert_eq!(client.read()["result"]["isError"], true);
    // What the server asks of the model is refused too, and it hears of it.
    client.call(6, "sample", "x");
    client.call(3, "look", "x");
    assert_eq!(text_of(&client.read()), "done");
    client.end();
    assert!(place.seen().contains(r#""id":"q","error":"#), "{}", place.seen());
}

#[test]
fn what_is_no_message_goes_nowhere() {
    let place = Place::new();
    let mut client = place.start();
    client.send("nonsense");
    assert_eq!((&client.read()["id"], place.seen()), (&Value::Null, String::new()));
    client.send(&format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}", "x".repeat(70_000)));
    assert_eq!(client.read()["error"]["data"]["code"], "body_too_large");
    client.send("");
    client.send(r#"{"jsonrpc":"2.0","id":1,"method":"vendor/odd","params":{}}"#);
    assert_eq!(client.read()["error"]["data"]["reason_code"], "method_not_known");
    assert_eq!(place.seen(), "");
    // A server that writes anything else, and an answer that nobody asked for.
    client.call(5, "stray", "x");
    assert_eq!(client.read()["id"], 5);
    // A line that is too long says not whom it answers: who waits gets an error instead of nothing.
    client.call(6, "long", "x");
    assert_eq!(client.read()["error"]["data"]["code"], "answer_too_large");
    client.end();
}

#[test]
fn a_server_that_ends_leaves_nobody_waiting() {
    let place = Place::new();
    let mut client = place.start();
    client.call(8, "quit", "x");
    let answer = client.read();
    assert_eq!((&answer["id"], &answer["error"]["data"]["code"]), (&json!(8), &json!("upstream_error")));
    assert_eq!(client.ended().0, Some(9), "although the client is still there");
}

#[test]
fn it_works_without_a_configuration() {
    let place = Place::new();
    let mut client = Client::start(&["--store", &format!("sqlite:{}", place.text("log.db"))], &place);
    client.call(3, "read_file", "a thing");
    assert_eq!(text_of(&client.read()), "done");
    client.call(4, "run_shell", "rm -rf /");
    assert!(text_of(&client.read()).contains("tool_not_allowed"));
    assert_eq!(client.end().0, Some(7));
    assert_eq!(place.rows().len(), 3);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let place = Place::new();
    let config = place.text("parapet.toml");
    let run = |arguments: &[&str]| command::run(&[&["mcp", "wrap", "--config", &config], arguments].concat()).unwrap();
    let done = run(&["--route", "nowhere", "--", "true"]);
    assert!(
        done.code == 1 && done.err.contains("there is no route `nowhere`") && done.err.contains("`--route`"),
        "{}",
        done.err
    );
    let done = run(&["--route", "local", "--", "no-such-program-here"]);
    assert!(done.code == 1 && done.err.contains("`no-such-program-here` cannot be started"), "{}", done.err);
    assert_eq!(command::run(&["mcp", "wrap"]).unwrap().code, 2);
}
