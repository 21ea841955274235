//! What a generation came to, for people and for programs.

use std::io::{self, Write};
use std::path::Path;

use parapet_guardgen::{CheckReport, Generated, Provenance};
use serde::Serialize;

use crate::output::{BAD, BOLD, GOOD, clean, paint};

/// The result with `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    guard: &'a str,
    /// Whether the guard passes its tests and checks.
    counts: bool,
    /// Where it was written.
    written: &'a Path,
    tests: usize,
    tools: &'a [String],
    report: &'a CheckReport,
    provenance: &'a Provenance,
}

impl<'a> Summary<'a> {
    pub(super) fn of(generated: &'a Generated, written: &'a Path) -> Self {
        Self {
            guard: &generated.draft.manifest.id,
            counts: generated.counts(),
            written,
            tests: generated.draft.tests.len(),
            tools: &generated.draft.manifest.tools,
            report: &generated.report,
            provenance: &generated.provenance,
        }
    }
}

/// The result for people.
pub(super) fn text(out: &mut impl Write, generated: &Generated, written: &Path) -> io::Result<()> {
    let (draft, provenance) = (&generated.draft, &generated.provenance);
    let verdict = if generated.counts() { paint(GOOD, "counts") } else { paint(BAD, "does not count") };
    writeln!(out, "{}  {}  {verdict}", paint(BOLD, &draft.manifest.id), clean(&draft.manifest.title))?;
    let tools = if draft.manifest.tools.is_empty() { "none".to_owned() } else { draft.manifest.tools.join(", ") };
    writeln!(out, "  made by {}, tools {tools}, {} tests", clean(&provenance.made_by), draft.tests.len())?;
    if !provenance.rounds.is_empty() {
        let usage = &provenance.spent.usage;
        writeln!(
            out,
            "  {} attempts, number {} taken; {} questions, {} tokens read, {} written, {:.0} s",
            provenance.rounds.len(),
            provenance.taken,
            provenance.spent.calls,
            usage.input_tokens,
            usage.output_tokens,
            provenance.seconds
        )?;
    }
    for line in generated.report.to_text().lines() {
        writeln!(out, "  {}", clean(line))?;
    }
    writeln!(out, "written to {}", written.display())
}
