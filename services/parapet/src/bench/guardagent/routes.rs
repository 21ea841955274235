//! The two agents' own APIs as generic routes: the same mapping in this process and in the sidecar's configuration.

use anyhow::Result;
use parapet_domain::{Role, Stage};
use parapet_surfaces::generic::{GenericMapping, PartMapping};

use super::row::Suite;

/// One agent's API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Name of the agent, which the guard set matches on.
    pub(crate) agent: &'static str,
    /// Path on the sidecar and at the agent.
    pub(crate) path: &'static str,
    request: &'static [Part],
    answer: &'static [Part],
}

/// Name, pointer, and whose turn it is when it is not the usual.
type Part = (&'static str, &'static str, Option<Role>);

/// The field by which the replaying agent knows the row; no content.
pub(crate) const ROW_POINTER: &str = "/row";

const EHR: Route = Route {
    agent: "ehr",
    path: "/ehr/ask",
    request: &[("question", "/question", None)],
    answer: &[("knowledge", "/knowledge", None), ("code", "/code", None)],
};

const WEB: Route = Route {
    agent: "web",
    path: "/web/step",
    request: &[("task", "/task", None), ("prompt", "/prompt/*", None)],
    answer: &[("output", "/output/*", None)],
};

impl Route {
    /// The route of a suite's agent.
    pub(crate) const fn of(suite: Suite) -> Self {
        match suite {
            Suite::EicuAc => EHR,
            Suite::Mind2WebSc => WEB,
        }
    }

    /// How requests are taken apart.
    pub(crate) fn request_mapping(&self) -> Result<GenericMapping> {
        Ok(GenericMapping::new(Stage::Input, mapped(self.request), &[ROW_POINTER.to_owned()])?)
    }

    /// How answers are taken apart.
    pub(crate) fn answer_mapping(&self) -> Result<GenericMapping> {
        Ok(GenericMapping::new(Stage::Output, mapped(self.answer), &[])?)
    }

    /// The same for the sidecar's configuration.
    pub(crate) fn config(&self) -> String {
        let Self { agent, path, .. } = self;
        let (request, answer) = (inline(self.request), inline(self.answer));
        format!(
            r#"
            [[route]]
            name = "{agent}"
            path = "{path}"
            surface = "generic"
            upstream = "agents"
            agent = "{agent}"
            request_parts = [{request}]
            request_ignore = ["{ROW_POINTER}"]
            answer_parts = [{answer}]
            "#
        )
    }
}

fn mapped(parts: &[Part]) -> Vec<PartMapping> {
    let mapping = |(name, pointer, role): &Part| PartMapping {
        name: (*name).to_owned(),
        pointer: (*pointer).to_owned(),
        role: *role,
        origin: None,
        kind: None,
        required: true,
        tool: None,
        tool_pointer: None,
    };
    parts.iter().map(mapping).collect()
}

fn inline(parts: &[Part]) -> String {
    let entry = |(name, pointer, _): &Part| format!(r#"{{ name = "{name}", pointer = "{pointer}" }}"#);
    parts.iter().map(entry).collect::<Vec<_>>().join(", ")
}
