//! Who may use the admin listener: whoever knows the one admin token. Programs send it as a bearer token,
//! people exchange it for a session cookie at the login page.

pub(crate) mod attempts;
pub(crate) mod gate;
pub(crate) mod origin;
pub(crate) mod session;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The secret of the admin listener. Kept as digests only, so it cannot be printed by accident.
#[derive(Clone)]
pub struct AdminToken {
    digest: [u8; 32],
    session_key: [u8; 32],
}

/// Why a text cannot serve as admin token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminTokenError {
    /// Too easy to guess.
    #[error("the admin token has {0} characters, fewer than {min}; make one with `openssl rand -hex 32`", min = AdminToken::MIN_CHARS)]
    TooShort(usize),
    /// Could not be sent in a header.
    #[error("the admin token has a character that cannot stand in a header; use letters, digits and `-_.~+/=`")]
    NotAToken,
}

impl AdminToken {
    /// Fewest characters.
    pub const MIN_CHARS: usize = 24;

    /// Takes the token in.
    ///
    /// # Errors
    /// The token is too short, or could not be sent in a header.
    pub fn new(token: &str) -> Result<Self, AdminTokenError> {
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AdminTokenError::NotAToken);
        }
        if token.len() < Self::MIN_CHARS {
            return Err(AdminTokenError::TooShort(token.len()));
        }
        Ok(Self { digest: labelled("admin-token", token), session_key: labelled("console-session", token) })
    }

    /// Compares in constant time; digests, so that not even the length can be measured.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        labelled("admin-token", candidate).ct_eq(&self.digest).into()
    }

    /// Key of the session cookies. A new token ends all sessions.
    pub(crate) const fn session_key(&self) -> &[u8; 32] {
        &self.session_key
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// The token in `Authorization: Bearer …`, if there is one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn labelled(label: &str, text: &str) -> [u8; 32] {
    Sha256::new().chain_update(label).chain_update([0]).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_token_is_refused_with_the_way_to_make_one() {
        let error = AdminToken::new("secret").unwrap_err().to_string();
        assert_eq!(error, "the admin token has 6 characters, fewer than 24; make one with `openssl rand -hex 32`");
        assert_eq!(AdminToken::new("two words are not one token!").unwrap_err(), AdminTokenError::NotAToken);
    }

    #[test]
    fn only_the_token_itself_matches_and_debug_hides_it() {
        let token = AdminToken::new("0123456789abcdef0123456789abcdef").unwrap();
        assert!(token.matches("0123456789abcdef0123456789abcdef"));
        assert!(!token.matches("0123456789abcdef0123456789abcdeF"));
        assert!(!token.matches(""));
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
    }
}
