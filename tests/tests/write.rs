//! Long documents with the real binary and a scripted model: on the command line and over TCP.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that panics fails its test")]

use std::collections::HashMap;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parapet_test_model_server::{Asked, Author, Server, Step, Task, last_message, said_at_length, task};
use parapet_tests::command::{Done, run};
use parapet_tests::guards;
use parapet_tests::sidecar::parapet;
use parapet_tests::world::World;
use serde_json::{Value, json};
use tokio::sync::Notify;

const USER: &str = "x-parapet-principal";
const REDACTS: &str = r#"fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        let at = part.text.index_of("codename");
        if at >= 0 { edits.push(edit(n, at, at + 8, "[name]")); }
    }
    if edits.is_empty() { allow() } else { redact("codename", "a name was taken out", edits) }
}
"#;
const ASKS: &str = r#"fn check(event) {
    for part in event.parts {
        if part.text.contains("doubtful") { return ask("doubtful", "a person has to read this"); }
    }
    allow()
}
"#;

/// A world with a `write` route whose model is `decide`.
async fn world(decide: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> (World, Server) {
    let server = Server::answering(decide).await;
    let world = World::new("127.0.0.1:9".parse().unwrap()).unwrap();
    let stages = ["input", "output"];
    guards::write(&world.path("guards"), "redacts", &stages, REDACTS).unwrap();
    guards::write(&world.path("guards"), "asks", &stages, ASKS).unwrap();
    let mut config = std::fs::OpenOptions::new().append(true).open(world.config()).unwrap();
    let more = format!(
        "[[route]]\nname = \"write\"\nsurface = \"write\"\nagent = \"writer\"\n[model]\nbase_url = \"{}/v1\"\nmodel = \"m\"\nretries = 0\n",
        server.url
    );
    config.write_all(more.as_bytes()).unwrap();
    (world, server)
}

/// An author who writes what guards have something against.
fn careless(asked: &Asked) -> Step {
    let (said, question) = (Author::exact().says(asked), last_message(asked));
    let section = |id: &str| task(asked) == Task::Write && question.contains(&format!("Write section {id} now"));
    let again = question.contains("was refused by those who check the text");
    let said = match () {
        () if section("1") => format!("{said} The codename stands here."),
        () if section("2") && !again => format!("{said} It is forbidden at first."),
        () if section("3") => format!("{said} It is forbidden again."),
        () => said,
    };
    said_at_length(&said, "stop")
}

fn exact(asked: &Asked) -> Step {
    Author::exact().step(asked)
}

/// `exact`, until its `at`th question, which it never answers.
fn hanging(at: usize) -> (impl Fn(&Asked) -> Step + Send + Sync + 'static, Arc<Notify>) {
    let (count, hangs) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let told = Arc::clone(&hangs);
    let decide = move |asked: &Asked| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == at {
            told.notify_one();
            return Step::Hang;
        }
        exact(asked)
    };
    (decide, hangs)
}

/// The arguments of a command that writes to `out`.
fn arguments(world: &World, more: &[&str]) -> Vec<String> {
    let out = world.path("out.md");
    let mut all = vec!["write", "--config"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    all.push(world.config().display().to_string());
    all.extend(["--out".to_owned(), out.display().to_string()]);
    all.extend(more.iter().map(|&argument| argument.to_owned()));
    all
}

fn write(world: &World, more: &[&str]) -> Done {
    let all = arguments(world, more);
    run(&all.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
}

fn written(world: &World) -> String {
    std::fs::read_to_string(world.path("out.md")).unwrap()
}

fn json_of(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"))
}

fn decisions(world: &World, session: &str) -> Vec<String> {
    let store = format!("sqlite:{}", world.path("parapet.db").display());
    let done = run(&["audit", "query", "--store", &store, "--session", session, "--all", "--json"]).unwrap();
    let page = json_of(&done);
    let rows = page["records"].as_array().unwrap().iter();
    let mut told: Vec<String> = rows
        .inspect(|row| assert_eq!((&row["surface"], &row["route"]), (&json!("write"), &json!("write"))))
        .map(|row| {
            let inspected = row["coverage"]["inspected"][0].as_str().unwrap();
            format!("{inspected} {}", row["enforced"].as_str().unwrap())
        })
        .collect();
    // The newest comes first.
    told.reverse();
    told
}

/// How often each question was asked.
fn times_asked(server: &Server) -> HashMap<String, usize> {
    server.asked().into_iter().fold(HashMap::new(), |mut all, asked| {
        *all.entry(asked.body.to_string()).or_default() += 1;
        all
    })
}

const TEA: [&str; 4] = ["--text", "Write about the history of tea", "--words", "2000"];

#[tokio::test(flavor = "multi_thread")]
async fn refused_sections_are_written_anew_or_left_out_and_edited_ones_stand_edited() {
    let (world, _server) = world(careless).await;
    let done = write(&world, &[&TEA[..], &["--id", "tea", "--json"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let (summary, text) = (json_of(&done), written(&world));
    let fates: Vec<&str> =
        summary["sections"].as_array().unwrap().iter().map(|section| section["fate"].as_str().unwrap()).collect();
    assert_eq!(fates[..3], ["redacted", "written", "denied"], "{summary:#}");
    assert_eq!(summary["sections"][1]["refusals"], json!(["forbidden_word"]));
    assert!(!text.contains("forbidden") && !text.contains("codename"), "{text}");
    assert!(text.contains("The [name] stands here.") && text.to_lowercase().contains("left out"), "{text}");
    let words = summary["words"].as_u64().unwrap();
    assert!((1_800..=2_200).contains(&words) && summary["length"] == "held", "{summary:#}");

    let decisions = decisions(&world, "tea");
    assert_eq!(decisions[..3], ["/instruction allow", "/plan allow", "/section/1 redact"]);
    // The third try of section 3 is, word for word, the second: its ruling stands.
    assert_eq!(
        decisions[3..8],
        ["/section/2 deny", "/section/2 allow", "/section/3 deny", "/section/3 deny", "/section/4 allow"]
    );
    assert_eq!(summary["decisions"].as_array().unwrap().len() + 2, decisions.len());

    // The same again: from what is kept, without a question.
    let again = write(&world, &[&TEA[..], &["--id", "tea", "--json", "--replace"]].concat());
    assert_eq!((json_of(&again)["calls"].as_u64(), written(&world)), (Some(0), text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_killed_goes_on_without_a_repeated_call() {
    let (decide, hangs) = hanging(5);
    let (world, server) = world(decide).await;
    let all = arguments(&world, &[&TEA[..], &["--id", "tea", "--json"]].concat());
    let mut command = parapet(&all.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    hangs.notified().await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!world.path("out.md").exists());

    let done = write(&world, &[&TEA[..], &["--id", "tea", "--json"]].concat());
    let summary = json_of(&done);
    assert_eq!((done.code, summary["kept_calls"].as_u64(), summary["length"].as_str()), (0, Some(4), Some("held")));
    let asked = times_asked(&server);
    let repeated: Vec<usize> = asked.values().copied().filter(|times| *times > 1).collect();
    assert!(
        repeated.iter().sum::<usize>() <= 2,
        "only the question that was never answered is asked again: {repeated:?}"
    );
    let all = usize::try_from(summary["calls"].as_u64().unwrap()).unwrap() + 5;
    assert_eq!(asked.values().sum::<usize>(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_in_order_and_says_how_to_go_on() {
    let (decide, hangs) = hanging(3);
    let (world, _server) = world(decide).await;
    let all = arguments(&world, &[&TEA[..], &["--id", "tea"]].concat());
    let mut command = parapet(&all.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hangs.notified().await;
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("the same command with `--id tea` goes on where this one ended"), "{told}");
    assert_eq!(write(&world, &[&TEA[..], &["--id", "tea"]].concat()).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_says_what_to_do() {
    let (world, server) = world(exact).await;
    std::fs::write(world.path("there.md"), "mine").unwrap();
    let there = world.path("there.md").display().to_string();
    for (more, code, told) in [
        (
            vec!["--text", "a forbidden thing", "--words", "2000"],
            12,
            "the guards refuse the instruction: the text has a forbidden word (`forbidden_word`",
        ),
        (vec!["--text", "x", "--words", "many"], 2, "write a number such as 5000, or a range such as 4000..6000"),
        (
            vec!["--text", "x", "--words", "9..5"],
            1,
            "the range from 9 to 5 words is empty; give the smaller number first",
        ),
        (vec!["--text", "x"], 2, "--words"),
        (vec!["--words", "5"], 2, "--instruction"),
        (vec!["--text", "x", "--words", "5", "--id", "a/b"], 2, "`a/b` is no id of a document"),
        (
            vec!["--text", "x", "--words", "5", "--route", "chat"],
            1,
            "there is no route `chat` with `surface = \"write\"`",
        ),
    ] {
        let done = write(&world, &more);
        assert_eq!(done.code, code, "{done:?}");
        assert!(done.err.contains(told), "{}", done.err);
    }
    let config = world.config().display().to_string();
    let done = run(&["write", "--config", &config, "--text", "x", "--words", "5", "--out", &there]).unwrap();
    assert!(done.err.contains("is there already; choose another name, or replace it with --replace"), "{}", done.err);
    assert!(server.asked().is_empty(), "the model was asked");
    assert!(!world.path("out.md").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_that_a_person_has_to_read_waits_for_that() {
    let doubtful = |asked: &Asked| {
        let said = Author::exact().says(asked);
        let second = task(asked) == Task::Write && last_message(asked).contains("Write section 2 now");
        said_at_length(&if second { format!("{said} It is doubtful.") } else { said }, "stop")
    };
    let (world, server) = world(doubtful).await;
    let waits = write(&world, &[&TEA[..], &["--id", "tea"]].concat());
    assert_eq!(waits.code, 11, "{waits:?}");
    let id = waits.err.split("`parapet approvals approve ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let asked = server.asked().len();
    let store = format!("sqlite:{}", world.path("parapet.db").display());
    assert_eq!(run(&["approvals", "approve", &id, "--by", "ann", "--store", &store]).unwrap().code, 0);
    let done = write(&world, &[&TEA[..], &["--id", "tea", "--json"]].concat());
    assert_eq!((done.code, json_of(&done)["kept_calls"].as_u64()), (0, u64::try_from(asked).ok()), "{done:?}");
    assert!(written(&world).contains("It is doubtful."));
}

fn user(id: &str) -> String {
    json!({ "id": id }).to_string()
}

/// The data of the last event of a stream, with its name.
fn last_event(text: &str) -> (String, Value) {
    let event = text.trim_end().rsplit("\n\n").next().unwrap();
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    (field("event: ").to_owned(), serde_json::from_str(field("data: ")).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_over_tcp_survives_kill_minus_nine_and_is_its_users_alone() {
    let (decide, hangs) = hanging(6);
    let (world, server) = world(decide).await;
    let body = json!({"instruction": "Write about the history of tea", "words": 2000, "id": "tea"});
    let mut sidecar = world.start().unwrap();
    let (client, ann) = (sidecar.client.clone(), user("ann"));
    let (sent, headers) = (body.clone(), ann.clone());
    let cut = tokio::spawn(async move { client.post("/v1/write", &[(USER, &headers)], &sent).await });
    hangs.notified().await;
    sidecar.kill().unwrap();
    assert!(cut.await.unwrap().is_err(), "the stream broke off");

    let sidecar = world.start().unwrap();
    let headers = [(USER, ann.as_str())];
    let shown = sidecar.client.get("/v1/write/tea", &headers).await.unwrap().json().unwrap();
    assert_eq!(shown["state"], "unfinished", "{shown}");
    for path in ["/v1/write/tea", "/v1/write/coffee"] {
        let stranger = sidecar.client.get(path, &[(USER, &user("bob"))]).await.unwrap();
        assert_eq!(
            (stranger.status.as_u16(), &stranger.json().unwrap()["error"]["code"]),
            (404, &json!("unknown_document"))
        );
    }

    let resumed = sidecar.client.post("/v1/write", &headers, &json!({"id": "tea"})).await.unwrap();
    let (name, document) = last_event(&resumed.text());
    assert_eq!(
        (name.as_str(), document["id"].as_str(), document["kept_calls"].as_u64()),
        ("finished", Some("tea"), Some(5))
    );
    let asked = times_asked(&server);
    assert_eq!(asked.values().sum::<usize>(), usize::try_from(document["calls"].as_u64().unwrap()).unwrap() + 6);

    let shown = sidecar.client.get("/v1/write/tea", &headers).await.unwrap().json().unwrap();
    assert_eq!((&shown["state"], &shown["text"]), (&json!("finished"), &document["text"]));
    assert_eq!(times_asked(&server), asked, "reading asks nothing");
    let other = json!({"instruction": "Write about coffee", "words": 2000, "id": "tea", "stream": false});
    let refused = sidecar.client.post("/v1/write", &headers, &other).await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.json().unwrap()["error"]["code"]), (409, &json!("other_document")));
    let most = json!({"instruction": "Write about coffee", "words": 60_000});
    assert_eq!(sidecar.client.post("/v1/write", &headers, &most).await.unwrap().status.as_u16(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_what_the_guards_refused() {
    let (world, _server) = world(careless).await;
    let sidecar = world.start().unwrap();
    let body = json!({"instruction": "Write about the history of tea", "words": 2000, "id": "tea"});
    let (ann, path) = (user("ann"), "/v1/write/tea");
    let streamed = sidecar.client.post("/v1/write", &[(USER, &ann)], &body).await.unwrap();
    let (name, document) = last_event(&streamed.text());
    assert_eq!((name.as_str(), &document["length"]), ("finished", &json!("held")));
    let shown = sidecar.client.get(path, &[(USER, &ann)]).await.unwrap();
    for text in [streamed.text(), shown.text()] {
        assert!(!text.contains("is forbidden") && !text.contains("codename"), "{text}");
    }
    assert!(streamed.text().contains(r#""step":"denied""#));
    assert_eq!(shown.json().unwrap()["text"], document["text"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_away_is_told_without_its_address() {
    let (world, _server) = world(|_| Step::Reset(Vec::new())).await;
    let sidecar = world.start().unwrap();
    let body = json!({"instruction": "Write about the history of tea", "words": 2000, "stream": false});
    let answer = sidecar.client.post("/v1/write", &[(USER, &user("ann"))], &body).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.json().unwrap()["error"]["code"]),
        (502, &json!("upstream_unreachable"))
    );
    assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    assert!(!answer.header("x-parapet-document").is_empty());
}
