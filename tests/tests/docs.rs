//! The documentation against the code: every code, status, reason, key and exit code that exists is in the tables.
#![expect(clippy::panic, reason = "a helper that panics fails its test")]

use std::collections::BTreeSet;

use parapet_surfaces::STATUS_TABLE;
use parapet_surfaces::listing::REASONS;
use parapet_tests::command::run;

fn read(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Lines that are not in `text`.
fn missing(text: &str, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let there: BTreeSet<&str> = text.lines().collect();
    lines.into_iter().filter(|line| !there.contains(line.as_str())).collect()
}

#[test]
fn every_code_with_its_status_is_in_the_table() {
    let rows = STATUS_TABLE.iter().map(|row| {
        let retry = if row.retry_after { "yes" } else { "" };
        format!("| `{}` | {} | {} | {retry} | {} |", row.code, row.model_status, row.plain_status, row.meaning)
    });
    assert_eq!(missing(&read("docs/reason-codes.md"), rows), Vec::<String>::new());
}

#[test]
fn every_reason_is_in_the_table() {
    let text = read("docs/reason-codes.md");
    let rows =
        parapet_domain::reason::ALL.iter().chain(REASONS).map(|(code, meaning)| format!("| `{code}` | {meaning} |"));
    assert_eq!(missing(&text, rows), Vec::<String>::new());
    let kinds = parapet_domain::FailureKind::ALL
        .iter()
        .map(|kind| format!("| `{}` | `{}` |", kind.as_str(), kind.reason_code()));
    assert_eq!(missing(&text, kinds), Vec::<String>::new());
}

#[test]
fn every_reason_code_of_the_bundled_guards_is_in_the_table() {
    let text = read("docs/reason-codes.md");
    for guard in parapet_judge::SetFiles::bundled().guards {
        let code = String::from_utf8(guard.files["guard.rhai"].clone()).unwrap();
        for verdict in ["deny(\"", "redact(\"", "ask(\""] {
            for rest in code.split(verdict).skip(1) {
                let reason = rest.split('"').next().unwrap();
                let start = format!("| `{reason}` | `{}` | ", guard.name);
                assert!(text.lines().any(|line| line.starts_with(&start)), "no line `{start}…|`");
            }
        }
    }
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let text = read("docs/configuration.md");
    let source = read("services/gateway/src/config/file.rs") + &read("services/gateway/src/config/telemetry.rs");
    let keys = source.lines().filter_map(|line| line.strip_prefix("    pub ")?.split(':').next());
    // The tables of the file itself are headings, not rows.
    let tables = [
        "server",
        "limits",
        "store",
        "guards",
        "sandbox",
        "identity",
        "jwt",
        "upstreams",
        "route",
        "traces_url",
        "export_timeout",
    ];
    let undocumented: Vec<&str> = keys
        .filter(|key| {
            !tables.contains(key)
                && !text.contains(&format!("| `{key}` | "))
                && !text.contains(&format!("`[[{key}]]`"))
                && !text.contains(&format!("`[{key}]`"))
        })
        .collect();
    assert_eq!(undocumented, Vec::<&str>::new());
}

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_documentation() {
    let help = run(&["--help"]).unwrap().out;
    let documented = read("docs/operations.md");
    let table = help.split("Exit codes:\n").nth(1).expect("the help has the table");
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let (code, meaning) = line.trim().split_once("  ").expect("a code and its meaning");
        let meaning = meaning.replace(" and ", ", ");
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(documented.replace(" and ", ", ").lines().any(|l| l == row), "no line `{row}`");
    }
}

#[test]
fn the_example_configuration_is_accepted() {
    let path = format!("{}/../deploy/compose/parapet.toml", env!("CARGO_MANIFEST_DIR"));
    let environment = |name: &str| match name {
        "PARAPET_DATABASE_URL" => Some("postgres://parapet@postgres/parapet".to_owned()),
        "PARAPET_TRUSTED_PEERS" | "UPSTREAM_URL" => None,
        _ => Some("0123456789abcdef".repeat(4)),
    };
    let config = parapet_gateway::Config::load(path.as_ref(), &environment).unwrap();
    assert_eq!(config.routes.len(), 2);
}

#[test]
fn the_examples_for_proxies_are_accepted() {
    for proxy in ["envoy", "litellm"] {
        let path = format!("{}/../deploy/{proxy}/parapet.toml", env!("CARGO_MANIFEST_DIR"));
        let config = parapet_gateway::Config::load(path.as_ref(), &|_| Some("0123456789abcdef".to_owned())).unwrap();
        assert_eq!(config.routes.len(), 1, "{proxy}");
    }
}
