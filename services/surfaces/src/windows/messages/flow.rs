//! The text block that grows while its text leaves.

use parapet_domain::{Origin, Part, Role, Stage};
use serde_json::{Map, Value, json};

use crate::sse::typed_event;
use crate::windows::segment::Segment;
use crate::{Draft, ParsedBody};

#[derive(Debug)]
pub(super) struct Flow {
    /// Which block of the message it is.
    pub(super) index: usize,
    pub(super) segment: Segment,
    /// Its start has left.
    pub(super) begun: bool,
}

impl Flow {
    pub(super) fn new(index: usize) -> Self {
        Self { index, segment: Segment::default(), begun: false }
    }

    /// Adds its text to what a window shows. The block may be there already, empty.
    pub(super) fn put_into(&self, parsed: &mut ParsedBody) {
        let template = Part { pointer: pointer(self.index), ..Part::text(Role::Assistant, Origin::Model, "") };
        let part = self.segment.part(template);
        let Some(output) = parsed.events.iter_mut().find(|draft| draft.stage == Stage::Output) else {
            let restored = self.segment.undoing(0).collect();
            parsed.events.insert(0, Draft { restored, ..Draft::new(Stage::Output, vec![part]) });
            return;
        };
        let known = output.parts.iter().position(|known| known.pointer == part.pointer);
        output.restored.extend(self.segment.undoing(known.unwrap_or(output.parts.len())));
        match known.and_then(|at| output.parts.get_mut(at)) {
            Some(known) => *known = part,
            None => output.parts.push(part),
        }
    }
}

/// Where the text of a block stands.
pub(super) fn pointer(index: usize) -> String {
    format!("/content/{index}/text")
}

/// More text of a block.
pub(super) fn event(index: usize, text: &str) -> Vec<u8> {
    let delta = json!({"type": "text_delta", "text": text});
    typed_event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

/// The text of an event that is nothing but more text of this block.
pub(super) fn text_of<'e>(kind: &str, event: &'e Map<String, Value>, index: usize) -> Option<&'e str> {
    let is_own = kind == "content_block_delta"
        && event.len() == 3
        && event.get("index").and_then(Value::as_u64).is_some_and(|at| usize::try_from(at) == Ok(index));
    let delta = event.get("delta").filter(|_| is_own)?.as_object().filter(|delta| delta.len() == 2)?;
    let text = delta.get("text")?.as_str()?;
    (delta.get("type")?.as_str() == Some("text_delta")).then_some(text)
}
