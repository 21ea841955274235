//! Decisions as CSV. Cells that a spreadsheet would take for a formula are made text: what an agent wrote must not
//! run on an auditor's machine.

use parapet_domain::{ApprovalMark, DecisionRecord, Outcome};

/// The columns, in order.
pub const COLUMNS: [&str; 28] = [
    "id",
    "at",
    "tenant",
    "route",
    "agent",
    "principal",
    "roles",
    "session",
    "stage",
    "surface",
    "enforced",
    "folded",
    "reason_code",
    "message",
    "decided_by",
    "guards",
    "failures",
    "inspected",
    "judged_before",
    "not_inspected",
    "duration_us",
    "guard_set",
    "exchange_id",
    "sequence",
    "trace_id",
    "approval",
    "approval_state",
    "approval_by",
];

/// Writes a header line and one line for each record (RFC 4180, UTF-8).
///
/// # Errors
/// Never in practice: the only sink is memory.
pub fn write_csv(records: &[DecisionRecord]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for record in records {
        writer.write_record(cells(record).map(|cell| neutral(&cell)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn cells(record: &DecisionRecord) -> [String; 28] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let of_approval = |cell: &dyn Fn(&ApprovalMark) -> String| record.approval.as_ref().map(cell).unwrap_or_default();
    [
        record.id.to_string(),
        record.at.to_string(),
        record.tenant.clone(),
        record.route.clone(),
        record.agent.clone(),
        text(&record.principal),
        record.roles.join(";"),
        text(&record.session),
        record.stage.as_str().to_owned(),
        record.surface.as_str().to_owned(),
        record.enforced.as_str().to_owned(),
        record.folded.as_str().to_owned(),
        record.reason_code.clone(),
        record.message.clone(),
        text(&record.decided_by),
        record.runs.iter().map(|run| run.guard.as_str()).collect::<Vec<_>>().join(";"),
        failures(record),
        record.coverage.inspected.len().to_string(),
        record.coverage.judged_before.len().to_string(),
        record.coverage.not_inspected.len().to_string(),
        record.duration_us.to_string(),
        record.guard_set.clone(),
        record.exchange_id.to_string(),
        record.sequence.to_string(),
        text(&record.trace_id),
        of_approval(&|mark| mark.id.to_string()),
        of_approval(&|mark| mark.state.as_str().to_owned()),
        of_approval(&|mark| text(&mark.by)),
    ]
}

fn failures(record: &DecisionRecord) -> String {
    let failed = record.runs.iter().filter_map(|run| match &run.outcome {
        Outcome::Failure(failure) => Some(format!("{}={}", run.guard, failure.kind.as_str())),
        Outcome::Verdict(_) => None,
    });
    failed.collect::<Vec<_>>().join(";")
}

/// Puts an apostrophe before what a spreadsheet would compute.
fn neutral(cell: &str) -> String {
    match cell.trim_start_matches([' ', '\u{feff}']).chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_other_cells_stay() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "=HYPERLINK(\"http://x\")", "＝1"] {
            assert_eq!(neutral(formula), format!("'{formula}"));
        }
        for plain in ["", "a=b", "2026-01-31T12:00:00Z", "eicu-access", "it's"] {
            assert_eq!(neutral(plain), plain);
        }
    }
}
