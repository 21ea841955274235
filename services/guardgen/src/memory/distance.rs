//! Levenshtein distance by bit vectors: Myers, "A fast bit-vector algorithm for approximate string matching based on
//! dynamic programming" (J. ACM 46, 1999), in the block form and for the global distance after Hyyrö, "A bit-vector
//! algorithm for computing Levenshtein and Damerau edit distances" (2003), within Ukkonen's band of the bound.

use std::collections::HashMap;

/// Rows in one block.
const BITS: usize = u64::BITS as usize;

/// One text, prepared to be compared with many.
#[derive(Debug)]
pub(super) struct Pattern {
    length: usize,
    blocks: usize,
    /// Number of each character; 0 is for those that do not occur.
    numbers: HashMap<char, usize>,
    /// For each number its rows of the text as bits, `blocks` words each.
    rows: Vec<u64>,
}

/// 64 rows of the column at hand: differences to the row above, and the value of the last row.
#[derive(Clone)]
struct Block {
    plus: u64,
    minus: u64,
    value: usize,
    /// The last row's bit; below it only in the last block.
    last: u64,
    height: usize,
}

impl Pattern {
    pub(super) fn new(text: &[char]) -> Self {
        let blocks = text.len().div_ceil(BITS);
        let mut numbers = HashMap::new();
        let mut rows = vec![0; blocks];
        for (row, c) in text.iter().enumerate() {
            let next = numbers.len() + 1;
            let number = *numbers.entry(*c).or_insert(next);
            rows.resize(rows.len().max((number + 1) * blocks), 0);
            if let Some(word) = rows.get_mut(number * blocks + row / BITS) {
                *word |= 1 << (row % BITS);
            }
        }
        Self { length: text.len(), blocks, numbers, rows }
    }

    /// Characters of the text.
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// The distance to `other`, unless it is greater than `max`.
    pub(super) fn distance(&self, other: &[char], max: usize) -> Option<usize> {
        if self.length.abs_diff(other.len()) > max {
            return None;
        }
        if self.length == 0 {
            return Some(other.len());
        }
        let mut column: Vec<Block> = (0..self.blocks).map(|n| self.block(n)).collect();
        let mut started = 0;
        for (at, c) in other.iter().enumerate() {
            // Cells further than `max` from the diagonal cannot lie on a path that is short enough.
            let first = at.saturating_sub(max) / BITS;
            let end = (at.saturating_add(max) / BITS + 1).min(self.blocks);
            while started < end {
                begin(&mut column, started);
                started += 1;
            }
            let words = self.words(*c);
            let mut carry = 1;
            for (block, word) in column.iter_mut().zip(words).take(end).skip(first) {
                carry = block.step(*word, carry);
            }
        }
        if started < self.blocks {
            return (other.is_empty() && self.length <= max).then_some(self.length);
        }
        column.last().map(|block| block.value).filter(|distance| *distance <= max)
    }

    /// The column before the first character: the value of each row is its number.
    fn block(&self, n: usize) -> Block {
        let height = (self.length - n * BITS).min(BITS);
        Block { plus: u64::MAX, minus: 0, value: n * BITS + height, last: 1 << (height - 1), height }
    }

    fn words(&self, c: char) -> &[u64] {
        let number = self.numbers.get(&c).copied().unwrap_or(0);
        self.rows.get(number * self.blocks..(number + 1) * self.blocks).unwrap_or_default()
    }
}

/// A block enters the band: its rows were too far off until now, so any value that is not too small does.
fn begin(column: &mut [Block], n: usize) {
    let above = n.checked_sub(1).and_then(|above| column.get(above)).map(|block| block.value);
    if let (Some(above), Some(block)) = (above, column.get_mut(n)) {
        block.value = above + block.height;
    }
}

impl Block {
    /// Goes on by one character. `carry` is the difference that enters from above; what leaves below is returned.
    fn step(&mut self, equal: u64, carry: i8) -> i8 {
        let entering = u64::from(carry < 0);
        let vertical = equal | self.minus;
        let equal = equal | entering;
        let horizontal = ((equal & self.plus).wrapping_add(self.plus) ^ self.plus) | equal;
        let plus = self.minus | !(horizontal | self.plus);
        let minus = self.plus & horizontal;
        let leaving = i8::from(plus & self.last != 0) - i8::from(minus & self.last != 0);
        self.value = self.value.saturating_add_signed(isize::from(leaving));
        let plus = plus << 1 | u64::from(carry > 0);
        let minus = minus << 1 | entering;
        self.plus = minus | !(vertical | plus);
        self.minus = plus & vertical;
        leaving
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    fn textbook(a: &[char], b: &[char]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, from) in a.iter().enumerate() {
            let mut next = vec![i + 1];
            for (j, to) in b.iter().enumerate() {
                next.push((row[j] + usize::from(from != to)).min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        row[b.len()]
    }

    fn distance(a: &str, b: &str, max: usize) -> Option<usize> {
        Pattern::new(&chars(a)).distance(&chars(b), max)
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_textbook_within_every_bound(a in "[abä]{0,300}", b in "[abä]{0,300}", max in 0_usize..320) {
            let (left, right) = (chars(&a), chars(&b));
            let wanted = Some(textbook(&left, &right)).filter(|distance| *distance <= max);
            prop_assert_eq!(Pattern::new(&left).distance(&right, max), wanted);
        }

        #[test]
        fn near_texts_of_many_blocks_agree_too(
            a in "[a-e]{100,600}", cut in 0_usize..100, insert in "[a-f]{0,40}", max in 0_usize..200
        ) {
            let left = chars(&a);
            let mut right = left.clone();
            right.splice(cut..(cut + 20).min(right.len()), insert.chars());
            let wanted = Some(textbook(&left, &right)).filter(|distance| *distance <= max);
            prop_assert_eq!(Pattern::new(&left).distance(&right, max), wanted);
        }

        #[test]
        fn it_is_a_metric(a in "\\PC{0,80}", b in "\\PC{0,80}", c in "\\PC{0,80}") {
            let all = usize::MAX / 2;
            let d = |x: &str, y: &str| distance(x, y, all).unwrap();
            prop_assert_eq!(d(&a, &b), d(&b, &a));
            prop_assert_eq!(d(&a, &b) == 0, a == b);
            prop_assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c));
            prop_assert!(d(&a, &b) <= a.chars().count().max(b.chars().count()));
        }
    }

    #[test]
    fn borders() {
        for (a, b, max, wanted) in [
            ("", "", 0, Some(0)),
            ("", "abc", 3, Some(3)),
            ("", "abc", 2, None),
            ("abc", "", 3, Some(3)),
            ("abc", "", 2, None),
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("👩‍🚀\u{202e}\0", "👩‍🚀\u{202e}\0", 0, Some(0)),
        ] {
            assert_eq!(distance(a, b, max), wanted, "{a:?} {b:?} {max}");
        }
        for length in [63, 64, 65, 127, 128, 129, 4_096] {
            let (a, b) = ("a".repeat(length), "b".repeat(length));
            assert_eq!(distance(&a, &b, length), Some(length));
            assert_eq!(distance(&a, &a, 0), Some(0));
            assert_eq!(distance(&a, &b, length - 1), None);
        }
    }
}
