//! Approvals: a person's answer to an `ask`, bound to one exact event. Pure: what an approval is bound to and which states
//! it goes through. What it changes stands in [`crate::fold()`]; keeping, finding and using one is the store's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fold::{Coverage, FoldPolicy};
use crate::principal::AuthenticatedBy;
use crate::{Decision, Event, GuardRun, Mode, Outcome, Principal, digest, fold, json};

/// Version word of the record; a reader refuses what it does not know.
pub const APPROVAL_VERSION: &str = "approval/1";

/// Where an approval stands. It only ever goes forward: pending → approved, denied or expired; approved → used or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Waits for a person.
    Pending,
    /// A person said yes; the same call is let through once.
    Approved,
    /// A person said no; the same call is refused until the approval would have expired.
    Denied,
    /// Its time ran out.
    Expired,
    /// The call was let through.
    Used,
}

impl ApprovalState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Used];

    /// The word used in JSON and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Used => "used",
        }
    }
}

/// What one guard asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The guard's id.
    pub guard: String,
    /// SHA-256 of the guard, with its prefix.
    pub guard_hash: String,
    /// Why it asks, for programs.
    pub reason_code: String,
    /// Why it asks, for people.
    pub message: String,
}

/// The user on whose behalf the call was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The user's id.
    pub id: String,
    /// How it was established.
    pub authenticated_by: AuthenticatedBy,
}

impl Asker {
    /// The event's user, if it has one.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        event.principal.as_ref().map(Self::from)
    }
}

impl From<&Principal> for Asker {
    fn from(principal: &Principal) -> Self {
        Self { id: principal.id.clone(), authenticated_by: principal.authenticated_by }
    }
}

/// What a decision had to do with an approval, as its record tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalMark {
    /// The approval.
    pub id: Uuid,
    /// `used`: the content was let through by it. `denied`: refused by it. Otherwise the question stands.
    pub state: ApprovalState,
    /// Who answered, if anyone has.
    pub by: Option<String>,
}

/// A person's yes to the questions of one exact event, not yet used. [`fold::fold_approved`] takes it for an answer, and the
/// record of that decision uses it up. Only the store makes one, from a row that it has just found approved and in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    id: Uuid,
    by: String,
    questions: Vec<Question>,
}

impl Approved {
    /// For the store alone; a test holds it to that.
    #[must_use]
    pub const fn found_by_store(id: Uuid, by: String, questions: Vec<Question>) -> Self {
        Self { id, by, questions }
    }

    /// The approval.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Who said yes.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Whether it answers what this run asks: the same guard with the same code, for the same reason.
    #[must_use]
    pub fn answers(&self, run: &GuardRun) -> bool {
        let Outcome::Verdict(verdict) = &run.outcome else { return false };
        verdict.decision == Decision::Ask
            && self
                .questions
                .iter()
                .any(|q| q.guard == run.guard && q.guard_hash == run.guard_hash && q.reason_code == verdict.reason_code)
    }
}

/// What the enforcing guards ask, in the set's order; empty unless the event as a whole is held for a person.
#[must_use]
pub fn questions(runs: &[GuardRun], coverage: &Coverage, policy: FoldPolicy) -> Vec<Question> {
    let asks: Vec<Question> = runs.iter().filter_map(question).collect();
    if asks.is_empty() || fold::fold((), runs, coverage, policy).0.enforced != Decision::Ask {
        return Vec::new();
    }
    asks
}

fn question(run: &GuardRun) -> Option<Question> {
    match &run.outcome {
        Outcome::Verdict(verdict) if run.mode == Mode::Enforce && verdict.decision == Decision::Ask => Some(Question {
            guard: run.guard.clone(),
            guard_hash: run.guard_hash.clone(),
            reason_code: verdict.reason_code.clone(),
            message: verdict.message.clone(),
        }),
        _ => None,
    }
}

/// Keyed digest over what the event says, wherever in a body it stands: stage, and of each part kind, role, origin, names and
/// content. JSON counts in canonical form (RFC 8785), so neither the order of keys nor white space matters, unless it has a
/// number in it that canonical JSON would change: then its exact text counts.
#[must_use]
pub fn call_digest(event: &Event, key: &[u8; 32]) -> String {
    let mut fields = Fields::default();
    fields.text(event.stage.as_str());
    for part in &event.parts {
        fields.word(&part.kind).word(&part.role).word(&part.origin);
        fields.option(part.name.as_deref()).option(part.tool.as_deref()).text(&part.media_type);
        fields.text(&part.offset.to_string()).text(if part.is_final { "final" } else { "more" });
        match part.json.as_ref().and_then(|value| json::canonical_exact(value, &part.text)) {
            Some(canonical) => fields.text("json").bytes(&canonical),
            None => fields.text("text").text(&part.text),
        };
    }
    digest::keyed("call", key, &fields.0)
}

/// Keyed digest over everything that an approval of `questions` about `event` is bound to. Equal digests are the same question.
#[must_use]
pub fn binding(event: &Event, questions: &[Question], guard_set: &str, session: bool, key: &[u8; 32]) -> String {
    let mut fields = Fields::default();
    fields.text(&event.tenant).text(&event.route).text(&event.agent).text(guard_set);
    fields.option(event.principal.as_ref().map(|p| p.id.as_str()));
    fields.word(&event.principal.as_ref().map(|p| p.authenticated_by));
    fields.option(event.session.as_deref().filter(|_| session));
    fields.text(&call_digest(event, key));
    for question in questions {
        fields.text(&question.guard).text(&question.guard_hash).text(&question.reason_code);
    }
    digest::keyed("approval", key, &fields.0)
}

/// The tool that the event calls or hears from, if it is one.
#[must_use]
pub fn tool(event: &Event) -> Option<&str> {
    let mut tools = event.parts.iter().filter_map(|part| part.tool.as_deref());
    let first = tools.next()?;
    tools.all(|other| other == first).then_some(first)
}

/// Bytes in which no two lists of fields look the same: each field is preceded by its length.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn option(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            None => self.text("none"),
            Some(text) => self.text("some").text(text),
        }
    }

    /// The word that stands for `value` in JSON.
    fn word<T: Serialize>(&mut self, value: &T) -> &mut Self {
        // Enumerations of words always serialise.
        let word = serde_json::to_vec(value).unwrap_or_default();
        self.bytes(&word)
    }
}

#[cfg(test)]
mod tests;
