//! Recall: the cases whose text is nearest by Levenshtein distance, as in GuardAgent (2024), relative to the longer text.
//! The index proposes a bounded number of cases, the exact distance decides among them and the seeds.

use std::cmp::Ordering;

use parapet_store::{CaseSearch, CaseTexts, Store};

use super::distance::Pattern;
use super::grams::{self, COMPARED, Kind};
use super::measure::relative;
use super::{Case, CaseId, Memory, MemoryError, seeds};

/// Rows of the index that one search reads at most.
const BUDGET: u32 = 8_192;
/// Cases whose exact distance is computed at most.
const CANDIDATES: u32 = 256;

/// What is looked for. Where there is an event, its text is compared; without one, the guard request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The agent, in plain language.
    pub agent: String,
    /// The guard request.
    pub request: String,
    /// What the user asked, in the event.
    pub input: String,
    /// What the agent did, in the event.
    pub output: String,
    /// Most cases to recall, at most [`Query::MAX_K`].
    pub k: usize,
    /// Whether cases of an agent with the same description come before all others.
    pub same_agent_first: bool,
}

impl Query {
    /// Most cases that one query recalls.
    pub const MAX_K: usize = 50;
}

impl Default for Query {
    fn default() -> Self {
        let none = String::new;
        Self { agent: none(), request: none(), input: none(), output: none(), k: 3, same_agent_first: false }
    }
}

/// A case that was recalled.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Recalled {
    /// The case.
    pub case: Case,
    /// 0 for the same text, 1 for a text that has nothing in common: edits for each character of the longer text.
    pub distance: f64,
}

/// A case with how near it is.
struct Ranked {
    id: CaseId,
    other_agent: bool,
    distance: f64,
}

impl Memory {
    /// The nearest cases, nearest first: stored ones and seeds. Of wrong verdicts none is ever recalled. From an empty memory
    /// come the best seeds; nothing comes when there is nothing to compare.
    ///
    /// # Errors
    /// The store is not available, or a case is of another version.
    pub async fn recall(&self, query: &Query) -> Result<Vec<Recalled>, MemoryError> {
        let (kind, text) = needle(query);
        if text.is_empty() || query.k == 0 {
            return Ok(Vec::new());
        }
        let proposed = match &self.store {
            Some(store) => propose(store, &self.tenant, query, kind, &text).await?,
            None => Vec::new(),
        };
        let agent = query.same_agent_first.then(|| query.agent.trim().to_owned());
        let k = query.k.min(Query::MAX_K);
        // Comparing long texts takes milliseconds, which other work on this thread should not wait for.
        let ranked = tokio::task::spawn_blocking(move || rank(kind, &text, agent.as_deref(), proposed, k));
        self.fetch(ranked.await.map_err(|_| MemoryError::Stopped)?).await
    }

    /// The cases themselves, in the order of their rank. One that was forgotten meanwhile is left out.
    async fn fetch(&self, ranked: Vec<Ranked>) -> Result<Vec<Recalled>, MemoryError> {
        let stored: Vec<_> = ranked.iter().filter_map(|hit| stored(&hit.id)).collect();
        let records = match &self.store {
            Some(store) if !stored.is_empty() => store.cases_of(&self.tenant, &stored).await?,
            _ => Vec::new(),
        };
        let mut cases: Vec<Case> = records.into_iter().map(Case::of_record).collect::<Result<_, _>>()?;
        cases.extend(seeds::all().iter().filter(|seed| ranked.iter().any(|hit| hit.id == seed.id)).cloned());
        let of_hit = |hit: &Ranked| {
            let case = cases.iter().find(|case| case.id == hit.id)?.clone();
            Some(Recalled { case, distance: hit.distance })
        };
        Ok(ranked.iter().filter_map(of_hit).collect())
    }
}

const fn stored(id: &CaseId) -> Option<uuid::Uuid> {
    match id {
        CaseId::Stored(id) => Some(*id),
        CaseId::Seed(_) => None,
    }
}

/// What is compared.
fn needle(query: &Query) -> (Kind, Vec<char>) {
    match grams::event(&query.input, &query.output) {
        text if text.is_empty() => (Kind::Request, grams::cut(&query.request)),
        text => (Kind::Event, text),
    }
}

async fn propose(
    store: &Store,
    tenant: &str,
    query: &Query,
    kind: Kind,
    text: &[char],
) -> Result<Vec<CaseTexts>, MemoryError> {
    let preferred: Vec<i64> =
        query.same_agent_first.then(|| grams::of_agent(&query.agent)).flatten().into_iter().collect();
    let search = CaseSearch {
        grams: &grams::of_text(kind, text),
        preferred: &preferred,
        budget: BUDGET,
        limit: CANDIDATES,
        // Escaped, a character takes at most two.
        chars: 2 * u32::try_from(COMPARED).unwrap_or(u32::MAX),
    };
    Ok(store.near_cases(tenant, &search).await?)
}

/// The `k` nearest of what was proposed and the seeds. What the index thought best comes first, so that the bound for the rest
/// is tight soon.
fn rank(kind: Kind, text: &[char], agent: Option<&str>, proposed: Vec<CaseTexts>, k: usize) -> Vec<Ranked> {
    let pattern = Pattern::new(text);
    let mut best: Vec<Ranked> = Vec::with_capacity(k + 1);
    let mut consider = |id: CaseId, of: &str, request: &str, input: &str, output: &str| {
        let text = match kind {
            Kind::Event => grams::event(input, output),
            Kind::Request | Kind::Agent => grams::cut(request),
        };
        let other_agent = agent.is_some_and(|agent| agent != of.trim());
        let worst = if best.len() < k { None } else { best.last() };
        if let Some(distance) = nearer(&pattern, &text, other_agent, worst) {
            let hit = Ranked { id, other_agent, distance };
            let at = best.partition_point(|better| order(better, &hit) != Ordering::Greater);
            best.insert(at, hit);
            best.truncate(k);
        }
    };
    for case in &proposed {
        consider(CaseId::Stored(case.id), &case.agent, &case.request, &case.input, &case.output);
    }
    for case in seeds::all() {
        consider(case.id.clone(), &case.agent, &case.request, &case.input, &case.output);
    }
    best
}

fn order(a: &Ranked, b: &Ranked) -> Ordering {
    a.other_agent.cmp(&b.other_agent).then(a.distance.total_cmp(&b.distance))
}

/// The relative distance, unless `worst` is at least as near.
fn nearer(pattern: &Pattern, text: &[char], other_agent: bool, worst: Option<&Ranked>) -> Option<f64> {
    match worst {
        Some(worst) if other_agent && !worst.other_agent => None,
        Some(worst) if other_agent == worst.other_agent => {
            relative(pattern, text, worst.distance).filter(|distance| *distance < worst.distance)
        }
        _ => relative(pattern, text, 1.0),
    }
}
