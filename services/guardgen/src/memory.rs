//! Memory: past cases, which guards are generated after. A case enters only on evidence that a real deployment has, and is
//! recalled when its text is near that of the task at hand. The release brings worked cases of its own, the seeds.

use parapet_domain::Timestamp;
use parapet_judge::GuardSource;
use parapet_sandbox::Language;
use parapet_store::{CaseRecord, Entered, Evidence, NewCase, Store};
use uuid::Uuid;

use crate::Plan;

mod case;
mod distance;
mod error;
mod feedback;
mod grams;
mod measure;
mod proof;
mod recall;
mod seeds;

pub use case::{Case, CaseId, event_texts};
pub use error::MemoryError;
pub use feedback::Feedback;
pub use measure::EventDistance;
pub use proof::{TestsFailed, TestsPassed};
pub use recall::{Query, Recalled};

use case::Settings;

/// The memory of one tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Memory {
    store: Option<Store>,
    tenant: String,
}

/// An operator's approval of a guard as an example, with one event that it judges.
#[derive(Debug, Clone)]
pub struct Approval<'a> {
    /// The guard.
    pub guard: &'a GuardSource,
    /// Its plan as steps, where there is one.
    pub plan: Option<Plan>,
    /// What the user asked, in the event.
    pub input: String,
    /// What the agent did, in the event.
    pub output: String,
    /// What the guard says of the event.
    pub verdict: parapet_domain::Decision,
    /// Who approves.
    pub by: String,
}

/// What became of a case that was to be added.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Added {
    /// The case.
    pub id: CaseId,
    /// Whether it is new; otherwise the same case was there already.
    pub new: bool,
}

/// A page of cases, newest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Page {
    /// The cases.
    pub cases: Vec<Case>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Uuid>,
}

impl Memory {
    /// Most cases in one page.
    pub const MAX_PAGE: u32 = Store::MAX_CASES;

    /// The memory of `tenant` in `store`, and the seeds.
    #[must_use]
    pub fn open(store: Store, tenant: impl Into<String>) -> Self {
        Self { store: Some(store), tenant: tenant.into() }
    }

    /// The seeds alone, where there is no store.
    #[must_use]
    pub const fn seeds_only() -> Self {
        Self { store: None, tenant: String::new() }
    }

    /// The worked cases of the release.
    #[must_use]
    pub fn seeds() -> &'static [Case] {
        seeds::all()
    }

    /// Adds a guard as an example. `proof` shows that its tests passed; without one there is no way in.
    ///
    /// # Errors
    /// The proof is another guard's, the guard is no script, a text is too long, or the store is not available.
    pub async fn add(&self, approval: &Approval<'_>, proof: &TestsPassed) -> Result<Added, MemoryError> {
        self.add_all(std::slice::from_ref(approval), proof).await?.pop().ok_or(MemoryError::Stopped)
    }

    /// Adds many events that one guard judged, in one transaction.
    ///
    /// # Errors
    /// As for [`Memory::add`]; then none is added.
    pub async fn add_all(&self, approvals: &[Approval<'_>], proof: &TestsPassed) -> Result<Vec<Added>, MemoryError> {
        let records = approvals.iter().map(|approval| self.approved(approval, proof)).collect::<Result<_, _>>()?;
        self.enter(records).await
    }

    fn approved(&self, approval: &Approval<'_>, proof: &TestsPassed) -> Result<CaseRecord, MemoryError> {
        let guard = approval.guard;
        if proof.guard_hash() != guard.hash {
            return Err(MemoryError::OtherGuard { tested: proof.guard_hash().to_owned(), given: guard.hash.clone() });
        }
        if guard.language != Language::Rhai {
            return Err(MemoryError::NoScript { guard: guard.manifest.id.clone() });
        }
        let manifest = &guard.manifest;
        Ok(CaseRecord {
            tenant: self.tenant.clone(),
            id: Uuid::now_v7(),
            created_at: Timestamp::now(),
            agent: manifest.agent.clone(),
            input: approval.input.clone(),
            output: approval.output.clone(),
            request: manifest.request.clone(),
            verdict: approval.verdict,
            guard: manifest.id.clone(),
            guard_hash: guard.hash.clone(),
            evidence: Evidence::Approved { by: approval.by.clone(), tests_passed: proof.count() },
            plan: guard.plan.clone(),
            code: String::from_utf8_lossy(&guard.code).into_owned(),
            settings: Settings::of_guard(guard, approval.plan.clone()).to_json()?,
        })
    }

    /// Removes a case. Returns whether it was there.
    ///
    /// # Errors
    /// It is a seed, or the store is not available.
    pub async fn forget(&self, id: &CaseId) -> Result<bool, MemoryError> {
        match id {
            CaseId::Seed(name) => Err(MemoryError::SeedStays { name: name.clone() }),
            CaseId::Stored(id) => Ok(self.store()?.forget_case(&self.tenant, *id).await?),
        }
    }

    /// A page of the stored cases; `after` is the `next` of the page before.
    ///
    /// # Errors
    /// The limit is out of range, or the store is not available.
    pub async fn list(&self, limit: u32, after: Option<Uuid>) -> Result<Page, MemoryError> {
        let page = self.store()?.list_cases(&self.tenant, limit, after).await?;
        let cases = page.cases.into_iter().map(Case::of_record).collect::<Result<_, _>>()?;
        Ok(Page { cases, next: page.next })
    }

    /// One case, stored or a seed.
    ///
    /// # Errors
    /// The store is not available, or the case is of another version.
    pub async fn show(&self, id: &CaseId) -> Result<Option<Case>, MemoryError> {
        match id {
            CaseId::Seed(_) => Ok(seeds::all().iter().find(|case| case.id == *id).cloned()),
            CaseId::Stored(id) => {
                let record = self.store()?.case(&self.tenant, *id).await?;
                record.map(Case::of_record).transpose()
            }
        }
    }

    /// The one way into the store, for cases with whatever evidence.
    async fn enter(&self, records: Vec<CaseRecord>) -> Result<Vec<Added>, MemoryError> {
        let cases: Vec<NewCase> = records.into_iter().map(indexed).collect();
        let entered = self.store()?.add_cases(&cases).await?;
        entered.iter().zip(&cases).map(|(entered, case)| outcome(*entered, &case.record.evidence)).collect()
    }

    fn store(&self) -> Result<&Store, MemoryError> {
        self.store.as_ref().ok_or(MemoryError::NoStore)
    }
}

/// A verdict that was wrong is kept for people, and never found as an example.
fn indexed(record: CaseRecord) -> NewCase {
    let grams = if record.evidence.is_for() { grams::of_case(&record) } else { Vec::new() };
    NewCase { record, grams }
}

fn outcome(entered: Entered, evidence: &Evidence) -> Result<Added, MemoryError> {
    match (entered, evidence) {
        (Entered::New(id), _) => Ok(Added { id: CaseId::Stored(id), new: true }),
        (Entered::Known(id), _) => Ok(Added { id: CaseId::Stored(id), new: false }),
        (Entered::Disputed(case), Evidence::Feedback { decision, .. }) => {
            Err(MemoryError::Disputed { decision: *decision, case })
        }
        (Entered::Disputed(_), _) => Err(MemoryError::Stopped),
    }
}
