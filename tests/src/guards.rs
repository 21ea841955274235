//! Small guards for tests that are about everything around guards.

use std::path::Path;

use anyhow::Result;

/// Writes a guard folder `ID` into `guards` with `code` as its script.
///
/// # Errors
/// The folder cannot be written.
pub fn write(guards: &Path, id: &str, stages: &[&str], code: &str) -> Result<()> {
    let folder = guards.join(id);
    std::fs::create_dir_all(&folder)?;
    let manifest = format!(
        "id = \"{id}\"\ntitle = \"A guard for tests\"\nrequest = \"for tests\"\nagent = \"any\"\nstages = {stages:?}\ntools = []\n[budget]\nfuel = 50_000_000\nmemory_bytes = 16_777_216\ndeadline_ms = 2_000\noutput_bytes = 65_536\n"
    );
    std::fs::write(folder.join("guard.toml"), manifest)?;
    std::fs::write(folder.join("guard.rhai"), code)?;
    std::fs::write(folder.join("plan.md"), "# Plan\n")?;
    std::fs::write(folder.join("tests.jsonl"), "")?;
    Ok(())
}

/// A guard that allows everything at every stage.
///
/// # Errors
/// The folder cannot be written.
pub fn write_allow_all(guards: &Path) -> Result<()> {
    write(guards, "allow-all", &["input", "output", "tool_call", "tool_result"], "fn check(event) { allow() }\n")
}

/// A guard that denies texts with the word `forbidden` at every stage.
///
/// # Errors
/// The folder cannot be written.
pub fn write_forbidden_word(guards: &Path) -> Result<()> {
    let code = r#"fn check(event) {
    for part in event.parts {
        if part.text.contains("forbidden") {
            return deny("forbidden_word", "the text has a forbidden word", #{});
        }
    }
    allow()
}
"#;
    write(guards, "forbidden-word", &["input", "output", "tool_call", "tool_result"], code)
}
