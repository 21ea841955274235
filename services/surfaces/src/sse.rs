//! Server-sent events as the WHATWG specification reads them, from chunks cut anywhere.

use serde_json::Value;

use crate::StreamError;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// The `event` field, empty when there is none.
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
    /// The `id` field, by which a client says where it wants to go on.
    pub id: Option<String>,
    /// The `retry` field: how long a client waits before it connects again, in milliseconds.
    pub retry: Option<u64>,
}

impl SseEvent {
    /// The event as it goes over the wire.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(self.data.len() + 32);
        let mut field = |name: &str, value: &str| {
            for part in [name, ": ", value, "\n"] {
                out.push_str(part);
            }
        };
        if !self.name.is_empty() {
            field("event", &self.name);
        }
        if let Some(id) = &self.id {
            field("id", id);
        }
        if let Some(retry) = self.retry {
            field("retry", &retry.to_string());
        }
        // Each of the three line ends would end the field.
        for line in self.data.split(['\n', '\r']) {
            field("data", line);
        }
        out.push('\n');
        out
    }

    /// The event as it goes over the wire when its data is JSON: one line of the same JSON, in which no client finds the end
    /// of another line.
    #[must_use]
    pub fn render_json(self) -> String {
        let data = one_line(&self.data);
        Self { data, ..self }.render()
    }
}

/// Reads a stream piece by piece. Comments and unknown fields are skipped, as every client does.
#[derive(Debug)]
pub struct SseParser {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
    after_cr: bool,
    first_line: bool,
    held: usize,
    max_event_bytes: usize,
}

impl SseParser {
    /// A parser that holds at most `max_event_bytes` of one event.
    #[must_use]
    pub const fn new(max_event_bytes: usize) -> Self {
        Self {
            line: Vec::new(),
            name: String::new(),
            data: None,
            id: None,
            retry: None,
            after_cr: false,
            first_line: true,
            held: 0,
            max_event_bytes,
        }
    }

    /// Takes the next bytes and adds the events that they complete to `events`.
    ///
    /// # Errors
    /// A line is not UTF-8, or an event is longer than the limit.
    pub fn push(&mut self, mut chunk: &[u8], events: &mut Vec<SseEvent>) -> Result<(), StreamError> {
        while let Some(first) = chunk.first() {
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                chunk = chunk.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.hold(chunk);
            };
            self.hold(chunk.get(..end).unwrap_or_default())?;
            self.after_cr = chunk.get(end) == Some(&b'\r');
            chunk = chunk.get(end + 1..).unwrap_or_default();
            self.end_line(events)?;
        }
        Ok(())
    }

    /// The stream has ended. The specification drops an event without its empty line; clients do not agree, so it is read.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish(&mut self, events: &mut Vec<SseEvent>) -> Result<(), StreamError> {
        if !self.line.is_empty() {
            self.end_line(events)?;
        }
        self.dispatch(events);
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.held += bytes.len();
        if self.held > self.max_event_bytes {
            return Err(StreamError::TooLarge { limit: self.max_event_bytes });
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<SseEvent>) -> Result<(), StreamError> {
        let line = std::mem::take(&mut self.line);
        let mut line = std::str::from_utf8(&line).map_err(|_| StreamError::Utf8)?;
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(events);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value),
            "event" => value.clone_into(&mut self.name),
            // As the specification has it, one with a NUL is ignored.
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                self.retry = value.parse().ok()
            }
            _ => self.held -= line.len().min(self.held),
        }
        Ok(())
    }

    fn add_data(&mut self, value: &str) {
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
    }

    fn dispatch(&mut self, events: &mut Vec<SseEvent>) {
        let name = std::mem::take(&mut self.name);
        self.held = 0;
        // An id or a time without data stays for the next event.
        let Some(data) = self.data.take() else { return };
        events.push(SseEvent { name, data, id: self.id.take(), retry: self.retry.take() });
    }
}

/// One event without a name: `data` is JSON, or the word that ends a stream.
pub(crate) fn data_event(data: &[u8]) -> Vec<u8> {
    [b"data: ", one_line(&String::from_utf8_lossy(data)).as_bytes(), b"\n\n"].concat()
}

/// One event with a name, which must be a plain word.
pub(crate) fn named_event(name: &str, data: &[u8]) -> Vec<u8> {
    [b"event: ", name.as_bytes(), b"\n", data_event(data).as_slice()].concat()
}

/// One event that bears its `type` as its name.
#[expect(clippy::needless_pass_by_value, reason = "made for the event alone")]
pub(crate) fn typed_event(event: Value) -> Vec<u8> {
    named_event(event.get("type").and_then(Value::as_str).unwrap_or("message"), event.to_string().as_bytes())
}

/// The same JSON without space between its tokens, and with each character that could end a line escaped: clients split a
/// stream at different ones. Some take U+2028, U+0085 or a form feed for a line's end, and would find a line there that
/// nobody judged.
pub(crate) fn one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        match c {
            c if !in_string && c.is_ascii_whitespace() => {}
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => {
                in_string ^= c == '"' && !escaped;
                out.push(c);
            }
        }
        escaped = in_string && c == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests;
