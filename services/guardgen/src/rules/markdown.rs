//! A request taken apart into headings, tables, lists and sentences. Every word of it is in one of them.

/// One piece of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// `# Title`, without the marks.
    Heading {
        /// Number of marks.
        level: usize,
        /// The text.
        text: String,
    },
    /// A Markdown table.
    Table(Table),
    /// A list item with its depth, from 0.
    Item {
        /// How deep it is nested, from 0.
        depth: usize,
        /// Its text, over all its lines.
        text: String,
    },
    /// One sentence of a paragraph, white space made single. Also a line that looks like a table and is none.
    Sentence(String),
}

/// A Markdown table: every row has as many cells as the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// The cells of the first line.
    pub(super) header: Vec<String>,
    /// The rows below the rule.
    pub(super) rows: Vec<Vec<String>>,
}

/// Takes `text` apart.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        match (row_of(line), lines.peek().and_then(|next| row_of(next))) {
            (Some(header), Some(rule)) if is_rule(&rule) && rule.len() == header.len() => {
                reader.end();
                lines.next();
                let mut rows = Vec::new();
                while let Some(row) = lines.peek().and_then(|next| row_of(next)).filter(|r| r.len() == header.len()) {
                    rows.push(row);
                    lines.next();
                }
                reader.blocks.push(Block::Table(Table { header, rows }));
            }
            (Some(_), _) => {
                reader.end();
                reader.blocks.push(Block::Sentence(line.trim().to_owned()));
            }
            (None, _) => reader.line(line),
        }
    }
    reader.end();
    reader.blocks
}

/// What has been read, with the paragraph or item that is still open.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    paragraph: String,
    item: Option<(usize, String)>,
    indents: Vec<usize>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if text.is_empty() {
            self.end();
        } else if let Some((level, title)) = heading_of(text) {
            self.end();
            self.indents.clear();
            self.blocks.push(Block::Heading { level, text: title });
        } else if let Some(item) = item_of(text) {
            self.end();
            let depth = self.depth_of(line.len() - line.trim_start().len());
            self.item = Some((depth, item.to_owned()));
        } else if let Some((_, item)) = self.item.as_mut().filter(|_| line.starts_with([' ', '\t'])) {
            item.push(' ');
            item.push_str(text);
        } else {
            self.end_item();
            self.indents.clear();
            self.paragraph.push_str(text);
            self.paragraph.push(' ');
        }
    }

    fn depth_of(&mut self, indent: usize) -> usize {
        while self.indents.last().is_some_and(|last| *last >= indent) {
            self.indents.pop();
        }
        self.indents.push(indent);
        self.indents.len() - 1
    }

    fn end_item(&mut self) {
        if let Some((depth, text)) = self.item.take() {
            self.blocks.push(Block::Item { depth, text: single_spaced(&text) });
        }
    }

    fn end(&mut self) {
        self.end_item();
        let paragraph = std::mem::take(&mut self.paragraph);
        self.blocks.extend(sentences(&paragraph).into_iter().map(Block::Sentence));
    }
}

/// The cells of `| a | b |`; `\|` is no border.
fn row_of(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(inner);
    let cells = inner.replace("\\|", "\u{0}");
    Some(cells.split('|').map(|cell| single_spaced(&cell.replace('\u{0}', "|"))).collect())
}

fn is_rule(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':')))
}

fn heading_of(text: &str) -> Option<(usize, String)> {
    let level = text.chars().take_while(|c| *c == '#').count();
    let title = text.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, single_spaced(title)))
}

fn item_of(text: &str) -> Option<&str> {
    let numbered = || {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len()).then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))).flatten()
    };
    ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark)).or_else(numbered)
}

/// The sentences of a paragraph: a full stop ends one where white space and no small letter follow it.
fn sentences(paragraph: &str) -> Vec<String> {
    let text = single_spaced(paragraph);
    let mut found = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let mut rest = text.get(end..).unwrap_or_default().chars();
        let ends = matches!(letter, '.' | '!' | '?') && rest.next() == Some(' ');
        if ends && rest.next().is_some_and(|next| !next.is_lowercase()) {
            found.push(text.get(start..end).unwrap_or_default().trim().to_owned());
            start = end;
        }
    }
    found.push(text.get(start..).unwrap_or_default().trim().to_owned());
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart_without_losing_a_word() {
        let text = "# Who may read\n\nTwo roles. They are\nnamed `a. b` e.g. below:\n\n| t | x |\n|---|:-:|\n| lab | a \\| b |\n\n\
                    - teller\n  - accounts: number,\n    balance\n    - deep\n- auditor\n\nThe end";
        let item = |depth, text: &str| Block::Item { depth, text: text.into() };
        assert_eq!(
            blocks(text),
            [
                Block::Heading { level: 1, text: "Who may read".into() },
                Block::Sentence("Two roles.".into()),
                Block::Sentence("They are named `a. b` e.g. below:".into()),
                Block::Table(Table {
                    header: vec!["t".into(), "x".into()],
                    rows: vec![vec!["lab".into(), "a | b".into()]]
                }),
                item(0, "teller"),
                item(1, "accounts: number, balance"),
                item(2, "deep"),
                item(0, "auditor"),
                Block::Sentence("The end".into()),
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_row_of_its_table_stays_as_a_sentence() {
        let found = blocks("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], Block::Sentence("| 1 | 2 | 3 |".into()));
        assert_eq!(blocks("| alone |"), [Block::Sentence("| alone |".into())]);
    }

    #[test]
    fn nothing_has_no_blocks() {
        assert_eq!(blocks(" \n\t\n"), []);
    }
}
