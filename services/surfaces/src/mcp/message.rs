//! The envelope of a message: JSON-RPC 2.0, read strictly. An envelope that two readers could read differently is refused.

use std::borrow::Cow;
use std::ops::Range;

use super::McpError;
use crate::document::{Document, Node, Shape, is_plain_word};

/// Longest id, in bytes of its text: it is kept until the answer comes.
pub(super) const MAX_ID_BYTES: usize = 256;
/// Longest name of a method, in bytes.
pub(super) const MAX_METHOD_BYTES: usize = 128;
/// Most messages in one batch.
pub(super) const MAX_BATCH: usize = 100;

/// The id of a request, as JSON text: `1` and `"1"` are different ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// The id as JSON.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// The id as a label on parts: without the quotation marks of a string.
    #[must_use]
    pub fn label(&self) -> String {
        serde_json::from_str::<String>(&self.0).unwrap_or_else(|_| self.0.clone())
    }
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Asks for an answer.
    Request {
        /// Named by the answer.
        id: RequestId,
        /// Such as `tools/call`.
        method: String,
    },
    /// Asks for none.
    Notification {
        /// Such as `notifications/progress`.
        method: String,
    },
    /// An answer.
    Response {
        /// That of the request.
        id: RequestId,
    },
}

impl Kind {
    /// The method, unless this is an answer.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match self {
            Self::Request { method, .. } | Self::Notification { method } => Some(method),
            Self::Response { .. } => None,
        }
    }
}

/// One message whose envelope is in order.
#[derive(Debug)]
pub struct Message<'a> {
    pub(super) document: Document<'a>,
    kind: Kind,
}

impl<'a> Message<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// It is no acceptable JSON, or no JSON-RPC 2.0 message.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, McpError> {
        let document = Document::parse(bytes)?;
        let kind = kind(&document)?;
        Ok(Self { document, kind })
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The name of the tool that a `tools/call` names.
    #[must_use]
    pub fn tool(&self) -> Option<String> {
        let called = self.kind.method() == Some(super::method::CALL);
        let name = self.document.root().get("params").filter(|_| called)?.get("name")?;
        self.document.string(name).map(Cow::into_owned)
    }
}

/// A body: one message, or the place of each message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// One message, the whole body.
    One,
    /// A batch.
    Batch(Vec<Range<usize>>),
}

/// Finds the messages of a body.
///
/// # Errors
/// A batch that is not acceptable JSON, has no messages or too many, or comes where `batches` are not allowed.
pub fn split(bytes: &[u8], batches: bool) -> Result<Split, McpError> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return Ok(Split::One);
    }
    if !batches {
        return Err(McpError::Batch);
    }
    let document = Document::parse(bytes)?;
    let Shape::Array(items) = &document.root().shape else { return Ok(Split::One) };
    if !(1..=MAX_BATCH).contains(&items.len()) {
        return Err(McpError::BatchSize(items.len()));
    }
    let starts_a_session = |item: &Node<'_>| {
        item.get("method").and_then(|method| document.string(method)).is_some_and(|m| m == super::method::INITIALIZE)
    };
    if items.iter().any(starts_a_session) {
        return Err(McpError::BatchedInitialize);
    }
    Ok(Split::Batch(items.iter().map(Node::range).collect()))
}

fn kind(document: &Document<'_>) -> Result<Kind, McpError> {
    let root = document.root();
    if !matches!(root.shape, Shape::Object(_)) {
        return Err(McpError::invalid("a message has to be a JSON object"));
    }
    let known = root.get("id").and_then(|id| request_id(document, id).ok());
    read_kind(document, root).map_err(|error| error.about(known))
}

fn read_kind(document: &Document<'_>, root: &Node<'_>) -> Result<Kind, McpError> {
    if root.get("jsonrpc").and_then(|version| document.string(version)).as_deref() != Some("2.0") {
        return Err(McpError::invalid("`jsonrpc` has to be \"2.0\""));
    }
    let id = root.get("id").map(|id| request_id(document, id)).transpose()?;
    let answers = root.get("result").is_some() || root.get("error").is_some();
    match (root.get("method"), id) {
        (Some(_), _) if answers => Err(McpError::invalid("a message has either `method`, or `result`, or `error`")),
        (Some(method), id) => {
            only(root, &["jsonrpc", "id", "method", "params"])?;
            let method = method_name(document, method)?;
            require_object(root, "params")?;
            Ok(match id {
                Some(id) => Kind::Request { id, method },
                None => Kind::Notification { method },
            })
        }
        (None, Some(id)) => {
            only(
                root,
                if root.get("result").is_some() { &["jsonrpc", "id", "result"] } else { &["jsonrpc", "id", "error"] },
            )?;
            if !answers {
                return Err(McpError::invalid("a message without `method` has to have `result` or `error`"));
            }
            require_object(root, "result")?;
            require_object(root, "error")?;
            Ok(Kind::Response { id })
        }
        (None, None) => Err(McpError::invalid("a message has to have `method`, or `id` with `result` or `error`")),
    }
}

/// A field that is on no list could carry content past everybody.
fn only(root: &Node<'_>, keys: &[&str]) -> Result<(), McpError> {
    match root.members().iter().find(|(key, _)| !keys.contains(&key.as_ref())) {
        Some(_) => Err(McpError::invalid(format!("such a message has the fields {} and no others", quoted(keys)))),
        None => Ok(()),
    }
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

fn require_object(root: &Node<'_>, key: &str) -> Result<(), McpError> {
    match root.get(key).map(|node| &node.shape) {
        None | Some(Shape::Object(_)) => Ok(()),
        Some(_) => Err(McpError::invalid(format!("`{key}` has to be an object"))),
    }
}

fn method_name(document: &Document<'_>, node: &Node<'_>) -> Result<String, McpError> {
    let name = document.string(node).ok_or_else(McpError::method_form)?;
    // `$/` begins the names that JSON-RPC tools reserve for themselves.
    let word = name.strip_prefix('$').unwrap_or(&name);
    if name.len() > MAX_METHOD_BYTES || !is_plain_word(word) {
        return Err(McpError::method_form());
    }
    Ok(name.into_owned())
}

fn request_id(document: &Document<'_>, node: &Node<'_>) -> Result<RequestId, McpError> {
    let raw = document.raw(node);
    let whole = |digits: &str| (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    match node.shape {
        Shape::Number if whole(raw.strip_prefix('-').unwrap_or(raw)) => Ok(RequestId(raw.to_owned())),
        Shape::String => match document.string(node) {
            Some(text) if (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) => {
                // Written anew, so that one id has one text however its sender escapes it.
                serde_json::to_string(&text).map(RequestId).map_err(|_| McpError::id_type())
            }
            _ => Err(McpError::id_type()),
        },
        _ => Err(McpError::id_type()),
    }
}
