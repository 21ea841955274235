//! `[server]`, `[server.limits]`, `[store]`, `[audit]`, `[sessions]`, `[history]`.

use std::net::SocketAddr;

use parapet_store::{RecorderConfig, SessionLimits, StoreConfig};

use super::{Unfit, checked, complain, millis, name, number, size};
use crate::config::file::{AuditFile, HistoryFile, LimitsFile, ServerFile, SessionsFile, StoreFile};
use crate::config::{AuditConfig, DigestKey, HistoryConfig, Limits, ServerConfig, SessionsConfig};
use crate::secret::Secret;

pub(super) fn server(file: &ServerFile, unfit: &mut Unfit) -> Option<ServerConfig> {
    let listen = address(&file.listen, "server.listen", unfit);
    let admin_listen = address(&file.admin_listen, "server.admin_listen", unfit);
    let grpc_listen = file.grpc_listen.as_ref().map(|text| address(text, "server.grpc_listen", unfit));
    name(&file.tenant, "server.tenant", unfit);
    if jiff::tz::TimeZone::get(&file.zone).is_err() {
        let message = format!(
            "`{}` is no IANA time zone known here; write it as `Europe/Berlin`, and install `tzdata`",
            file.zone
        );
        complain(unfit, "server.zone", message);
    }
    admin_token(file.admin_token.as_ref(), admin_listen, unfit);
    Some(ServerConfig {
        listen: listen?,
        admin_listen: admin_listen?,
        grpc_listen: grpc_listen.flatten(),
        admin_token: file.admin_token.clone(),
        tenant: file.tenant.clone(),
        zone: file.zone.clone(),
    })
}

/// Fewest characters of an admin token; the console takes no fewer.
const MIN_ADMIN_TOKEN: usize = 24;

fn admin_token(token: Option<&Secret>, listen: Option<SocketAddr>, unfit: &mut Unfit) {
    let key = "server.admin_token";
    match (token, listen) {
        (Some(token), _) if token.expose().len() < MIN_ADMIN_TOKEN => {
            complain(unfit, key, format!("is too short; use at least {MIN_ADMIN_TOKEN} characters"))
        }
        (None, Some(address)) if !address.ip().is_loopback() => {
            complain(
                unfit,
                key,
                format!("is missing, and `{address}` can be reached by others; set it, or listen on 127.0.0.1"),
            );
        }
        _ => {}
    }
}

fn address(text: &str, key: &str, unfit: &mut Unfit) -> Option<SocketAddr> {
    let parsed = text.parse().map_err(|_| format!("`{text}` is no address; write it as 127.0.0.1:8080 or [::1]:8080"));
    checked(parsed, key, unfit)
}

pub(super) fn limits(file: &LimitsFile, unfit: &mut Unfit) -> Limits {
    let key = |name: &str| format!("server.limits.{name}");
    Limits {
        body_bytes: size(file.max_body_bytes, &key("max_body_bytes"), 1..=1 << 30, unfit),
        // hyper needs room for one read.
        header_bytes: size(file.max_header_bytes, &key("max_header_bytes"), 8192..=1 << 20, unfit),
        headers: size(file.max_headers, &key("max_headers"), 1..=10_000, unfit),
        header_read: millis(file.header_read_timeout_ms, &key("header_read_timeout_ms"), unfit),
        body_read: millis(file.body_read_timeout_ms, &key("body_read_timeout_ms"), unfit),
        request: millis(file.request_timeout_ms, &key("request_timeout_ms"), unfit),
        concurrent_requests: size(file.max_concurrent_requests, &key("max_concurrent_requests"), 1..=1_000_000, unfit),
        held_bytes: held_bytes(file, unfit),
        open_streams: size(file.max_open_streams, &key("max_open_streams"), 1..=1_000_000, unfit),
        connections: size(file.max_connections, &key("max_connections"), 1..=1_000_000, unfit),
        write: millis(file.write_timeout_ms, &key("write_timeout_ms"), unfit),
        drain: millis(file.drain_timeout_ms, &key("drain_timeout_ms"), unfit),
    }
}

/// Less than one body would refuse what `max_body_bytes` allows.
fn held_bytes(file: &LimitsFile, unfit: &mut Unfit) -> usize {
    let key = "server.limits.max_held_bytes";
    let held = size(file.max_held_bytes, key, 1..=1 << 40, unfit);
    if file.max_held_bytes.0 < file.max_body_bytes.0 {
        complain(unfit, key, "is less than `max_body_bytes`; give it room for at least one body");
    }
    held
}

pub(super) fn store(file: &StoreFile, unfit: &mut Unfit) -> StoreConfig {
    let url = file.url.expose();
    let known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    if !known {
        // The address may hold a password, so it is not repeated.
        complain(unfit, "store.url", "is no store; write `sqlite:PATH` or `postgres://USER@HOST/DATABASE`");
    }
    StoreConfig {
        url: url.to_owned(),
        readers: u32::try_from(number(file.readers, "store.readers", 1..=1_000, unfit)).unwrap_or(u32::MAX),
        connect_timeout_ms: number(file.connect_timeout_ms, "store.connect_timeout_ms", 1..=600_000, unfit),
        busy_timeout_ms: number(file.busy_timeout_ms, "store.busy_timeout_ms", 1..=600_000, unfit),
        sqlite_max_bytes: file
            .sqlite_max_bytes
            .map(|bytes| number(bytes, "store.sqlite_max_bytes", 1 << 16..=u64::MAX, unfit)),
    }
}

pub(super) fn audit(file: &AuditFile, unfit: &mut Unfit) -> Option<AuditConfig> {
    let recorder = RecorderConfig {
        deadline_ms: number(file.timeout_ms, "audit.timeout_ms", 1..=600_000, unfit),
        queue_rows: size(file.queue, "audit.queue", 1..=10_000_000, unfit),
        queue_kib: u32::try_from(number(file.queue_kib, "audit.queue_kib", 1..=1 << 24, unfit)).unwrap_or(u32::MAX),
        drain_ms: number(file.drain_timeout_ms, "audit.drain_timeout_ms", 1..=600_000, unfit),
        ..RecorderConfig::default()
    };
    let digest_key = match &file.digest_key {
        Some(hex) => checked(key_from_hex(hex), "audit.digest_key", unfit).map(DigestKey::Given),
        None => Some(DigestKey::File(file.digest_key_file.clone())),
    };
    Some(AuditConfig { recorder, digest_key: digest_key? })
}

fn key_from_hex(hex: &Secret) -> Result<[u8; 32], String> {
    crate::digest_key::from_hex(hex.expose())
        .ok_or_else(|| "is no key; give 64 hex digits, such as `openssl rand -hex 32` prints".to_owned())
}

pub(super) fn sessions(file: &SessionsFile, unfit: &mut Unfit) -> SessionsConfig {
    let key = |name: &str| format!("sessions.{name}");
    let limits = SessionLimits {
        ttl: std::time::Duration::from_secs(number(file.ttl_s, &key("ttl_s"), 60..=31_536_000, unfit)),
        session_bytes: size(file.max_session_kib, &key("max_session_kib"), 1..=8_192, unfit).saturating_mul(1 << 10),
        sessions: size(file.max_sessions, &key("max_sessions"), 1..=10_000_000, unfit),
        sessions_per_owner: size(
            file.max_sessions_per_principal,
            &key("max_sessions_per_principal"),
            1..=10_000_000,
            unfit,
        ),
        bytes: size(file.max_kib, &key("max_kib"), 64..=1 << 26, unfit).saturating_mul(1 << 10),
    };
    SessionsConfig { place: file.store, limits }
}

pub(super) fn history(file: &HistoryFile, unfit: &mut Unfit) -> HistoryConfig {
    let ttl = number(file.ttl_s, "history.ttl_s", 1..=86_400, unfit);
    HistoryConfig {
        max_parts: size(file.max_parts, "history.max_parts", 1..=10_000_000, unfit),
        ttl: std::time::Duration::from_secs(ttl),
    }
}
