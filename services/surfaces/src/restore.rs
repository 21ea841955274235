//! Puts values back where a model repeats their tokens, before the answer is judged: what guards see is what the client gets. Only what
//! the model itself says counts; results of tools that the provider ran and texts that an answer repeats are left as they are.

use std::sync::Arc;

use parapet_domain::tokens::MAX_RESTORED_BYTES;
use parapet_domain::{Edit, Origin, Part, PartKind, Role, Tokens, json, redact};

use crate::limits::MAX_VALUES;
use crate::mcp::ToolFilter;
use crate::{Draft, HeldAnswer, Leaves, ModelApi, ParsedBody, SurfaceError, rewrite};

/// Fields by which clients tell calls apart.
const NAMES: [&str; 2] = ["tool_name", "call_id"];

/// The tokens of an exchange, and where they become values again.
#[derive(Debug)]
pub struct Restoring {
    tokens: Tokens,
    tools: ToolFilter,
    api: Option<ModelApi>,
}

/// How much may still be put back, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Room(pub(crate) usize);

impl Default for Room {
    fn default() -> Self {
        Self(MAX_RESTORED_BYTES)
    }
}

impl Room {
    /// Takes room for `bytes`, if there is.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// Values that are put back in an answer that comes in pieces.
#[derive(Debug)]
pub(crate) struct Restorer {
    restoring: Arc<Restoring>,
    room: Room,
}

impl Restorer {
    pub(crate) fn new(restoring: Arc<Restoring>) -> Self {
        Self { restoring, room: Room::default() }
    }

    /// The tokens, and how much may still be put back.
    pub(crate) fn tokens(&mut self) -> (&Tokens, &mut Room) {
        (&self.restoring.tokens, &mut self.room)
    }

    /// An answer that was held, with its values; `is_json` knows texts that are the ends of JSON.
    pub(crate) fn held(&mut self, held: HeldAnswer, is_json: &dyn Fn(&Part) -> bool) -> HeldAnswer {
        held.restored_within(&self.restoring, &mut self.room, is_json)
    }

    /// The same for a piece of an answer.
    pub(crate) fn piece(
        &mut self,
        body: &[u8],
        parsed: ParsedBody,
        is_json: &dyn Fn(&Part) -> bool,
        parse: impl FnOnce(&[u8]) -> Result<ParsedBody, SurfaceError>,
    ) -> (Option<Vec<u8>>, ParsedBody) {
        self.restoring.apply_within(body, parsed, &mut self.room, is_json, parse)
    }
}

impl Restoring {
    /// For answers of `api`, `None` for a protocol of the route's own; `tools` are those whose arguments get values back.
    #[must_use]
    pub const fn new(tokens: Tokens, tools: ToolFilter, api: Option<ModelApi>) -> Self {
        Self { tokens, tools, api }
    }

    /// The tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// `body`, taken apart as `parsed`, with its values, taken apart again by `parse`; as it was where there is nothing to put back, or
    /// where putting it back would change more than texts. `parsed` then says what has to be kept from the log.
    pub fn apply(
        &self,
        body: &[u8],
        parsed: ParsedBody,
        mut room: Room,
        parse: impl FnOnce(&[u8]) -> Result<ParsedBody, SurfaceError>,
    ) -> (Option<Vec<u8>>, ParsedBody) {
        self.apply_within(body, parsed, &mut room, &|_| false, parse)
    }

    /// [`apply`](Self::apply) to a body in which the texts that `is_json` knows are the ends of longer ones that are JSON.
    pub(crate) fn apply_within(
        &self,
        body: &[u8],
        parsed: ParsedBody,
        room: &mut Room,
        is_json: &dyn Fn(&Part) -> bool,
        parse: impl FnOnce(&[u8]) -> Result<ParsedBody, SurfaceError>,
    ) -> (Option<Vec<u8>>, ParsedBody) {
        let edits: Vec<Vec<Edit>> = parsed.events.iter().map(|draft| self.edits(draft, room, is_json)).collect();
        if edits.iter().all(Vec::is_empty) {
            return (None, parsed);
        }
        let all: Vec<(&Draft, &[Edit])> = parsed.events.iter().zip(edits.iter().map(Vec::as_slice)).collect();
        let rewritten = rewrite(body, &all).ok();
        let restored = rewritten.and_then(|body| Some((marked(&parsed, &edits, parse(&body).ok()?)?, body)));
        restored.map_or((None, parsed), |(restored, body)| (Some(body), restored))
    }

    /// The edits that put values back in one event.
    fn edits(&self, draft: &Draft, room: &mut Room, is_json: &dyn Fn(&Part) -> bool) -> Vec<Edit> {
        let has_token = |part: &Part| self.tokens.find(&part.text).next().is_some();
        let parts = draft.parts.iter().enumerate();
        let spoken = parts.filter(|(index, part)| has_token(part) && self.is_spoken(draft, *index, part));
        spoken.flat_map(|(index, part)| self.edits_of(index, part, room, is_json)).collect()
    }

    /// Whether the part is what the model itself says, and nothing holds it to the letter.
    fn is_spoken(&self, draft: &Draft, index: usize, part: &Part) -> bool {
        let by_model = part.role == Role::Assistant && part.origin == Origin::Model;
        let names = part.name.as_deref().is_some_and(|name| NAMES.contains(&name));
        let is_call = part.kind == PartKind::ToolCall;
        let for_tool = !(is_call || part.tool.is_some()) || self.tools.permits(part.tool.as_deref());
        let well_formed = !is_call || part.json.is_some() || self.is_free_text(part);
        // A provider takes a thought back only as it was signed, and sound cannot be edited.
        let bound = draft
            .echoes
            .iter()
            .any(|echo| echo.part == index && (echo.leaves == Leaves::Nothing || echo.pointer.ends_with("/data")));
        by_model && !names && for_tool && well_formed && !bound
    }

    /// Whether arguments that are no JSON are not meant to be: a value could add arguments to those that are.
    fn is_free_text(&self, call: &Part) -> bool {
        match self.api {
            Some(ModelApi::OpenaiChat | ModelApi::OpenaiResponses) => !call.pointer.ends_with("/arguments"),
            Some(ModelApi::AnthropicMessages) | None => false,
        }
    }

    fn edits_of(&self, index: usize, part: &Part, room: &mut Room, is_json: &dyn Fn(&Part) -> bool) -> Vec<Edit> {
        let escaped = part.json.is_some() || is_json(part) || is_json_text(&part.text);
        let (mut edits, mut bytes, mut position) = (Vec::new(), 0, 0);
        for found in self.tokens.find(&part.text).take_while(|found| room.take(found.value.len())) {
            position += part.text.get(bytes..found.start).unwrap_or_default().chars().count();
            bytes = found.start;
            let end = position + found.token.chars().count();
            edits.push(Edit { part: index, start: position, end, replacement: written(found.value, escaped) });
        }
        // A key of an object may have become another one's.
        let broken = || json::parse_within(&redact::apply(&part.text, index, &edits), MAX_VALUES).is_err();
        if part.json.is_some() && broken() { Vec::new() } else { edits }
    }
}

/// `restored` with notes where values were put back. `None` when it is not the body of `parsed` with these values.
fn marked(parsed: &ParsedBody, edits: &[Vec<Edit>], mut restored: ParsedBody) -> Option<ParsedBody> {
    let same_parts = |(old, new): (&Draft, &Draft)| old.stage == new.stage && old.parts.len() == new.parts.len();
    if parsed.events.len() != restored.events.len() || !parsed.events.iter().zip(&restored.events).all(same_parts) {
        return None;
    }
    for ((old, new), edits) in parsed.events.iter().zip(&mut restored.events).zip(edits) {
        for of_part in edits.chunk_by(|a, b| a.part == b.part) {
            let index = of_part.first()?.part;
            let (old, part) = (old.parts.get(index)?, new.parts.get(index)?);
            if redact::apply(&old.text, index, of_part) != part.text {
                return None;
            }
            new.restored.extend(undoing(&old.text, of_part));
        }
    }
    Some(restored)
}

/// A value as it stands in prose, or within a string of JSON.
pub(crate) fn written(value: &str, escaped: bool) -> String {
    let string = if escaped { serde_json::to_string(value).ok() } else { None };
    let within = string.as_deref().and_then(|string| string.strip_prefix('"')?.strip_suffix('"'));
    within.unwrap_or(value).to_owned()
}

/// Edits that would put the tokens back into the text that `edits` make of `text`.
fn undoing<'e>(text: &'e str, edits: &'e [Edit]) -> impl Iterator<Item = Edit> {
    let tokens = edits.first().map(|edit| redact::taken(text, edit.part, edits)).unwrap_or_default();
    let (mut grown, mut shrunk) = (0, 0);
    edits.iter().zip(tokens).map(move |(edit, token)| {
        let start = edit.start + grown - shrunk;
        let chars = edit.replacement.chars().count();
        grown += chars;
        shrunk += edit.end - edit.start;
        Edit { part: edit.part, start, end: start + chars, replacement: token.to_owned() }
    })
}

/// Whether a text is an answer in JSON.
fn is_json_text(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && json::parse_within(text, MAX_VALUES).is_ok()
}

#[cfg(test)]
pub(crate) mod tests;
