//! Finds many lists of words in long ones at once: the automaton of Aho and Corasick (1975) over digests of words.
//! Building and searching take time in proportion to their input.

use std::collections::{HashMap, VecDeque};

/// Which of the needles stand in a haystack, and where.
pub(super) struct Matcher {
    nodes: Vec<Node>,
    edges: HashMap<(u32, u64), u32>,
}

#[derive(Default)]
struct Node {
    fail: u32,
    /// The next node on the way of failures at which a needle ends.
    next_end: u32,
    depth: u32,
    /// Needles that end here.
    ends: Vec<u32>,
}

/// Where the search has been, so that no needle is reported twice for one passage.
pub(super) struct Visits(Vec<u64>);

impl Matcher {
    /// Needles without words are never found.
    pub(super) fn new<'n>(needles: impl Iterator<Item = &'n [u64]>) -> Self {
        let mut matcher = Self { nodes: vec![Node::default()], edges: HashMap::new() };
        for (index, needle) in needles.enumerate() {
            matcher.insert(u32::try_from(index).unwrap_or(u32::MAX), needle);
        }
        matcher.link();
        matcher
    }

    fn insert(&mut self, index: u32, needle: &[u64]) {
        let mut at = 0;
        for word in needle {
            let depth = self.depth(at) + 1;
            let new = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let next = *self.edges.entry((at, *word)).or_insert(new);
            if next == new {
                self.nodes.push(Node { depth, ..Node::default() });
            }
            at = next;
        }
        if at != 0
            && let Some(node) = self.nodes.get_mut(at as usize)
        {
            node.ends.push(index);
        }
    }

    /// Failure links, breadth first.
    fn link(&mut self) {
        let mut children: HashMap<u32, Vec<(u64, u32)>> = HashMap::new();
        for ((from, word), to) in &self.edges {
            children.entry(*from).or_default().push((*word, *to));
        }
        let mut queue = VecDeque::from([0_u32]);
        while let Some(at) = queue.pop_front() {
            for (word, child) in children.remove(&at).unwrap_or_default() {
                let fail = if at == 0 { 0 } else { self.step(self.fail(at), word) };
                let next_end = if self.ends(fail).is_empty() { self.next_end(fail) } else { fail };
                if let Some(node) = self.nodes.get_mut(child as usize) {
                    (node.fail, node.next_end) = (fail, next_end);
                }
                queue.push_back(child);
            }
        }
    }

    /// The node after `word`.
    fn step(&self, mut at: u32, word: u64) -> u32 {
        loop {
            match self.edges.get(&(at, word)) {
                Some(next) => return *next,
                None if at == 0 => return 0,
                None => at = self.fail(at),
            }
        }
    }

    pub(super) fn visits(&self) -> Visits {
        Visits(vec![0; self.nodes.len()])
    }

    /// Tells `found` of each needle that ends at a word of `words`, with the range of its words. `passage` gives the number,
    /// from 1, of the passage of a word, never falling and never used again with the same `visits`.
    pub(super) fn search(
        &self,
        words: &[u64],
        visits: &mut Visits,
        mut passage: impl FnMut(usize) -> u64,
        mut found: impl FnMut(u32, std::ops::Range<usize>),
    ) {
        let mut at = 0;
        for (index, word) in words.iter().enumerate() {
            at = self.step(at, *word);
            let mut end = if self.ends(at).is_empty() { self.next_end(at) } else { at };
            let stamp = passage(index);
            while end != 0 {
                // What hangs on a node that was visited was reported with it.
                match visits.0.get_mut(end as usize) {
                    Some(seen) if *seen < stamp => *seen = stamp,
                    _ => break,
                }
                let start = (index + 1).saturating_sub(self.depth(end) as usize);
                for needle in self.ends(end) {
                    found(*needle, start..index + 1);
                }
                end = self.next_end(end);
            }
        }
    }

    fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    fn fail(&self, at: u32) -> u32 {
        self.node(at).map_or(0, |node| node.fail)
    }

    fn next_end(&self, at: u32) -> u32 {
        self.node(at).map_or(0, |node| node.next_end)
    }

    fn depth(&self, at: u32) -> u32 {
        self.node(at).map_or(0, |node| node.depth)
    }

    fn ends(&self, at: u32) -> &[u32] {
        self.node(at).map_or(&[], |node| node.ends.as_slice())
    }
}
