//! The registry of guard sets: what the hash in a decision stands for, and when it was in force.

use parapet_domain::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// A guard set that was in force at least once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuardSetRecord {
    /// Whose.
    pub tenant: String,
    /// SHA-256 over its content, with its prefix.
    pub hash: String,
    /// Each guard with its id, hash, request, plan, mode, match and budget. The first one recorded for the hash stays.
    pub manifest: Value,
    /// When it came into force, oldest first, at most [`GuardSetRecord::MAX_ACTIVATIONS`] and then the newest.
    pub activations: Vec<Timestamp>,
}

impl GuardSetRecord {
    /// Most activations that are read.
    pub const MAX_ACTIVATIONS: i64 = 1_000;
}
