//! A chat completion: one output event with the text of all choices, and one event for each tool call.

use parapet_domain::{Origin, Part, Role, Stage};

use super::{content, settings, tool_call};
use crate::collect::{Collector, fields, named};
use crate::document::{Document, Node, Shape};
use crate::limits::MAX_EVENTS;
use crate::listing::{AUDIO, IMAGE, LOGPROBS};
use crate::{Draft, Echo, ParsedBody, SurfaceError, pointer};

/// Takes an answer apart: a completion, or the error object that a server sends instead.
///
/// # Errors
/// The body is no acceptable JSON, neither completion nor error, or over a limit of [`crate::limits`]. The text may
/// repeat keys of the body, so it is for the log and not for the caller.
pub fn parse_answer(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut reader = AnswerReader { out: Collector::new(&document), calls: Vec::new(), echoes: Vec::new() };
    let root = document.root();
    if root.get("choices").is_none() && root.get("error").is_none() {
        return Err(SurfaceError::shape("", "has to be an object with `choices`"));
    }
    let template = Part::text(Role::Assistant, Origin::Model, "");
    for (key, value, pointer) in fields(root, "") {
        match key {
            "choices" => reader.read_choices(value, &pointer)?,
            key if settings::ANSWER_CONTENT.contains(&key) => {
                reader.out.inspect(value, pointer, &named(&template, key))?
            }
            key if settings::ANSWER.contains(&key) => reader.out.setting(value, pointer, &named(&template, key))?,
            key if settings::TOKENS.contains(&key) => reader.out.uninspectable("", key, value, LOGPROBS),
            key => reader.out.unknown("", key, value),
        }
    }
    reader.echo_tokens(root, "", 0, 0);
    let model = root.get("model").and_then(|model| document.string(model)).map(|model| model.into_owned());
    let (events, listing) = reader.finish();
    let (not_inspected, not_inspected_total) = listing.finish();
    Ok(ParsedBody { events, not_inspected, not_inspected_total, stream: false, model })
}

struct AnswerReader<'d> {
    out: Collector<'d>,
    calls: Vec<Draft>,
    echoes: Vec<Echo>,
}

impl<'d> AnswerReader<'d> {
    /// The output event comes first; it is left out when there is nothing but tool calls.
    fn finish(self) -> (Vec<Draft>, crate::listing::Listing) {
        let mut events = Vec::new();
        if !self.out.parts.is_empty() || self.calls.is_empty() {
            events.push(Draft { stage: Stage::Output, parts: self.out.parts, echoes: self.echoes });
        }
        events.extend(self.calls);
        (events, self.out.listing)
    }

    fn read_choices(&mut self, node: &Node<'d>, parent: &str) -> Result<(), SurfaceError> {
        self.out
            .items(node, parent)?
            .iter()
            .enumerate()
            .try_for_each(|(position, item)| self.read_choice(item, position, &pointer::item(parent, position)))
    }

    fn read_choice(&mut self, node: &Node<'d>, position: usize, parent: &str) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_)) {
            return Err(SurfaceError::shape(parent, "has to be a choice with `message`"));
        }
        let index = node.get("index").and_then(|index| self.out.document.raw(index).parse().ok());
        let choice = index.or_else(|| u32::try_from(position).ok());
        let template = Part { choice, ..Part::text(Role::Assistant, Origin::Model, "") };
        let (first_part, first_call) = (self.out.parts.len(), self.calls.len());
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "message" => self.read_message(value, &pointer, &template)?,
                "text" => self.out.inspect(value, pointer, &template)?,
                key if settings::TOKENS.contains(&key) => self.out.uninspectable(parent, key, value, LOGPROBS),
                key if settings::CHOICE.contains(&key) => self.out.setting(value, pointer, &named(&template, key))?,
                key => self.out.unknown(parent, key, value),
            }
        }
        self.echo_tokens(node, parent, first_part, first_call);
        Ok(())
    }

    /// Ties what says the content token by token to all parts and calls since the given ones.
    fn echo_tokens(&mut self, node: &Node<'_>, parent: &str, first_part: usize, first_call: usize) {
        for key in settings::TOKENS.iter().filter(|key| node.get(key).is_some()) {
            self.echo(&pointer::child(parent, key), first_part, first_call);
        }
    }

    /// Ties a value to all parts and calls since the given ones.
    fn echo(&mut self, pointer: &str, first_part: usize, first_call: usize) {
        let echo = |part| Echo { part, pointer: pointer.to_owned() };
        self.echoes.extend((first_part..self.out.parts.len()).map(echo));
        for call in self.calls.iter_mut().skip(first_call) {
            call.echoes.extend((0..call.parts.len()).map(echo));
        }
    }

    fn read_message(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_) | Shape::Null) {
            return Err(SurfaceError::shape(parent, "has to be a message"));
        }
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "content" => content::read(&mut self.out, value, &pointer, template)?,
                "refusal" | "reasoning_content" | "reasoning" => {
                    content::read(&mut self.out, value, &pointer, &named(template, key))?;
                }
                key if settings::MESSAGE_CONTENT.contains(&key) => {
                    self.out.inspect(value, pointer, &named(template, key))?
                }
                "audio" => self.read_audio(value, &pointer, template)?,
                "images" => self.out.uninspectable(parent, key, value, IMAGE),
                "tool_calls" => self.read_calls(value, &pointer, template)?,
                "function_call" if matches!(value.shape, Shape::Object(_)) => {
                    self.read_call(|out| tool_call::read_function(out, value, &pointer, template).map(|_| ()))?;
                }
                key if settings::MESSAGE.contains(&key) => self.out.setting(value, pointer, &named(template, key))?,
                key => self.out.unknown(parent, key, value),
            }
        }
        Ok(())
    }

    fn read_calls(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if matches!(node.shape, Shape::Null) {
            return Ok(());
        }
        for (index, item) in self.out.items(node, parent)?.iter().enumerate() {
            self.read_call(|out| tool_call::read(out, item, &pointer::item(parent, index), template).map(|_| ()))?;
        }
        Ok(())
    }

    /// Runs `read` and makes an event of the parts that it finds.
    fn read_call(
        &mut self,
        read: impl FnOnce(&mut Collector<'d>) -> Result<(), SurfaceError>,
    ) -> Result<(), SurfaceError> {
        if self.calls.len() + 1 >= MAX_EVENTS {
            return Err(SurfaceError::TooManyEvents);
        }
        let before = self.out.parts.len();
        read(&mut self.out)?;
        self.calls.push(Draft::new(Stage::ToolCall, self.out.parts.split_off(before)));
        Ok(())
    }

    /// Speech: the transcript is inspected, and the sound goes when the transcript is edited.
    fn read_audio(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_)) {
            return self.out.inspect(node, parent.to_owned(), &named(template, "audio"));
        }
        let (first_part, calls) = (self.out.parts.len(), self.calls.len());
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "transcript" => self.out.inspect(value, pointer, &named(template, key))?,
                "data" => self.out.uninspectable(parent, key, value, AUDIO),
                "id" | "expires_at" | "format" => self.out.setting(value, pointer, &named(template, key))?,
                key => self.out.unknown(parent, key, value),
            }
        }
        if node.get("data").is_some() {
            self.echo(&pointer::child(parent, "data"), first_part, calls);
        }
        Ok(())
    }
}
