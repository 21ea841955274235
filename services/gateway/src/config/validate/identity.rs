//! `[identity]` and `[[credential]]`. Keys are read here, so that a bad one is found before a port opens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Uri};
use ipnet::IpNet;
use jsonwebtoken::Algorithm;
use parapet_domain::digest;

use super::{Unfit, checked, complain, name, number};
use crate::config::file::{CredentialFile, HeaderFile, IdentityFile, JwtFile};
use crate::config::{Credential, IdentityConfig, JwtConfig, KeyServer, KeySource, TrustedHeader};
use crate::identity::{CREDENTIAL_DIGEST, KeySet};

pub(super) fn identity(file: &IdentityFile, unfit: &mut Unfit) -> IdentityConfig {
    let header = file.header.as_ref().and_then(|file| trusted_header(file, unfit));
    let jwt = file.jwt.as_ref().and_then(|file| jwt(file, unfit));
    if let (Some(header), Some(jwt)) = (&header, &jwt)
        && header.name == jwt.header
    {
        complain(unfit, "identity.jwt.header", "is the trusted header too; use two different headers");
    }
    IdentityConfig { header, jwt }
}

fn trusted_header(file: &HeaderFile, unfit: &mut Unfit) -> Option<TrustedHeader> {
    let name = header_name(&file.name, "identity.header.name", unfit);
    if file.trusted_peers.is_empty() {
        complain(
            unfit,
            "identity.header.trusted_peers",
            "is empty, so nobody may send the header; list networks such as `127.0.0.1/32`",
        );
    }
    let mut trusted_peers = Vec::new();
    for (n, text) in file.trusted_peers.iter().enumerate() {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        let network = network.map_err(|_| format!("`{text}` is no network; write it as `10.0.0.0/8` or `::1/128`"));
        trusted_peers.extend(checked(network, &format!("identity.header.trusted_peers[{n}]"), unfit));
    }
    Some(TrustedHeader { name: name?, trusted_peers })
}

/// Lower-case header name that the protocol itself does not need.
fn header_name(text: &str, key: &str, unfit: &mut Unfit) -> Option<HeaderName> {
    const TAKEN: [&str; 6] =
        ["host", "content-length", "content-type", "connection", "transfer-encoding", "x-parapet-key"];
    let parsed = text.parse::<HeaderName>().ok().filter(|name| !TAKEN.contains(&name.as_str()));
    checked(
        parsed.ok_or_else(|| format!("`{text}` cannot be used as the name of a header here; choose another")),
        key,
        unfit,
    )
}

fn jwt(file: &JwtFile, unfit: &mut Unfit) -> Option<JwtConfig> {
    let header = header_name(&file.header, "identity.jwt.header", unfit);
    let algorithms = algorithms(&file.algorithms, unfit);
    let keys = key_source(file, &algorithms, unfit);
    if file.issuer.as_ref().is_none_or(String::is_empty) {
        complain(
            unfit,
            "identity.jwt.issuer",
            "is missing; give the `iss` of the tokens, so that tokens of others are refused",
        );
    }
    if file.audience.is_empty() {
        complain(
            unfit,
            "identity.jwt.audience",
            "is missing; give the `aud` of tokens for this service, so that tokens for others are refused",
        );
    }
    Some(JwtConfig {
        header: header?,
        keys: keys?,
        algorithms,
        issuer: file.issuer.clone()?,
        audience: file.audience.clone(),
        leeway_s: number(file.leeway_s, "identity.jwt.leeway_s", 0..=300, unfit),
        id_claim: file.id_claim.clone(),
        roles_claim: file.roles_claim.clone(),
        attributes: file.attributes.clone(),
    })
}

fn algorithms(names: &[String], unfit: &mut Unfit) -> Vec<Algorithm> {
    let key = "identity.jwt.algorithms";
    if names.is_empty() {
        complain(unfit, key, "is missing; list the accepted ones of `HS256`, `RS256`, `ES256`");
    }
    let algorithm = |(n, name): (usize, &String)| {
        let known = match name.as_str() {
            "HS256" => Ok(Algorithm::HS256),
            "RS256" => Ok(Algorithm::RS256),
            "ES256" => Ok(Algorithm::ES256),
            _ => Err(format!("`{name}` is not supported; use `HS256`, `RS256` or `ES256`")),
        };
        checked(known, &format!("{key}[{n}]"), unfit)
    };
    names.iter().enumerate().filter_map(algorithm).collect()
}

fn key_source(file: &JwtFile, algorithms: &[Algorithm], unfit: &mut Unfit) -> Option<KeySource> {
    let fixed = |set: Result<KeySet, String>| set.map(|set| KeySource::Fixed(Arc::new(set)));
    let (key, source) = match (&file.secret, &file.pem_file, &file.jwks_file, &file.jwks_url) {
        (Some(secret), None, None, None) => ("secret", fixed(KeySet::from_secret(secret.expose(), algorithms))),
        (None, Some(path), None, None) => {
            ("pem_file", fixed(read(path).and_then(|pem| KeySet::from_pem(&pem, algorithms))))
        }
        (None, None, Some(path), None) => {
            ("jwks_file", fixed(read(path).and_then(|json| KeySet::from_jwks(&json, algorithms))))
        }
        (None, None, None, Some(url)) => ("jwks_url", jwks_url(file, url, algorithms, unfit)),
        _ => {
            complain(unfit, "identity.jwt", "needs exactly one of `secret`, `pem_file`, `jwks_file`, `jwks_url`");
            return None;
        }
    };
    checked(source, &format!("identity.jwt.{key}"), unfit)
}

fn jwks_url(file: &JwtFile, text: &str, algorithms: &[Algorithm], unfit: &mut Unfit) -> Result<KeySource, String> {
    let min_refresh = number(file.jwks_min_refresh_s, "identity.jwt.jwks_min_refresh_s", 1..=86_400, unfit);
    let refresh = number(file.jwks_refresh_s, "identity.jwt.jwks_refresh_s", min_refresh..=86_400, unfit);
    if algorithms.contains(&Algorithm::HS256) {
        return Err(
            "cannot be used with `HS256`: a shared secret is never published; use `RS256` or `ES256`".to_owned()
        );
    }
    let url: Uri = text.parse().map_err(|_| format!("`{text}` is no address; write it as `https://HOST/PATH`"))?;
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme_str() {
        Some("https") if !host.is_empty() => {}
        // Whoever can change keys on the way can be any user.
        Some("http") if loopback => {}
        _ => return Err(format!("`{text}` is not safe; use `https`, or `http` on a loopback address")),
    }
    Ok(KeySource::Url(KeyServer {
        url,
        refresh: Duration::from_secs(refresh),
        min_refresh: Duration::from_secs(min_refresh),
    }))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
}

pub(super) fn credentials(files: &[CredentialFile], unfit: &mut Unfit) -> Vec<Credential> {
    let mut credentials: Vec<Credential> = Vec::new();
    for (n, file) in files.iter().enumerate() {
        name(&file.name, &format!("credential[{n}].name"), unfit);
        let key = file.key.as_ref().map(|key| key.expose()).unwrap_or_default();
        if key.len() < 16 {
            complain(unfit, &format!("credential[{n}].key"), "is missing or too short; use at least 16 characters");
        }
        let key_digest = digest::of_bytes(CREDENTIAL_DIGEST, key.as_bytes());
        if credentials.iter().any(|other| other.key_digest == key_digest || other.name == file.name) {
            complain(
                unfit,
                &format!("credential[{n}]"),
                "has the name or the key of another credential; each needs its own",
            );
        }
        credentials.push(Credential { name: file.name.clone(), key_digest, rights: file.rights.clone() });
    }
    credentials
}
