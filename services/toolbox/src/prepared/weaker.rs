//! Patterns without their Unicode word boundaries. Such a pattern matches wherever the whole one does, and a lazy DFA runs it
//! on any text; next to non-ASCII text those boundaries need engines that are twelve to fifty times slower.

use regex_syntax::hir::{Hir, HirKind, Look};

/// Leaves the Unicode word boundaries out.
pub(super) fn weaken(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Look(look) if is_unicode_word(look) => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Capture(capture) => weaken(*capture.sub),
        HirKind::Repetition(mut repetition) => {
            repetition.sub = Box::new(weaken(*repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(weaken).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(weaken).collect()),
    }
}

const fn is_unicode_word(look: Look) -> bool {
    matches!(
        look,
        Look::WordUnicode
            | Look::WordUnicodeNegate
            | Look::WordStartUnicode
            | Look::WordEndUnicode
            | Look::WordStartHalfUnicode
            | Look::WordEndHalfUnicode
    )
}
