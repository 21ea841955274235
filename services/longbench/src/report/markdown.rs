//! A report as Markdown.

use super::Report;

/// The tables one below the other, then the notes.
pub(super) fn write(report: &Report) -> String {
    let mut text = format!("# {}\n", plain(&report.title()));
    for table in report.tables() {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = std::iter::once("---").chain(table.head.iter().skip(1).map(|_| "---:")).collect::<Vec<_>>();
        text += &format!("\n{}:\n\n{}|{}|\n", plain(&table.title), line(&table.head), rule.join("|"));
        text.extend(table.rows.iter().map(|row| line(row)));
    }
    text.push('\n');
    text.extend(report.notes().iter().map(|note| format!("- {}\n", plain(note))));
    text
}

/// Text that stays within its cell: names of models and types come from outside.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => plain.push(' '),
            '|' | '\\' | '`' | '*' | '<' | '>' => {
                plain.push('\\');
                plain.push(c);
            }
            c => plain.push(c),
        }
    }
    plain
}
