//! Tools of the operator: folders beside the guards, `tools/NAME`, each with a manifest, code and tests. A guard is granted
//! them by name like the built-in ones, and its hash covers those that it is granted.

mod files;
mod manifest;
mod run;
mod source;
mod test;

pub use files::{TOOLS_FOLDER, ToolFiles};
pub use manifest::{ToolManifest, ToolReturns};
pub use run::{ToolTestReport, run_tool_tests};
pub use source::{Tool, ToolSource};
pub use test::{ToolExpectation, ToolTest};
