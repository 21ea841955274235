//! Who is asking: a principal from a trusted header or a token, a credential from its key.
//! What is presented is either accepted or refused; nothing is passed over in silence.

mod credential;
mod error;
mod header;
mod jwks;
mod keys;
mod token;

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use parapet_domain::Principal;

pub(crate) use credential::{CREDENTIAL_DIGEST, Credentials, KeyHeaders};
pub(crate) use error::IdentityError;
pub use keys::KeySet;

use crate::config::{IdentityConfig, Need, TrustedHeader};
use crate::upstream::ClientError;
use token::Tokens;

/// Longest id of a user, in bytes.
const MAX_ID_BYTES: usize = 256;

/// Turns the headers of a request into its user.
pub(crate) struct Identity {
    header: Option<TrustedHeader>,
    tokens: Option<Tokens>,
}

impl Identity {
    pub(crate) fn new(config: IdentityConfig) -> Result<Self, ClientError> {
        Ok(Self { header: config.header, tokens: config.jwt.map(Tokens::new).transpose()? })
    }

    /// The user, if the request names one.
    pub(crate) async fn authenticate(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        need: Need,
    ) -> Result<Option<Principal>, IdentityError> {
        let named = match &self.header {
            Some(trusted) => header::read(trusted, peer, headers)?,
            None => None,
        };
        let token = match &self.tokens {
            Some(tokens) => tokens.read(headers).await?,
            None => None,
        };
        match (named, token, need) {
            (Some(_), Some(_), _) => Err(IdentityError::Two),
            (None, None, Need::Required) => Err(IdentityError::Missing),
            (named, token, _) => Ok(named.or(token)),
        }
    }

    /// Headers that speak to Parapet alone and never reach an upstream.
    pub(crate) fn consumes(&self, name: &HeaderName) -> bool {
        self.header.as_ref().is_some_and(|h| h.name == *name)
            || self.tokens.as_ref().is_some_and(|t| t.header() == name)
    }
}

/// The only value of `name`, or `None`.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, IdentityError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(IdentityError::Repeated(name.to_string())),
        (value, None) => Ok(value),
    }
}

fn check_id(id: &str) -> Result<(), String> {
    match id.len() {
        0 => Err("`id` is empty".to_owned()),
        1..=MAX_ID_BYTES => Ok(()),
        _ => Err(format!("`id` is longer than {MAX_ID_BYTES} bytes")),
    }
}
