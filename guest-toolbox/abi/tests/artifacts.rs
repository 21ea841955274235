//! The committed WebAssembly modules belong to the sources beside them.

#[path = "../../guests/pack/src/sources.rs"]
mod sources;

use std::{fs, path::PathBuf};

use sha2::{Digest as _, Sha256};
use sources::{ARTIFACTS, SOURCES_SECTION, TOOLCHAIN_SECTION, custom_section, hex, sections};

const IMPORT_SECTION: u8 = 2;

fn toolbox() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn committed(output: &str) -> Vec<u8> {
    let path = toolbox().join(output);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run guest-toolbox/rebuild.sh", path.display()))
}

#[test]
fn every_artifact_was_built_from_the_sources_on_disk() {
    for artifact in ARTIFACTS {
        let module = committed(artifact.output);
        let embedded = custom_section(&module, SOURCES_SECTION).map(String::from_utf8_lossy);
        let expected = artifact.source_digest(&toolbox()).expect("readable sources");
        assert_eq!(
            embedded.as_deref(),
            Some(expected.as_str()),
            "the sources of `{0}` changed since it was built; run guest-toolbox/rebuild.sh {0}",
            artifact.name
        );
    }
}

#[test]
fn every_artifact_has_the_hash_that_is_committed_beside_it() {
    for artifact in ARTIFACTS {
        let module = committed(artifact.output);
        let line = String::from_utf8(committed(&format!("{}.sha256", artifact.output))).expect("text");
        let file = artifact.output.rsplit('/').next().expect("a name");
        assert_eq!(line, format!("{}  {file}\n", hex(&Sha256::digest(&module))), "{}", artifact.name);
    }
}

#[test]
fn every_artifact_names_its_compiler_and_no_folder_of_the_machine_that_built_it() {
    for artifact in ARTIFACTS {
        let module = committed(artifact.output);
        let toolchain = custom_section(&module, TOOLCHAIN_SECTION).map(String::from_utf8_lossy);
        assert!(toolchain.is_some_and(|name| !name.trim().is_empty()), "{}", artifact.name);
        for folder in ["/home/", "/root/", "/.cargo/", "/tmp/", "/registry/"] {
            let found = module.windows(folder.len()).any(|bytes| bytes == folder.as_bytes());
            assert!(!found, "{} contains `{folder}`", artifact.name);
        }
    }
}

#[test]
fn a_tool_can_reach_nothing() {
    for output in ["artifacts/python-calls.wasm", "artifacts/sql-columns.wasm"] {
        let module = committed(output);
        let imports = sections(&module).expect("a module").iter().any(|section| section.id == IMPORT_SECTION);
        assert!(!imports, "{output} has imports");
    }
}

#[test]
fn a_changed_source_changes_the_digest() {
    let artifact = ARTIFACTS.iter().find(|artifact| artifact.name == "table-access").expect("listed");
    let copy = std::env::temp_dir().join(format!("parapet-artifacts-{}", std::process::id()));
    for source in ["examples/table-access/build.sh", "examples/table-access/src/guard.c"] {
        let target = copy.join(source);
        fs::create_dir_all(target.parent().expect("a folder")).expect("created");
        fs::copy(toolbox().join(source), target).expect("copied");
    }
    let before = artifact.source_digest(&copy).expect("readable");
    assert_eq!(before, artifact.source_digest(&toolbox()).expect("readable"));
    fs::write(copy.join("examples/table-access/src/new.h"), "").expect("written");
    let after = artifact.source_digest(&copy).expect("readable");
    fs::remove_dir_all(&copy).expect("removed");
    assert_ne!(before, after);
}
