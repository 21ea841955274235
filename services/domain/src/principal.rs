//! On whose behalf the agent acts. Comes from a trusted header or a token, never from prompt text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The authenticated user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// Stable identifier within the tenant.
    pub id: String,
    /// Roles, in the order given.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Further attributes, such as `age` or `membership`.
    #[serde(default, deserialize_with = "crate::json::deserialize_object")]
    pub attributes: Map<String, Value>,
    /// How the identity was established.
    #[serde(default)]
    pub authenticated_by: AuthenticatedBy,
}

/// How a [`Principal`] was established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatedBy {
    /// A header, from a peer address that the configuration trusts.
    TrustedHeader,
    /// A signed JSON Web Token.
    Jwt,
    /// The operating system: the user that runs the process.
    OsUser,
    /// The request body, from a credential with the right `assert_identity`.
    #[default]
    Asserted,
}
