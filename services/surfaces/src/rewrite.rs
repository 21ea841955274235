//! Byte-surgical edits: only the edited values change, every other byte of the body stays as it was.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::{Edit, Part, PartKind, json, reason, redact};

use crate::document::{Document, Node, Shape};
use crate::error::clip;
use crate::limits::MAX_VALUES;
use crate::{Draft, Leaves, SurfaceError, pointer};

/// Why the edits cannot be made. The body must then not be released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The body is not the one that the draft was made from.
    #[error("the body cannot be read again: {0}")]
    Body(SurfaceError),
    /// No value stands at the pointer.
    #[error("there is no value at `{0}` to edit")]
    NotFound(String),
    /// Two edited parts are the same value, or one lies within the other.
    #[error("the edits at `{0}` and within it exclude each other")]
    Overlap(String),
    /// The edit would leave something that is no JSON where JSON has to stand.
    #[error("the edits would leave `{0}` without valid JSON")]
    Structure(String),
    /// What is signed would have to go, and nothing would be left beside it.
    #[error("`{0}` is signed and can only be taken out whole, which would leave nothing")]
    Alone(String),
}

impl RewriteError {
    /// The refusal that takes the place of the release.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal {
            kind: RefusalKind::Blocked,
            reason_code: reason::REDACTION_IMPOSSIBLE.to_owned(),
            message: format!("content had to be redacted, but {self}; the whole of it is refused instead"),
            details: serde_json::Value::Null,
        }
    }
}

/// `body` with the edits of each draft made. Edits count characters of their part's `text`. Without edits the body is
/// returned as it is, unread. Takes time linear in the body and the edits.
///
/// # Errors
/// The drafts are not of this body, or an edit would break its structure.
pub fn rewrite(body: &[u8], drafts: &[(&Draft, &[Edit])]) -> Result<Vec<u8>, RewriteError> {
    if drafts.iter().all(|(_, edits)| edits.is_empty()) {
        return Ok(body.to_vec());
    }
    let mut plan = Plan::default();
    for (draft, edits) in drafts {
        plan.add_draft(draft, edits)?;
    }
    let document = Document::parse(body).map_err(RewriteError::Body)?;
    let mut splices = Vec::new();
    plan.locate(document.root(), &mut splices)?;
    splices.sort_by_key(|(range, _)| range.start);
    Ok(splice(body, &splices))
}

/// What becomes of one value.
enum Change<'a> {
    Text {
        part: &'a Part,
        text: String,
    },
    Null,
    /// It is taken out of its array, whatever else was to be done within it.
    Gone,
}

/// The changes as a tree of pointers, so that the body is walked once whatever their number.
#[derive(Default)]
struct Plan<'a> {
    pointer: String,
    change: Option<Change<'a>>,
    children: HashMap<String, Plan<'a>>,
}

impl<'a> Plan<'a> {
    fn add_draft(&mut self, draft: &'a Draft, edits: &[Edit]) -> Result<(), RewriteError> {
        let merged = redact::merge(edits);
        let mut edited = vec![false; draft.parts.len()];
        for group in merged.chunk_by(|a, b| a.part == b.part) {
            let index = group.first().map_or(0, |edit| edit.part);
            let (Some(part), Some(flag)) = (draft.parts.get(index), edited.get_mut(index)) else {
                return Err(RewriteError::NotFound(format!("part {index}")));
            };
            *flag = true;
            self.add(&part.pointer, Change::Text { part, text: redact::apply(&part.text, index, group) })?;
        }
        for echo in draft.echoes.iter().filter(|echo| edited.get(echo.part) == Some(&true)) {
            let change = match echo.leaves {
                Leaves::Null => Change::Null,
                Leaves::Nothing => Change::Gone,
            };
            self.add(&echo.pointer, change)?;
        }
        Ok(())
    }

    fn add(&mut self, pointer: &str, change: Change<'a>) -> Result<(), RewriteError> {
        let mut at = self;
        for segment in pointer::segments(pointer).ok_or_else(|| RewriteError::NotFound(clip(pointer.to_owned())))? {
            match at.change {
                None => {}
                Some(Change::Gone) => return Ok(()),
                Some(_) => return Err(RewriteError::Overlap(clip(pointer.to_owned()))),
            }
            at = at.children.entry(segment.into_owned()).or_default();
        }
        match (&at.change, &change) {
            (Some(Change::Gone), _) => return Ok(()),
            (_, Change::Gone) => at.children.clear(),
            (Some(Change::Null), Change::Null) => {}
            (None, _) if at.children.is_empty() => {}
            _ => return Err(RewriteError::Overlap(clip(pointer.to_owned()))),
        }
        pointer.clone_into(&mut at.pointer);
        at.change = Some(change);
        Ok(())
    }

    fn locate(&self, node: &Node<'_>, out: &mut Vec<(Range<usize>, String)>) -> Result<(), RewriteError> {
        if let Some(change) = &self.change {
            out.push((node.range(), change.render(node, &self.pointer)?));
            return Ok(());
        }
        let mut found = 0;
        match &node.shape {
            Shape::Object(members) => {
                for (key, value) in members {
                    if let Some(plan) = self.children.get(key.as_ref()) {
                        found += 1;
                        plan.locate(value, out)?;
                    }
                }
            }
            Shape::Array(items) => {
                let mut gone = BTreeSet::new();
                for (index, plan) in &self.children {
                    let Some((index, value)) = index.parse().ok().and_then(|at| Some((at, items.get(at)?))) else {
                        continue;
                    };
                    found += 1;
                    if matches!(plan.change, Some(Change::Gone)) {
                        gone.insert(index);
                    } else {
                        plan.locate(value, out)?;
                    }
                }
                if !gone.is_empty() {
                    out.extend(
                        without(items, &gone)
                            .ok_or_else(|| RewriteError::Alone(clip(self.any_pointer().to_owned())))?,
                    );
                }
            }
            _ => {}
        }
        if found == self.children.len() {
            Ok(())
        } else {
            Err(RewriteError::NotFound(clip(self.any_pointer().to_owned())))
        }
    }

    /// The pointer of some change at or below this place.
    fn any_pointer(&self) -> &str {
        let mut at = self;
        while let (None, Some(child)) = (&at.change, at.children.values().next()) {
            at = child;
        }
        &at.pointer
    }
}

impl Change<'_> {
    fn render(&self, node: &Node<'_>, pointer: &str) -> Result<String, RewriteError> {
        let broken = || RewriteError::Structure(clip(pointer.to_owned()));
        let (part, text) = match self {
            Self::Text { part, text } => (part, text),
            Self::Null => return Ok("null".to_owned()),
            // It stands in no array.
            Self::Gone => return Err(RewriteError::Alone(clip(pointer.to_owned()))),
        };
        let is_string = matches!(node.shape, Shape::String);
        let was_json =
            part.json.is_some() && matches!(part.kind, PartKind::ToolCall | PartKind::Json | PartKind::ToolDefinition);
        if (!is_string || was_json) && json::parse_within(text, MAX_VALUES).is_err() {
            return Err(broken());
        }
        if is_string { serde_json::to_string(text).map_err(|_| broken()) } else { Ok(text.clone()) }
    }
}

/// What has to go of an array for these items to go, commas included; `None` when no item would be left.
fn without(items: &[Node<'_>], gone: &BTreeSet<usize>) -> Option<Vec<(Range<usize>, String)>> {
    let last_kept = (0..items.len()).rev().find(|at| !gone.contains(at))?;
    let range = |at: usize| items.get(at).map(Node::range).unwrap_or_default();
    let before = gone.iter().filter(|at| **at < last_kept).map(|at| range(*at).start..range(at + 1).start);
    let behind = range(last_kept).end..range(items.len().saturating_sub(1)).end;
    let behind = (!behind.is_empty()).then_some(behind);
    Some(before.chain(behind).map(|range| (range, String::new())).collect())
}

fn splice(body: &[u8], splices: &[(Range<usize>, String)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut copied = 0;
    for (range, text) in splices {
        out.extend_from_slice(body.get(copied..range.start).unwrap_or_default());
        out.extend_from_slice(text.as_bytes());
        copied = range.end;
    }
    out.extend_from_slice(body.get(copied..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
