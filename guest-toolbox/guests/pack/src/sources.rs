//! Which artifacts there are, and the digest of the sources that each is built from.
//! `guest-toolbox/abi/tests/artifacts.rs` includes this file, so that the test and the build agree.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

/// Custom section with the hex digest of an artifact's sources.
pub const SOURCES_SECTION: &str = "parapet.sources";
/// Custom section that names the compiler.
pub const TOOLCHAIN_SECTION: &str = "parapet.toolchain";

/// One committed WebAssembly module.
#[derive(Debug)]
pub struct Artifact {
    /// Name on the command line of `rebuild.sh`.
    pub name: &'static str,
    /// Cargo package, or `None` when a script of the artifact's own builds it.
    pub package: Option<&'static str>,
    /// Files and folders below `guest-toolbox` that only this artifact is built from.
    pub sources: &'static [&'static str],
    /// Where the module is committed, below `guest-toolbox`.
    pub output: &'static str,
}

/// All artifacts.
pub const ARTIFACTS: &[Artifact] = &[
    Artifact {
        name: "rhai-guest",
        package: Some("parapet-rhai-guest"),
        sources: &[
            "rhai-guest/Cargo.toml",
            "rhai-guest/src",
            "snapshot/Cargo.lock",
            "snapshot/Cargo.toml",
            "snapshot/src",
        ],
        output: "artifacts/rhai-guest.wasm",
    },
    Artifact {
        name: "python-calls",
        package: Some("parapet-python-calls"),
        sources: &["tools/python-calls/Cargo.toml", "tools/python-calls/src"],
        output: "artifacts/python-calls.wasm",
    },
    Artifact {
        name: "sql-columns",
        package: Some("parapet-sql-columns"),
        sources: &["tools/sql-columns/Cargo.toml", "tools/sql-columns/src"],
        output: "artifacts/sql-columns.wasm",
    },
    Artifact {
        name: "outside-mail",
        package: Some("parapet-example-outside-mail"),
        sources: &["examples/outside-mail/Cargo.toml", "examples/outside-mail/src"],
        output: "examples/outside-mail/guard.wasm",
    },
    Artifact {
        name: "table-access",
        package: None,
        sources: &["examples/table-access/build.sh", "examples/table-access/src"],
        output: "examples/table-access/guard.wasm",
    },
    Artifact {
        name: "card-numbers",
        package: None,
        sources: &[
            "examples/card-numbers/build.sh",
            "examples/card-numbers/package-lock.json",
            "examples/card-numbers/package.json",
            "examples/card-numbers/src",
        ],
        output: "examples/card-numbers/guard.wasm",
    },
];

/// What every artifact of the Cargo workspace is built from, besides its own sources.
const SHARED: &[&str] =
    &["abi/Cargo.toml", "abi/src", "sdk/Cargo.toml", "sdk/src", "guests/Cargo.toml", "guests/Cargo.lock"];

impl Artifact {
    /// Hex SHA-256 over the names and contents of all source files, sorted by name.
    ///
    /// # Errors
    /// A source cannot be read.
    pub fn source_digest(&self, toolbox: &Path) -> io::Result<String> {
        let shared: &[&str] = if self.package.is_some() { SHARED } else { &[] };
        let mut files = Vec::new();
        for source in self.sources.iter().chain(shared) {
            collect(toolbox, Path::new(source), &mut files)?;
        }
        files.sort();
        let mut hasher = Sha256::new();
        for file in files {
            let content = fs::read(toolbox.join(&file))?;
            let name = file.to_string_lossy().replace('\\', "/");
            for bytes in [name.as_bytes(), &content] {
                hasher.update((bytes.len() as u64).to_be_bytes());
                hasher.update(bytes);
            }
        }
        Ok(hex(&hasher.finalize()))
    }
}

fn collect(toolbox: &Path, path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let full = toolbox.join(path);
    if !full.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(full)? {
        collect(toolbox, &path.join(entry?.file_name()), files)?;
    }
    Ok(())
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The content of a custom section of a WebAssembly module.
pub fn custom_section<'m>(module: &'m [u8], name: &str) -> Option<&'m [u8]> {
    sections(module)?.into_iter().filter(|section| section.id == 0).find_map(|section| {
        let (length, rest) = leb128(section.content)?;
        let (found, content) = rest.split_at_checked(length)?;
        (found == name.as_bytes()).then_some(content)
    })
}

/// One section of a module.
#[derive(Debug)]
pub struct Section<'m> {
    /// Kind; 0 is a custom section.
    pub id: u8,
    /// Bytes after the length.
    pub content: &'m [u8],
}

/// The sections of a module, or `None` when it is not one.
pub fn sections(module: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    let mut sections = Vec::new();
    while let Some((id, after)) = rest.split_first() {
        let (length, after) = leb128(after)?;
        let (content, after) = after.split_at_checked(length)?;
        sections.push(Section { id: *id, content });
        rest = after;
    }
    Some(sections)
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (position, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f).checked_shl(u32::try_from(position).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(position + 1..)?));
        }
    }
    None
}
