//! What a generation may use, and how far it goes.

use std::sync::Arc;

use parapet_domain::Budget;
use parapet_judge::{GuardError, ToolFiles, ToolSource};
use serde::{Deserialize, Serialize};

use crate::checks::CheckOptions;
use crate::library::{ToolDescription, describe};

/// How a guard is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By rules where they understand the request, else with the model.
    #[default]
    Auto,
    /// By rules alone.
    Rules,
    /// With the model alone.
    Model,
}

/// Limits of one generation.
#[derive(Debug, Clone)]
pub struct GenerateOptions {
    /// How the guard is made.
    pub method: Method,
    /// Whether the model is first asked to restate the request in sentences that the rules compile.
    pub restate: bool,
    /// Most attempts of the model at the code, the first included.
    pub rounds: u32,
    /// Past cases that are shown to the model.
    pub cases: usize,
    /// Tools that the guard may be granted; those that it does not call are not.
    pub tools: Vec<String>,
    /// The operator's tools, of which those named in `tools` are offered too.
    pub library: Arc<Vec<ToolFiles>>,
    /// Most tests that the model proposes; 0 for none.
    pub proposed_tests: usize,
    /// What the model may use in all.
    pub model_budget: parapet_models::Budget,
    /// The budget of one run of the guard.
    pub guard_budget: Budget,
    /// How the finished guard is checked.
    pub checks: CheckOptions,
}

impl GenerateOptions {
    /// Offers all tools of the operator beside those that are offered already.
    #[must_use]
    pub fn with_library(mut self, library: Arc<Vec<ToolFiles>>) -> Self {
        self.tools.extend(library.iter().map(|tool| tool.name.clone()));
        Self { library, ..self }
    }

    /// The tools that are offered, as the model is told of them.
    pub(super) fn offered(&self) -> Result<Vec<ToolDescription>, GuardError> {
        let library: Vec<ToolSource> = self.library.iter().map(ToolSource::parse).collect::<Result<_, _>>()?;
        Ok(describe(&library).into_iter().filter(|tool| self.tools.contains(&tool.name)).collect())
    }
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            method: Method::Auto,
            restate: true,
            rounds: 6,
            cases: 3,
            tools: parapet_toolbox::tools().iter().map(|tool| tool.name.to_owned()).collect(),
            library: Arc::default(),
            proposed_tests: 8,
            model_budget: parapet_models::Budget {
                calls: Some(60),
                tokens: Some(400_000),
                seconds: Some(900),
                ..Default::default()
            },
            guard_budget: Budget {
                fuel: 200_000_000,
                memory_bytes: 16 << 20,
                deadline_ms: 1_000,
                output_bytes: 64 << 10,
            },
            checks: CheckOptions::default(),
        }
    }
}
