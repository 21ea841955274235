//! A guard that does what the words in a text tell it to.

use std::path::Path;

const MANIFEST: &str = r#"
id = "words"
title = "Does what the words say"
request = "Refuse FORBIDDEN, ask for ASKFIRST, blot out SECRET, put a quote for BREAK, fail on SPIN, refuse the tool delete_all."
stages = ["input", "output", "tool_call", "tool_result"]
streaming = "window"
[budget]
fuel = 20000000
memory_bytes = 16777216
deadline_ms = 5000
output_bytes = 65536
"#;

const SCRIPT: &str = r#"
fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        if part.text.contains("FORBIDDEN") {
            return deny("forbidden_word", "that word is not allowed", #{ part: n });
        }
        if part.kind == "tool_call" && part.tool == "delete_all" {
            return deny("forbidden_tool", "the tool `delete_all` is not allowed", #{});
        }
        if part.text.contains("PAYROLL") && (event.principal == () || !event.principal.roles.contains("accountant")) {
            return deny("role", "only accountants may read that", #{});
        }
        if part.text.contains("ASKFIRST") {
            return ask("needs_person", "a person has to look at this");
        }
        if part.text.contains("SPIN") {
            let turns = 0;
            loop { turns += 1; }
        }
        let quote = part.text.index_of("BREAK");
        if quote >= 0 {
            edits.push(edit(n, quote, quote + 5, "\""));
        }
        let at = part.text.index_of("SECRET");
        if at >= 0 {
            edits.push(edit(n, at, at + 6, "******"));
        }
    }
    if edits.is_empty() { allow() } else { redact("secret", "a secret was blotted out", edits) }
}
"#;

/// Blots out, and asks nobody.
const BLOT: &str = r#"
fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        let at = part.text.index_of("SECRET");
        if at >= 0 {
            edits.push(edit(n, at, at + 6, "******"));
        }
    }
    if edits.is_empty() { allow() } else { redact("secret", "a secret was blotted out", edits) }
}
"#;

/// Reads what came before: at most two calls of a tool in a session and three of a user, and no value that only a result has.
const REMEMBERS: &str = r#"
fn check(event) {
    let past = event.history;
    for part in event.parts {
        let tool = part.tool ?? "";
        if (past.counters.session[tool]?.today ?? 0) >= 2 {
            return deny("too_often", "the tool was called twice in this session");
        }
        if (past.counters.principal[tool]?.day ?? 0) >= 3 {
            return deny("too_often_for_user", "the tool was called three times today");
        }
    }
    for value in past.origins {
        if value.untrusted_only {
            return deny("from_result", "a value stems from a tool's result alone", #{ argument: value.pointer });
        }
    }
    allow()
}
"#;

/// Refuses two halves that are harmless each by itself.
const HALVES: &str = r#"
fn check(event) {
    let all = "";
    for part in event.parts {
        all += part.text;
    }
    if all.contains("LEFT-HALF") && all.contains("RIGHT-HALF") { deny("halves", "both halves are there") } else { allow() }
}
"#;

/// Hides names and addresses from models, and all that follows a `#`.
const HIDES: &str = r##"
fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        for word in ["ann@a.example", "evil@e.example", "Bob \"X\"", "Bob \\\"X\\\""] {
            let at = part.text.index_of(word);
            while at >= 0 {
                edits.push(edit(n, at, at + word.len(), if word.contains("@") { "[e-mail]" } else { "[name]" }));
                at = part.text.index_of(word, at + word.len());
            }
        }
        let at = part.text.index_of("#");
        if at >= 0 { edits.push(edit(n, at, part.text.len(), "[rest]")); }
    }
    if edits.is_empty() { allow() } else { redact("hidden", "hidden from the model", edits) }
}
"##;

/// Looks at what a client would get.
const WARY: &str = r#"
fn check(event) {
    let edits = [];
    for (part, n) in event.parts {
        let at = part.text.index_of("evil@e.example");
        if at >= 0 && event.stage == "tool_call" { return deny("to_evil", "nothing is sent there"); }
        if at >= 0 { edits.push(edit(n, at, at + 14, "[gone]")); }
    }
    if edits.is_empty() { allow() } else { redact("evil", "taken out again", edits) }
}
"#;

/// The guards judge these agents only; `alone` does what `words` does and judges each part by itself; `whole` does what `words` does, and needs all of an answer.
const SET: &str = r#"
[[guard]]
id = "words"
match = { agents = ["assistant", "ehr", "checker", "teller", "shop", "keeper"] }
[[guard]]
id = "alone"
match = { agents = ["recaller", "rememberer"] }
[[guard]]
id = "shadow"
mode = "shadow"
match = { agents = ["recaller"] }
[[guard]]
id = "halves"
match = { agents = ["recaller"] }
[[guard]]
id = "whole"
match = { agents = ["careful"] }
[[guard]]
id = "blot"
match = { agents = ["teller"] }
[[guard]]
id = "remembers"
match = { agents = ["shop", "rememberer", "wary"] }
[[guard]]
id = "hides"
match = { agents = ["keeper", "wary"] }
[[guard]]
id = "wary"
match = { agents = ["wary"] }
"#;

pub(crate) fn write(dir: &Path) {
    let named = |id: &str| MANIFEST.replace("\"words\"", &format!("\"{id}\""));
    write_guard(dir, "words", MANIFEST, SCRIPT);
    write_guard(dir, "whole", &named("whole").replace("streaming = \"window\"\n", ""), SCRIPT);
    write_guard(dir, "blot", &named("blot"), BLOT);
    let alone = |id: &str| named(id).replace("[budget]", "parts = \"each\"\n[budget]");
    write_guard(dir, "alone", &alone("alone"), SCRIPT);
    write_guard(dir, "shadow", &alone("shadow"), &SCRIPT.replace("FORBIDDEN", "WATCHED"));
    write_guard(dir, "halves", &named("halves"), HALVES);
    let stages = MANIFEST.lines().find(|line| line.starts_with("stages")).unwrap();
    let reads = "stages = [\"tool_call\"]\nsession = [\"calls\", \"origins\", \"counters\"]";
    write_guard(dir, "remembers", &named("remembers").replace(stages, reads), REMEMBERS);
    let of_stages = |id: &str, of: &str| named(id).replace(stages, &format!("stages = [{of}]"));
    write_guard(dir, "hides", &of_stages("hides", "\"input\", \"tool_result\""), HIDES);
    write_guard(dir, "wary", &of_stages("wary", "\"output\", \"tool_call\""), WARY);
    std::fs::write(dir.join("set.toml"), SET).unwrap();
}

/// The same rules in another version of the guard; `alone` refuses one more word.
pub(crate) fn change(dir: &Path) {
    write_guard(dir, "words", MANIFEST, &format!("{SCRIPT}\n// Second version.\n"));
    let manifest = std::fs::read_to_string(dir.join("alone/guard.toml")).unwrap();
    write_guard(dir, "alone", &manifest, &SCRIPT.replace("\"FORBIDDEN\"", "\"LATER\""));
}

fn write_guard(dir: &Path, id: &str, manifest: &str, script: &str) {
    let guard = dir.join(id);
    std::fs::create_dir_all(&guard).unwrap();
    std::fs::write(guard.join("guard.toml"), manifest).unwrap();
    std::fs::write(guard.join("guard.rhai"), script).unwrap();
    std::fs::write(guard.join("plan.md"), "None needed.\n").unwrap();
    std::fs::write(guard.join("tests.jsonl"), "").unwrap();
}
