//! Finishes a compiled guest: drops the custom sections, which differ between machines, and writes the digest of the
//! sources and the compiler's name into sections of its own. `rebuild.sh` runs it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

#[expect(unreachable_pub, reason = "a test of another workspace includes the file too")]
mod sources;

use std::{env, fs, path::Path, process::ExitCode};

use sha2::{Digest as _, Sha256};
use sources::{ARTIFACTS, Artifact, SOURCES_SECTION, TOOLCHAIN_SECTION, custom_section, hex, sections};

const USAGE: &str = "usage: parapet-pack list
       parapet-pack finish TOOLBOX NAME COMPILED TOOLCHAIN OUTPUT
       parapet-pack toolchain MODULE";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(output) => {
            print!("{output}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("parapet-pack: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<String, String> {
    match words {
        ["list"] => Ok(ARTIFACTS.iter().map(row).collect()),
        ["finish", toolbox, name, compiled, toolchain, output] => {
            let artifact = ARTIFACTS.iter().find(|artifact| artifact.name == *name);
            let artifact = artifact.ok_or_else(|| format!("no artifact is called `{name}`"))?;
            let digest = artifact.source_digest(Path::new(toolbox)).map_err(|error| format!("{name}: {error}"))?;
            let module = finish(&read(compiled)?, &digest, toolchain)?;
            write_with_hash(Path::new(output), &module)?;
            Ok(String::new())
        }
        ["toolchain", module] => {
            let module = read(module)?;
            let toolchain = custom_section(&module, TOOLCHAIN_SECTION).unwrap_or(b"unknown");
            Ok(format!("{}\n", String::from_utf8_lossy(toolchain)))
        }
        _ => Err(USAGE.to_owned()),
    }
}

/// One artifact for the script: name, package or `-`, output.
fn row(artifact: &Artifact) -> String {
    format!("{} {} {}\n", artifact.name, artifact.package.unwrap_or("-"), artifact.output)
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read `{path}`: {error}"))
}

fn finish(compiled: &[u8], digest: &str, toolchain: &str) -> Result<Vec<u8>, String> {
    let sections = sections(compiled).ok_or("the compiled file is not a WebAssembly module")?;
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for section in sections.iter().filter(|section| section.id != 0) {
        push_section(&mut module, section.id, section.content);
    }
    for (name, content) in [(SOURCES_SECTION, digest), (TOOLCHAIN_SECTION, toolchain)] {
        let mut bytes = Vec::new();
        push_length(&mut bytes, name.len());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
        push_section(&mut module, 0, &bytes);
    }
    Ok(module)
}

fn push_section(module: &mut Vec<u8>, id: u8, content: &[u8]) {
    module.push(id);
    push_length(module, content.len());
    module.extend_from_slice(content);
}

/// Unsigned LEB128.
fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = (length & 0x7f) as u8;
        length >>= 7;
        bytes.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            return;
        }
    }
}

fn write_with_hash(path: &Path, module: &[u8]) -> Result<(), String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let line = format!("{}  {name}\n", hex(&Sha256::digest(module)));
    let hash_path = path.with_file_name(format!("{name}.sha256"));
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
    };
    write(path, module)?;
    write(&hash_path, line.as_bytes())
}
