//! Why a caller is not accepted. The texts never repeat a token, a key or the content of a header.

/// Refusal of an identity or credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error("this route needs a user; present the identity header or a token")]
    Missing,
    #[error("header `{0}` is accepted from trusted machines only; this one is not in `identity.header.trusted_peers`")]
    Untrusted(String),
    #[error("header `{0}` stands more than once; send it once")]
    Repeated(String),
    #[error(
        "header `{header}` does not hold a user: {problem}; write it as {{\"id\": \"u1\", \"roles\": [\"nurse\"], \"attributes\": {{}}}}"
    )]
    Header { header: String, problem: String },
    #[error("the request names a user both in the identity header and in a token; send one of them")]
    Two,
    #[error("the token is not accepted: {0}")]
    Token(TokenProblem),
    #[error("the keys for tokens cannot be fetched; try again later")]
    KeysUnavailable,
    #[error("this route needs a credential; send it as `x-parapet-key: KEY`")]
    CredentialMissing,
    #[error("the credential is not known; check the key")]
    CredentialUnknown,
    #[error("this credential may not name the agent or the user; it lacks the right `assert_identity`")]
    MayNotAssert,
}

/// What is wrong with a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenProblem {
    #[error("it is not a signed JSON Web Token")]
    Malformed,
    #[error("its algorithm is not accepted here")]
    Algorithm,
    #[error("no key is known for it")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
    #[error("it comes from another issuer")]
    Issuer,
    #[error("it is meant for another audience")]
    Audience,
    #[error("claim `{0}` is missing or has the wrong type")]
    Claim(String),
}
