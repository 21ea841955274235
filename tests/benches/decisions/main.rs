//! P1, P2 and P3 of docs/benchmarks.md: whole decisions from raw JSON bytes, each in a fresh instance with fuel, deadline
//! and memory limit, beside the same work in native Rust without any isolation, in one run.
//!
//! `DATA=… cargo bench --package parapet-tests --bench decisions`
#![expect(
    clippy::print_stdout,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement: it prints, and a panic ends it"
)]

mod native;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use parapet_domain::{Budget, Outcome};
use parapet_sandbox::{GuardCode, Language, LoadedGuard, Sandbox, ToolLibrary};
use parapet_toolbox::ToolConfig;
use serde_json::{Value, json};

const BUDGET: Budget =
    Budget { fuel: 100_000_000, memory_bytes: 16 << 20, deadline_ms: 1_000, output_bytes: 256 << 10 };

const P1: &str = r#"fn check(event) {
    let access = check_access(facts[event.role], event.request);
    if access.allowed { allow() } else { deny("access_denied", "not for this role", #{missing: access.missing}) }
}"#;
const P2: &str = r#"fn check(event) {
    let attributes = event.profile;
    attributes.task = event.task_class;
    let result = check_rules(facts.rules, attributes);
    if result.allowed { allow() } else { deny("rule_violated", "a rule is broken", #{violated: result.violated}) }
}"#;
const P3: &str = r#"fn check(event) {
    let patterns = find_regex("patterns", event.text);
    let phrases = find_phrases("phrases", event.text);
    if patterns.is_empty() && phrases.is_empty() { allow() } else { deny("found", "forbidden content", #{patterns: patterns, phrases: phrases}) }
}"#;

fn benches(criterion: &mut Criterion) {
    let Some(data) = data() else {
        println!("set DATA to the folder with bench/p1_policy.json; nothing measured");
        return;
    };
    let sandbox = parapet_test_sandbox::sandbox(4);
    p1(criterion, &sandbox, &data);
    p2(criterion, &sandbox, &data);
    p3(criterion, &sandbox, &data);
}

fn p1(criterion: &mut Criterion, sandbox: &Sandbox, data: &Path) {
    let (policy, inputs) = (read(data, "p1_policy.json"), inputs(read(data, "p1_inputs.json")));
    let native = native::Access::new(&policy);
    let guard = build(sandbox, P1, policy, &["check_access"], ToolConfig::default());
    let mut group = criterion.benchmark_group("P1 access control");
    per_input(&mut group, "native", &inputs, |input| {
        black_box(native.missing(input));
    });
    per_input(&mut group, "guard", &inputs, |input| judge(sandbox, &guard, input));
    group.finish();
}

fn p2(criterion: &mut Criterion, sandbox: &Sandbox, data: &Path) {
    let inputs = inputs(read(data, "p2_inputs.json"));
    let guard = build(sandbox, P2, json!({ "rules": native::rules() }), &["check_rules"], ToolConfig::default());
    let mut group = criterion.benchmark_group("P2 web rules");
    per_input(&mut group, "native", &inputs, |input| {
        black_box(native::violated(input));
    });
    per_input(&mut group, "guard", &inputs, |input| judge(sandbox, &guard, input));
    group.finish();
}

fn p3(criterion: &mut Criterion, sandbox: &Sandbox, data: &Path) {
    let config = ToolConfig {
        patterns: [("patterns".to_owned(), serde_json::from_value(read(data, "p3_regex.json")).expect("patterns"))]
            .into(),
        phrases: [("phrases".to_owned(), serde_json::from_value(read(data, "p3_phrases.json")).expect("phrases"))]
            .into(),
    };
    let scan = native::Scan::new(&config);
    let texts: Vec<String> = serde_json::from_value(read(data, "p3_inputs.json")).expect("texts");
    let inputs: Vec<Vec<u8>> = texts.iter().map(|text| json!({ "text": text }).to_string().into_bytes()).collect();
    let guard = build(sandbox, P3, Value::Null, &["find_regex", "find_phrases"], config);
    let mut group = criterion.benchmark_group("P3 text scan, 4 KB");
    per_input(&mut group, "native", &inputs, |input| {
        black_box(scan.findings(input));
    });
    per_input(&mut group, "guard", &inputs, |input| judge(sandbox, &guard, input));
    group.finish();
}

fn per_input(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, inputs: &[Vec<u8>], decide: impl Fn(&[u8])) {
    group.throughput(Throughput::Elements(1));
    let mut next = (0..inputs.len()).cycle();
    group.bench_function(name, |bencher| {
        bencher.iter(|| decide(&inputs[next.next().unwrap_or(0)]));
    });
}

fn judge(sandbox: &Sandbox, guard: &LoadedGuard, input: &[u8]) {
    let run = sandbox.run(guard, input, &[], &BUDGET);
    assert!(matches!(run.outcome, Outcome::Verdict(_)), "{:?}", run.outcome);
    black_box(run);
}

fn build(sandbox: &Sandbox, script: &str, facts: Value, tools: &[&str], tool_config: ToolConfig) -> LoadedGuard {
    let tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
    let (language, code, library) = (Language::Rhai, script.as_bytes().to_vec(), ToolLibrary::default());
    let code = GuardCode { language, code, facts, tools, tool_config, library };
    sandbox.build(&code).unwrap_or_else(|error| panic!("{error}"))
}

fn data() -> Option<PathBuf> {
    let dir = PathBuf::from(std::env::var_os("DATA")?).join("bench");
    dir.is_dir().then_some(dir)
}

fn read(dir: &Path, name: &str) -> Value {
    let bytes = std::fs::read(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn inputs(list: Value) -> Vec<Vec<u8>> {
    let list = list.as_array().cloned().unwrap_or_default();
    list.iter().map(|input| input.to_string().into_bytes()).collect()
}

criterion_group!(decisions, benches);
criterion_main!(decisions);
