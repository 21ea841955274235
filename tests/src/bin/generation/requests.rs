//! The ten guard requests in `tests/generation/requests`: structured, as prose, with examples and held-out tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use parapet_guardgen::GuardRequest;
use parapet_judge::{Expectation, GuardTest};

/// One request in both forms.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) structured: String,
    pub(crate) prose: String,
    pub(crate) agent: String,
    pub(crate) examples: Vec<GuardTest>,
    pub(crate) held_out: Vec<GuardTest>,
}

/// All of them, by name.
pub(crate) fn all() -> Result<Vec<Asked>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generation/requests");
    let mut folders: Vec<PathBuf> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.sort();
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Path) -> Result<Asked> {
    let text = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let tests = |name: &str| match GuardTest::parse_lines(&text(name)?) {
        Ok(tests) => Ok(tests),
        Err((line, message)) => bail!("{}/{name}, line {line}: {message}", folder.display()),
    };
    Ok(Asked {
        id: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        structured: text("request.md")?,
        prose: text("prose.md")?,
        agent: text("agent.md")?,
        examples: tests("examples.jsonl")?,
        held_out: tests("held-out.jsonl")?,
    })
}

impl Asked {
    pub(crate) fn structured(&self) -> GuardRequest {
        self.request(&self.structured)
    }

    pub(crate) fn as_prose(&self) -> GuardRequest {
        // Prose names no reason codes, so a model's guard is held to the verdicts alone.
        let examples = self.examples.iter().map(verdict_alone).collect();
        GuardRequest { examples, ..self.request(&self.prose) }
    }

    fn request(&self, text: &str) -> GuardRequest {
        GuardRequest {
            id: self.id.clone(),
            request: text.to_owned(),
            agent: self.agent.clone(),
            examples: self.examples.clone(),
            facts: toml::Table::new(),
        }
    }
}

/// The test with nothing but its verdict to compare.
pub(crate) fn verdict_alone(test: &GuardTest) -> GuardTest {
    let expect = Expectation { verdict: test.expect.verdict, failure: test.expect.failure, ..Expectation::default() };
    GuardTest { expect, ..test.clone() }
}
