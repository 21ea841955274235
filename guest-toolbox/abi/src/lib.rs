//! The `guard/1` and `tool/1` binary interface: names, packing and the Rhai guest's build request.
//! Host and guests compile this one file, so the two sides cannot drift. No I/O, no engine types.
//! `guest-toolbox/README.md` is the specification in prose.
#![no_std]
extern crate alloc;

use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Value that the export [`GUARD_ABI_EXPORT`] must return for `guard/1`.
pub const GUARD_ABI_VERSION: i32 = 1;
/// Value that the export [`TOOL_ABI_EXPORT`] must return for `tool/1`.
pub const TOOL_ABI_VERSION: i32 = 1;

/// `() -> i32`: the guard's ABI version.
pub const GUARD_ABI_EXPORT: &str = "guard_abi";
/// `(len: i32) -> i32`: a pointer to `len` writable bytes, or 0 when there is no room.
pub const GUARD_ALLOC_EXPORT: &str = "guard_alloc";
/// `(ptr: i32, len: i32) -> i64`: judges the `event/1` JSON at `ptr`; returns a packed verdict JSON.
pub const GUARD_CHECK_EXPORT: &str = "guard_check";
/// `(ptr: i32, len: i32) -> i64`: Rhai guest only: takes a [`ScriptBuild`], returns a packed [`ScriptBuilt`].
pub const GUARD_BUILD_EXPORT: &str = "guard_build";

/// `() -> i32`: the tool's ABI version.
pub const TOOL_ABI_EXPORT: &str = "tool_abi";
/// `(len: i32) -> i32`: like [`GUARD_ALLOC_EXPORT`].
pub const TOOL_ALLOC_EXPORT: &str = "tool_alloc";
/// `(ptr: i32, len: i32) -> i64`: takes a JSON array of arguments; returns packed `{"ok": …}` or `{"error": "…"}`.
pub const TOOL_CALL_EXPORT: &str = "tool_call";

/// The guest's linear memory.
pub const MEMORY_EXPORT: &str = "memory";

/// Import module with one function for each granted tool: `(ptr: i32, len: i32) -> i32`.
/// The argument is a JSON array; the return value is the length in bytes of the JSON result that waits in the host.
pub const TOOL_IMPORT_MODULE: &str = "parapet:tool/1";
/// Import module of the functions that every guard may use.
pub const GUARD_IMPORT_MODULE: &str = "parapet:guard/1";
/// `(ptr: i32) -> ()` in [`GUARD_IMPORT_MODULE`]: copies the waiting result to `ptr` and forgets it.
pub const TAKE_RESULT_IMPORT: &str = "take_result";
/// Import module of the Rhai guest alone.
pub const RHAI_IMPORT_MODULE: &str = "parapet:rhai/1";
/// `(tool_id: i32, ptr: i32, len: i32) -> i32` in [`RHAI_IMPORT_MODULE`]; grants are checked by the host on every call.
pub const CALL_TOOL_IMPORT: &str = "call_tool";

/// `(ptr: i32, len: i32) -> !` in [`RHAI_IMPORT_MODULE`]: ends the run; the text is for the operator.
pub const FAIL_IMPORT: &str = "fail";

/// Packs a pointer and a length into what a guest returns: `ptr << 32 | len`.
#[must_use]
pub const fn pack(ptr: u32, len: u32) -> u64 {
    ((ptr as u64) << 32) | len as u64
}

/// The pointer and the length in a packed value. Nothing is checked here: the host checks both against the memory.
#[must_use]
pub const fn unpack(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}

/// One tool as the Rhai guest sees it: an ordinary function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolBinding {
    /// Position in the host's tool list; the first argument of [`CALL_TOOL_IMPORT`].
    pub id: i32,
    /// Function name in scripts.
    pub name: String,
    /// Fewest arguments.
    pub min_args: u8,
    /// Most arguments.
    pub max_args: u8,
    /// Whether this guard was granted it. The others are listed so that a complaint can say so.
    pub granted: bool,
}

/// What the Rhai guest gets once, when a guard is built.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScriptBuild {
    /// The guard's script, UTF-8.
    pub script: String,
    /// The guard's facts as JSON text, visible to the script as the constant `facts`.
    pub facts_json: String,
    /// All tools of the toolbox.
    pub tools: Vec<ToolBinding>,
    /// Whether to rewrite the script so that a run tells which statements and branches it came through.
    /// Such an image answers with a [`TRACE_VERDICT`] object and is for tests, never for judging.
    #[serde(default)]
    pub trace: bool,
    /// Whether to list the script's tokens.
    #[serde(default)]
    pub tokens: bool,
}

/// Field of a traced run's answer: the verdict, absent when the script failed.
pub const TRACE_VERDICT: &str = "verdict";
/// Field of a traced run's answer: why the script failed.
pub const TRACE_FAILURE: &str = "failure";
/// Field of a traced run's answer: positions in [`ScriptBuilt::probes`] of those that were reached.
pub const TRACE_PROBES: &str = "probes";

/// The Rhai guest's answer to a [`ScriptBuild`]: no complaint means that the image can be taken.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScriptBuilt {
    /// Everything that is wrong with the script, in source order.
    pub complaints: Vec<Complaint>,
    /// With [`ScriptBuild::trace`]: what a run can be seen to reach, in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// With [`ScriptBuild::tokens`]: all tokens, in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<ScriptToken>,
}

/// A place of a script that a traced run can be seen to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is reached there.
    pub kind: ProbeKind,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// First byte in the script of the statement, condition, pattern or function name.
    pub start: u32,
    /// The byte after its last; a statement's semicolon belongs to it.
    pub end: u32,
}

/// What reaching a [`Probe`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// A statement began.
    Statement,
    /// The body of a closure began.
    Closure,
    /// A function was entered.
    Function,
    /// An arm of a `switch` was taken.
    Arm,
    /// A condition was true.
    WhenTrue,
    /// A condition was false.
    WhenFalse,
}

/// One token of a script. Its text is `script[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptToken {
    /// What it is.
    pub kind: TokenKind,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// First byte in the script.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// A string without anything filled in, or the last piece of one with.
    String,
    /// A piece of a string that is followed by something filled in.
    StringPiece,
    /// A character.
    Character,
    /// A name.
    Name,
    /// A word of the language, such as `if` or `true`.
    Keyword,
    /// An operator or a bracket, `()` included.
    Symbol,
}

/// One thing wrong with a guard's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// 1-based line, 0 when it concerns the whole file.
    pub line: u32,
    /// 1-based column in characters, 0 when unknown.
    pub column: u32,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// What to do about it.
    pub help: String,
}
