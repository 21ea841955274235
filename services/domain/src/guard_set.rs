//! How a guard is used. This stands in the guard set, not in the guard, so promoting one does not change its hash.

use serde::{Deserialize, Serialize};

use crate::{Event, Stage, Surface};

/// Whether a guard's verdict counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It counts.
    #[default]
    Enforce,
    /// It runs and is recorded, and changes nothing.
    Shadow,
    /// It does not run.
    Off,
}

impl Mode {
    /// The word used in JSON, metrics and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }
}

/// What a failure of a guard counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Refused: fail closed.
    #[default]
    Deny,
    /// Let through: fail open, by the operator's express choice.
    Allow,
}

/// Which events a guard judges. An empty list matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// Stages; within what the guard itself declares.
    pub stages: Vec<Stage>,
    /// Agents, by name.
    pub agents: Vec<String>,
    /// Routes, by name.
    pub routes: Vec<String>,
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Tenants.
    pub tenants: Vec<String>,
}

impl Match {
    /// Whether `event` is judged.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        fn admits<T: PartialEq>(list: &[T], value: &T) -> bool {
            list.is_empty() || list.contains(value)
        }
        admits(&self.stages, &event.stage)
            && admits(&self.agents, &event.agent)
            && admits(&self.routes, &event.route)
            && admits(&self.surfaces, &event.surface)
            && admits(&self.tenants, &event.tenant)
    }
}
