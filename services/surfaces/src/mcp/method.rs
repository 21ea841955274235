//! The methods that are known, by who may send them, and the versions of the protocol.

use super::{Kind, Sender};

pub(super) const CALL: &str = "tools/call";
pub(super) const INITIALIZE: &str = "initialize";

/// Requests of a client.
const CLIENT_REQUESTS: &[&str] = &[
    INITIALIZE,
    "ping",
    CALL,
    "tools/list",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/subscribe",
    "resources/templates/list",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "tasks/cancel",
    "tasks/get",
    "tasks/list",
    "tasks/result",
];

/// Requests of a server.
const SERVER_REQUESTS: &[&str] = &[
    "ping",
    "elicitation/create",
    "roots/list",
    "sampling/createMessage",
    "tasks/cancel",
    "tasks/get",
    "tasks/list",
    "tasks/result",
];

const CLIENT_NOTIFICATIONS: &[&str] = &[
    "notifications/cancelled",
    "notifications/initialized",
    "notifications/progress",
    "notifications/roots/list_changed",
    "notifications/tasks/status",
];

const SERVER_NOTIFICATIONS: &[&str] = &[
    "notifications/cancelled",
    "notifications/elicitation/complete",
    "notifications/message",
    "notifications/progress",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/tasks/status",
    "notifications/tools/list_changed",
];

/// The versions that are spoken.
const VERSIONS: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// Whether `sender` sends messages of this method and kind in the versions that are spoken. Answers are known by their request.
#[must_use]
pub fn is_known(sender: Sender, kind: &Kind) -> bool {
    let (known, method) = match (sender, kind) {
        (Sender::Client, Kind::Request { method, .. }) => (CLIENT_REQUESTS, method),
        (Sender::Server, Kind::Request { method, .. }) => (SERVER_REQUESTS, method),
        (Sender::Client, Kind::Notification { method }) => (CLIENT_NOTIFICATIONS, method),
        (Sender::Server, Kind::Notification { method }) => (SERVER_NOTIFICATIONS, method),
        (_, Kind::Response { .. }) => return true,
    };
    known.contains(&method.as_str())
}

/// Whether this version of the protocol is spoken.
#[must_use]
pub fn is_known_version(version: &str) -> bool {
    VERSIONS.contains(&version)
}

/// Whether messages may come in batches: in one version alone, which is also that of an HTTP request without
/// `MCP-Protocol-Version`.
#[must_use]
pub fn may_batch(version: Option<&str>) -> bool {
    version.is_none_or(|version| version == "2025-03-26")
}
