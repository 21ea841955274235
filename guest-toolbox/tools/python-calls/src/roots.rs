//! Follows a value back to the calls at which its chain starts: from a call to its object or first argument, and so on.
//! In `v = GetValue(FilterDB(LoadDB('t'), 'c'), 'x')` the root of every link is the call of `LoadDB`.

use std::collections::BTreeSet;

use crate::{
    record::Call,
    value::{CallId, Value},
};

/// Most calls that are followed for one value.
const MOST: usize = 1_000;

/// The links between calls.
#[derive(Debug)]
pub(crate) struct Roots {
    /// For each call: the calls behind its object or first argument, and whether that is all.
    links: Vec<(Vec<CallId>, bool)>,
}

impl Roots {
    /// Reads the links of all calls.
    pub(crate) fn of(calls: &[Call]) -> Self {
        let links = calls
            .iter()
            .map(|call| {
                let data = call.receiver.as_ref().filter(|receiver| !receiver.value.names_only());
                match data.or(call.args.first()) {
                    Some(argument) => (behind(&argument.value), complete(&argument.value) && !argument.starred),
                    None => (Vec::new(), true),
                }
            })
            .collect();
        Self { links }
    }

    /// The roots of a value, and whether nothing else can be one.
    pub(crate) fn behind(&self, value: &Value) -> (Vec<CallId>, bool) {
        let mut roots = BTreeSet::new();
        let mut all = complete(value);
        let mut open = behind(value);
        let mut seen: BTreeSet<CallId> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            let Some((next, known)) = self.links.get(id as usize) else { continue };
            all &= known;
            if next.is_empty() {
                roots.insert(id);
            }
            open.extend(next.iter().copied().filter(|id| seen.insert(*id)));
            if seen.len() > MOST {
                return (Vec::new(), false);
            }
        }
        (roots.into_iter().collect(), all)
    }
}

fn behind(value: &Value) -> Vec<CallId> {
    value.from.union(&value.derived).copied().collect()
}

/// Whether the value is nothing but constants and the results of known calls.
fn complete(value: &Value) -> bool {
    value.is_certain()
}
