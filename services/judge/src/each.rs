//! Guards that judge each part by itself: what they see of an event, and keys of the parts that they have judged. A key is taken over
//! the very JSON that such a guard would get for the part alone, so whatever it can decide by is in the key.

use parapet_domain::{Event, Part, Timestamp, digest};
use uuid::Uuid;

use crate::{GuardSet, Manifest, Parts};

/// Names a part of an event for those guards of a set that judge each part by itself: equal keys, equal verdicts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartKey([u8; 32]);

impl std::fmt::Debug for PartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartKey(…)")
    }
}

/// Makes the keys of one event's parts.
pub struct PartKeys {
    /// Derived from the secret, the guard set, and all of the event that is no part.
    key: [u8; 32],
}

impl PartKeys {
    /// For the parts of `event`; `None` when no guard of `set` that judges it judges each part by itself.
    #[must_use]
    pub fn new(secret: &[u8; 32], set: &GuardSet, event: &Event) -> Option<Self> {
        if !set.judges_each_part(event) {
            return None;
        }
        let frame = serde_json::to_vec(&unplaced(event, &[])).ok()?;
        let mut named = Vec::new();
        for field in [b"history part".as_slice(), set.hash.as_bytes(), &frame] {
            named.extend_from_slice(&(field.len() as u64).to_be_bytes());
            named.extend_from_slice(field);
        }
        Some(Self { key: digest::keyed_bytes(secret, &named) })
    }

    /// The key of one part; `None` when it cannot be written as JSON.
    #[must_use]
    pub fn of(&self, part: &Part) -> Option<PartKey> {
        let json = serde_json::to_vec(&without_pointer(part)).ok()?;
        Some(PartKey(digest::keyed_bytes(&self.key, &json)))
    }
}

/// `event` as a guard of this manifest sees it.
#[must_use]
pub fn seen_by(manifest: &Manifest, event: Event) -> Event {
    match manifest.parts {
        Parts::Together => event,
        Parts::Each => unplaced(&event, &(0..event.parts.len()).collect::<Vec<_>>()),
    }
}

/// `event` with only these of its parts, and without what differs from one time to the next: ids, times and places.
pub(crate) fn unplaced(event: &Event, places: &[usize]) -> Event {
    // Every field is named here, so that a new one is not left out by oversight.
    let Event {
        version,
        id: _,
        exchange_id: _,
        sequence: _,
        at: _,
        zone,
        tenant,
        stage,
        surface,
        route,
        agent,
        principal,
        session,
        parts,
        history: _,
    } = event;
    Event {
        version: version.clone(),
        id: Uuid::nil(),
        exchange_id: Uuid::nil(),
        sequence: 0,
        at: Timestamp::from_micros(0),
        zone: zone.clone(),
        tenant: tenant.clone(),
        stage: *stage,
        surface: *surface,
        route: route.clone(),
        agent: agent.clone(),
        principal: principal.clone(),
        session: session.clone(),
        parts: places.iter().filter_map(|place| parts.get(*place)).map(without_pointer).collect(),
        history: None,
    }
}

fn without_pointer(part: &Part) -> Part {
    let Part { kind, role, origin, name, tool, call_id, choice, media_type, pointer: _, offset, is_final, text, json } =
        part;
    Part {
        kind: *kind,
        role: *role,
        origin: *origin,
        name: name.clone(),
        tool: tool.clone(),
        call_id: call_id.clone(),
        choice: *choice,
        media_type: media_type.clone(),
        pointer: String::new(),
        offset: *offset,
        is_final: *is_final,
        text: text.clone(),
        json: json.clone(),
    }
}
