//! Guards as folders, guard sets as immutable values, and the judging of one event by all guards that match it.
//! Shared by the gateway, the command line and the benches, so that all of them decide alike.

mod check;
mod each;
mod error;
mod fact_sets;
mod files;
mod guard_test;
mod history;
mod input;
mod judge;
mod manifest;
mod part_by_part;
mod partial;
mod per_event;
mod set;
mod set_file;
mod sets;
mod source;
mod tools;
mod watch;

pub use check::{TestReport, run_tests, test_event};
pub use each::{PartKey, PartKeys, seen_by};
pub use error::{GuardError, SetError};
pub use fact_sets::FactSets;
pub use files::{GuardFiles, SetFiles};
pub use guard_test::{Expectation, GuardTest};
pub use judge::{Judge, nothing_before};
pub use manifest::{Manifest, Parts, Streaming};
pub use part_by_part::part_by_part;
pub use partial::{EventDefaults, event_from_partial, past_from_partial};
pub use per_event::{Coder, Coding};
pub use set::{Guard, GuardSet, SetEntry, SetManifest};
pub use set_file::{SetFile, SetFileEntry};
pub use sets::{GuardSets, SetStatus};
pub use source::GuardSource;
pub use tools::{
    TOOLS_FOLDER, Tool, ToolExpectation, ToolFiles, ToolManifest, ToolReturns, ToolSource, ToolTest, ToolTestReport,
    run_tool_tests,
};
pub use watch::Watcher;
