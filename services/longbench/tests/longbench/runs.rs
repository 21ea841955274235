//! Runs: what is asked, what becomes of it, and how a run goes on after it was stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parapet_longbench::{Outcome, RunRecord, score};
use parapet_models::Budget;
use parapet_test_model_server::{Server, Step, answer, body, refusal, said};

use crate::support::{Run, one_at_a_time, outcomes, record, row_map, words};

#[tokio::test]
async fn every_sample_of_every_row_is_asked_for_with_a_seed_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| said(&words(20))).await;
    let mut seen = Vec::new();
    let run = Run { samples: 2, ..Run::new(dir.path(), one_at_a_time(server.config())) };
    let summary = run.watched(&mut |progress| seen.push((progress.done, progress.total))).await;
    assert_eq!((summary.done, summary.total, summary.words, summary.calls), (6, 6, 120, 6));
    assert_eq!(summary.stopped, None);
    assert_eq!(seen, [(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]);
    let asked = server.asked();
    let seeds: Vec<_> = asked.iter().map(|asked| asked.body["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 7, 7, 8, 8, 8]);
    assert_eq!(asked[0].body["messages"][0]["content"], "Write 20 words on rain.");
    assert_eq!(asked[0].body["temperature"], 0.5);
    let scored = score(&row_map(), &record(dir.path()).samples, None);
    assert!((scored[0].length - 100.0).abs() < 1e-9, "{scored:?}");
}

#[tokio::test]
async fn each_failure_is_an_outcome_of_its_own_and_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new([
        answer(200, body(&words(5), "length")),
        said("  "),
        refusal(400, "maximum context length is 100 tokens, ERROR PROSE"),
    ])
    .await;
    let summary = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!(outcomes(dir.path()), ["cut_off", "empty", "refused"]);
    assert_eq!((summary.done, summary.stopped), (3, None));
    let record = record(dir.path());
    let texts: Vec<_> = record.samples.values().map(|sample| sample.outcome.text()).collect();
    assert_eq!(texts, [Some(words(5).as_str()), None, None]);
    let scored = score(&row_map(), &record.samples, None);
    assert_eq!(scored.iter().map(|sample| sample.produced).collect::<Vec<_>>(), [5, 0, 0]);
    // Asked again, nothing is repeated: the model has answered, however badly.
    let again = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((again.done, again.calls, server.asked().len()), (3, 0, 3));
}

#[tokio::test]
async fn what_may_pass_is_asked_again_by_the_next_run_and_counts_nowhere_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::answering(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        1 => refusal(503, "ERROR PROSE"),
        _ => said(&words(20)),
    })
    .await;
    let first = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((first.done, first.stopped), (2, None));
    assert_eq!(outcomes(dir.path()), ["answered", "refused", "answered"]);
    assert_eq!(score(&row_map(), &record(dir.path()).samples, None).len(), 2);
    let second = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((second.done, second.calls), (3, 1));
    assert_eq!(outcomes(dir.path()), ["answered"; 3]);
}

#[tokio::test]
async fn a_server_that_is_away_stops_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| refusal(503, "down for maintenance")).await;
    let run = Run { samples: 4, ..Run::new(dir.path(), one_at_a_time(server.config())) };
    let summary = run.go().await;
    assert_eq!((summary.done, summary.total), (0, 12));
    assert!(summary.stopped.unwrap().contains("down for maintenance"));
    assert!(server.asked().len() < 6, "{} questions to a server that is away", server.asked().len());
}

#[tokio::test]
async fn a_refused_key_stops_the_run_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| refusal(401, "no such key")).await;
    let summary = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert!(summary.stopped.unwrap().contains("no such key"));
    assert!(server.asked().len() <= 2);
}

#[tokio::test]
async fn a_spent_budget_stops_the_run_and_a_larger_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| said(&words(20))).await;
    let budget = Budget { calls: Some(1), ..Budget::default() };
    let run = Run { budget, ..Run::new(dir.path(), one_at_a_time(server.config())) };
    let summary = run.go().await;
    assert!(summary.stopped.unwrap().contains("the budget of 1 calls is spent"));
    assert_eq!((summary.done, outcomes(dir.path())), (1, vec!["answered", "budget"]));
    let summary = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((summary.done, server.asked().len()), (3, 3));
}

#[tokio::test]
async fn a_line_that_a_crash_left_half_written_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| said(&words(20))).await;
    Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    let path = dir.path().join("samples.jsonl");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    assert_eq!(RunRecord::read(dir.path()).unwrap().samples.len(), 2, "half a line is no sample");
    let summary = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((summary.done, summary.calls), (3, 1));
    assert_eq!(outcomes(dir.path()), ["answered"; 3]);
}

#[tokio::test]
async fn a_run_that_is_cancelled_repeats_no_finished_sample() {
    let dir = tempfile::tempdir().unwrap();
    let (resumed, calls) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let is_resumed = Arc::clone(&resumed);
    // Only the first question of the first run gets an answer.
    let server = Server::answering(move |_| {
        let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
        if first || is_resumed.load(Ordering::SeqCst) { said(&words(20)) } else { Step::Hang }
    })
    .await;
    let run = Run::new(dir.path(), one_at_a_time(server.config()));
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let mut watch = |progress: &parapet_longbench::Progress| {
        if let Some(tell) = tell.take_if(|_| progress.done == 1) {
            tell.send(()).unwrap();
        }
    };
    tokio::select! {
        _ = run.watched(&mut watch) => panic!("the second sample never comes"),
        () = async { told.await.unwrap() } => {}
    }
    resumed.store(true, Ordering::SeqCst);
    let summary = Run::new(dir.path(), one_at_a_time(server.config())).go().await;
    assert_eq!((summary.done, summary.calls), (3, 2));
    let record = record(dir.path());
    assert!(record.samples.values().all(|sample| matches!(sample.outcome, Outcome::Answered { .. })));
}
