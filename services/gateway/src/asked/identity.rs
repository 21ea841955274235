//! Who asks, and whom the question is about. What a body says of it counts only from a credential with the right.

use http::HeaderMap;
use parapet_domain::Principal;
use parapet_domain::principal::AuthenticatedBy;
use parapet_surfaces::Claims;

use crate::app::Inner;
use crate::config::{Asker, Credential, LimitKey, Need, Right, RouteKind};
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::identity::{IdentityError, KeyHeaders};
use crate::rate;

/// The credential that a question presents. Other routes have none: `authorization` there is for the upstream.
pub(crate) fn credential<'a>(
    app: &'a Inner,
    kind: &RouteKind,
    headers: &HeaderMap,
) -> Result<Option<&'a Credential>, IdentityError> {
    let RouteKind::Asked { credential: need, asker } = kind else { return Ok(None) };
    let from = match asker {
        Asker::Check | Asker::ClaudeCode => KeyHeaders::OwnOrAuthorization,
        Asker::Litellm => KeyHeaders::OwnOrApiKeyOrAuthorization,
        // The others are those of the request that is asked about.
        Asker::ExtAuthz(_) => KeyHeaders::Own,
    };
    match (app.credentials.present(headers, from)?, need) {
        (None, Need::Required) => Err(IdentityError::CredentialMissing),
        (credential, _) => Ok(credential),
    }
}

/// Whether the headers must name the user. Not where the body may.
pub(crate) fn principal_need(kind: &RouteKind, configured: Need, credential: Option<&Credential>) -> Need {
    if body_may_name(kind, credential) { Need::Optional } else { configured }
}

/// Whether the agent and the user may turn out to be others than the headers say.
pub(crate) fn body_may_name(kind: &RouteKind, credential: Option<&Credential>) -> bool {
    matches!(kind, RouteKind::Asked { .. }) && may_assert(credential)
}

pub(crate) fn may_assert(credential: Option<&Credential>) -> bool {
    credential.is_some_and(|credential| credential.rights.contains(&Right::AssertIdentity))
}

/// Whom the question is about: the body's word where the credential allows it, else what the headers proved. Proxies say
/// in every body who their users are, so that what they may not claim is left out and not refused.
pub(super) fn take_claims(
    exchange: &mut Exchange<'_>,
    credential: Option<&Credential>,
    claims: Claims,
) -> Result<(), GatewayError> {
    let claimed = claims.principal.filter(|_| may_assert(credential));
    if claimed.is_some() && exchange.principal.is_some() {
        return Err(IdentityError::Two.into());
    }
    exchange.principal = exchange.principal.take().or(claimed);
    exchange.session = claims.session.or(exchange.session.take());
    if exchange.principal.is_none() && exchange.route().principal == Need::Required {
        return Err(IdentityError::Missing.into());
    }
    if may_assert(credential) {
        take_rates(exchange)?;
    }
    Ok(())
}

/// The limits whose keys the headers did not tell.
fn take_rates(exchange: &Exchange<'_>) -> Result<(), GatewayError> {
    let (app, route) = (exchange.app, &exchange.route().name);
    rate::take(app, route, LimitKey::Agent, &exchange.agent)?;
    rate::take(app, route, LimitKey::Principal, exchange.principal.as_ref().map_or("", |user| user.id.as_str()))
}

/// The user whose certificate a proxy has checked.
pub(super) fn of_certificate(name: &str) -> Principal {
    Principal {
        id: name.to_owned(),
        roles: Vec::new(),
        attributes: serde_json::Map::new(),
        authenticated_by: AuthenticatedBy::Asserted,
    }
}
