//! What the parent and the builder process say to each other: a JSON header, then raw bytes.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use parapet_abi::Complaint;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::guard::Language;

/// Largest header, in bytes: facts stand in it.
const MAX_HEADER_BYTES: u32 = 8 << 20;

/// The guard to build; its source follows as raw bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) language: Language,
    pub(crate) facts: Value,
    pub(crate) tools: Vec<String>,
    /// Where the compiled Rhai guest is kept.
    pub(crate) cache_dir: PathBuf,
}

/// How it went; the built guard follows as raw bytes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Built,
    Refused(Vec<Complaint>),
    TooCostly(Limit),
    Failed(String),
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
    let len = u32::try_from(header.len()).map_err(io::Error::other)?;
    to.write_all(&len.to_le_bytes())?;
    to.write_all(&header)?;
    to.write_all(body)?;
    to.flush()
}

pub(crate) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<u8>)> {
    let mut len = [0; 4];
    from.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    if len > MAX_HEADER_BYTES {
        return Err(io::Error::other("header is too long"));
    }
    let mut header = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut header)?;
    let mut body = Vec::new();
    from.read_to_end(&mut body)?;
    Ok((serde_json::from_slice(&header)?, body))
}
