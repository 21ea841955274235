//! What a Python expression may evaluate to: the lattice of the data-flow analysis.
//! Joining only ever adds, and everything is capped, so that the analysis ends.

use std::collections::BTreeSet;

use crate::literal::Literal;

/// Most literals, templates, names or calls that one value keeps before it becomes simply unknown.
const MOST: usize = 64;
/// Most bytes of literals and templates together.
const MOST_BYTES: usize = 16 * 1024;

/// Deepest container that is kept: readers of JSON have limits of their own.
const DEEPEST_LITERAL: usize = 16;

/// Position of a call in the list of calls.
pub(crate) type CallId = u32;
/// Position of a function in the list of functions that the program defines.
pub(crate) type FunctionId = u32;

/// Every possible value of an expression, as far as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Value {
    /// It may be one of these constants.
    pub(crate) literals: BTreeSet<Literal>,
    /// It may be a string of these pieces, with something unknown between each two.
    pub(crate) templates: BTreeSet<Vec<String>>,
    /// It may be one of these things from outside the program, by dotted name.
    pub(crate) names: BTreeSet<String>,
    /// It may be one of these functions of the program.
    pub(crate) functions: BTreeSet<FunctionId>,
    /// It may be the result of one of these calls.
    pub(crate) from: BTreeSet<CallId>,
    /// The results of these calls went into it.
    pub(crate) derived: BTreeSet<CallId>,
    /// It may be anything else.
    pub(crate) unknown: bool,
    /// Too much was joined: nothing but `unknown` is kept any more.
    pub(crate) saturated: bool,
}

impl Value {
    /// May be anything.
    #[must_use]
    pub(crate) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// Exactly this constant, unless it is too large or too deep to keep.
    #[must_use]
    pub(crate) fn literal(literal: Literal) -> Self {
        if literal.depth() > DEEPEST_LITERAL {
            return Self::unknown();
        }
        let mut value = Self { literals: BTreeSet::from([literal]), ..Self::default() };
        value.bound();
        value
    }

    /// A string.
    #[must_use]
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::literal(Literal::Str(text.into()))
    }

    /// Exactly this thing from outside.
    #[must_use]
    pub(crate) fn name(name: impl Into<String>) -> Self {
        Self { names: BTreeSet::from([name.into()]), ..Self::default() }
    }

    /// The result of a call.
    #[must_use]
    pub(crate) fn result_of(call: CallId) -> Self {
        Self { from: BTreeSet::from([call]), ..Self::default() }
    }

    /// Something computed from `parts`.
    #[must_use]
    pub(crate) fn computed<'v>(parts: impl IntoIterator<Item = &'v Self>) -> Self {
        let mut value = Self::unknown();
        for part in parts {
            value.absorb(part);
        }
        value
    }

    /// Notes that the calls behind `part` went into this value.
    pub(crate) fn absorb(&mut self, part: &Self) {
        if !self.saturated {
            self.derived.extend(part.from.iter().chain(&part.derived));
            self.bound();
        }
    }

    /// Makes this value also possibly `other`.
    pub(crate) fn join(&mut self, other: &Self) {
        self.unknown |= other.unknown;
        self.saturated |= other.saturated;
        if !self.saturated {
            self.literals.extend(other.literals.iter().cloned());
            self.templates.extend(other.templates.iter().cloned());
            self.names.extend(other.names.iter().cloned());
            self.functions.extend(&other.functions);
            self.from.extend(&other.from);
            self.derived.extend(&other.derived);
        }
        self.bound();
    }

    /// The one constant that it is, if it can be nothing else.
    #[must_use]
    pub(crate) fn single(&self) -> Option<&Literal> {
        let alone = self.literals.len() == 1 && self.is_certain() && self.templates.is_empty() && self.from.is_empty();
        self.literals.first().filter(|_| alone && self.functions.is_empty())
    }

    /// Whether it is nothing but the listed constants, templates and results.
    #[must_use]
    pub(crate) fn is_certain(&self) -> bool {
        let something = !(self.literals.is_empty() && self.templates.is_empty() && self.from.is_empty());
        !self.unknown && self.names.is_empty() && self.functions.is_empty() && something
    }

    /// Whether it is only things from outside, such as a module.
    #[must_use]
    pub(crate) fn names_only(&self) -> bool {
        !self.names.is_empty() && self.from.is_empty() && self.derived.is_empty()
    }

    /// Whether it may be a constant that can be changed in place.
    #[must_use]
    pub(crate) fn may_be_container(&self) -> bool {
        self.literals.iter().any(Literal::is_container)
    }

    /// Whether it is certainly text or a number, so that adding it to something changes nothing in place.
    #[must_use]
    pub(crate) fn is_plain(&self) -> bool {
        let opaque = self.unknown || !self.from.is_empty() || !self.names.is_empty() || !self.functions.is_empty();
        !opaque && !self.may_be_container()
    }

    fn bound(&mut self) {
        let strings = self.literals.len().max(self.templates.len());
        let calls = self.from.len().max(self.derived.len());
        let others = self.names.len().max(self.functions.len());
        if self.saturated || strings.max(calls).max(others) > MOST || self.bytes() > MOST_BYTES {
            *self = Self { unknown: true, saturated: true, ..Self::default() };
        }
    }

    fn bytes(&self) -> usize {
        let literals: usize = self.literals.iter().map(Literal::weight).sum();
        literals + self.templates.iter().flatten().map(|piece| piece.len() + 8).sum::<usize>()
    }
}
