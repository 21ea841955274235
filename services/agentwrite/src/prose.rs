//! Sections of prose, in Markdown.

mod clean;
mod weak;

use crate::material::{DraftOf, Material, Piece};
use crate::{Language, Section, Weakness, wording, words};

pub(crate) use clean::without_loops;

/// Prose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prose;

impl Material for Prose {
    fn name(&self) -> &'static str {
        "prose/1"
    }

    fn system(&self, language: Language) -> String {
        wording::of(language).write_system.to_owned()
    }

    fn measure(&self, text: &str) -> u32 {
        words::count(text)
    }

    fn clean(&self, answer: &str, section: &Section) -> String {
        clean::clean(answer, section)
    }

    fn weaknesses(&self, draft: &DraftOf<'_>) -> Vec<Weakness> {
        weak::weaknesses(draft)
    }

    fn render(&self, piece: &Piece<'_>) -> String {
        let mut out = String::new();
        let mut heading = |level: usize, text: &str| {
            if !text.is_empty() {
                out.push_str(&"#".repeat(level.min(6)));
                out.push(' ');
                out.push_str(text);
                out.push_str("\n\n");
            }
        };
        if piece.headings {
            heading(1, piece.title.unwrap_or_default());
            for (depth, text) in piece.opened {
                heading(depth + 2, text);
            }
            heading(piece.section.within.len() + 2, &piece.section.heading);
        }
        out + piece.body
    }
}

#[cfg(test)]
mod tests;
