//! Runs and data sets with AgentWrite: long texts, killed in the middle of one, filtered and paired.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parapet_agentwrite::Settings as WriterSettings;
use parapet_longbench::{
    Author, Filters, Identity, Method, Pairs, RunFolder, RunRecord, RunSummary, Settings, Task, Tasks,
    read_instructions, read_rows, run, score, write_dataset,
};
use parapet_models::{Budget, Meter};
use parapet_test_model_server::{Asked, Author as Script, Server, Step, answer, refusal, said};
use serde_json::Value;

use crate::support::{one_at_a_time, tasks};

const DATA: &str = r#"{"prompt": "Write 1500 words on the history of tea.", "type": "Popular Science", "length": 1500}
{"prompt": "写一篇1200字的中国旅游指南", "type": "社区论坛", "length": 1200}
"#;

fn settings() -> Settings {
    Settings {
        method: Method::AgentWrite,
        max_tokens: 4_096,
        temperature: None,
        seed: Some(1),
        writer: Some(WriterSettings::default()),
    }
}

async fn write(folder: &Path, server: &Server, data: &str, tasks: &[Task], samples: u32, budget: Budget) -> RunSummary {
    let client = one_at_a_time(server.config());
    let identity = Identity::new(client.config(), settings(), data.as_bytes(), tasks.len());
    let mut open = RunFolder::open(folder, identity, samples, data.as_bytes()).unwrap();
    let author = Author::new(client, settings(), Meter::new(budget), folder.join("drafts"));
    run(&mut open, &author, tasks, &mut |_| {}).await.unwrap()
}

fn all_tasks() -> Vec<Task> {
    tasks(&read_rows(DATA.as_bytes()).unwrap())
}

fn drafts(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("drafts")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn long_texts_are_written_to_their_length() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|asked| Script::new(3, (0.5, 1.5)).step(asked)).await;
    let summary = write(dir.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    assert_eq!((summary.done, summary.stopped), (2, None));
    let record = RunRecord::read(dir.path()).unwrap();
    let rows = read_rows(DATA.as_bytes()).unwrap().into_iter().enumerate().collect();
    for sample in score(&rows, &record.samples, None) {
        assert!(sample.length > 90.0 && sample.outcome == "answered", "{sample:?}");
    }
    let asked = server.asked().len() as u64;
    assert_eq!(summary.calls, asked);
    assert!(record.samples.values().all(|sample| sample.calls > 1 && sample.usage.output_tokens > 100));
    assert_eq!(drafts(dir.path()), 0, "what is finished needs no draft");
}

#[tokio::test]
async fn a_run_that_stops_within_a_document_repeats_no_call() {
    let whole = tempfile::tempdir().unwrap();
    let server = Server::answering(|asked| Script::exact().step(asked)).await;
    write(whole.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    let needed = server.asked().len();

    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|asked| Script::exact().step(asked)).await;
    let budget = Budget { calls: Some(2), ..Budget::default() };
    let first = write(dir.path(), &server, DATA, &all_tasks(), 1, budget).await;
    assert!(first.stopped.unwrap().contains("budget of 2 calls"));
    assert_eq!((first.done, server.asked().len(), drafts(dir.path())), (0, 2, 1));
    let second = write(dir.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    assert_eq!((second.done, server.asked().len()), (2, needed), "calls were repeated");
    let texts = |folder: &Path| -> Vec<String> {
        let record = RunRecord::read(folder).unwrap();
        record.samples.values().map(|sample| sample.outcome.text().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(dir.path()), texts(whole.path()), "the same text, resumed or not");
}

#[tokio::test]
async fn a_document_that_cannot_be_planned_is_unusable_and_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| said("I would rather talk about the weather.")).await;
    let summary = write(dir.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    assert_eq!((summary.done, summary.outcomes.get("unusable")), (2, Some(&2)));
    let record = RunRecord::read(dir.path()).unwrap();
    assert!(record.samples.values().all(|sample| sample.outcome.text().is_none()));
}

#[tokio::test]
async fn a_server_that_fails_within_a_document_leaves_it_to_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let (calls, well) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(false)));
    let is_well = Arc::clone(&well);
    let server = Server::answering(move |asked| {
        let early = calls.fetch_add(1, Ordering::SeqCst) < 2;
        if early || is_well.load(Ordering::SeqCst) { Script::exact().step(asked) } else { refusal(500, "ERROR PROSE") }
    })
    .await;
    let summary = write(dir.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    assert_eq!((summary.done, summary.outcomes.get("refused")), (0, Some(&2)));
    well.store(true, Ordering::SeqCst);
    let summary = write(dir.path(), &server, DATA, &all_tasks(), 1, Budget::default()).await;
    assert_eq!(summary.done, 2);
    let record = std::fs::read_to_string(dir.path().join("samples.jsonl")).unwrap();
    let text = record.lines().last().unwrap();
    assert!(!text.contains("ERROR PROSE"), "{text}");
}

const INSTRUCTIONS: &str = r#"{"prompt": "Write 1500 words on the history of tea."}
{"prompt": "Write something on coffee."}
{"prompt": "写一篇1200字的中国旅游指南"}
"#;

/// An author whose texts are all a little off their length, each in its own way.
fn uneven(asked: &Asked) -> Step {
    Script::new(5, (0.5, 1.5)).step(asked)
}

async fn dataset(folder: &Path, server: &Server, seed: u64) -> Vec<Vec<Value>> {
    let tasks = Tasks::new(read_instructions(INSTRUCTIONS.as_bytes()).unwrap());
    write(folder, server, INSTRUCTIONS, tasks.to_write(), 3, Budget::default()).await;
    let record = RunRecord::read(folder).unwrap();
    let filters = Filters { least_length_score: 80.0, max_tokens: 30_000, seed };
    let made = tasks.dataset(&record.samples, 3, None, filters);
    write_dataset(folder, &made, Some(Pairs::Chat)).unwrap();
    let lines = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    vec![lines("sft.jsonl"), lines("dpo.jsonl"), lines("dropped.jsonl")]
}

#[tokio::test]
async fn a_data_set_is_made_filtered_paired_and_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(uneven).await;
    let first = dataset(dir.path(), &server, 7).await;
    let asked = server.asked().len();
    let [sft, dpo, dropped] = &first[..] else { panic!("{first:?}") };
    assert_eq!(sft.len(), 2, "{dropped:?}");
    assert_eq!(sft[0]["messages"][0]["content"], "Write 1500 words on the history of tea.");
    assert_eq!(sft[0]["messages"][1]["role"], "assistant");
    assert_eq!(dpo.len(), 2, "{dropped:?}");
    for pair in dpo {
        assert_ne!(pair["chosen"], pair["rejected"]);
        assert!(pair["score_chosen"].as_f64() > pair["score_rejected"].as_f64(), "{pair}");
    }
    assert_eq!(dropped[0]["reason"], "no_explicit_length");
    assert_eq!(dropped[0]["line"], 2);
    let statistics: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.path().join("statistics.json")).unwrap()).unwrap();
    assert_eq!((&statistics["texts"], &statistics["missing"], &statistics["sft"]), (&6.into(), &0.into(), &2.into()));
    assert_eq!(dataset(dir.path(), &server, 7).await, first, "the same seed, the same files");
    assert_eq!(server.asked().len(), asked, "nothing is written twice");
}

#[tokio::test]
async fn an_answer_that_is_no_text_leaves_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| answer(200, "{}")).await;
    let made = dataset(dir.path(), &server, 7).await;
    assert_eq!((made[0].len(), made[1].len()), (0, 0));
    let reasons: Vec<&str> = made[2].iter().filter_map(|line| line["reason"].as_str()).collect();
    assert!(reasons.contains(&"no_text") && !reasons.contains(&"length_score"), "{reasons:?}");
}
