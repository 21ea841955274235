use parapet_models::{ModelConfig, ModelKind, Usage};

use super::*;
use crate::sample::Outcome;
use crate::settings::{Method, Settings};

const DATA_TEXT: &[u8] = b"{\"prompt\": \"Write 100 words.\", \"type\": \"t\", \"length\": 100}\n";

fn identity(model: &str, max_tokens: u32, data: &[u8]) -> Identity {
    let settings =
        Settings { method: Method::OneCall, max_tokens, temperature: Some(0.5), seed: Some(u64::MAX), writer: None };
    Identity::new(&ModelConfig::new(ModelKind::Openai, "http://127.0.0.1:1/v1", model), settings, data, 1)
}

fn open(path: &Path, samples: u32) -> Result<RunFolder, FolderError> {
    RunFolder::open(path, identity("small", 100, DATA_TEXT), samples, DATA_TEXT)
}

fn sample(number: u32, outcome: Outcome) -> Sample {
    Sample { key: Key { row: 0, sample: number }, outcome, calls: 1, usage: Usage::default(), seconds: 0.5 }
}

#[tokio::test]
async fn a_folder_knows_what_it_has_and_only_final_outcomes_stand() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = open(dir.path(), 2).unwrap();
    let answered = sample(0, Outcome::Answered { text: "A text.".to_owned() });
    folder.add(&answered).await.unwrap();
    folder.add(&sample(1, Outcome::Budget { message: "spent".to_owned() })).await.unwrap();
    drop(folder);

    let folder = open(dir.path(), 1).unwrap();
    assert!(folder.has(answered.key) && !folder.has(Key { row: 0, sample: 1 }));
    assert_eq!(folder.file().samples, 2, "a run does not get smaller");
    drop(folder);
    assert_eq!(open(dir.path(), 5).unwrap().file().samples, 5);

    let record = RunRecord::read(dir.path()).unwrap();
    assert_eq!(record.samples[&answered.key], answered);
    assert_eq!(record.data, DATA_TEXT);
}

#[test]
fn another_model_setting_or_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), 1).unwrap());
    let other = |run: Identity| RunFolder::open(dir.path(), run, 1, DATA_TEXT).unwrap_err().to_string();
    let told = other(identity("large", 200, DATA_TEXT));
    assert!(told.contains("`model` is \"small\" there and \"large\" here"), "{told}");
    assert!(told.contains("`settings.max_tokens` is 100 there and 200 here"), "{told}");
    let told = other(identity("small", 100, b"other"));
    assert!(told.contains("holds another run") && told.contains("`data.digest`"), "{told}");
    assert_eq!(std::fs::read(dir.path().join("data.jsonl")).unwrap(), DATA_TEXT);
}

#[test]
fn two_processes_do_not_write_into_one_folder() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path(), 1).unwrap();
    let told = open(dir.path(), 1).unwrap_err();
    assert!(matches!(told, FolderError::Busy { .. }), "{told}");
    drop(folder);
    assert!(open(dir.path(), 1).is_ok());
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.tex"), "").unwrap();
    let told = open(dir.path(), 1).unwrap_err().to_string();
    assert!(told.contains("`thesis.tex` is in it"), "{told}");
    assert!(!dir.path().join("data.jsonl").exists());
    let told = RunRecord::read(dir.path()).unwrap_err().to_string();
    assert!(told.contains("it has no `run.json`"), "{told}");
}

#[test]
fn a_folder_of_another_version_or_with_other_rows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), 1).unwrap());
    std::fs::write(dir.path().join("data.jsonl"), "changed").unwrap();
    let told = RunRecord::read(dir.path()).unwrap_err().to_string();
    assert!(told.contains("`data.jsonl` is not the one"), "{told}");
    let run = dir.path().join("run.json");
    let text = std::fs::read_to_string(&run).unwrap().replace(FORMAT, "longbench-run/2");
    std::fs::write(&run, text).unwrap();
    assert!(open(dir.path(), 1).unwrap_err().to_string().contains("its format is `longbench-run/2`"));
}
