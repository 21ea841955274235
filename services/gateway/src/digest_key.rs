//! The key for content digests: given in the configuration, or made once and kept in a private file.

use std::io::Write;
use std::path::Path;

use crate::config::DigestKey;

/// The key file cannot be used. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DigestKeyError {
    /// It cannot be read or made.
    #[error("digest key file `{path}` cannot be {action}: {source}; set `audit.digest_key` or `audit.digest_key_file`")]
    File {
        /// Where.
        path: String,
        /// `read` or `made`.
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error(
        "digest key file `{0}` does not hold 64 hex digits; restore it from a backup, or remove it to start with a new key"
    )]
    Content(String),
}

/// The key that `choice` names; a missing file is made, readable by its owner alone.
///
/// # Errors
/// The file cannot be read or made, or holds something else.
pub fn load(choice: &DigestKey) -> Result<[u8; 32], DigestKeyError> {
    let path = match choice {
        DigestKey::Given(key) => return Ok(*key),
        DigestKey::File(path) => path,
    };
    let failed = |action| move |source| DigestKeyError::File { path: path.display().to_string(), action, source };
    match std::fs::read_to_string(path) {
        Ok(text) => from_hex(text.trim()).ok_or_else(|| DigestKeyError::Content(path.display().to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(path).map_err(failed("made")),
        Err(error) => Err(failed("read")(error)),
    }
}

fn make(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut key = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut key)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", parapet_domain::digest::hex(&key))?;
    file.sync_all()?;
    Ok(key)
}

/// 32 bytes from 64 hex digits.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (n, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(key)
}
