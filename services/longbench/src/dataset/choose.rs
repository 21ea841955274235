//! Which text of a task is learned from, and which one is shown beside it as the worse one.

use parapet_domain::digest;

use super::Filters;
use super::candidate::Candidate;
use crate::author::Task;

/// The best text among the good ones; of several, the first.
pub(super) fn best<'c>(candidates: &'c [Candidate], filters: &Filters) -> Option<&'c Candidate> {
    let good = candidates.iter().rev().filter(|candidate| candidate.is_good(filters));
    good.max_by(|a, b| a.score().total_cmp(&b.score()))
}

/// One of the texts that are worse than the chosen one, at random: the same one for the same seed and prompt, whatever was
/// written before or after.
pub(super) fn rejected<'c>(
    candidates: &'c [Candidate],
    chosen: &Candidate,
    task: &Task,
    seed: u64,
) -> Option<&'c Candidate> {
    let worse: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.score() < chosen.score() && candidate.text != chosen.text)
        .collect();
    let digest = digest::of_list("rejected", [seed.to_be_bytes().as_slice(), task.row.prompt.as_bytes()]);
    let number = digest.get("rejected:".len()..).and_then(|hex| hex.get(..15)).unwrap_or("0");
    let number = u64::from_str_radix(number, 16).unwrap_or_default();
    let count = u64::try_from(worse.len()).unwrap_or(u64::MAX);
    let place = number.checked_rem(count)?;
    worse.get(usize::try_from(place).ok()?).copied()
}
