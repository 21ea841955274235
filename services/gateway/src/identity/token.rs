//! The user named in a signed JSON Web Token.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{Principal, json};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{IdentityError, TokenProblem};
use super::jwks::Jwks;
use super::keys::VerifyingKey;
use super::{check_id, only};
use crate::config::{JwtConfig, KeySource};
use crate::identity::KeySet;
use crate::upstream::ClientError;

/// The claims, each taken for what it is.
#[derive(Deserialize)]
#[serde(transparent)]
struct Claims(#[serde(deserialize_with = "json::deserialize_object")] Map<String, Value>);

pub(super) struct Tokens {
    config: JwtConfig,
    keys: Keys,
}

enum Keys {
    Fixed(Arc<KeySet>),
    Fetched(Arc<Jwks>),
}

impl Tokens {
    pub(super) fn new(config: JwtConfig) -> Result<Self, ClientError> {
        let keys = match &config.keys {
            KeySource::Fixed(keys) => Keys::Fixed(Arc::clone(keys)),
            KeySource::Url(server) => Keys::Fetched(Arc::new(Jwks::new(server.clone(), config.algorithms.clone())?)),
        };
        Ok(Self { config, keys })
    }

    pub(super) const fn header(&self) -> &HeaderName {
        &self.config.header
    }

    /// The user, if the request has a token at all. A bad token is never treated as none.
    pub(super) async fn read(&self, headers: &HeaderMap) -> Result<Option<Principal>, IdentityError> {
        let Some(value) = only(headers, &self.config.header)? else { return Ok(None) };
        let text = value.to_str().map_err(|_| IdentityError::Token(TokenProblem::Malformed))?;
        let token = match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => text.trim(),
        };
        let header = decode_header(token).map_err(|error| IdentityError::Token(problem(&error)))?;
        let keys = self.keys_for(&header).await?;
        self.verify(token, &header, &keys)
            .and_then(|claims| self.principal(&claims))
            .map(Some)
            .map_err(IdentityError::Token)
    }

    async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, IdentityError> {
        // `crit` asks for extensions that are not implemented here (RFC 7515, section 4.1.11).
        if !self.config.algorithms.contains(&header.alg) || header.crit.is_some() {
            return Err(IdentityError::Token(TokenProblem::Algorithm));
        }
        match &self.keys {
            Keys::Fixed(keys) => Ok(Arc::clone(keys)),
            Keys::Fetched(jwks) => {
                jwks.keys_for(header.kid.as_deref(), header.alg).await.ok_or(IdentityError::KeysUnavailable)
            }
        }
    }

    fn verify(&self, token: &str, header: &Header, keys: &KeySet) -> Result<Map<String, Value>, TokenProblem> {
        let mut found = Err(TokenProblem::UnknownKey);
        for key in keys.candidates(header.kid.as_deref(), header.alg) {
            found = decode::<Claims>(token, &key.key, &self.validation(key))
                .map(|data| data.claims.0)
                .map_err(|e| problem(&e));
            if found != Err(TokenProblem::Signature) {
                break;
            }
        }
        found
    }

    fn validation(&self, key: &VerifyingKey) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&self.config.audience);
        validation.leeway = self.config.leeway_s;
        validation.validate_nbf = true;
        validation
    }

    fn principal(&self, claims: &Map<String, Value>) -> Result<Principal, TokenProblem> {
        let wrong = |claim: &str| TokenProblem::Claim(claim.to_owned());
        let id = claim(claims, &self.config.id_claim).and_then(Value::as_str).unwrap_or_default();
        check_id(id).map_err(|_| wrong(&self.config.id_claim))?;
        let roles = match claim(claims, &self.config.roles_claim) {
            None => Vec::new(),
            Some(value) => roles(value).ok_or_else(|| wrong(&self.config.roles_claim))?,
        };
        let attribute =
            |(name, path): (&String, &String)| claim(claims, path).map(|value| (name.clone(), value.clone()));
        let attributes = self.config.attributes.iter().filter_map(attribute).collect();
        Ok(Principal { id: id.to_owned(), roles, attributes, authenticated_by: AuthenticatedBy::Jwt })
    }
}

/// A claim by name, or by JSON Pointer when `path` begins with `/`.
fn claim<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    let Some(pointer) = path.strip_prefix('/') else { return claims.get(path) };
    let (first, rest) = pointer.split_once('/').map_or((pointer, None), |(first, rest)| (first, Some(rest)));
    let value = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

fn roles(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(words) => Some(words.split_whitespace().map(str::to_owned).collect()),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn problem(error: &jsonwebtoken::errors::Error) -> TokenProblem {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenProblem::Signature,
        ErrorKind::ExpiredSignature => TokenProblem::Expired,
        ErrorKind::ImmatureSignature => TokenProblem::NotYet,
        ErrorKind::InvalidIssuer => TokenProblem::Issuer,
        ErrorKind::InvalidAudience => TokenProblem::Audience,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            TokenProblem::Algorithm
        }
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
            TokenProblem::Claim(claim.clone())
        }
        _ => TokenProblem::Malformed,
    }
}
