//! Decisions as a table, as JSON or as CSV, written one by one, so that an export of any length takes constant memory.

use std::io::Write;

use anyhow::Result;
use parapet_domain::DecisionRecord;
use parapet_store::Cursor;

use crate::output::{self, BOLD, DIM, paint, style_of};

/// How decisions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One document `{"records": […], "next": …}`, as `GET /admin/decisions` gives it.
    Json,
    /// For spreadsheets and other tools.
    Csv,
}

/// Widths of the table's columns; the last one is as long as it is.
const COLUMNS: [(&str, usize); 8] = [
    ("time (UTC)", 23),
    ("decision", 8),
    ("stage", 11),
    ("agent", 12),
    ("principal", 14),
    ("reason", 26),
    ("guard", 18),
    ("decision id", 36),
];

/// Writes decisions to `out`, with what stands before, between and after them.
pub(crate) struct Writer<W: Write> {
    out: W,
    format: Format,
    written: usize,
}

impl<W: Write> Writer<W> {
    /// A writer that has written nothing yet.
    pub(crate) const fn new(out: W, format: Format) -> Self {
        Self { out, format, written: 0 }
    }

    /// Writes one decision.
    pub(crate) fn record(&mut self, record: &DecisionRecord) -> Result<()> {
        if self.written == 0 {
            self.begin()?;
        }
        match self.format {
            Format::Table => writeln!(self.out, "{}", table_line(record))?,
            Format::Json => {
                self.out.write_all(if self.written == 0 { b"\n  " } else { b",\n  " })?;
                serde_json::to_writer(&mut self.out, record)?;
            }
            Format::Csv => csv_line(&mut self.out, record)?,
        }
        self.written += 1;
        Ok(())
    }

    /// Ends the document; `next` is the cursor of the page after it.
    pub(crate) fn finish(mut self, next: Option<Cursor>) -> Result<()> {
        if self.written == 0 {
            self.begin()?;
        }
        match self.format {
            Format::Table if self.written == 0 => writeln!(self.out, "no decision matches")?,
            Format::Table => {
                if let Some(next) = next {
                    writeln!(self.out, "{}", paint(DIM, &format!("more: add `--after {next}`, or `--all`")))?;
                }
            }
            Format::Json => {
                let end = if self.written == 0 { "" } else { "\n" };
                writeln!(self.out, "{end}],\"next\":{}}}", serde_json::to_string(&next)?)?;
            }
            Format::Csv => {}
        }
        Ok(self.out.flush()?)
    }

    fn begin(&mut self) -> Result<()> {
        match self.format {
            Format::Table => {
                let titles: Vec<String> = COLUMNS.iter().map(|(title, width)| format!("{title:width$}")).collect();
                writeln!(self.out, "{}", paint(BOLD, titles.join(" ").trim_end()))?;
            }
            Format::Json => self.out.write_all(b"{\"records\":[")?,
            Format::Csv => self.out.write_all(&parapet_console::write_csv(&[])?)?,
        }
        Ok(())
    }
}

fn table_line(record: &DecisionRecord) -> String {
    let at = record.at.to_string();
    let cells = [
        at.get(..23).unwrap_or(&at).replace('T', " "),
        record.enforced.as_str().to_owned(),
        record.stage.as_str().to_owned(),
        record.agent.clone(),
        record.principal.clone().unwrap_or_else(|| "-".to_owned()),
        if record.reason_code.is_empty() { "-".to_owned() } else { record.reason_code.clone() },
        record.decided_by.clone().unwrap_or_else(|| "-".to_owned()),
        record.id.to_string(),
    ];
    let padded = cells.iter().zip(COLUMNS).enumerate().map(|(column, (cell, (_, width)))| {
        let cell = format!("{:width$}", output::excerpt(cell, width));
        if column == 1 { paint(style_of(record.enforced), &cell) } else { cell }
    });
    padded.collect::<Vec<_>>().join(" ")
}

/// The same columns as the console's export. Its function writes a header line too, which stands only before the first.
fn csv_line(out: &mut impl Write, record: &DecisionRecord) -> Result<()> {
    let text = parapet_console::write_csv(std::slice::from_ref(record))?;
    let end_of_header = text.windows(2).position(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
    Ok(out.write_all(text.get(end_of_header..).unwrap_or_default())?)
}

#[cfg(test)]
mod tests;
