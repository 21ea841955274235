//! The guards of the matrix: one does what a word in the text says, and a slow one takes longer than its deadline.

use std::path::Path;

use anyhow::Result;

const MARKS: &str = r#"fn grow(levels) {
    let held = blob(190000, 7);
    if levels > 0 { grow(levels - 1); }
    held.len()
}

fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        let text = part.text;
        if text.contains("mark-deny") { return deny("marked_deny", "this is refused", #{ part: n }); }
        if text.contains("mark-ask") { return ask("marked_ask", "a person decides about this"); }
        if text.contains("mark-out-of-fuel") { let turns = 0; loop { turns += 1; } }
        if text.contains("mark-out-of-memory") { grow(45); }
        if text.contains("mark-trapped") { let most = 9223372036854775807; most += 1; }
        if text.contains("mark-bad-output") { let deep = []; for i in 0..60 { deep = [deep]; } return deny("deep", "x", #{ deep: deep }); }
        if text.contains("mark-tool-failed") { sql_columns("select 1", "no such dialect"); }
        let at = text.index_of("mark-redact");
        if at >= 0 { edits.push(edit(n, at, at + 11, "[gone]")); }
    }
    if edits.is_empty() { allow() } else { redact("marked_redact", "a word was taken out", edits) }
}
"#;

const SLOW: &str = r#"fn check(event) {
    for part in event.parts {
        if part.text.contains("mark-timed-out") { let turns = 0; loop { turns += 1; } }
    }
    allow()
}
"#;

/// Writes both into `guards`.
pub(crate) fn write(guards: &Path) -> Result<()> {
    write_one(guards, "marks", MARKS, 100_000_000, 20_000, "\"sql_columns\"")?;
    write_one(guards, "slow", SLOW, 1_000_000_000_000, 100, "")
}

fn write_one(guards: &Path, id: &str, code: &str, fuel: u64, deadline_ms: u64, tools: &str) -> Result<()> {
    let folder = guards.join(id);
    std::fs::create_dir_all(&folder)?;
    let manifest = format!(
        r#"id = "{id}"
title = "A guard of the matrix"
request = "Do what the words say."
agent = "any"
stages = ["input", "output", "tool_call", "tool_result"]
streaming = "window"
tools = [{tools}]
[budget]
fuel = {fuel}
memory_bytes = 8_388_608
deadline_ms = {deadline_ms}
output_bytes = 65_536
"#
    );
    std::fs::write(folder.join("guard.toml"), manifest)?;
    std::fs::write(folder.join("guard.rhai"), code)?;
    std::fs::write(folder.join("plan.md"), "# Plan\n")?;
    std::fs::write(folder.join("tests.jsonl"), "")?;
    Ok(())
}
