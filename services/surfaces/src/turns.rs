//! The turns of a conversation that a request carries: which parts belong to which, which are new, and a body without some of them.

use std::collections::{BTreeMap, HashMap};

use parapet_domain::{Edit, Part, PartKind, Role};

use crate::document::{Document, Shape};
use crate::{Draft, Echo, RewriteError, SurfaceError, pointer, rewrite};

/// The turns of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Turns {
    /// Where the conversation stands in the body, such as `/messages`.
    base: &'static str,
    by_index: BTreeMap<usize, Vec<Draft>>,
    /// Parts that belong to no turn, such as tool definitions.
    apart: Vec<Draft>,
}

/// Which parts of a request are of turns before the newest one, as [`Turns::earlier`] has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    base: &'static str,
    /// The turn of the model's last answer.
    last: usize,
}

impl Earlier {
    /// Of a conversation at `base`; `None` when the model has not answered yet.
    #[must_use]
    pub fn of(base: &'static str, drafts: &[Draft]) -> Option<Self> {
        let parts = drafts.iter().flat_map(|draft| &draft.parts).filter(|part| part.role == Role::Assistant);
        let last = parts.filter_map(|part| index_of(base, &part.pointer)).max()?;
        Some(Self { base, last })
    }

    /// Whether the part is of an earlier turn. What belongs to no turn, such as a tool's definition, is not.
    #[must_use]
    pub fn has(&self, part: &Part) -> bool {
        index_of(self.base, &part.pointer).is_some_and(|index| index <= self.last)
    }
}

impl Turns {
    /// Sorts the parts of a request by turn.
    #[must_use]
    pub fn of(base: &'static str, drafts: &[Draft]) -> Self {
        let mut turns = Self { base, by_index: BTreeMap::new(), apart: Vec::new() };
        for draft in drafts {
            for (index, draft) in by_turn(base, draft) {
                match index {
                    Some(index) => turns.by_index.entry(index).or_default().push(draft),
                    None => turns.apart.push(draft),
                }
            }
        }
        turns
    }

    /// The turns before the newest one, in order. The newest begins after the model's last answer: what the user or the tools said since.
    #[must_use]
    pub fn earlier(&self) -> Vec<(usize, &[Draft])> {
        let last = self.by_index.iter().rev().find(|(_, drafts)| is_models(drafts)).map(|(index, _)| *index);
        let Some(last) = last else { return Vec::new() };
        self.by_index.range(..=last).map(|(index, drafts)| (*index, drafts.as_slice())).collect()
    }

    /// What is new, and what belongs to no turn.
    #[must_use]
    pub fn rest(&self) -> Vec<&Draft> {
        let last = self.earlier().last().map(|(index, _)| *index);
        let new = self.by_index.iter().filter(|(index, _)| last.is_none_or(|last| **index > last));
        new.flat_map(|(_, drafts)| drafts).chain(&self.apart).collect()
    }

    /// `body` without the text of these turns: each says `notice` in its place. A signed thought says nothing: it goes.
    ///
    /// # Errors
    /// A turn has content that is no text, such as a call's arguments, or nothing but signed thoughts, or the body is another one.
    pub fn replaced(&self, body: &[u8], indices: &[usize], notice: &str) -> Result<Vec<u8>, RewriteError> {
        let mut edits: Vec<(Draft, Vec<Edit>)> = Vec::new();
        for draft in indices.iter().filter_map(|index| self.by_index.get(index)).flatten() {
            if let Some(part) = draft.parts.iter().find(|part| !is_text(part)) {
                return Err(RewriteError::Structure(part.pointer.clone()));
            }
            let whole = |(n, part): (usize, &Part)| Edit {
                part: n,
                start: 0,
                end: part.text.chars().count(),
                replacement: notice.to_owned(),
            };
            edits.push((draft.clone(), draft.parts.iter().enumerate().map(whole).collect()));
        }
        let edits: Vec<(&Draft, &[Edit])> = edits.iter().map(|(draft, edits)| (draft, edits.as_slice())).collect();
        rewrite(body, &edits)
    }

    /// `body` without these turns. Turns that something else refers to, such as calls of tools and their results, keep their place: what
    /// they say is replaced by `notice`.
    ///
    /// # Errors
    /// As for [`replaced`](Self::replaced).
    pub fn cut(&self, body: &[u8], indices: &[usize], notice: &str) -> Result<Vec<u8>, RewriteError> {
        let (referred, free): (Vec<usize>, Vec<usize>) = indices.iter().partition(|index| self.is_referred_to(**index));
        let body = self.replaced(body, &referred, notice)?;
        let document = Document::parse(&body).map_err(RewriteError::Body)?;
        let conversation = pointer::segments(self.base).unwrap_or_default();
        let node = conversation.iter().try_fold(document.root(), |node, key| node.get(key));
        let Some(Shape::Array(items)) = node.map(|node| &node.shape) else {
            return Err(RewriteError::Body(SurfaceError::shape(self.base, "has to be an array")));
        };
        let kept = items.iter().enumerate().filter(|(index, _)| !free.contains(index));
        let kept: Vec<&str> = kept.map(|(_, item)| document.raw(item)).collect();
        let range = node.map(crate::document::Node::range).unwrap_or_default();
        let (before, after) = (body.get(..range.start).unwrap_or_default(), body.get(range.end..).unwrap_or_default());
        Ok([before, b"[", kept.join(",").as_bytes(), b"]", after].concat())
    }

    fn is_referred_to(&self, index: usize) -> bool {
        let parts = self.by_index.get(&index).into_iter().flatten().flat_map(|draft| &draft.parts);
        let mut parts = parts.filter(|part| part.call_id.is_some() || part.kind != PartKind::Text);
        parts.next().is_some()
    }
}

/// The parts of a draft by turn, each with its echoes.
fn by_turn(base: &str, draft: &Draft) -> BTreeMap<Option<usize>, Draft> {
    let mut echoes: HashMap<usize, Vec<&Echo>> = HashMap::new();
    draft.echoes.iter().for_each(|echo| echoes.entry(echo.part).or_default().push(echo));
    let mut turns: BTreeMap<Option<usize>, Draft> = BTreeMap::new();
    for (n, part) in draft.parts.iter().enumerate() {
        let turn = turns.entry(index_of(base, &part.pointer)).or_insert_with(|| Draft::new(draft.stage, Vec::new()));
        let at = turn.parts.len();
        let own = echoes.remove(&n).unwrap_or_default().into_iter();
        turn.echoes.extend(own.map(|echo| Echo { part: at, ..echo.clone() }));
        turn.parts.push(part.clone());
    }
    turns
}

fn is_models(drafts: &[Draft]) -> bool {
    drafts.iter().flat_map(|draft| &draft.parts).any(|part| part.role == Role::Assistant)
}

fn is_text(part: &Part) -> bool {
    match part.kind {
        PartKind::Text => true,
        PartKind::ToolResult => part.media_type == "text/plain",
        PartKind::Json | PartKind::ToolCall | PartKind::ToolDefinition => false,
    }
}

fn index_of(base: &str, pointer: &str) -> Option<usize> {
    pointer.strip_prefix(base)?.strip_prefix('/')?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use parapet_domain::Stage;
    use serde_json::{Value, json};

    use super::*;
    use crate::ModelApi;

    fn chat() -> Vec<u8> {
        json!({"model": "m", "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": "bad"},
            {"role": "assistant", "content": "no"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "worse"},
            {"role": "assistant", "content": "so"},
            {"role": "user", "content": "new"},
        ], "tools": [{"type": "function", "function": {"name": "f"}}]})
        .to_string()
        .into_bytes()
    }

    fn turns(body: &[u8]) -> Turns {
        Turns::of("/messages", &ModelApi::OpenaiChat.parse_request(body).unwrap().events)
    }

    fn messages(body: &[u8]) -> Vec<Value> {
        serde_json::from_slice::<Value>(body).unwrap()["messages"].as_array().unwrap().clone()
    }

    #[test]
    fn what_came_after_the_models_last_answer_is_new() {
        let body = chat();
        let turns = turns(&body);
        let earlier: Vec<usize> = turns.earlier().iter().map(|(index, _)| *index).collect();
        assert_eq!(earlier, [0, 1, 2, 3, 4, 5]);
        let rest: Vec<&str> =
            turns.rest().iter().flat_map(|draft| &draft.parts).map(|part| part.pointer.as_str()).collect();
        assert_eq!(rest, ["/messages/6/content", "/tools/0"]);
        let drafts = ModelApi::OpenaiChat.parse_request(&body).unwrap().events;
        let by_itself = Earlier::of("/messages", &drafts).unwrap();
        for part in drafts.iter().flat_map(|draft| &draft.parts) {
            assert_eq!(by_itself.has(part), !rest.contains(&part.pointer.as_str()), "{}", part.pointer);
        }
        assert!(turns.earlier().iter().any(|(index, drafts)| *index == 4 && drafts[0].stage == Stage::ToolResult));
    }

    #[test]
    fn a_first_request_has_nothing_earlier() {
        let body =
            json!({"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}).to_string();
        let turns = turns(body.as_bytes());
        assert!(turns.earlier().is_empty());
        assert_eq!(
            Earlier::of("/messages", &ModelApi::OpenaiChat.parse_request(body.as_bytes()).unwrap().events),
            None
        );
        assert_eq!(turns.rest().len(), 2);
    }

    #[test]
    fn a_turn_is_cut_out_and_a_result_says_the_notice_instead() {
        let body = chat();
        let cut = turns(&body).cut(&body, &[1, 4], "[gone]").unwrap();
        let messages = messages(&cut);
        assert_eq!(messages.len(), 6);
        assert_eq!(messages[1]["content"], "no");
        assert_eq!((&messages[3]["tool_call_id"], &messages[3]["content"]), (&json!("c"), &json!("[gone]")));
        assert!(String::from_utf8(cut).unwrap().ends_with(r#""tools":[{"function":{"name":"f"},"type":"function"}]}"#));
    }

    #[test]
    fn all_that_is_replaced_says_the_notice() {
        let body = json!({"messages": [
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": "x"}]})
        .to_string();
        let replaced = turns(body.as_bytes()).replaced(body.as_bytes(), &[0], "[gone]").unwrap();
        assert_eq!(
            messages(&replaced)[0]["content"],
            json!([{"type": "text", "text": "[gone]"}, {"type": "text", "text": "[gone]"}])
        );
    }

    #[test]
    fn a_signed_thought_of_a_replaced_turn_goes_with_its_signature() {
        let thought = json!({"type": "thinking", "thinking": "hm", "signature": "c2ln"});
        let body = |content: Value| {
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}, {"role": "user", "content": "y"}]})
                .to_string()
        };
        let turns = |body: &str| {
            Turns::of("/messages", &ModelApi::AnthropicMessages.parse_request(body.as_bytes()).unwrap().events)
        };
        let mixed = body(json!([thought, {"type": "text", "text": "said"}]));
        let replaced = turns(&mixed).replaced(mixed.as_bytes(), &[1], "[gone]").unwrap();
        assert_eq!(messages(&replaced)[1]["content"], json!([{"type": "text", "text": "[gone]"}]));
        let alone = body(json!([thought]));
        assert!(matches!(turns(&alone).replaced(alone.as_bytes(), &[1], "[gone]"), Err(RewriteError::Alone(_))));
        let cut = turns(&alone).cut(alone.as_bytes(), &[1], "[gone]").unwrap();
        assert_eq!(messages(&cut).len(), 2, "a whole turn can be cut out");
    }

    #[test]
    fn the_arguments_of_a_call_cannot_be_replaced() {
        let body = chat();
        assert!(matches!(turns(&body).cut(&body, &[3], "[gone]"), Err(RewriteError::Structure(_))));
    }
}
