//! `hostile [NAME…]`: runs the hostile corpus in `tests/hostile`. Every script and module must end in the outcome that
//! its first line names, within twice its budget; afterwards the process still works and has given its memory back.
//! Ends with a line `N passed, N failed`.
#![expect(
    clippy::print_stdout,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test program: it prints, and a panic fails it"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parapet_domain::{Budget, Outcome};
use parapet_sandbox::{BuildError, GuardCode, Language, LoadedGuard, Sandbox, ToolLibrary};
use parapet_test_sandbox::sandbox;
use parapet_toolbox::ToolConfig;
use serde_json::{Value, json};

const BUDGET: Budget = Budget { fuel: 50_000_000, memory_bytes: 8 << 20, deadline_ms: 2_000, output_bytes: 64 << 10 };
/// Resident memory may differ by this much after all cases: allocators keep some.
const MEMORY_SLACK_KIB: u64 = 64 << 10;

struct Case {
    name: String,
    code: GuardCode,
    expected: Vec<String>,
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let sandbox = Arc::new(sandbox(4));
    let neighbour = sandbox.build(&script("fn check(event) { allow() }", &[])).expect("the neighbour builds");
    let neighbour = Arc::new(neighbour);
    let mut cases = cases(&corpus());
    cases.retain(|case| wanted.is_empty() || wanted.iter().any(|name| case.name.contains(name)));

    let traffic = Traffic::start(&sandbox, &neighbour);
    // Warm every path once, so that what is measured afterwards is what the cases leave behind.
    run(&sandbox, &neighbour);
    let before = resident_kib();
    let mut failures: Vec<String> =
        cases.iter().filter_map(|case| report(case, check(&sandbox, &neighbour, case))).collect();
    let (served, refused) = traffic.stop();
    let after = resident_kib();

    println!("neighbour: {served} requests served meanwhile, {refused} failed");
    println!("memory: {before} KiB resident before, {after} KiB after");
    if refused > 0 || served == 0 {
        failures.push("the neighbour was disturbed".to_owned());
    }
    if after > before + MEMORY_SLACK_KIB {
        failures.push("memory did not return".to_owned());
    }
    for failure in &failures {
        println!("failed: {failure}");
    }
    let total = cases.len() + 2;
    println!("{} passed, {} failed", total - failures.len(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(case: &Case, result: Result<String, String>) -> Option<String> {
    match result {
        Ok(line) => {
            println!("ok      {:<36} {line}", case.name);
            None
        }
        Err(why) => {
            println!("FAILED  {:<36} {why}", case.name);
            Some(format!("{}: {why}", case.name))
        }
    }
}

fn check(sandbox: &Sandbox, neighbour: &LoadedGuard, case: &Case) -> Result<String, String> {
    let started = Instant::now();
    let (outcome, detail, limit) = match sandbox.build(&case.code) {
        Err(BuildError::Refused(complaints)) => {
            let first = complaints.first().map(|c| format!("{}:{} {}", c.line, c.column, c.message));
            ("refused".to_owned(), first.unwrap_or_default(), Duration::from_secs(60))
        }
        Err(BuildError::Patterns(error)) => ("refused".to_owned(), error.to_string(), Duration::from_secs(60)),
        Err(BuildError::TooCostly { limit }) => ("refused".to_owned(), limit.to_owned(), Duration::from_secs(60)),
        Err(other) => return Err(format!("builder broke: {other}")),
        Ok(guard) => {
            let started = Instant::now();
            let (outcome, detail) = run(sandbox, &guard);
            let took = started.elapsed();
            let limit = 2 * BUDGET.deadline();
            if took > limit {
                return Err(format!("took {took:?}, allowed {limit:?}"));
            }
            (outcome, detail, Duration::MAX)
        }
    };
    let took = started.elapsed();
    if took > limit {
        return Err(format!("took {took:?}, allowed {limit:?}"));
    }
    if !case.expected.contains(&outcome) {
        return Err(format!("ended as {outcome} ({detail}), expected {}", case.expected.join(" or ")));
    }
    match run(sandbox, neighbour).0.as_str() {
        "verdict" => {
            Ok(format!("{outcome:<16} {:>7} ms  {}", took.as_millis(), detail.chars().take(80).collect::<String>()))
        }
        other => Err(format!("the next request ended as {other}")),
    }
}

fn run(sandbox: &Sandbox, guard: &LoadedGuard) -> (String, String) {
    let event = event();
    let chars: Vec<usize> = vec![event["parts"][0]["text"].as_str().unwrap_or_default().chars().count()];
    let json = serde_json::to_vec(&event).expect("the event is JSON");
    match sandbox.run(guard, &json, &chars, &BUDGET).outcome {
        Outcome::Verdict(verdict) => ("verdict".to_owned(), verdict.decision.as_str().to_owned()),
        Outcome::Failure(failure) => (failure.kind.as_str().to_owned(), failure.message.replace('\n', " ")),
    }
}

fn event() -> Value {
    json!({"version": "event/1", "stage": "input", "principal": null, "parts": [{"kind": "text", "text": "hello a@example.com"}]})
}

/// A well-behaved guard that runs all the time beside the hostile ones.
struct Traffic {
    stop: Arc<AtomicBool>,
    counts: Arc<(AtomicU64, AtomicU64)>,
    thread: std::thread::JoinHandle<()>,
}

impl Traffic {
    fn start(sandbox: &Arc<Sandbox>, guard: &Arc<LoadedGuard>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let (sandbox, guard, seen, count) =
            (Arc::clone(sandbox), Arc::clone(guard), Arc::clone(&stop), Arc::clone(&counts));
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                let well = run(&sandbox, &guard).0 == "verdict";
                if well { &count.0 } else { &count.1 }.fetch_add(1, Ordering::Relaxed);
                std::thread::park_timeout(Duration::from_millis(5));
            }
        });
        Self { stop, counts, thread }
    }

    fn stop(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the neighbour's thread ends");
        (self.counts.0.load(Ordering::Relaxed), self.counts.1.load(Ordering::Relaxed))
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile")
}

fn cases(corpus: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = [("scripts", Language::Rhai), ("modules", Language::Wasm)]
        .into_iter()
        .flat_map(|(folder, language)| {
            let entries = std::fs::read_dir(corpus.join(folder)).expect("the corpus is there");
            entries.map(move |entry| case(&entry.expect("the corpus is readable").path(), folder, language))
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn case(path: &Path, folder: &str, language: Language) -> Case {
    let text = std::fs::read_to_string(path).expect("a case is text");
    let header = |key: &str| {
        let found = text.lines().take(4).find_map(|line| line.split_once(key));
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let expected = header("expect:").split(" or ").map(str::to_owned).collect();
    let tools: Vec<String> =
        header("tools:").split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
    let pattern = header("patterns:");
    let code = match language {
        Language::Rhai => text.into_bytes(),
        Language::Wasm => wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    };
    let name = format!("{folder}/{}", path.file_stem().unwrap_or_default().to_string_lossy());
    Case {
        name,
        code: GuardCode {
            language,
            code,
            facts: json!({"x": 0}),
            tools,
            tool_config: patterns(pattern),
            library: ToolLibrary::default(),
        },
        expected,
    }
}

fn patterns(pattern: String) -> ToolConfig {
    if pattern.is_empty() {
        return ToolConfig::default();
    }
    let set = [("pattern".to_owned(), pattern)].into();
    ToolConfig { patterns: [("bomb".to_owned(), set)].into(), ..ToolConfig::default() }
}

fn script(text: &str, tools: &[&str]) -> GuardCode {
    GuardCode {
        language: Language::Rhai,
        code: text.as_bytes().to_vec(),
        facts: Value::Null,
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        tool_config: ToolConfig::default(),
        library: ToolLibrary::default(),
    }
}

/// Resident memory of this process, from the kernel.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
