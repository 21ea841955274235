//! A report for people: the tables with their columns under each other.

use std::io::{self, Write};
use std::path::Path;

use parapet_longbench::{Report, Table};

use crate::output::{BOLD, DIM, clean, paint};

/// Prints the report.
pub(super) fn report(out: &mut impl Write, report: &Report, folder: &Path) -> io::Result<()> {
    writeln!(out, "{}", paint(BOLD, &clean(&report.title())))?;
    for shown in report.tables() {
        writeln!(out)?;
        table(out, &shown)?;
    }
    writeln!(out)?;
    for note in report.notes() {
        writeln!(out, "{}", clean(&note))?;
    }
    let files = format!("written to {}: report.md, report.json, plot.svg", folder.display());
    writeln!(out, "{}", paint(DIM, &files))
}

fn table(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let widths: Vec<usize> = (0..table.head.len()).map(|column| width_of(table, column)).collect();
    let has_title = table.head.first().is_some_and(|name| *name == table.title);
    if !has_title {
        writeln!(out, "{}", clean(&table.title))?;
    }
    writeln!(out, "{}", paint(BOLD, &line(&table.head, &widths)))?;
    table.rows.iter().try_for_each(|row| writeln!(out, "{}", line(row, &widths)))
}

/// The first cell to the left, the others to the right.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let cell = clean(cell);
        let space = " ".repeat(width.saturating_sub(columns(&cell)));
        if column == 0 {
            text += &format!("  {cell}{space}");
        } else {
            text += &format!("  {space}{cell}");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn width_of(table: &Table, column: usize) -> usize {
    let rows = table.rows.iter().chain(std::iter::once(&table.head));
    rows.filter_map(|row| row.get(column)).map(|cell| columns(&clean(cell))).max().unwrap_or_default()
}

/// Columns of a terminal: Chinese characters and their punctuation take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_both_languages() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let shown = Table {
            title: "type".to_owned(),
            head: row(["type", "length"]),
            rows: vec![row(["社区论坛", "9.5"]), row(["News\u{1b}[2J", "100.0"])],
        };
        let mut out = Vec::new();
        table(&mut out, &shown).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["  社区论坛     9.5", "  News\u{fffd}[2J   100.0"]);
    }
}
