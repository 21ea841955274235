//! A folder with a configuration, guards and state, from which a sidecar is started as often as a test likes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sidecar::{self, Sidecar};

/// The folder. Removed when it is dropped.
pub struct World {
    home: tempfile::TempDir,
}

/// Longest request body of these sidecars, in bytes.
pub const MAX_BODY_BYTES: usize = 65_536;
/// Key for `/v1/check` with the right to assert identity.
pub const CHECK_KEY: &str = "check-key-of-the-tests";

impl World {
    /// A world with the guard of [`crate::guards::write_forbidden_word`] and a chat route to `upstream`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(upstream: SocketAddr) -> Result<Self> {
        let world = Self { home: tempfile::tempdir()? };
        crate::guards::write_forbidden_word(&world.path("guards"))?;
        let store = format!("sqlite:{}", world.path("parapet.db").display());
        world.configure(&store, upstream)?;
        Ok(world)
    }

    /// Writes the configuration, with another store.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn configure(&self, store: &str, upstream: SocketAddr) -> Result<()> {
        let (home, cache) = (self.home.path().display(), shared_cache()?);
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[server.limits]
max_body_bytes = {MAX_BODY_BYTES}
[store]
url = "{store}"
[audit]
digest_key_file = "{home}/digest.key"
[guards]
dir = "{home}/guards"
[sandbox]
cache_dir = "{cache}"
[identity.header]
trusted_peers = ["127.0.0.1/32"]
[[credential]]
name = "tests"
key = "{CHECK_KEY}"
rights = ["assert_identity"]
[upstreams.model]
base_url = "http://{upstream}"
[[route]]
name = "chat"
surface = "openai_chat"
upstream = "model"
principal = "optional"
[[route]]
name = "check"
surface = "check"
principal = "optional"
[[route]]
name = "known-users"
path = "/known/chat/completions"
surface = "openai_chat"
upstream = "model"
"#,
            cache = cache.display(),
        );
        Ok(std::fs::write(self.config(), text)?)
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path("parapet.toml")
    }

    /// Starts a sidecar and waits until it listens.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self) -> Result<Sidecar> {
        Sidecar::start(&self.path("state"), &["--config", &self.config().display().to_string()])
    }
}

/// A cache of built guards that all tests share: compiling the sandbox's own guests takes seconds.
///
/// # Errors
/// The binary was not built.
pub fn shared_cache() -> Result<PathBuf> {
    Ok(shared_state()?.join("cache"))
}

/// A state folder for commands whose state does not matter.
///
/// # Errors
/// The binary was not built.
pub fn shared_state() -> Result<PathBuf> {
    let binary = sidecar::binary()?;
    Ok(binary.parent().unwrap_or(Path::new(".")).join("parapet-test-state"))
}
