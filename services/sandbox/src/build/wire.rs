//! What the parent and the builder process say to each other: a JSON header, then raw bytes, each with its length,
//! so that a half-written message is never taken for a whole one.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use super::order::Interface;
use crate::guard::Language;
use parapet_abi::{Complaint, Probe, ScriptToken, ToolBinding};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Changes with what the two say to each other.
pub(crate) const VERSION: &[u8] = b"3";
/// Largest header, in bytes: facts stand in it.
pub(crate) const MAX_HEADER_BYTES: u64 = 8 << 20;
/// Largest body, in bytes: machine code of the largest module.
const MAX_BODY_BYTES: u64 = 256 << 20;

/// The guards to build; their sources follow as raw bytes, one after the other.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    /// [`build_id`](super::build_id) of the parent.
    pub(crate) build_id: String,
    pub(crate) language: Language,
    pub(crate) interface: Interface,
    pub(crate) tools: Vec<String>,
    /// Granted tools of the operator.
    pub(crate) library: Vec<ToolBinding>,
    /// Where the compiled Rhai guest is kept.
    pub(crate) cache_dir: PathBuf,
    pub(crate) jobs: Vec<Job>,
}

/// One guard of a [`Request`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Job {
    /// As JSON text, which is what the guest gets.
    pub(crate) facts: String,
    /// Whether the build is for watching the script, not for judging.
    pub(crate) trace: bool,
    /// Length of its source.
    pub(crate) source_bytes: u64,
}

/// How it went with one guard. All the built guards follow as raw bytes, one after the other.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Built {
        bytes: u64,
        listing: Listing,
    },
    Refused(Vec<Complaint>),
    TooCostly(Limit),
    Failed(String),
    /// The machine was short of something, which may pass.
    Busy(String),
}

/// What a traced build tells of its script.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Listing {
    pub(crate) probes: Vec<Probe>,
    pub(crate) tokens: Vec<ScriptToken>,
}

/// A limit of the builder process.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    Fuel,
    Memory,
    Time,
}

impl Limit {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fuel => "its share of computing",
            Self::Memory => "its share of memory",
            Self::Time => "its share of time",
        }
    }
}

pub(crate) fn write<T: Serialize>(to: &mut impl Write, header: &T, body: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    for bytes in [header.as_slice(), body] {
        to.write_all(&(bytes.len() as u64).to_le_bytes())?;
        to.write_all(bytes)?;
    }
    to.flush()
}

pub(crate) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let header = read_block(from, MAX_HEADER_BYTES)?;
    let body = read_block(from, MAX_BODY_BYTES)?;
    Ok((serde_json::from_slice(&header)?, body))
}

fn read_block(from: &mut impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut len = [0; 8];
    from.read_exact(&mut len)?;
    let len = u64::from_le_bytes(len);
    if len > max {
        return Err(io::Error::other("block is too long"));
    }
    let mut block = Vec::new();
    from.take(len).read_to_end(&mut block)?;
    if block.len() as u64 == len { Ok(block) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
