//! Lines and columns of byte offsets.

/// 1-based line and 1-based column in characters.
pub(crate) type Position = (usize, usize);

/// Finds positions in one text.
#[derive(Debug)]
pub(crate) struct Positions<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Positions<'a> {
    /// Indexes a text. Lines end as in Python: with a line feed, a carriage return, or both.
    #[must_use]
    pub(crate) fn new(source: &'a str) -> Self {
        let bytes = source.as_bytes();
        let ends_line = |at: usize| match bytes.get(at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = (0..bytes.len()).filter(|at| ends_line(*at)).map(|at| at + 1);
        Self { source, line_starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The position of a byte offset.
    #[must_use]
    pub(crate) fn of(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied().unwrap_or(0);
        let column = self.source.get(start..offset).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }
}
