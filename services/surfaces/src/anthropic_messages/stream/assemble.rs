//! The events of a stream put together to one message. All of them are released, so what has no place in the message is
//! kept beside it, where it is listed as not inspected. What clients would put together in different ways is refused.

use serde_json::{Map, Value};

use crate::anthropic_messages::block::is_tool_use;
use crate::stream::merge::settle;
use crate::stream::{Step, Unplaced};

type Fields = Map<String, Value>;

/// What the events so far amount to.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    message: Option<Fields>,
    /// The message's start has left, and so have the blocks before `first`.
    left: bool,
    first: usize,
    blocks: Vec<Block>,
    unplaced: Unplaced,
}

#[derive(Debug)]
struct Block {
    fields: Fields,
    /// The input of a tool, as text: the model may write what is no JSON.
    input: String,
    open: bool,
}

impl Assembly {
    /// Takes an event. Each step takes out of it what it has put into the message.
    pub(crate) fn add(&mut self, mut event: Fields) -> Result<Step, &'static str> {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "message_start" => self.start(&mut event)?,
            "content_block_start" => self.start_block(&mut event)?,
            "content_block_delta" => self.grow_block(&mut event)?,
            "content_block_stop" => self.open_block(&mut event)?.open = false,
            "message_delta" => self.end(&mut event)?,
            "message_stop" => drop(self.started()?),
            _ => {}
        }
        self.unplaced.keep(event);
        Ok(if kind == "message_stop" { Step::Last } else { Step::More })
    }

    fn started(&mut self) -> Result<&mut Fields, &'static str> {
        self.message.as_mut().ok_or("it comes before `message_start`")
    }

    fn start(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let Some(Value::Object(mut message)) = event.remove("message") else { return Err("it has no message") };
        if self.message.is_some() {
            return Err("the message starts twice");
        }
        match message.remove("content") {
            None | Some(Value::Null) => {}
            Some(Value::Array(blocks)) if blocks.is_empty() => {}
            Some(_) => return Err("the message has content before its first block"),
        }
        self.message = Some(message);
        Ok(())
    }

    fn start_block(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        self.started()?;
        if index_of(event)? != self.first.saturating_add(self.blocks.len()) {
            return Err("a content block is out of order");
        }
        let Some(Value::Object(fields)) = event.remove("content_block") else { return Err("it has no content block") };
        self.blocks.push(Block { fields, input: String::new(), open: true });
        Ok(())
    }

    fn open_block(&mut self, event: &mut Fields) -> Result<&mut Block, &'static str> {
        let block = index_of(event)?.checked_sub(self.first).and_then(|at| self.blocks.get_mut(at));
        block.filter(|block| block.open).ok_or("it belongs to no open content block")
    }

    fn grow_block(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let block = self.open_block(event)?;
        let Some(Value::Object(mut delta)) = event.remove("delta") else { return Err("it has no delta") };
        let kind = delta.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if block.grow(&kind, &mut delta)? {
            delta.remove("type");
        }
        if !delta.is_empty() {
            event.insert("delta".to_owned(), Value::Object(delta));
        }
        Ok(())
    }

    fn end(&mut self, event: &mut Fields) -> Result<(), &'static str> {
        let message = self.started()?;
        if let Some(Value::Object(delta)) = event.get_mut("delta") {
            for key in ["stop_reason", "stop_sequence", "stop_details", "container"] {
                delta.remove(key).into_iter().for_each(|value| settle(message, key.to_owned(), value));
            }
            if delta.is_empty() {
                event.remove("delta");
            }
        }
        if let Some(context) = event.remove("context_management") {
            settle(message, "context_management".to_owned(), context);
        }
        // The counts of the end overwrite those of the start, one by one.
        match (message.get_mut("usage"), event.remove("usage")) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                new.into_iter().for_each(|(key, value)| settle(old, key, value));
            }
            (_, Some(new)) => settle(message, "usage".to_owned(), new),
            (_, None) => {}
        }
        Ok(())
    }

    /// The message as JSON, or `None` when none was begun.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        self.into_body(false)
    }

    /// The same; with `more`, what may be taken out of it need not leave anything.
    pub(crate) fn into_body(self, more: bool) -> Option<Vec<u8>> {
        let mut message = self.message?;
        let blocks = self.blocks.into_iter().map(Block::finish).chain(more.then_some(Value::Null)).collect();
        message.insert("content".to_owned(), Value::Array(blocks));
        self.unplaced.put_beside(&mut message);
        serde_json::to_vec(&message).ok()
    }
}

/// For a message that leaves piece by piece: what is here is what has not left.
impl Assembly {
    /// What follows once all of this has left.
    pub(crate) fn next(&self) -> Self {
        Self {
            message: self.message.as_ref().map(|_| Fields::new()),
            left: self.message.is_some(),
            first: self.first.saturating_add(self.blocks.len()),
            ..Self::default()
        }
    }

    /// Which block of the message the first one here is.
    pub(crate) const fn first(&self) -> usize {
        self.first
    }

    /// How many blocks are here.
    pub(crate) const fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Whether the message's start is here.
    pub(crate) const fn starts(&self) -> bool {
        self.message.is_some() && !self.left
    }

    /// Whether there is nothing here to be judged.
    pub(crate) fn is_quiet(&self) -> bool {
        self.blocks.is_empty() && self.unplaced.is_empty() && self.message.as_ref().is_none_or(Fields::is_empty)
    }

    /// Whether every block is complete.
    pub(crate) fn is_closed(&self) -> bool {
        self.blocks.iter().all(|block| !block.open)
    }

    /// The block that has just begun, if it is an empty text and nothing else is open: its text may leave as it grows.
    pub(crate) fn grows(&self) -> Option<usize> {
        let (last, others) = self.blocks.split_last()?;
        let grows = last.is_empty_text() && others.iter().all(|block| !block.open);
        grows.then_some(self.first.saturating_add(others.len()))
    }

    /// Takes back the end of such a text. `begun`: the block's start has left.
    pub(crate) fn take_back(&mut self, text: String, begun: bool) {
        if begun {
            self.first = self.first.saturating_sub(1);
            let fields = Fields::from_iter([("type".to_owned(), "text".into())]);
            self.blocks.insert(0, Block { fields, input: String::new(), open: true });
        }
        if let Some(block) = self.blocks.last_mut() {
            block.fields.insert("text".to_owned(), text.into());
        }
    }
}

impl Block {
    /// Whether it is a text without anything in it.
    fn is_empty_text(&self) -> bool {
        let is_text = |key: &str, value: &Value| match key {
            "type" => *value == "text",
            "text" => *value == "",
            "citations" => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
            _ => false,
        };
        self.fields.contains_key("type") && self.fields.iter().all(|(key, value)| is_text(key, value))
    }

    /// Takes the content out of a delta. False for a kind that is not known.
    fn grow(&mut self, kind: &str, delta: &mut Fields) -> Result<bool, &'static str> {
        let own = self.fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let fits = match kind {
            "text_delta" | "citations_delta" => own == "text",
            "thinking_delta" | "signature_delta" => own == "thinking",
            "compaction_delta" => own == "compaction",
            "input_json_delta" => is_tool_use(own),
            _ => return Ok(false),
        };
        if !fits {
            return Err("a delta does not fit its content block");
        }
        match kind {
            "text_delta" => self.append("text", delta)?,
            "thinking_delta" => self.append("thinking", delta)?,
            "signature_delta" => self.append("signature", delta)?,
            "compaction_delta" => {
                self.append("content", delta)?;
                self.append("encrypted_content", delta)?;
            }
            "citations_delta" => self.cite(delta)?,
            _ => self.add_input(&text_of(delta, "partial_json")?)?,
        }
        Ok(true)
    }

    fn append(&mut self, key: &str, delta: &mut Fields) -> Result<(), &'static str> {
        let more = text_of(delta, key)?;
        match self.fields.entry(key).or_insert(Value::Null) {
            Value::String(text) => text.push_str(&more),
            empty @ Value::Null => *empty = Value::String(more),
            _ => return Err("a delta adds to what is no text"),
        }
        Ok(())
    }

    fn add_input(&mut self, more: &str) -> Result<(), &'static str> {
        let given =
            self.fields.get("input").is_some_and(|input| !input.is_null() && *input != Value::Object(Map::new()));
        if given && !more.is_empty() {
            return Err("a tool's input comes twice");
        }
        self.input.push_str(more);
        Ok(())
    }

    fn cite(&mut self, delta: &mut Fields) -> Result<(), &'static str> {
        let Some(citation) = delta.remove("citation") else { return Ok(()) };
        match self.fields.entry("citations").or_insert(Value::Null) {
            Value::Array(citations) => citations.push(citation),
            empty @ Value::Null => *empty = Value::Array(vec![citation]),
            _ => return Err("a delta adds to what is no list of citations"),
        }
        Ok(())
    }

    /// The block, with its input as the text that it came as: read and written again, numbers could change.
    fn finish(mut self) -> Value {
        if !self.input.is_empty() {
            self.fields.insert("input".to_owned(), Value::String(self.input));
        }
        Value::Object(self.fields)
    }
}

/// Takes the text of a delta; none counts as empty.
fn text_of(delta: &mut Fields, key: &str) -> Result<String, &'static str> {
    match delta.remove(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err("a delta is no text"),
    }
}

fn index_of(event: &mut Fields) -> Result<usize, &'static str> {
    let index = event.remove("index").as_ref().and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    index.ok_or("its `index` is no whole number")
}
