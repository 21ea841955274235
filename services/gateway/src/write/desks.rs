//! The documents that are being written: so many at once, so many of one user, each by one request alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::Passages;
use crate::config::WriteLimits;
use crate::error::GatewayError;

/// All places for documents.
pub(crate) struct Desks {
    limits: WriteLimits,
    taken: Mutex<HashMap<String, Work>>,
}

/// A document that is being written.
struct Work {
    owner: String,
    /// Its last step.
    last: Value,
}

/// A place, given back when it is dropped.
pub(super) struct Desk<'d> {
    desks: &'d Desks,
    key: String,
}

impl Desks {
    pub(crate) fn new(limits: WriteLimits) -> Self {
        Self { limits, taken: Mutex::default() }
    }

    /// A place for a document, if there is one.
    pub(super) fn take(&self, passages: &Passages) -> Result<Desk<'_>, GatewayError> {
        let (key, owner) = (passages.key(), owner(passages));
        let mut taken = self.taken();
        if taken.contains_key(&key) {
            return Err(GatewayError::DocumentBusy);
        }
        if taken.len() >= self.limits.documents {
            return Err(GatewayError::TooManyDocuments(self.limits.documents));
        }
        if taken.values().filter(|work| work.owner == owner).count() >= self.limits.documents_per_principal {
            return Err(GatewayError::TooManyOfPrincipal(self.limits.documents_per_principal));
        }
        taken.insert(key.clone(), Work { owner, last: Value::Null });
        Ok(Desk { desks: self, key })
    }

    /// The last step of a document that is being written; `None` when it is not.
    pub(super) fn last_step(&self, passages: &Passages) -> Option<Value> {
        self.taken().get(&passages.key()).map(|work| work.last.clone())
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, Work>> {
        // Each statement leaves the map whole.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk<'_> {
    /// Notes a step.
    pub(super) fn note(&self, step: &Value) {
        if let Some(work) = self.desks.taken().get_mut(&self.key) {
            work.last = step.clone();
        }
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        self.desks.taken().remove(&self.key);
    }
}

fn owner(passages: &Passages) -> String {
    passages.principal().map_or_else(String::new, |user| format!("{:?} {}", user.authenticated_by, user.id))
}
