//! `parapet longbench` with the real binary: killed in the middle, resumed, scored.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parapet_test_model_server::{Author, Server, Step, said};
use parapet_tests::sidecar::parapet;
use serde_json::Value;
use tokio::sync::Notify;

const DATA: &str = r#"{"prompt": "Write 20 words on rain.", "type": "News Report", "length": 20}
{"prompt": "写一篇40字的文章", "type": "Popular Science", "length": 40}
{"prompt": "Write 60 words on snow.", "type": "News Report", "length": 60}
"#;

fn command(server: &Server, arguments: &[&str]) -> Command {
    let mut command = parapet(arguments).unwrap();
    command.env("PARAPET_MODEL_URL", format!("{}/v1", server.url)).env("PARAPET_MODEL_NAME", "small");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, while the server of this test goes on answering.
async fn finished(server: &Server, arguments: &[&str]) -> Output {
    let mut command = command(server, arguments);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

fn run_arguments<'a>(data: &'a str, out: &'a str) -> Vec<&'a str> {
    vec!["longbench", "run", "--data", data, "--out", out, "--concurrency", "1", "--json"]
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write_data(dir: &Path) -> (String, String) {
    let data = dir.join("rows.jsonl");
    std::fs::write(&data, DATA).unwrap();
    (data.display().to_string(), dir.join("run").display().to_string())
}

/// A process that is killed as by `kill -9`.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_goes_on_and_is_scored() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = write_data(dir.path());
    let (second, resumed) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (reached, goes_on) = (Arc::clone(&second), Arc::clone(&resumed));
    let server = Server::answering(move |asked| {
        let is_first = asked.body.to_string().contains("rain");
        if is_first || goes_on.load(Ordering::SeqCst) {
            return said(&["word"; 20].join(" "));
        }
        reached.notify_one();
        Step::Hang
    })
    .await;

    let child = command(&server, &run_arguments(&data, &out)).spawn().unwrap();
    second.notified().await;
    kill(child);
    resumed.store(true, Ordering::SeqCst);
    let before = server.asked().len();

    let summary = json(&finished(&server, &run_arguments(&data, &out)).await);
    assert_eq!((&summary["done"], &summary["calls"]), (&3.into(), &2.into()));
    assert_eq!(server.asked().len(), before + 2, "the finished sample is not asked for again");

    let report = json(&finished(&server, &["longbench", "score", &out, "--json"]).await);
    assert_eq!(report["outcomes"]["answered"], 3);
    // 20 of 20, of 40, of 60 words: 100, 50 and 0.
    assert_eq!(report["overall"]["length"]["mean"], 50.0);
    assert_eq!(report["longest"]["words"], 20);
    let markdown = std::fs::read_to_string(Path::new(&out).join("report.md")).unwrap();
    assert!(markdown.contains("| Chinese | 1 | 1 | 40 | 20 | 50.0 |"), "{markdown}");
    let plot = std::fs::read_to_string(Path::new(&out).join("plot.svg")).unwrap();
    assert_eq!(plot.matches("<circle").count(), 5, "three samples and two in the legend");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_holds_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = write_data(dir.path());
    let server = Server::answering(|_| said("word")).await;
    json(&finished(&server, &run_arguments(&data, &out)).await);
    let mut other = run_arguments(&data, &out);
    other.extend(["--model", "large"]);
    let output = finished(&server, &other).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && told.contains("`model` is \\\"small\\\" there and \\\"large\\\" here"),
        "{told}"
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_on_a_server_of_its_own_rates_the_quality() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = write_data(dir.path());
    let server = Server::answering(|_| said("word")).await;
    json(&finished(&server, &run_arguments(&data, &out)).await);
    let ratings = r#"{"relevance": 5, "accuracy": 4, "coherence": 3, "clarity": 4, "breadth_and_depth": 2, "reading_experience": 3}"#;
    let judge =
        Server::answering(
            move |asked| {
                if asked.body.to_string().contains("rain") { said("a fine text") } else { said(ratings) }
            },
        )
        .await;
    let mut score = command(&server, &["longbench", "score", &out, "--judge-model", "judge", "--json"]);
    score.env("PARAPET_JUDGE_URL", format!("{}/v1", judge.url));
    let report = json(&tokio::task::spawn_blocking(move || score.output()).await.unwrap().unwrap());
    assert_eq!((&report["judge"]["rated"], &report["judge"]["unparsed"]), (&2.into(), &1.into()));
    assert_eq!(report["overall"]["quality"]["mean"], 62.5);
    assert_eq!(server.asked().len(), 3, "the writer's server is not asked to judge");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_or_with_bad_rows_nothing_is_begun() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = write_data(dir.path());
    let output = parapet(&run_arguments(&data, &out)).unwrap().output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no model is configured"));
    let server = Server::new([]).await;
    std::fs::write(&data, "{\"prompt\": \"p\", \"type\": \"t\", \"length\": 0}\n").unwrap();
    let output = finished(&server, &run_arguments(&data, &out)).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 1: `length` is 0"), "{output:?}");
    assert!(!Path::new(&out).exists());
    let output = finished(&server, &["longbench", "score", &out]).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no `run.json`"), "{output:?}");
}

/// Instructions for a data set; the last one does not say how long its text is to be.
const INSTRUCTIONS: &str = r#"{"prompt": "Write 1200 words on the history of tea."}
{"prompt": "写一篇一千字的中国旅游指南"}
{"prompt": "Write on coffee."}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_data_set_that_is_killed_within_a_text_goes_on_without_repeating_a_call() {
    let dir = tempfile::tempdir().unwrap();
    let instructions = dir.path().join("instructions.jsonl");
    std::fs::write(&instructions, INSTRUCTIONS).unwrap();
    let file = instructions.display().to_string();
    let arguments = |out: &str| {
        let fixed = [
            "longbench",
            "dataset",
            "--instructions",
            &file,
            "--pairs",
            "2",
            "--concurrency",
            "1",
            "--json",
            "--out",
            out,
        ];
        fixed.map(str::to_owned).to_vec()
    };
    let make = |server: &Server, out: &str| {
        let arguments = arguments(out);
        command(server, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let output = |mut command: Command| async move {
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    };
    let author = Author::new(5, (0.5, 1.5));
    let (whole, stopped) =
        (dir.path().join("whole").display().to_string(), dir.path().join("stopped").display().to_string());

    let server = Server::answering(move |asked| author.step(asked)).await;
    let statistics = json(&output(make(&server, &whole)).await);
    assert_eq!((&statistics["sft"], &statistics["missing"]), (&2.into(), &0.into()));
    assert_eq!(statistics["dropped"]["no_explicit_length"], 1);
    let needed = server.asked().len();

    let (third, resumed) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (reached, goes_on, calls) = (Arc::clone(&third), Arc::clone(&resumed), AtomicUsize::new(0));
    let server = Server::answering(move |asked| {
        if goes_on.load(Ordering::SeqCst) || calls.fetch_add(1, Ordering::SeqCst) < 2 {
            return author.step(asked);
        }
        reached.notify_one();
        Step::Hang
    })
    .await;
    let child = make(&server, &stopped).spawn().unwrap();
    third.notified().await;
    kill(child);
    resumed.store(true, Ordering::SeqCst);
    let before = server.asked().len();
    json(&output(make(&server, &stopped)).await);
    // The question that was under way when the process was killed has no answer, and is the only one that is asked again.
    assert_eq!(server.asked().len() - before, needed - 2, "a call was repeated");
    for name in ["sft.jsonl", "dpo.jsonl", "dropped.jsonl", "statistics.json"] {
        let read = |folder: &str| std::fs::read_to_string(Path::new(folder).join(name)).unwrap();
        assert_eq!(read(&stopped), read(&whole), "{name}");
    }
}
