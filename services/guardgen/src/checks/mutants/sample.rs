//! An even sample of many mutants: the same one each time, and from all over the guard.

use super::Mutant;

/// At most `most` of all mutants. Code comes first: facts get two fifths, and what code leaves over.
pub(super) fn choose(all: [Vec<Mutant>; 2], most: usize) -> Vec<Mutant> {
    let [code, facts] = all;
    let for_facts = facts.len().min((most * 2 / 5).max(most.saturating_sub(code.len())));
    let mut chosen = even(code, most - for_facts);
    chosen.extend(even(facts, for_facts));
    chosen
}

/// `most` of `items` in equal distances, or all of them.
fn even<T>(items: Vec<T>, most: usize) -> Vec<T> {
    let total = items.len();
    if total <= most {
        return items;
    }
    // Item n is taken when the count of taken ones steps up there.
    items
        .into_iter()
        .enumerate()
        .filter(|(n, _)| (n + 1) * most / total > n * most / total)
        .map(|(_, item)| item)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::even;

    #[test]
    fn a_sample_is_even_and_of_the_size_asked_for() {
        assert_eq!(even((0..10).collect(), 5), [1, 3, 5, 7, 9]);
        assert_eq!(even((0..3).collect(), 5), [0, 1, 2]);
        for (total, most) in [(7, 3), (1000, 240), (241, 240), (5, 0)] {
            assert_eq!(even((0..total).collect(), most).len(), most, "{most} of {total}");
        }
    }
}
