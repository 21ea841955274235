//! `guard_memory [COUNT]`: builds and loads COUNT different guards (default 10,000) and prints the memory that they take.
//! Fails when 10,000 of them would need more than 4 GiB.
#![expect(clippy::print_stdout, clippy::panic, reason = "a measurement: it prints, and a panic ends it")]

use std::process::ExitCode;
use std::time::Instant;

use parapet_sandbox::{GuardCode, Language, LoadedGuard, ToolLibrary};
use parapet_toolbox::ToolConfig;
use serde_json::json;

fn main() -> ExitCode {
    let count: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000).max(1);
    let sandbox = parapet_test_sandbox::sandbox(4);
    let before = resident_kib();
    let started = Instant::now();
    let guards: Vec<LoadedGuard> =
        (0..count).map(|n| sandbox.build(&guard(n)).unwrap_or_else(|error| panic!("{error}"))).collect();
    let after = resident_kib();

    let images: u64 = guards.iter().map(|guard| guard.image_bytes() as u64).sum();
    let each = (after - before) as f64 / count as f64;
    println!("{count} guards built and loaded in {:.1} s", started.elapsed().as_secs_f64());
    println!("images: {} KiB in all, {:.1} KiB each", images >> 10, images as f64 / 1024.0 / count as f64);
    println!("resident: {before} KiB before, {after} KiB after, {each:.1} KiB a guard");
    let projected = each * 10_000.0 / 1024.0 / 1024.0;
    println!("10,000 guards: {projected:.2} GiB, limit 4 GiB");
    if projected < 4.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A guard of ordinary size; each has another role, table and limit in its code and facts.
fn guard(n: u64) -> GuardCode {
    let script = format!(
        r#"fn check(event) {{
    if event.principal == () {{ return deny("no_principal_{n}", "nobody is signed in"); }}
    let age = event.principal.attributes.age;
    if age < {limit} {{ return deny("too_young", "must be at least {limit}", #{{age: age}}); }}
    let needed = #{{}};
    for part in event.parts {{
        for finding in find_pii(part.text) {{
            needed[finding.type] = [finding.text];
        }}
    }}
    let access = check_access(facts.allowed, needed);
    if access.allowed {{ allow() }} else {{ deny("access_denied", "table_{n} is not for this role", #{{missing: access.missing}}) }}
}}"#,
        limit = n % 90,
    );
    GuardCode {
        language: Language::Rhai,
        code: script.into_bytes(),
        facts: json!({"allowed": {format!("table_{n}"): ["a", "b", "c", "d"], "email": ["x@example.com"]}}),
        tools: vec!["find_pii".to_owned(), "check_access".to_owned()],
        tool_config: ToolConfig::default(),
        library: ToolLibrary::default(),
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
