//! What a search reads of the index: the rarest grams first, until the budget is spent. A common gram tells little and
//! would cost most.

use super::CaseSearch;

/// One gram's part of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) gram: i64,
    /// What a case counts that has the gram.
    pub(crate) weight: i64,
    /// Most cases to read, the newest ones.
    pub(crate) most: i64,
}

/// More than all grams of one search can weigh together.
const PREFERRED: i64 = 1 << 20;

/// The reads for `search`; `counts` says in how many cases each gram stands.
pub(super) fn plan(counts: &[(i64, i64)], search: &CaseSearch<'_>) -> Vec<Read> {
    let mut rarest: Vec<(i64, i64)> = counts.to_vec();
    rarest.sort_unstable_by_key(|(gram, cases)| (*cases, *gram));
    let most_common = rarest.last().map_or(1, |(_, cases)| *cases);
    let mut left = i64::from(search.budget);
    let mut reads = Vec::new();
    for (gram, cases) in rarest {
        if left <= 0 {
            break;
        }
        let preferred = if search.preferred.contains(&gram) { PREFERRED } else { 0 };
        let most = cases.min(left);
        left -= most;
        reads.push(Read { gram, weight: preferred + weight(cases, most_common), most });
    }
    reads
}

/// Grows with the rarity of the gram, by one for each halving.
fn weight(cases: i64, most_common: i64) -> i64 {
    let halvings = (most_common / cases.max(1)).max(1).ilog2();
    4 + i64::from(halvings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search<'a>(budget: u32, preferred: &'a [i64]) -> CaseSearch<'a> {
        CaseSearch { grams: &[], preferred, budget, limit: 10, chars: 100 }
    }

    #[test]
    fn the_rarest_are_read_whole_and_the_budget_is_never_passed() {
        let reads = plan(&[(7, 900), (8, 5), (9, 40), (10, 2_000)], &search(100, &[]));
        assert_eq!(reads.iter().map(|r| (r.gram, r.most)).collect::<Vec<_>>(), [(8, 5), (9, 40), (7, 55)]);
        assert!(reads.windows(2).all(|pair| pair[0].weight > pair[1].weight), "{reads:?}");
        assert_eq!(plan(&[], &search(100, &[])), []);
        assert_eq!(plan(&[(1, 3)], &search(0, &[])), []);
    }

    #[test]
    fn a_preferred_gram_outweighs_all_others() {
        let counts: Vec<(i64, i64)> = (0..256).map(|gram| (gram, 1 + gram)).collect();
        let reads = plan(&counts, &search(100_000, &[255]));
        let all: i64 = reads.iter().map(|read| read.weight).sum();
        let preferred = reads.iter().find(|read| read.gram == 255).unwrap().weight;
        assert!(preferred > all - preferred, "{reads:?}");
    }
}
