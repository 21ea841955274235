//! What became of a document, for people and for programs.

use std::io::{self, Write};
use std::path::Path;

use parapet_agentwrite::{Document, Fate, Length, Plan, SectionReport};
use parapet_models::Spent;
use serde::Serialize;

use crate::output::{BAD, BOLD, DIM, GOOD, clean, paint};

/// The result with `--json`. The text is in the file.
#[derive(Debug, Serialize)]
pub(crate) struct Summary<'d> {
    id: &'d str,
    out: &'d Path,
    words: u32,
    /// The fewest and most words that would do.
    wanted: (u32, u32),
    length: Length,
    calls: u64,
    kept_calls: u64,
    spent: Spent,
    seconds: f64,
    guard_set: &'d str,
    /// Decisions on the sections that are in the audit log, in order.
    decisions: Vec<&'d str>,
    plan: &'d Plan,
    sections: &'d [SectionReport],
}

impl<'d> Summary<'d> {
    pub(crate) fn of(
        document: &'d Document,
        id: &'d str,
        out: &'d Path,
        wanted: (u32, u32),
        guard_set: &'d str,
    ) -> Self {
        let decisions = document.sections.iter().flat_map(|section| &section.decisions).map(String::as_str).collect();
        Self {
            id,
            out,
            words: document.words,
            wanted,
            length: document.length,
            calls: document.calls,
            kept_calls: document.kept_calls,
            spent: document.spent,
            seconds: document.seconds,
            guard_set,
            decisions,
            plan: &document.plan,
            sections: &document.sections,
        }
    }
}

/// The result for people.
pub(crate) fn text(out: &mut impl Write, summary: &Summary<'_>) -> io::Result<()> {
    let (least, most) = summary.wanted;
    let length = match summary.length {
        Length::Held => paint(GOOD, &format!("within {least} to {most}")),
        Length::Short => paint(BAD, &format!("shorter than {least}")),
        Length::Long => paint(BAD, &format!("longer than {most}")),
    };
    let sections = summary.sections.len();
    writeln!(
        out,
        "{}  {} words, {length}, in {sections} sections",
        paint(BOLD, &summary.out.display().to_string()),
        summary.words
    )?;
    let usage = &summary.spent.usage;
    writeln!(
        out,
        "  {} questions, {} kept from earlier runs; {} tokens read, {} written in all; {:.0} s",
        summary.calls, summary.kept_calls, usage.input_tokens, usage.output_tokens, summary.seconds
    )?;
    for (at, section) in summary.sections.iter().enumerate() {
        if let Some(line) = remark(at + 1, section) {
            writeln!(out, "  {}", clean(&line))?;
        }
    }
    let id = summary.id;
    writeln!(out, "  {}", paint(DIM, &format!("`parapet audit query --session {id}` shows the decisions")))
}

/// What is to be said of a section that is not as the model wrote it.
fn remark(number: usize, section: &SectionReport) -> Option<String> {
    let what = match section.fate {
        Fate::Written if section.refusals.is_empty() => return None,
        Fate::Written => "was refused and written anew",
        Fate::Redacted => "has edits of the guards",
        Fate::Denied => "is left out, with a note in its place",
        Fate::Unwritten => "was not written by the model; a note stands in its place",
    };
    let refusals = if section.refusals.is_empty() {
        String::new()
    } else {
        format!(", refused as {}", section.refusals.join(", "))
    };
    let decision = section.decisions.last().map_or_else(String::new, |id| format!(", decision {id}"));
    Some(format!("section {number} {what}{refusals}{decision}"))
}
