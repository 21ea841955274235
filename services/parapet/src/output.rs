//! All that the commands print. Text for people goes through here, so that it cannot carry escape sequences
//! that came with the content, and colours appear on a terminal only.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use parapet_domain::Decision;
use serde::Serialize;

/// Standard output; drops colours when it is no terminal or `NO_COLOR` is set.
pub(crate) type Out = anstream::AutoStream<io::Stdout>;

/// Opens [`Out`].
pub(crate) fn stdout() -> Out {
    anstream::AutoStream::auto(io::stdout())
}

/// Writes one JSON document and a line end.
pub(crate) fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Emphasis for headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// For what matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// The colour of a decision.
pub(crate) const fn style_of(decision: Decision) -> Style {
    let color = match decision {
        Decision::Allow => AnsiColor::Green,
        Decision::Redact => AnsiColor::Cyan,
        Decision::Ask => AnsiColor::Yellow,
        Decision::Deny => AnsiColor::Red,
    };
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// `text` in `style`.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` without control characters, which could rewrite the terminal of whoever reads a log; line ends become spaces.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' | '\r' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// [`clean`] text of at most `max` characters, with `…` where it was cut.
pub(crate) fn excerpt(text: &str, max: usize) -> String {
    let text = clean(text);
    match text.char_indices().nth(max) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Whether writing failed because the reader went away, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_in_content_do_not_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{7}"), "a\u{fffd}[2Jb c\u{fffd}");
    }

    #[test]
    fn an_excerpt_counts_characters() {
        assert_eq!(excerpt("äöüß", 3), "äöü…");
        assert_eq!(excerpt("äöü", 3), "äöü");
    }

    #[test]
    fn colours_surround_the_text_only() {
        assert_eq!(paint(style_of(Decision::Deny), "deny"), "\u{1b}[31mdeny\u{1b}[0m");
    }
}
