//! Which answer about each sentence is taken: the best of each first, then one worse at a time.

use std::collections::BTreeSet;

use super::Given;

/// The choices that were not tried yet, nearest to the best of each first; at most `most` of them.
pub(super) fn untried(given: &[Given], tried: &BTreeSet<Vec<usize>>, most: usize) -> Vec<Vec<usize>> {
    let sizes: Vec<usize> = given.iter().map(|one| one.said.len().max(1)).collect();
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut level: BTreeSet<Vec<usize>> = BTreeSet::from([vec![0; sizes.len()]]);
    // Levels of equal distance from the best; each is bounded, so that many answers about many sentences stay affordable.
    while !level.is_empty() && found.len() < most {
        found.extend(level.iter().filter(|choice| !tried.contains(*choice)).take(most - found.len()).cloned());
        level = level.iter().take(most.max(tried.len())).flat_map(|choice| further(choice, &sizes)).collect();
    }
    found
}

/// The choices that take one answer further back in its row.
fn further<'a>(choice: &'a [usize], sizes: &'a [usize]) -> impl Iterator<Item = Vec<usize>> + 'a {
    sizes.iter().enumerate().filter_map(move |(place, size)| {
        let mut next = choice.to_vec();
        let one = next.get_mut(place)?;
        *one += 1;
        (*one < *size).then_some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Said};
    use super::*;

    fn given(answers: usize) -> Given {
        let answer = Answer { text: String::new(), said: Said::Sentences(Vec::new()), missing: 0 };
        Given { text: String::new(), asked: None, said: vec![answer; answers] }
    }

    #[test]
    fn choices_near_the_best_come_first_and_none_twice() {
        let given = [given(2), given(1), given(3)];
        let all = untried(&given, &BTreeSet::new(), 99);
        assert_eq!(all.len(), 6);
        assert_eq!(all[0], [0, 0, 0]);
        assert!(all[1..3].contains(&vec![1, 0, 0]) && all[1..3].contains(&vec![0, 0, 1]));
        assert_eq!(all[5], [1, 0, 2]);
        let tried: BTreeSet<Vec<usize>> = all[..4].iter().cloned().collect();
        assert_eq!(untried(&given, &tried, 1), [all[4].clone()]);
        assert_eq!(untried(&given, &all.into_iter().collect(), 9), Vec::<Vec<usize>>::new());
    }
}
