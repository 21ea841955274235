//! Which session an event belongs to, and the key that its values are digested with.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

use crate::{Event, digest};

/// Names a session. Everything that was proved or configured is part of it, so that naming another's session id leads
/// nowhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    id: String,
    owner: String,
}

impl SessionKey {
    /// The session of an event, when the caller named one.
    #[must_use]
    pub fn of_session(event: &Event) -> Option<Self> {
        event.session.as_deref().map(|session| Self::new(event, "session", session))
    }

    /// Everything of the event's principal, for counters over all sessions.
    #[must_use]
    pub fn of_principal(event: &Event) -> Option<Self> {
        event.principal.as_ref().map(|_| Self::new(event, "principal", ""))
    }

    fn new(event: &Event, scope: &str, session: &str) -> Self {
        let (known, principal) = event.principal.as_ref().map_or(("nobody", ""), |p| ("principal", p.id.as_str()));
        let items = [scope, &event.tenant, &event.route, &event.agent, known, principal, session];
        let owner: [&str; 5] = [&event.tenant, &event.route, &event.agent, known, principal];
        Self {
            id: digest::of_list("session", items.map(str::as_bytes)),
            owner: digest::of_list("owner", owner.map(str::as_bytes)),
        }
    }

    /// `session:` and hex: a key for stores.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// Whose it is, so that one caller's many sessions drive out no other's.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

/// Digests words so that equal ones can be found within a session, but not guessed without the key nor compared across
/// tenants, agents or routes.
#[derive(Clone, Copy)]
pub struct DigestKey(u64, u64);

impl DigestKey {
    /// The key for sessions like the event's, derived from the installation's `secret`.
    #[must_use]
    pub fn derive(secret: &[u8; 32], event: &Event) -> Self {
        let principal = event.principal.as_ref().map_or("", |p| p.id.as_str());
        let scope = digest::of_list(
            "words",
            [&event.tenant, &event.route, &event.agent, principal, event.session.as_deref().unwrap_or_default()]
                .map(str::as_bytes),
        );
        let bytes = digest::keyed_bytes(secret, scope.as_bytes());
        let half = |from: usize| bytes.iter().skip(from).take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Self(half(0), half(8))
    }

    pub(super) fn digest(self, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.0, self.1);
        hasher.write(bytes);
        hasher.finish()
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigestKey(…)")
    }
}
