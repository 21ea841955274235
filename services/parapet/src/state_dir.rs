//! Where Parapet keeps what it writes when nothing else is configured: the SQLite file, the admin token, the guards,
//! the build cache. Readable by its owner only.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Name of the folder in the working directory, and of the token file in it.
const LOCAL: &str = ".parapet";
const ADMIN_TOKEN: &str = "admin-token";
const CHECK_KEY: &str = "check-key";

/// The state folder; exists.
#[derive(Debug, Clone)]
pub(crate) struct StateDir(PathBuf);

impl StateDir {
    /// `given`, else `$PARAPET_STATE_DIR`, else `./.parapet` when there is one, else `$XDG_STATE_HOME/parapet`, else `~/.local/state/parapet`,
    /// else `./.parapet`. Made when it is absent.
    pub(crate) fn open(given: Option<PathBuf>) -> Result<Self> {
        let local = PathBuf::from(LOCAL);
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let path = given
            .or_else(|| variable("PARAPET_STATE_DIR"))
            .or_else(|| local.is_dir().then(|| local.clone()))
            .or_else(|| variable("XDG_STATE_HOME").map(|dir| dir.join("parapet")))
            .or_else(|| variable("HOME").map(|home| home.join(".local/state/parapet")))
            .unwrap_or(local);
        Self::make(&path)?;
        let path = fs::canonicalize(&path).with_context(|| format!("state folder `{}`", path.display()))?;
        Ok(Self(path))
    }

    fn make(path: &Path) -> Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| {
            format!("state folder `{}` cannot be made; give a writable one with `--state-dir`", path.display())
        })
    }

    /// A file or folder in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// URL of the default store.
    pub(crate) fn store_url(&self) -> String {
        format!("sqlite:{}", self.join("parapet.db").display())
    }

    /// Where the admin token stands.
    pub(crate) fn admin_token_file(&self) -> PathBuf {
        self.join(ADMIN_TOKEN)
    }

    /// The admin token; generated at the first start into a file that only its owner can read.
    pub(crate) fn admin_token(&self) -> Result<String> {
        self.secret(ADMIN_TOKEN)
    }

    /// Where the key for `/v1/check` stands.
    pub(crate) fn check_key_file(&self) -> PathBuf {
        self.join(CHECK_KEY)
    }

    /// The key for `/v1/check` of the built-in configuration.
    pub(crate) fn check_key(&self) -> Result<String> {
        self.secret(CHECK_KEY)
    }

    /// A secret of 64 hex digits in the file `name`, generated when there is none.
    fn secret(&self, name: &str) -> Result<String> {
        let path = self.join(name);
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                let secret = random_hex()?;
                file.write_all(format!("{secret}\n").as_bytes())
                    .and_then(|()| file.sync_all())
                    .with_context(|| format!("`{}` cannot be written", path.display()))?;
                Ok(secret)
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
                let secret = text.trim();
                anyhow::ensure!(
                    secret.len() >= 32,
                    "`{}` holds no secret of at least 32 characters; delete the file to have a new one made",
                    path.display()
                );
                Ok(secret.to_owned())
            }
            Err(e) => Err(e).with_context(|| format!("`{}` cannot be written", path.display())),
        }
    }
}

/// 32 random bytes from the operating system, as hex.
fn random_hex() -> Result<String> {
    let mut bytes = [0; 32];
    let read = fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.context("`/dev/urandom` cannot be read")?;
    Ok(parapet_domain::digest::hex(&bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_admin_token_is_made_once_and_only_its_owner_can_read_it() {
        let temp = tempfile::tempdir().unwrap();
        let state = StateDir::open(Some(temp.path().join("a/b"))).unwrap();
        let token = state.admin_token().unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(state.admin_token().unwrap(), token);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.admin_token_file()), 0o600);
        assert_eq!(mode(state.join("")), 0o700);
    }

    #[test]
    fn an_empty_token_file_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let state = StateDir::open(Some(temp.path().to_owned())).unwrap();
        fs::write(state.admin_token_file(), "\n").unwrap();
        let error = state.admin_token().unwrap_err().to_string();
        assert!(error.ends_with("delete the file to have a new one made"), "{error}");
    }

    #[test]
    fn a_state_folder_that_cannot_be_made_names_the_option() {
        let error = StateDir::open(Some(PathBuf::from("/proc/parapet"))).unwrap_err().to_string();
        assert!(error.contains("`/proc/parapet` cannot be made; give a writable one with `--state-dir`"), "{error}");
    }
}
