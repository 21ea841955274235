//! A real sandbox for tests: compiled code is kept under the target folder, guards are built by a real child process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parapet_sandbox::{BuilderCommand, Sandbox, SandboxConfig};

/// A sandbox with `slots` places.
///
/// # Panics
/// It cannot start: there is nothing to test then.
#[must_use]
#[expect(clippy::panic, reason = "test support: a test without a sandbox has failed")]
pub fn sandbox(slots: u32) -> Sandbox {
    Sandbox::new(config(slots)).unwrap_or_else(|error| panic!("{error}"))
}

/// One sandbox for all tests of a process.
#[must_use]
pub fn shared() -> Arc<Sandbox> {
    static SHARED: OnceLock<Arc<Sandbox>> = OnceLock::new();
    Arc::clone(SHARED.get_or_init(|| Arc::new(sandbox(8))))
}

/// The settings that both use.
#[must_use]
pub fn config(slots: u32) -> SandboxConfig {
    let target = target_dir();
    SandboxConfig {
        slots,
        max_wait: Duration::from_secs(10),
        cache_dir: target.join("sandbox-cache"),
        builder: BuilderCommand { program: builder(&target), arguments: Vec::new() },
    }
}

/// The folder that this program was built into.
#[must_use]
#[expect(clippy::expect_used, reason = "test support: every process has an executable")]
pub fn target_dir() -> PathBuf {
    let mut dir = std::env::current_exe().expect("the executable has a path");
    dir.pop();
    if dir.ends_with("deps") || dir.ends_with("examples") {
        dir.pop();
    }
    dir
}

/// The builder program; it is built when a test of a single crate runs before anything else has.
fn builder(target: &Path) -> PathBuf {
    let program = target.join("parapet-guard-builder");
    if !program.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
        let mut command = Command::new(cargo);
        command.args(["build", "--quiet", "--bin", "parapet-guard-builder", "--manifest-path"]).arg(manifest);
        if target.ends_with("release") {
            command.arg("--release");
        }
        // When this fails, building a guard says that the program is missing.
        let _ = command.status();
    }
    program
}
