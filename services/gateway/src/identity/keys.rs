//! Public keys and shared secrets for tokens. A key is bound to one algorithm here, never by what a token says of itself.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use parapet_domain::json;
use serde_json::Value;

/// Fewest bytes of a shared secret: the size of the hash (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;
/// Most keys that are read from one set.
const MAX_KEYS: usize = 100;

/// The keys that may have signed a token.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
}

/// One key.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| (&key.id, key.algorithm))).finish()
    }
}

impl KeySet {
    /// A shared secret for HS256.
    ///
    /// # Errors
    /// It is too short, or `algorithms` says something else than HS256.
    pub fn from_secret(secret: &str, algorithms: &[Algorithm]) -> Result<Self, String> {
        if algorithms != [Algorithm::HS256] {
            return Err("is for `HS256` alone; set `algorithms = [\"HS256\"]`, or give public keys".to_owned());
        }
        if secret.len() < MIN_SECRET_BYTES {
            return Err(format!("is too short; use at least {MIN_SECRET_BYTES} bytes"));
        }
        let key = DecodingKey::from_secret(secret.as_bytes());
        Ok(Self { keys: vec![VerifyingKey { id: None, algorithm: Algorithm::HS256, key }] })
    }

    /// A public key in PEM form.
    ///
    /// # Errors
    /// It is no such key, or `algorithms` is not exactly RS256 or ES256.
    pub fn from_pem(pem: &[u8], algorithms: &[Algorithm]) -> Result<Self, String> {
        let (algorithm, key) = match algorithms {
            [Algorithm::RS256] => (Algorithm::RS256, DecodingKey::from_rsa_pem(pem)),
            [Algorithm::ES256] => (Algorithm::ES256, DecodingKey::from_ec_pem(pem)),
            _ => return Err("holds one key; set `algorithms` to `[\"RS256\"]` or `[\"ES256\"]`".to_owned()),
        };
        let key = key.map_err(|_| {
            format!("does not hold a public key for `{algorithm:?}`; it begins with `-----BEGIN PUBLIC KEY-----`")
        })?;
        Ok(Self { keys: vec![VerifyingKey { id: None, algorithm, key }] })
    }

    /// A JSON Web Key Set (RFC 7517). Keys of other kinds, uses or algorithms are passed over, as the RFC asks.
    ///
    /// # Errors
    /// It is no key set, or has no key that could be used.
    pub fn from_jwks(bytes: &[u8], algorithms: &[Algorithm]) -> Result<Self, String> {
        let tree = json::parse(bytes).map_err(|error| format!("is not JSON: {error}"))?;
        let items = tree.get("keys").and_then(Value::as_array).ok_or("is no key set: it has no list `keys`")?;
        let keys: Vec<_> =
            items.iter().take(MAX_KEYS).filter_map(usable).filter(|key| algorithms.contains(&key.algorithm)).collect();
        if keys.is_empty() {
            return Err(format!("has no signing key for {algorithms:?}"));
        }
        Ok(Self { keys })
    }

    /// The keys that a token with this key id and algorithm may be checked with.
    pub(super) fn candidates<'k>(
        &'k self,
        id: Option<&'k str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'k VerifyingKey> {
        // A single key without an id serves every token; within a set, a token with an id gets only the key that bears it.
        let lone = self.keys.len() == 1;
        self.keys.iter().filter(move |key| {
            let fits = match (id, &key.id) {
                (Some(id), Some(own)) => id == own,
                (Some(_), None) => lone,
                (None, _) => true,
            };
            fits && key.algorithm == algorithm
        })
    }
}

/// A public signing key of a supported kind. `oct` is refused: a secret that is published is none.
fn usable(item: &Value) -> Option<VerifyingKey> {
    let jwk: Jwk = serde_json::from_value(item.clone()).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let for_signing = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let stated = match (jwk.common.key_algorithm, algorithm) {
        (None, _) | (Some(KeyAlgorithm::RS256), Algorithm::RS256) | (Some(KeyAlgorithm::ES256), Algorithm::ES256) => {
            true
        }
        (Some(_), _) => false,
    };
    let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| for_signing && stated)?;
    Some(VerifyingKey { id: jwk.common.key_id, algorithm, key })
}
