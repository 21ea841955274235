//! Keys of programs that ask for decisions.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use parapet_domain::digest;
use subtle::ConstantTimeEq;

use super::{IdentityError, only};
use crate::config::Credential;

/// Kind of the digests of keys.
pub(crate) const CREDENTIAL_DIGEST: &str = "credential";

/// Header for keys, free whatever else `authorization` is used for.
pub(crate) const KEY_HEADER: HeaderName = HeaderName::from_static("x-parapet-key");

/// The header that LiteLLM sends its guardrail's key in.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Which headers may hold a key, as the others belong to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyHeaders {
    /// `x-parapet-key`.
    Own,
    /// That, or `authorization` unless tokens are read from it.
    OwnOrAuthorization,
    /// Those, or `x-api-key`.
    OwnOrApiKeyOrAuthorization,
}

/// All credentials.
pub(crate) struct Credentials {
    all: Vec<Credential>,
    /// Whether `authorization` may hold a key: not when tokens are read from it.
    in_authorization: bool,
}

impl Credentials {
    pub(crate) const fn new(all: Vec<Credential>, in_authorization: bool) -> Self {
        Self { all, in_authorization }
    }

    /// The credential that the request presents, if any. An unknown key is refused, not passed over.
    pub(crate) fn present(&self, headers: &HeaderMap, from: KeyHeaders) -> Result<Option<&Credential>, IdentityError> {
        let Some(key) = self.key(headers, from)? else { return Ok(None) };
        let given = digest::of_bytes(CREDENTIAL_DIGEST, key);
        // All are compared, so that the time does not tell which one was close.
        let is_given = |c: &Credential| bool::from(c.key_digest.as_bytes().ct_eq(given.as_bytes()));
        let found = self.all.iter().fold(None, |found, c| if is_given(c) { Some(c) } else { found });
        found.map(Some).ok_or(IdentityError::CredentialUnknown)
    }

    fn key<'h>(&self, headers: &'h HeaderMap, from: KeyHeaders) -> Result<Option<&'h [u8]>, IdentityError> {
        if let Some(value) = only(headers, &KEY_HEADER)? {
            return Ok(Some(value.as_bytes()));
        }
        if from == KeyHeaders::OwnOrApiKeyOrAuthorization
            && let Some(value) = only(headers, &API_KEY)?
        {
            return Ok(Some(value.as_bytes()));
        }
        if from == KeyHeaders::Own || !self.in_authorization {
            return Ok(None);
        }
        Ok(only(headers, &AUTHORIZATION)?.map(|value| bearer(value.as_bytes())))
    }
}

fn bearer(value: &[u8]) -> &[u8] {
    match value.split_at_checked(7) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(b"bearer ") => key,
        _ => value,
    }
}
