//! Watching which calls of the operator's tools a guard makes: with what arguments, and with what result.

use parapet_domain::{Budget, Outcome};
use serde_json::Value;

use crate::guard::LoadedGuard;
use crate::host::Observed;
use crate::run::{Run, verdict_of};
use crate::sandbox::Sandbox;

/// One call that gave a result.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolObservation {
    /// The tool.
    pub tool: String,
    /// What it was called with.
    pub arguments: Vec<Value>,
    /// What it answered.
    pub result: Value,
}

impl Sandbox {
    /// Judges one event as [`Sandbox::run`] does, and tells which calls of the operator's tools were made, in order.
    #[must_use]
    pub fn run_observed(
        &self,
        guard: &LoadedGuard,
        event_json: &[u8],
        part_chars: &[usize],
        budget: &Budget,
    ) -> (Run, Vec<ToolObservation>) {
        let read = |bytes: &[u8]| verdict_of(bytes, part_chars).map(Outcome::Verdict);
        let (run, observed) = self.run_and_watch(guard, event_json, budget, true, read);
        (run, observed.into_iter().filter_map(observation).collect())
    }
}

/// Both were read strictly when the call was made, so that reading them again does not fail.
fn observation(observed: Observed) -> Option<ToolObservation> {
    let arguments = serde_json::from_slice(&observed.arguments).ok()?;
    Some(ToolObservation { tool: observed.tool, arguments, result: serde_json::from_slice(&observed.result).ok()? })
}
