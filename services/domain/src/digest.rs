//! SHA-256 digests, each with a prefix for the kind of thing hashed, and RFC 8785 canonical JSON.

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Hex digest of the exact bytes of one thing, such as `guard:9f86…`.
#[must_use]
pub fn of_bytes(kind: &str, bytes: &[u8]) -> String {
    format!("{kind}:{}", hex(&Sha256::digest(bytes)))
}

/// Hex digest over several byte strings, each preceded by its length, so that no two lists collide.
#[must_use]
pub fn of_list<'a>(kind: &str, items: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for item in items {
        hasher.update((item.len() as u64).to_be_bytes());
        hasher.update(item);
    }
    format!("{kind}:{}", hex(&hasher.finalize()))
}

/// Keyed digest for personal content: equal values can be found, but not guessed without the key.
#[must_use]
pub fn keyed(kind: &str, key: &[u8; 32], bytes: &[u8]) -> String {
    format!("{kind}:{}", hex(&keyed_bytes(key, bytes)))
}

/// HMAC-SHA-256: also to derive one key from another.
#[must_use]
pub fn keyed_bytes(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    // HMAC pads a short key with zeros to the block size; doing it here leaves no error to handle.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Canonical JSON by RFC 8785, integers beyond ±2^53 written as strings.
///
/// # Errors
/// `value` cannot be written as JSON.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut tree = serde_json::to_value(value)?;
    stringify_big_integers(&mut tree);
    serde_json_canonicalizer::to_vec(&tree)
}

fn stringify_big_integers(value: &mut Value) {
    const LIMIT: u64 = 1 << 53;
    match value {
        Value::Number(n) => {
            let big = n.as_i64().map(i64::unsigned_abs).or_else(|| n.as_u64()).is_some_and(|m| m > LIMIT);
            if big {
                *value = Value::String(n.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(stringify_big_integers),
        Value::Object(map) => map.values_mut().for_each(stringify_big_integers),
        _ => {}
    }
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
