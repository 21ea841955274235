//! Events in short form, as tests and the command line write them: what is left out is filled in.

use parapet_domain::event::{DEFAULT_TENANT, EVENT_VERSION};
use parapet_domain::session::{DigestKey, Past};
use parapet_domain::{Decision, Event, History, Origin, Part, PartKind, Principal, Role, Stage, Surface, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// What fills in the gaps of a short event.
#[derive(Debug, Clone)]
pub struct EventDefaults {
    /// When it names no stage.
    pub stage: Stage,
    /// When it names no agent.
    pub agent: String,
    /// When it gives no time.
    pub at: Timestamp,
    /// Its id and its exchange's.
    pub id: Uuid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialEvent {
    stage: Option<Stage>,
    surface: Option<Surface>,
    route: Option<String>,
    agent: Option<String>,
    tenant: Option<String>,
    at: Option<Timestamp>,
    zone: Option<String>,
    principal: Option<Principal>,
    session: Option<String>,
    /// Short for one text part.
    text: Option<String>,
    #[serde(default)]
    parts: Vec<PartialPart>,
    /// What guards that read it see of the events before, word for word.
    history: Option<Box<History>>,
    /// Events before this one, in the same short form, from which that is worked out.
    #[serde(default)]
    before: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialPart {
    kind: Option<PartKind>,
    role: Option<Role>,
    origin: Option<Origin>,
    name: Option<String>,
    tool: Option<String>,
    call_id: Option<String>,
    choice: Option<u32>,
    media_type: Option<String>,
    pointer: Option<String>,
    text: Option<String>,
    json: Option<Value>,
}

/// The full event. A part needs `text` or `json`; the one is derived from the other.
///
/// # Errors
/// What is wrong, for the author of the event.
pub fn event_from_partial(value: &Value, defaults: &EventDefaults) -> Result<Event, String> {
    let partial = PartialEvent::deserialize(value).map_err(|error| format!("event: {error}"))?;
    let stage = partial.stage.unwrap_or(defaults.stage);
    let whole_text = partial.text.map(|text| Part::text(role_of(stage), origin_of(role_of(stage)), text));
    let parts = partial.parts.into_iter().enumerate().map(|(n, part)| full_part(part, stage, n));
    let parts: Vec<Part> = whole_text.into_iter().map(Ok).chain(parts).collect::<Result<_, _>>()?;
    if parts.is_empty() {
        return Err("event: give `text` or at least one entry in `parts`".to_owned());
    }
    Ok(Event {
        version: EVENT_VERSION.to_owned(),
        id: defaults.id,
        exchange_id: defaults.id,
        sequence: 0,
        at: partial.at.unwrap_or(defaults.at),
        zone: partial.zone.unwrap_or_else(|| "UTC".to_owned()),
        tenant: partial.tenant.unwrap_or_else(|| DEFAULT_TENANT.to_owned()),
        stage,
        surface: partial.surface.unwrap_or(Surface::Check),
        route: partial.route.unwrap_or_else(|| "check".to_owned()),
        agent: partial.agent.unwrap_or_else(|| defaults.agent.clone()),
        principal: partial.principal,
        session: partial.session,
        parts,
        history: partial.history,
    })
}

/// What came before the event, from its `before`: events in short form, each of them released.
///
/// # Errors
/// What is wrong with one of them, or both `before` and `history` are given.
pub fn past_from_partial(value: &Value, defaults: &EventDefaults) -> Result<Past, String> {
    let partial = PartialEvent::deserialize(value).map_err(|error| format!("event: {error}"))?;
    if partial.history.is_some() && !partial.before.is_empty() {
        return Err("event: give either `before` or `history`".to_owned());
    }
    let event = event_from_partial(value, defaults)?;
    let mut past = Past::new(DigestKey::derive(&[0; 32], &event));
    for (index, earlier) in partial.before.iter().enumerate() {
        let mut earlier = event_from_partial(earlier, defaults).map_err(|error| format!("before {index}: {error}"))?;
        earlier.principal = earlier.principal.or_else(|| event.principal.clone());
        past.observe(&earlier, Decision::Allow);
    }
    Ok(past)
}

fn full_part(part: PartialPart, stage: Stage, index: usize) -> Result<Part, String> {
    let kind = part.kind.unwrap_or(match (stage, &part.json) {
        (Stage::ToolCall, _) => PartKind::ToolCall,
        (Stage::ToolResult, _) => PartKind::ToolResult,
        (_, Some(_)) => PartKind::Json,
        (_, None) => PartKind::Text,
    });
    let role = part.role.unwrap_or_else(|| role_of(stage));
    let text = match (part.text, &part.json) {
        (Some(text), _) => text,
        (None, Some(json)) => json.to_string(),
        (None, None) => return Err(format!("event: part {index} needs `text` or `json`")),
    };
    if let Some(json) = &part.json
        && parapet_domain::json::parse_str(&text).as_ref() != Ok(json)
    {
        return Err(format!("event: part {index} has `text` and `json` that differ; give one of them"));
    }
    let structured = part.json.is_some() || kind != PartKind::Text;
    let json = part.json.or_else(|| structured.then(|| parapet_domain::json::parse_str(&text).ok()).flatten());
    let default_media_type = if json.is_some() { "application/json" } else { "text/plain" };
    Ok(Part {
        kind,
        role,
        origin: part.origin.unwrap_or_else(|| origin_of(role)),
        name: part.name,
        tool: part.tool,
        call_id: part.call_id,
        choice: part.choice,
        media_type: part.media_type.unwrap_or_else(|| default_media_type.to_owned()),
        pointer: part.pointer.unwrap_or_else(|| format!("/parts/{index}")),
        json,
        ..Part::text(role, origin_of(role), text)
    })
}

const fn role_of(stage: Stage) -> Role {
    match stage {
        Stage::Input => Role::User,
        Stage::Output | Stage::ToolCall => Role::Assistant,
        Stage::ToolResult => Role::Tool,
    }
}

const fn origin_of(role: Role) -> Origin {
    match role {
        Role::System | Role::Developer => Origin::Operator,
        Role::User => Origin::User,
        Role::Assistant => Origin::Model,
        Role::Tool => Origin::Tool,
    }
}
