//! What is to be built, besides the source itself: a guard or a tool, in which language, with which grants.

use std::sync::Arc;

use parapet_abi::{
    GUARD_ABI_EXPORT, GUARD_ABI_VERSION, GUARD_ALLOC_EXPORT, GUARD_CHECK_EXPORT, TOOL_ABI_EXPORT, TOOL_ABI_VERSION,
    TOOL_ALLOC_EXPORT, TOOL_CALL_EXPORT, ToolBinding,
};
use serde::{Deserialize, Serialize};

use crate::guard::{GuardCode, Language};
use crate::tool::ToolCode;

/// The interface that a module has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interface {
    /// `guard/1`.
    Guard,
    /// `tool/1`.
    Tool,
}

/// An order to the builder.
pub(crate) struct Order<'a> {
    pub(crate) language: Language,
    pub(crate) interface: Interface,
    /// The name that guards call a tool by; empty for a guard.
    pub(crate) name: &'a str,
    /// Granted tools, by name.
    pub(crate) tools: &'a [String],
    /// The granted ones among the operator's tools.
    pub(crate) library: Vec<ToolBinding>,
}

impl<'a> Order<'a> {
    pub(crate) fn of(code: &'a GuardCode) -> Self {
        let binding = |(n, tool): (usize, &Arc<ToolCode>)| ToolBinding {
            id: i32::try_from(parapet_toolbox::tools().len() + n).unwrap_or(-1),
            name: tool.name.clone(),
            min_args: tool.min_args(),
            max_args: tool.max_args(),
            granted: true,
        };
        let library = code.library.granted.iter().enumerate().map(binding).collect();
        Self { language: code.language, interface: Interface::Guard, name: "", tools: &code.tools, library }
    }

    pub(crate) fn of_tool(code: &'a ToolCode) -> Self {
        let (interface, name) = (Interface::Tool, code.name.as_str());
        Self { language: code.language, interface, name, tools: &code.tools, library: Vec::new() }
    }
}

impl Interface {
    pub(crate) const fn abi_export(self) -> &'static str {
        match self {
            Self::Guard => GUARD_ABI_EXPORT,
            Self::Tool => TOOL_ABI_EXPORT,
        }
    }

    pub(crate) const fn alloc_export(self) -> &'static str {
        match self {
            Self::Guard => GUARD_ALLOC_EXPORT,
            Self::Tool => TOOL_ALLOC_EXPORT,
        }
    }

    pub(crate) const fn call_export(self) -> &'static str {
        match self {
            Self::Guard => GUARD_CHECK_EXPORT,
            Self::Tool => TOOL_CALL_EXPORT,
        }
    }

    pub(crate) const fn abi_version(self) -> i32 {
        match self {
            Self::Guard => GUARD_ABI_VERSION,
            Self::Tool => TOOL_ABI_VERSION,
        }
    }

    /// The interface's name with its version.
    pub(crate) const fn version_word(self) -> &'static str {
        match self {
            Self::Guard => "guard/1",
            Self::Tool => "tool/1",
        }
    }

    /// What people call it.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Tool => "tool",
        }
    }

    /// The file with its grants.
    pub(crate) const fn manifest(self) -> &'static str {
        match self {
            Self::Guard => "guard.toml",
            Self::Tool => "tool.toml",
        }
    }
}
