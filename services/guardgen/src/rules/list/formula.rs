//! Conditions joined by "and", "or" and "not", and their normal form: alternatives of conditions.

use super::policy::{Alternatives, Condition, Op};

/// Most alternatives that one rule may have.
const MOST_ALTERNATIVES: usize = 32;

/// A joined condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formula {
    /// One comparison.
    Is(Condition),
    /// All of them.
    All(Vec<Formula>),
    /// Any of them; an empty one never holds.
    Any(Vec<Formula>),
    /// The opposite.
    Not(Box<Formula>),
}

impl Formula {
    /// The alternatives; `None` when there are too many.
    pub(super) fn alternatives(&self) -> Option<Alternatives> {
        expand(self, false).map(|mut alternatives| {
            alternatives.iter_mut().for_each(|conditions| conditions.dedup());
            alternatives
        })
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

fn expand(formula: &Formula, negated: bool) -> Option<Alternatives> {
    match (formula, negated) {
        (Formula::Is(condition), false) => Some(vec![vec![condition.clone()]]),
        (Formula::Is(condition), true) => Some(vec![vec![opposite(condition)]]),
        (Formula::Not(inner), _) => expand(inner, !negated),
        (Formula::All(parts), false) | (Formula::Any(parts), true) => {
            parts.iter().try_fold(vec![Vec::new()], |so_far, part| combine(&so_far, &expand(part, negated)?))
        }
        (Formula::Any(parts), false) | (Formula::All(parts), true) => {
            let lists: Option<Vec<Alternatives>> = parts.iter().map(|part| expand(part, negated)).collect();
            lists.map(|lists| lists.concat()).filter(|all| all.len() <= MOST_ALTERNATIVES)
        }
    }
}

fn combine(left: &Alternatives, right: &Alternatives) -> Option<Alternatives> {
    if left.len() * right.len() > MOST_ALTERNATIVES {
        return None;
    }
    Some(left.iter().flat_map(|a| right.iter().map(move |b| [a.as_slice(), b.as_slice()].concat())).collect())
}

/// Orders have an opposite of their own; the others are marked.
fn opposite(condition: &Condition) -> Condition {
    let (op, not) = match (condition.op, condition.not) {
        (Op::Less, false) => (Op::AtLeast, false),
        (Op::AtLeast, false) => (Op::Less, false),
        (Op::More, false) => (Op::AtMost, false),
        (Op::AtMost, false) => (Op::More, false),
        (op, not) => (op, !not),
    };
    Condition { op, not, ..condition.clone() }
}
