//! Everything that fuzzing kept holds again: a regression shows here without a fuzzer.
#![expect(clippy::expect_used, reason = "a helper that panics fails its test")]

use std::path::{Path, PathBuf};

use parapet_test_properties::{TARGETS, property};

/// The kept inputs of a target, in the order of their names.
fn kept(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(folder).expect("each target has a corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the corpus is readable").path()).collect();
    files.sort();
    files
}

fn replay(target: &str) {
    let files = kept(target);
    assert!(files.len() >= 20, "the corpus of `{target}` has {} inputs, which says little", files.len());
    for file in files {
        let input = std::fs::read(&file).expect("the input is readable");
        let result = std::panic::catch_unwind(|| property(target)(&input));
        assert!(result.is_ok(), "`{target}` does not hold of {}", file.display());
    }
}

#[test]
fn sse_holds_of_the_corpus() {
    replay("sse");
}

#[test]
fn streams_hold_of_the_corpus() {
    replay("streams");
}

#[test]
fn edits_hold_of_the_corpus() {
    replay("edits");
}

#[test]
fn mcp_holds_of_the_corpus() {
    replay("mcp");
}

#[cfg(feature = "wall")]
#[test]
fn abi_holds_of_the_corpus() {
    replay("abi");
}

#[test]
fn requests_hold_of_the_corpus() {
    replay("requests");
}

#[test]
fn every_target_is_fuzzed_and_replayed() {
    let tests = include_str!("corpus.rs");
    for (target, _) in TARGETS {
        assert!(tests.contains(&format!("replay(\"{target}\")")), "`{target}` is not replayed");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz/fuzz_targets/{target}.rs"));
        assert!(program.exists(), "`{target}` has no program for the fuzzer");
    }
}
