//! A chat completion: one output event with the text of all choices, and one event for each tool call.

use parapet_domain::{Origin, Part, Role, Stage};

use super::{content, settings, tool_call};
use crate::collect::{fields, named};
use crate::document::{Document, Node, Shape};
use crate::drafts::{Drafts, Mark};
use crate::listing::{AUDIO, IMAGE, LOGPROBS};
use crate::{ParsedBody, SurfaceError, pointer};

/// Takes an answer apart: a completion, or the error object that a server sends instead.
///
/// # Errors
/// The body is no acceptable JSON, neither completion nor error, or over a limit of [`crate::limits`]. The text may
/// repeat keys of the body, so it is for the log and not for the caller.
pub fn parse_answer(body: &[u8]) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let mut reader = AnswerReader { drafts: Drafts::new(&document) };
    let root = document.root();
    if root.get("choices").is_none() && root.get("error").is_none() {
        return Err(SurfaceError::shape("", "has to be an object with `choices`"));
    }
    let template = Part::text(Role::Assistant, Origin::Model, "");
    for (key, value, pointer) in fields(root, "") {
        let out = &mut reader.drafts.out;
        match key {
            "choices" => reader.read_choices(value, &pointer)?,
            key if settings::ANSWER_CONTENT.contains(&key) => out.inspect(value, pointer, &named(&template, key))?,
            key if settings::ANSWER.contains(&key) => out.setting(value, pointer, &named(&template, key))?,
            key if settings::TOKENS.contains(&key) => out.uninspectable("", key, value, LOGPROBS),
            key => out.unknown("", key, value),
        }
    }
    reader.echo_tokens(root, "", Mark::START);
    Ok(reader.drafts.into_answer())
}

struct AnswerReader<'d> {
    drafts: Drafts<'d>,
}

impl<'d> AnswerReader<'d> {
    fn read_choices(&mut self, node: &Node<'d>, parent: &str) -> Result<(), SurfaceError> {
        self.drafts
            .out
            .items(node, parent)?
            .iter()
            .enumerate()
            .try_for_each(|(position, item)| self.read_choice(item, position, &pointer::item(parent, position)))
    }

    fn read_choice(&mut self, node: &Node<'d>, position: usize, parent: &str) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_)) {
            return Err(SurfaceError::shape(parent, "has to be a choice with `message`"));
        }
        let index = node.get("index").and_then(|index| self.drafts.out.document.raw(index).parse().ok());
        let choice = index.or_else(|| u32::try_from(position).ok());
        let template = Part { choice, ..Part::text(Role::Assistant, Origin::Model, "") };
        let mark = self.drafts.mark();
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "message" => self.read_message(value, &pointer, &template)?,
                "text" => self.drafts.out.inspect(value, pointer, &template)?,
                key if settings::TOKENS.contains(&key) => self.drafts.out.uninspectable(parent, key, value, LOGPROBS),
                key if settings::CHOICE.contains(&key) => {
                    self.drafts.out.setting(value, pointer, &named(&template, key))?
                }
                key => self.drafts.out.unknown(parent, key, value),
            }
        }
        self.echo_tokens(node, parent, mark);
        Ok(())
    }

    /// Ties what says the content token by token to all parts and calls since `mark`.
    fn echo_tokens(&mut self, node: &Node<'_>, parent: &str, mark: Mark) {
        for key in settings::TOKENS.iter().filter(|key| node.get(key).is_some()) {
            self.drafts.echo(&pointer::child(parent, key), mark);
        }
    }

    fn read_message(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_) | Shape::Null) {
            return Err(SurfaceError::shape(parent, "has to be a message"));
        }
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "content" => content::read(&mut self.drafts.out, value, &pointer, template)?,
                "refusal" | "reasoning_content" | "reasoning" => {
                    content::read(&mut self.drafts.out, value, &pointer, &named(template, key))?;
                }
                key if settings::MESSAGE_CONTENT.contains(&key) => {
                    self.drafts.out.inspect(value, pointer, &named(template, key))?
                }
                "audio" => self.read_audio(value, &pointer, template)?,
                "images" => self.drafts.out.uninspectable(parent, key, value, IMAGE),
                "tool_calls" => self.read_calls(value, &pointer, template)?,
                "function_call" if matches!(value.shape, Shape::Object(_)) => {
                    self.drafts.apart(Stage::ToolCall, |out| {
                        tool_call::read_function(out, value, &pointer, template).map(|_| ())
                    })?;
                }
                key if settings::MESSAGE.contains(&key) => {
                    self.drafts.out.setting(value, pointer, &named(template, key))?
                }
                key => self.drafts.out.unknown(parent, key, value),
            }
        }
        Ok(())
    }

    fn read_calls(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if matches!(node.shape, Shape::Null) {
            return Ok(());
        }
        for (index, item) in self.drafts.out.items(node, parent)?.iter().enumerate() {
            self.drafts.apart(Stage::ToolCall, |out| {
                tool_call::read(out, item, &pointer::item(parent, index), template).map(|_| ())
            })?;
        }
        Ok(())
    }

    /// Speech: the transcript is inspected, and the sound goes when the transcript is edited.
    fn read_audio(&mut self, node: &Node<'d>, parent: &str, template: &Part) -> Result<(), SurfaceError> {
        if !matches!(node.shape, Shape::Object(_)) {
            return self.drafts.out.inspect(node, parent.to_owned(), &named(template, "audio"));
        }
        let mark = self.drafts.mark();
        for (key, value, pointer) in fields(node, parent) {
            match key {
                "transcript" => self.drafts.out.inspect(value, pointer, &named(template, key))?,
                "data" => self.drafts.out.uninspectable(parent, key, value, AUDIO),
                "id" | "expires_at" | "format" => self.drafts.out.setting(value, pointer, &named(template, key))?,
                key => self.drafts.out.unknown(parent, key, value),
            }
        }
        if node.get("data").is_some() {
            self.drafts.echo(&pointer::child(parent, "data"), mark);
        }
        Ok(())
    }
}
