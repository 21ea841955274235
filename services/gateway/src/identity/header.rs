//! The user named in a header by a proxy that is trusted to have authenticated it.

use std::net::IpAddr;

use http::HeaderMap;
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{Principal, json};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{IdentityError, check_id, only};
use crate::config::TrustedHeader;

/// How the header is written: a principal without the word on how it was established.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Named {
    id: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default, deserialize_with = "json::deserialize_object")]
    attributes: Map<String, Value>,
}

pub(super) fn read(
    trusted: &TrustedHeader,
    peer: IpAddr,
    headers: &HeaderMap,
) -> Result<Option<Principal>, IdentityError> {
    let Some(value) = only(headers, &trusted.name)? else { return Ok(None) };
    // An IPv4 machine on a dual-stack socket is the same machine.
    let peer = peer.to_canonical();
    if !trusted.trusted_peers.iter().any(|network| network.contains(&peer)) {
        return Err(IdentityError::Untrusted(trusted.name.to_string()));
    }
    let named = parse(value.as_bytes())
        .map_err(|problem| IdentityError::Header { header: trusted.name.to_string(), problem })?;
    Ok(Some(Principal {
        id: named.id,
        roles: named.roles,
        attributes: named.attributes,
        authenticated_by: AuthenticatedBy::TrustedHeader,
    }))
}

fn parse(bytes: &[u8]) -> Result<Named, String> {
    let value = json::parse(bytes).map_err(|error| error.to_string())?;
    let named: Named = serde_json::from_value(value).map_err(|error| error.to_string())?;
    check_id(&named.id)?;
    Ok(named)
}
