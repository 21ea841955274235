//! Makes sections that can be written out of those that a model planned: no two with the same point, no more of them than
//! there are words for. Pure.

use std::collections::HashSet;

use super::read::Item;
use crate::text::{similarity, terms};

/// From here on two points are the same.
const SAME: f64 = 0.8;
/// Longest main point of sections that were put together, in characters.
const POINT: usize = 600;

/// Takes out those that say what one before them says. Returns the headings of what was taken out.
pub(crate) fn without_doubles(items: &mut Vec<Item>) -> Vec<String> {
    let double = doubles(&items.iter().map(|item| item.point.as_str()).collect::<Vec<_>>());
    let (taken, kept): (Vec<_>, Vec<_>) = items.drain(..).zip(double).partition(|(_, is)| *is);
    items.extend(kept.into_iter().map(|(item, _)| item));
    taken.into_iter().map(|(item, _)| item.heading).collect()
}

/// Which of the points say what one before them says.
pub(crate) fn doubles(points: &[&str]) -> Vec<bool> {
    let sets: Vec<HashSet<String>> = points.iter().map(|point| terms(point).into_iter().collect()).collect();
    let mut first: Vec<&HashSet<String>> = Vec::new();
    let double =
        |set: &'_ HashSet<String>, first: &[&HashSet<String>]| first.iter().any(|one| similarity(one, set) >= SAME);
    let mut out = Vec::with_capacity(sets.len());
    for set in &sets {
        let is = double(set, &first);
        if !is {
            first.push(set);
        }
        out.push(is);
    }
    out
}

/// Puts neighbours together until there are at most `most`; nothing that was planned is lost.
pub(crate) fn merged(items: Vec<Item>, most: usize) -> Vec<Item> {
    let number = items.len();
    if number <= most || most == 0 {
        return items;
    }
    let mut out: Vec<Item> = Vec::with_capacity(most);
    for (at, item) in items.into_iter().enumerate() {
        // Groups differ by one at most: item `at` belongs to group `at * most / number`.
        match out.last_mut().filter(|_| at * most / number == at.saturating_sub(1) * most / number) {
            Some(group) => {
                group.words = group.words.saturating_add(item.words);
                let point = format!("{}; {}", group.point, item.point);
                group.point = point.chars().take(POINT).collect();
            }
            None => out.push(item),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(points: &[&str]) -> Vec<Item> {
        points
            .iter()
            .map(|point| Item { heading: (*point).to_owned(), point: (*point).to_owned(), words: 10 })
            .collect()
    }

    #[test]
    fn the_same_point_twice_is_one() {
        let mut plan = items(&["The history of tea", "Tea today", "History of the tea.", "Tea tomorrow"]);
        assert_eq!(without_doubles(&mut plan), ["History of the tea."]);
        assert_eq!(
            plan.iter().map(|item| item.point.as_str()).collect::<Vec<_>>(),
            ["The history of tea", "Tea today", "Tea tomorrow"]
        );
    }

    #[test]
    fn too_many_sections_are_put_together_in_order() {
        let plan = merged(items(&["a", "b", "c", "d", "e"]), 2);
        assert_eq!(plan.iter().map(|item| item.point.as_str()).collect::<Vec<_>>(), ["a; b; c", "d; e"]);
        assert_eq!(plan.iter().map(|item| item.words).collect::<Vec<_>>(), [30, 20]);
        assert_eq!(merged(items(&["a", "b"]), 2).len(), 2);
        assert_eq!(merged(items(&["a"; 200]), 7).len(), 7);
    }
}
