//! How long recall takes from 1,000 cases and from 100,000, in one run and taking turns, and how often the index finds what
//! a comparison with every case finds.
//!
//!     cargo bench -p parapet-guardgen --bench retrieval                                # SQLite only
//!     tests/with-postgres.sh cargo bench -p parapet-guardgen --bench retrieval         # both
//!
//! `PARAPET_BENCH_CASES` is the larger number of cases.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run has nothing to report")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parapet_domain::Decision;
use parapet_guardgen::{Approval, CaseId, EventDistance, Memory, Query, TestsPassed};
use parapet_judge::{Guard, GuardFiles, GuardSource};
use parapet_store::{Store, StoreConfig};

#[path = "retrieval/texts.rs"]
mod texts;

use texts::{Chance, Text};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const BATCH: usize = 2_000;
const QUERIES: usize = 600;
/// Queries that are also compared with every case.
const CHECKED: usize = 60;
const K: usize = 5;

fn main() {
    let large = std::env::var("PARAPET_BENCH_CASES").ok().map_or(LARGE, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let guard = example();
        let dir = tempfile::TempDir::new().unwrap();
        let file = |name: &str| format!("sqlite:{}", dir.path().join(name).display());
        measure("sqlite", [&file("small.db"), &file("large.db")], large, &guard).await;
        match std::env::var("PARAPET_TEST_POSTGRES_URL") {
            Ok(admin) => {
                // Two databases that every new server has; the script removes the server afterwards.
                let database = admin.rsplit_once('/').unwrap().0;
                measure("postgres", [&format!("{database}/postgres"), &format!("{database}/template1")], large, &guard)
                    .await;
            }
            Err(_) => {
                println!("PARAPET_TEST_POSTGRES_URL is not set: postgres is left out; use tests/with-postgres.sh")
            }
        }
    });
}

/// The guard that all cases are of; its tests really run.
fn example() -> (Guard, TestsPassed) {
    let manifest = "id = \"g\"\ntitle = \"t\"\nrequest = \"r\"\nagent = \"a\"\nstages = [\"input\"]\n[budget]\nfuel = 10_000_000\nmemory_bytes = 16_777_216\ndeadline_ms = 2_000\noutput_bytes = 4_096\n";
    let tests = r#"{"description": "passes", "event": {"text": "x"}, "expect": {"verdict": "allow"}}"#;
    let files = BTreeMap::from([
        ("guard.toml", manifest.into()),
        ("guard.rhai", b"fn check(event) { allow() }".to_vec()),
        ("tests.jsonl", tests.into()),
    ]);
    let source = GuardSource::parse(&GuardFiles { name: "g".to_owned(), files, ..GuardFiles::default() }).unwrap();
    let sandbox = parapet_test_sandbox::shared();
    let guard = Guard::build(&sandbox, source).unwrap();
    let proof = TestsPassed::run(&sandbox, &guard).unwrap();
    (guard, proof)
}

async fn measure(name: &str, urls: [&str; 2], large: usize, guard: &(Guard, TestsPassed)) {
    let mut memories = Vec::new();
    for (url, cases) in urls.into_iter().zip([SMALL, large]) {
        let memory = Memory::open(Store::open(&StoreConfig::new(url)).await.unwrap(), "default");
        let start = Instant::now();
        let texts = fill(&memory, cases, guard).await;
        println!("{name}: {cases} cases added in {:.1} s", start.elapsed().as_secs_f64());
        memories.push((memory, texts));
    }
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..QUERIES {
        for ((memory, texts), times) in memories.iter().zip(&mut times) {
            let query = query(texts, n);
            let start = Instant::now();
            let recalled = memory.recall(&query).await.unwrap();
            times.push(start.elapsed());
            assert_eq!(recalled.len(), K);
        }
    }
    let [small, large] = times.map(Percentiles::of);
    println!("{name}: {SMALL} cases      {small}");
    println!("{name}: {} cases    {large}", memories[1].1.len());
    println!(
        "{name}: p50 {:.2} times, p99 {:.2} times that from {SMALL}",
        large.p50 / small.p50,
        large.p99 / small.p99
    );
    for (memory, texts) in &memories {
        check(name, memory, texts).await;
    }
}

async fn fill(memory: &Memory, cases: usize, (guard, proof): &(Guard, TestsPassed)) -> Vec<Text> {
    let mut chance = Chance(7);
    let texts: Vec<Text> = (0..cases).map(|_| texts::text(&mut chance)).collect();
    for batch in texts.chunks(BATCH) {
        let approval = |text: &Text| Approval {
            guard: &guard.source,
            plan: None,
            input: text.input.clone(),
            output: text.output.clone(),
            verdict: Decision::Allow,
            by: "bench".to_owned(),
        };
        let approvals: Vec<_> = batch.iter().map(approval).collect();
        memory.add_all(&approvals, proof).await.unwrap();
    }
    texts
}

/// Every other query is a case with a few edits; the rest are made of the same templates as the cases, with words of
/// their own.
fn query(texts: &[Text], n: usize) -> Query {
    let mut chance = Chance(1_000_003 + n as u64);
    let text = if n.is_multiple_of(2) {
        let near = &texts[chance.below(texts.len())];
        Text { input: chance.edited(&near.input), output: chance.edited(&near.output) }
    } else {
        texts::text(&mut chance)
    };
    Query { input: text.input, output: text.output, k: K, ..Query::default() }
}

struct Percentiles {
    p50: f64,
    p99: f64,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
        Self { p50: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", self.p50, self.p99)
    }
}

/// Compares with every case. A case at the same distance as the true one counts as found.
async fn check(name: &str, memory: &Memory, texts: &[Text]) {
    for (what, first) in [("near duplicates", 0), ("other requests", 1)] {
        let (mut top, mut all, mut wanted, mut excess) = (0, 0, 0, 0.0);
        for n in (first..2 * CHECKED).step_by(2) {
            let query = query(texts, n);
            let truth = nearest(texts, &query);
            let recalled = memory.recall(&query).await.unwrap();
            let found: Vec<f64> = recalled
                .iter()
                .filter(|hit| matches!(hit.case.id, CaseId::Stored(_)))
                .map(|hit| hit.distance)
                .collect();
            top += usize::from(found.first().is_some_and(|nearest| *nearest <= truth[0]));
            all += found.iter().filter(|distance| **distance <= truth[K - 1]).count();
            wanted += K;
            excess += found.first().map_or(1.0, |nearest| nearest - truth[0]);
        }
        println!(
            "{name}: {} cases, {what}: nearest found {top} of {CHECKED}, {all} of the {wanted} in the nearest {K}; nearest is {:.4} farther on average",
            texts.len(),
            excess / CHECKED as f64
        );
    }
}

/// The distances of the nearest `K`, by comparing with every text.
fn nearest(texts: &[Text], query: &Query) -> Vec<f64> {
    let from = EventDistance::from(&query.input, &query.output);
    let mut best: Vec<f64> = Vec::new();
    for text in texts {
        let bound = if best.len() < K { 1.0 } else { best[K - 1] };
        if let Some(distance) = from.to(&text.input, &text.output, bound) {
            best.insert(best.partition_point(|better| *better <= distance), distance);
            best.truncate(K);
        }
    }
    best
}
