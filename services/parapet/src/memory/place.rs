//! Where the memory is, and the text files that its commands read.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use parapet_guardgen::Memory;
use parapet_store::{Store, StoreConfig};

use crate::config;
use crate::state_dir::StateDir;

/// Largest text file that is read, in bytes; the store says what it keeps.
const MAX_BYTES: u64 = 16 << 20;

/// Which store, and whose cases.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Store")]
#[group(skip)]
pub(crate) struct Args {
    /// Store with the cases: `sqlite:PATH` or `postgres://…`
    #[arg(long, value_name = "URL", env = "PARAPET_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Configuration whose store is used
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    config: Option<PathBuf>,
    /// State folder of a sidecar that runs without a configuration
    #[arg(long, value_name = "DIR", env = "PARAPET_STATE_DIR")]
    state_dir: Option<PathBuf>,
    /// Tenant
    #[arg(long, value_name = "NAME", default_value = parapet_domain::event::DEFAULT_TENANT)]
    tenant: String,
}

impl Args {
    /// Opens the memory; makes a new store where there is none.
    pub(crate) async fn open(self) -> Result<Memory> {
        let (store, tenant) = self.resolved()?;
        Ok(Memory::open(Store::open(&store).await?, tenant))
    }

    /// Opens the memory of a store that is there: where a path was mistyped, no new one may appear.
    pub(crate) async fn open_existing(self) -> Result<Memory> {
        let (store, tenant) = self.resolved()?;
        if let Some(path) = absent(&store.url) {
            bail!("there is no store at `{path}`; give it with `--store sqlite:PATH`, or start `parapet serve` first");
        }
        Ok(Memory::open(Store::open(&store).await?, tenant))
    }

    /// Opens the memory, or only the worked cases of the release where there is no store.
    pub(crate) async fn open_or_seeds(self) -> Result<Memory> {
        let (store, tenant) = self.resolved()?;
        match absent(&store.url) {
            Some(_) => Ok(Memory::seeds_only()),
            None => Ok(Memory::open(Store::open(&store).await?, tenant)),
        }
    }

    fn resolved(self) -> Result<(StoreConfig, String)> {
        let store = match (self.store, self.config) {
            (Some(url), _) => StoreConfig::new(url),
            (None, Some(file)) => config::load(&file)?.store,
            (None, None) => StoreConfig::new(StateDir::open(self.state_dir)?.store_url()),
        };
        Ok((store, self.tenant))
    }
}

/// The path of a SQLite store whose file is not there.
fn absent(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path))?;
    (!path.is_empty() && !fs::exists(path).unwrap_or(true)).then_some(path)
}

/// The text of a file, without the line end that editors put last.
pub(crate) fn text(file: &Path) -> Result<String> {
    let named = || format!("`{}` cannot be read", file.display());
    let mut bytes = Vec::new();
    fs::File::open(file).with_context(named)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(named)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("`{}` has more than {MAX_BYTES} bytes; give the text that matters", file.display());
    }
    let text = String::from_utf8(bytes).ok().with_context(|| format!("`{}` is no UTF-8 text", file.display()))?;
    Ok(text.strip_suffix('\n').map_or(text.clone(), ToOwned::to_owned))
}

/// The text of a file that may have been left out.
pub(crate) fn optional_text(file: Option<&Path>) -> Result<Option<String>> {
    file.map(text).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sqlite_file_can_be_absent() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("a.db");
        let url = format!("sqlite:{}", file.display());
        assert_eq!(absent(&url), file.to_str());
        fs::write(&file, "").unwrap();
        assert_eq!(absent(&url), None);
        assert_eq!(absent("postgres://localhost/nowhere"), None);
    }

    #[test]
    fn a_text_file_is_read_without_its_last_line_end() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("a.txt");
        fs::write(&file, "one\ntwo\n").unwrap();
        assert_eq!(text(&file).unwrap(), "one\ntwo");
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(text(&file).unwrap_err().to_string().ends_with("is no UTF-8 text"));
        assert!(text(&temp.path().join("none")).unwrap_err().to_string().ends_with("cannot be read"));
    }
}
