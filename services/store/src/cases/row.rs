//! A case in its stored form: one field a column, JSON as text, text escaped; and its rows of the index.

use parapet_domain::{Decision, digest};
use uuid::Uuid;

use super::{CASE_VERSION, CaseRecord, CaseTexts, Evidence, NewCase, limits};
use crate::StoreError;
use crate::row::{At, within_calendar};
use crate::text::{escape, unescape};

/// Names of the columns, in the order of every INSERT.
pub(crate) const CASE_COLUMNS: &str = "version, tenant, id, created_at, agent, input, output, request, verdict, guard, \
    guard_hash, evidence, vouched_by, tests_passed, decision, was_right, note, plan, code, settings, digest, grams";

const APPROVED: &str = "approved";
const FEEDBACK: &str = "feedback";

/// One row of `cases`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct CaseRow {
    pub(crate) version: String,
    pub(crate) tenant: String,
    pub(crate) id: Uuid,
    pub(crate) created_at: At,
    pub(crate) agent: String,
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) request: String,
    pub(crate) verdict: String,
    pub(crate) guard: String,
    pub(crate) guard_hash: String,
    pub(crate) evidence: String,
    pub(crate) vouched_by: String,
    pub(crate) tests_passed: Option<i64>,
    pub(crate) decision: Option<Uuid>,
    pub(crate) was_right: Option<bool>,
    pub(crate) note: String,
    pub(crate) plan: String,
    pub(crate) code: String,
    pub(crate) settings: String,
    pub(crate) digest: String,
    pub(crate) grams: Vec<u8>,
}

/// One row of `case_grams`. The order is that of the index, so that a batch is written from one end to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) gram: i64,
    pub(crate) id: Uuid,
}

/// What a search reads of a case.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TextRow {
    id: Uuid,
    agent: String,
    request: String,
    input: String,
    output: String,
}

impl CaseRow {
    /// The stored form, checked against all limits.
    pub(crate) fn encode(case: &NewCase) -> Result<Self, StoreError> {
        let record = &case.record;
        let vouched = Vouched::of(&record.evidence)?;
        let mut grams = case.grams.clone();
        grams.sort_unstable();
        grams.dedup();
        let row = Self {
            version: CASE_VERSION.to_owned(),
            tenant: text(&record.tenant),
            id: record.id,
            created_at: At(within_calendar(record.created_at)?),
            agent: text(&record.agent),
            input: text(&record.input),
            output: text(&record.output),
            request: text(&record.request),
            verdict: record.verdict.as_str().to_owned(),
            guard: text(&record.guard),
            guard_hash: text(&record.guard_hash),
            evidence: vouched.kind.to_owned(),
            vouched_by: text(vouched.by),
            tests_passed: vouched.tests_passed,
            decision: vouched.decision,
            was_right: vouched.right,
            note: text(vouched.note),
            plan: text(&record.plan),
            code: text(&record.code),
            settings: record.settings.to_string(),
            digest: digest_of(record, &vouched),
            grams: grams.iter().flat_map(|gram| gram.to_le_bytes()).collect(),
        };
        limits::check(&row, grams.len())?;
        Ok(row)
    }

    /// The record of a stored row.
    pub(crate) fn decode(self) -> Result<CaseRecord, StoreError> {
        if self.version != CASE_VERSION {
            return Err(StoreError::Unreadable(format!(
                "its version is `{}`, but this version of parapet reads `{CASE_VERSION}`; use a newer parapet",
                self.version
            )));
        }
        let evidence = self.evidence()?;
        let verdict = Decision::ALL.into_iter().find(|decision| decision.as_str() == self.verdict);
        Ok(CaseRecord {
            tenant: unescape(self.tenant),
            id: self.id,
            created_at: self.created_at.0,
            agent: unescape(self.agent),
            input: unescape(self.input),
            output: unescape(self.output),
            request: unescape(self.request),
            verdict: verdict.ok_or_else(|| unreadable("verdict", &self.verdict))?,
            guard: unescape(self.guard),
            guard_hash: unescape(self.guard_hash),
            evidence,
            plan: unescape(self.plan),
            code: unescape(self.code),
            settings: serde_json::from_str(&self.settings)
                .map_err(|e| StoreError::Unreadable(format!("column `settings`: {e}")))?,
        })
    }

    fn evidence(&self) -> Result<Evidence, StoreError> {
        let by = unescape(self.vouched_by.clone());
        match (self.evidence.as_str(), self.tests_passed, self.decision, self.was_right) {
            (APPROVED, Some(tests), None, None) => Ok(Evidence::Approved {
                by,
                tests_passed: u32::try_from(tests).map_err(|_| unreadable("tests_passed", &tests.to_string()))?,
            }),
            (FEEDBACK, None, Some(decision), Some(right)) => {
                Ok(Evidence::Feedback { decision, right, by, note: unescape(self.note.clone()) })
            }
            _ => Err(unreadable("evidence", &self.evidence)),
        }
    }

    /// The grams of the row.
    pub(crate) fn grams(&self) -> impl Iterator<Item = i64> {
        grams_of(&self.grams)
    }
}

/// The grams of the column `grams`.
pub(crate) fn grams_of(bytes: &[u8]) -> impl Iterator<Item = i64> {
    bytes.chunks_exact(size_of::<i64>()).filter_map(|chunk| chunk.try_into().ok()).map(i64::from_le_bytes)
}

/// The rows of the index for `rows`, in its order.
pub(crate) fn postings_of<'a>(rows: &[&'a CaseRow]) -> Vec<Posting<'a>> {
    let of_row = |row: &&'a CaseRow| {
        let (tenant, id): (&'a str, Uuid) = (&row.tenant, row.id);
        row.grams().map(move |gram| Posting { tenant, gram, id }).collect::<Vec<_>>()
    };
    let mut postings: Vec<Posting<'a>> = rows.iter().flat_map(of_row).collect();
    postings.sort_unstable();
    postings
}

impl TextRow {
    pub(crate) fn decode(self) -> CaseTexts {
        CaseTexts {
            id: self.id,
            agent: unescape(self.agent),
            request: unescape(self.request),
            input: unescape(self.input),
            output: unescape(self.output),
        }
    }
}

/// The columns of the evidence.
struct Vouched<'a> {
    kind: &'static str,
    by: &'a str,
    tests_passed: Option<i64>,
    decision: Option<Uuid>,
    right: Option<bool>,
    note: &'a str,
}

impl<'a> Vouched<'a> {
    fn of(evidence: &'a Evidence) -> Result<Self, StoreError> {
        match evidence {
            Evidence::Seed => Err(StoreError::Rejected(
                "a seed belongs to the release and is not stored; add cases of your own".to_owned(),
            )),
            Evidence::Approved { tests_passed: 0, .. } => {
                Err(StoreError::Rejected("no test of the guard has passed; run its tests first".to_owned()))
            }
            Evidence::Approved { by, tests_passed } => Ok(Self {
                kind: APPROVED,
                by,
                tests_passed: Some(i64::from(*tests_passed)),
                decision: None,
                right: None,
                note: "",
            }),
            Evidence::Feedback { decision, right, by, note } => Ok(Self {
                kind: FEEDBACK,
                by,
                tests_passed: None,
                decision: Some(*decision),
                right: Some(*right),
                note,
            }),
        }
    }
}

/// Over what the case says. Who vouched for it, and when, makes no other case of it.
fn digest_of(record: &CaseRecord, vouched: &Vouched<'_>) -> String {
    let decision = vouched.decision.map(|id| id.to_string()).unwrap_or_default();
    let right = vouched.right.map(|right| right.to_string()).unwrap_or_default();
    let settings = record.settings.to_string();
    let said: [&str; 12] = [
        vouched.kind,
        &decision,
        &right,
        &record.agent,
        &record.input,
        &record.output,
        &record.request,
        record.verdict.as_str(),
        &record.guard_hash,
        &record.plan,
        &record.code,
        &settings,
    ];
    digest::of_list("case", said.iter().map(|text| text.as_bytes()))
}

fn text(text: &str) -> String {
    escape(text).into_owned()
}

fn unreadable(field: &str, value: &str) -> StoreError {
    StoreError::Unreadable(format!("`{value}` is no `{field}` that this version of parapet knows"))
}
