//! The matrix as a page.

use std::fmt::Write as _;

use crate::cell::{Cell, Outcome};
use crate::mark::Mark;

const HEAD: &str = "# The conformance matrix

Every surface, whole and streamed, every part of its bodies, every verdict and failure of a guard, through a running sidecar over TCP (HTTP/1.1,
and HTTP/2 for gRPC) or the lines of `parapet mcp wrap`. Each cell asserts what the client sees (the content, the redacted content, or the refusal
in the protocol's own way), what the upstream sees (nothing, the same bytes, or the redacted ones) and the row in the audit log. `make matrix` runs
all cells; this page is what `make matrix ARGS=--markdown` prints.

";

/// The page.
pub(crate) fn markdown(outcomes: &[(Cell, Outcome)], impossible: &[(String, &'static str)]) -> String {
    let mut page = HEAD.to_owned();
    let marks: Vec<&str> = Mark::ALL.iter().map(|mark| mark.as_str()).collect();
    let _ = writeln!(page, "| surface | answers | part | stage | {} |", marks.join(" | "));
    let _ = writeln!(page, "|---|---|---|---|{}", "---|".repeat(marks.len()));
    for row in outcomes.chunk_by(|(a, _), (b, _)| row_of(a) == row_of(b)) {
        let Some((cell, _)) = row.first() else { continue };
        let (surface, over, mode, piece) = row_of(cell);
        let _ = write!(page, "| `{surface}`{over} | {mode} | {piece} | `{}` |", cell.exchange.stage.as_str());
        for (_, outcome) in row {
            page.push_str(if outcome.is_ok() { " ok |" } else { " **failed** |" });
        }
        page.push('\n');
    }
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    let _ = writeln!(page, "\n{} passed, {failed} failed.\n\n## Cells that cannot exist\n", outcomes.len() - failed);
    impossible.iter().for_each(|(name, why)| {
        let _ = writeln!(page, "- {name}: {why}");
    });
    page
}

/// Surface, how it is reached, how answers come, and the part.
fn row_of(cell: &Cell) -> (&'static str, &'static str, &'static str, &'static str) {
    (cell.speaker.name(), cell.speaker.transport().over(), cell.mode.as_str(), cell.piece.as_str())
}
