//! Past cases: what guards are generated after. A case enters only with its evidence, is never changed, and is found by
//! grams that whoever adds it chose; what the grams mean and how near two texts are is not the store's business.

use parapet_domain::{Decision, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::store::on;
use crate::{Store, StoreError, text};

mod limits;
mod reads;
mod row;

pub(crate) use reads::Read;
pub(crate) use row::{CASE_COLUMNS, CaseRow, Posting, TextRow, grams_of, postings_of};

/// Version word of the record; a reader refuses what it does not know.
pub const CASE_VERSION: &str = "case/1";

/// One past case: an event, the verdict on it, and the guard that gave it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseRecord {
    /// Whose.
    pub tenant: String,
    /// UUIDv7.
    pub id: Uuid,
    /// When it entered: the time of the approval or of the feedback.
    pub created_at: Timestamp,
    /// The agent, in plain language.
    pub agent: String,
    /// What the user asked.
    pub input: String,
    /// What the agent did.
    pub output: String,
    /// The guard request.
    pub request: String,
    /// What the guard said of the event.
    pub verdict: Decision,
    /// Id of the guard.
    pub guard: String,
    /// Hash of the guard.
    pub guard_hash: String,
    /// Why it may be here.
    pub evidence: Evidence,
    /// The guard's plan, as text.
    pub plan: String,
    /// The guard's code.
    pub code: String,
    /// What else belongs to the guard, as whoever added the case wrote it.
    pub settings: Value,
}

/// Why a case may be remembered: what a real deployment can know. There is no case without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// A worked case of the release. Never in a database, so that a release can improve it.
    Seed,
    /// All tests of its guard passed, and an operator approved it.
    Approved {
        /// The operator.
        by: String,
        /// How many tests passed, at least one.
        tests_passed: u32,
    },
    /// Somebody said of a recorded decision whether it was right.
    Feedback {
        /// The decision.
        decision: Uuid,
        /// Whether it was right.
        right: bool,
        /// Who said so.
        by: String,
        /// Why, in their own words.
        note: String,
    },
}

impl Evidence {
    /// Whether the case's verdict is one to follow.
    #[must_use]
    pub const fn is_for(&self) -> bool {
        !matches!(self, Self::Feedback { right: false, .. })
    }
}

/// A case to add, with what it can be found by.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCase {
    /// The case.
    pub record: CaseRecord,
    /// Hashes of its text, at most [`NewCase::MAX_GRAMS`]. Without any the case is kept but never found by its text.
    pub grams: Vec<i64>,
}

impl NewCase {
    /// Most grams of one case.
    pub const MAX_GRAMS: usize = 256;
}

/// What became of a [`NewCase`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It is there now, under its id.
    New(Uuid),
    /// The same case was there already, under this id.
    Known(Uuid),
    /// There is other feedback on the same decision, as this case; nothing was added.
    Disputed(Uuid),
}

/// A page of cases, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<CaseRecord>,
    /// The last id of this page, when another page follows.
    pub next: Option<Uuid>,
}

/// What to look for, and how much to read at most.
#[derive(Debug, Clone, Copy)]
pub struct CaseSearch<'a> {
    /// Grams of the text that is looked for.
    pub grams: &'a [i64],
    /// Grams that count more than all others together, such as that of the same agent.
    pub preferred: &'a [i64],
    /// Most rows of the index that are read.
    pub budget: u32,
    /// Most cases that are returned.
    pub limit: u32,
    /// Characters of each text that are returned.
    pub chars: u32,
}

/// The texts of a case that was found, cut to the length that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseTexts {
    /// The case.
    pub id: Uuid,
    /// Its agent.
    pub agent: String,
    /// Its guard request.
    pub request: String,
    /// What the user asked.
    pub input: String,
    /// What the agent did.
    pub output: String,
}

impl Store {
    /// Most cases in one page.
    pub const MAX_CASES: u32 = 200;

    /// Adds cases with their index in one transaction, and tells for each what became of it.
    ///
    /// # Errors
    /// A case is beyond the limits or is a seed, or the store is not available. Then none of them is added.
    pub async fn add_cases(&self, cases: &[NewCase]) -> Result<Vec<Entered>, StoreError> {
        let rows = cases.iter().map(CaseRow::encode).collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, store => store.add_cases(&rows).await)
    }

    /// One case.
    ///
    /// # Errors
    /// The store is not available, or the row is of another version.
    pub async fn case(&self, tenant: &str, id: Uuid) -> Result<Option<CaseRecord>, StoreError> {
        Ok(self.cases_of(tenant, &[id]).await?.pop())
    }

    /// The cases of these ids that are there, in no particular order.
    ///
    /// # Errors
    /// The store is not available, or a row is of another version.
    pub async fn cases_of(&self, tenant: &str, ids: &[Uuid]) -> Result<Vec<CaseRecord>, StoreError> {
        let rows = on!(self, store => store.cases_of(&text::escape(tenant), ids).await?);
        rows.into_iter().map(CaseRow::decode).collect()
    }

    /// A page of cases, newest first; `after` is the last id of the page before.
    ///
    /// # Errors
    /// `limit` is not between 1 and [`Store::MAX_CASES`], the store is not available, or a row is of another version.
    pub async fn list_cases(&self, tenant: &str, limit: u32, after: Option<Uuid>) -> Result<CasePage, StoreError> {
        if !(1..=Self::MAX_CASES).contains(&limit) {
            return Err(StoreError::Query(format!(
                "`limit` is {limit}, but has to be between 1 and {}",
                Self::MAX_CASES
            )));
        }
        // One row more, to learn whether another page follows.
        let rows = on!(self, store => store.list_cases(&text::escape(tenant), i64::from(limit) + 1, after).await?);
        let mut cases = rows.into_iter().map(CaseRow::decode).collect::<Result<Vec<_>, _>>()?;
        let more = cases.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            cases.pop();
        }
        let next = cases.last().filter(|_| more).map(|last| last.id);
        Ok(CasePage { cases, next })
    }

    /// Cases that share grams with what is looked for, those that share most and rarest first. Reads a bounded part of the
    /// index, however many cases there are.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn near_cases(&self, tenant: &str, search: &CaseSearch<'_>) -> Result<Vec<CaseTexts>, StoreError> {
        let tenant = text::escape(tenant);
        let mut grams = [search.preferred, search.grams].concat();
        grams.sort_unstable();
        grams.dedup();
        grams.truncate(2 * NewCase::MAX_GRAMS);
        if grams.is_empty() {
            return Ok(Vec::new());
        }
        let counts = on!(self, store => store.case_gram_counts(&tenant, &grams).await?);
        let reads = reads::plan(&counts, search);
        if reads.is_empty() {
            return Ok(Vec::new());
        }
        let rows = on!(self, store => store.near_cases(&tenant, &reads, search).await?);
        Ok(rows.into_iter().map(TextRow::decode).collect())
    }

    /// Removes a case with its part of the index. Returns whether it was there.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn forget_case(&self, tenant: &str, id: Uuid) -> Result<bool, StoreError> {
        on!(self, store => store.forget_case(&text::escape(tenant), id).await)
    }
}
