//! What leaves of a window: the events that waited, as they came or told anew, and the text that need not be shown again.

use parapet_domain::{Edit, redact};
use serde_json::{Map, Value};

use super::ResponseWindows;
use super::flow::Flow;
use crate::openai_responses::{self, Resumed, Teller};
use crate::stream::read_object;
use crate::windows::{Drawn, WindowLimits};
use crate::{Draft, Echo, ParsedBody, RewriteError, SurfaceError, rewrite};

/// The window that is being judged.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The events that told how the response begins, if they are in it.
    pub(super) head: Option<Vec<u8>>,
    /// The events that waited.
    pub(super) plain: Vec<u8>,
    /// What they amount to; empty when that is nothing to be judged.
    pub(super) body: Vec<u8>,
    /// Which item of the response its first one is.
    pub(super) first: usize,
    /// Whether it shows items that are complete, and not the text of one that grows.
    pub(super) items: bool,
    /// The last event, if it is in it.
    pub(super) last: Option<Last>,
}

/// The event that a stream ends with.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) kind: String,
    pub(super) response: Map<String, Value>,
}

impl ResponseWindows {
    pub(in crate::windows) fn draw(
        &self,
        edits: &[(&Draft, &[Edit])],
        limits: &WindowLimits,
    ) -> Result<Drawn, RewriteError> {
        if self.shown.items { self.draw_items(edits) } else { self.draw_text(edits, limits) }
    }

    pub(in crate::windows) fn advance(&mut self, drawn: &Drawn) {
        if self.shown.items {
            self.flow = None;
        } else if let (Some(flow), Some(cut)) = (&mut self.flow, drawn.cuts.first()) {
            flow.segment.advance(*cut);
            flow.begun = true;
            flow.kept.extend(drawn.kept.iter().cloned());
        }
        self.edited_bytes += drawn.items.iter().map(|(_, item)| item.to_string().len()).sum::<usize>();
        self.edited.extend(drawn.items.iter().cloned());
        (self.shown, self.pinged) = (Shown::default(), false);
    }

    fn draw_text(&self, edits: &[(&Draft, &[Edit])], limits: &WindowLimits) -> Result<Drawn, RewriteError> {
        let (shown, mut drawn) = (&self.shown, Drawn::default());
        let Some(flow) = &self.flow else { return Ok(drawn) };
        let of_flow = |draft: &Draft| draft.parts.iter().position(|part| part.pointer == flow.template.pointer);
        if let Some(head) = &shown.head {
            let others = |(draft, edits): &(&Draft, &[Edit])| {
                let flow = of_flow(draft);
                let edits: Vec<Edit> = edits.iter().filter(|edit| Some(edit.part) != flow).cloned().collect();
                ((*draft).clone(), edits)
            };
            let others: Vec<(Draft, Vec<Edit>)> =
                edits.iter().map(others).filter(|(_, edits)| !edits.is_empty()).collect();
            drawn.bytes =
                if others.is_empty() { head.clone() } else { self.begin(&rewrite(&shown.body, &by_draft(&others))?)? };
        }
        drawn.bytes.extend(&shown.plain);
        let own = edits.iter().find_map(|(draft, edits)| Some((of_flow(draft)?, *edits)));
        let (part, edits) = own.unwrap_or_default();
        let cut = flow.segment.cut(part, edits, limits.overlap_chars);
        let text = flow.segment.edited(part, edits, cut);
        if !text.is_empty() {
            drawn.bytes.extend(flow.event(&text, self.number));
        }
        let leaving: Vec<Edit> = edits.iter().filter(|edit| edit.part == part && edit.end <= cut).cloned().collect();
        (drawn.cuts, drawn.kept) = (vec![cut], flow.of_whole(&leaving));
        Ok(drawn)
    }

    fn draw_items(&self, edits: &[(&Draft, &[Edit])]) -> Result<Drawn, RewriteError> {
        let shown = &self.shown;
        let kept = self.flow.as_ref().is_some_and(|flow| !flow.kept.is_empty());
        let changed = kept || edits.iter().any(|(_, edits)| !edits.is_empty());
        let before = shown.last.is_some() && !self.edited.is_empty();
        if !changed && !before {
            return Ok(Drawn { bytes: self.as_it_came(), ..Drawn::default() });
        }
        let body = rewrite(&shown.body, &by_draft(&self.of_body(edits)?))?;
        let mut response = read_object(&body).map_err(RewriteError::Body)?;
        openai_responses::leave_out_of_stream(&mut response);
        let Some(Value::Array(items)) = response.remove("output") else {
            return Err(RewriteError::Body(SurfaceError::shape("/output", "has to be an array")));
        };
        let mut teller = Teller::at(self.number);
        if shown.head.is_some() {
            teller.begin(&response);
        }
        let resumed = self.flow.as_ref().filter(|flow| flow.begun).map(|flow| resumed(flow, edits));
        for (at, item) in items.iter().enumerate() {
            let Value::Object(item) = item.clone() else {
                return Err(RewriteError::Body(SurfaceError::shape("/output", "has to hold objects")));
            };
            let index = shown.first.saturating_add(at);
            teller.item(index, item, resumed.as_ref().filter(|resumed| resumed.item == index));
        }
        if let Some(last) = &shown.last {
            teller.end(&last.kind, self.whole(response, last, &items));
            return Ok(Drawn { bytes: teller.into_bytes(), ..Drawn::default() });
        }
        let items = items.into_iter().enumerate().map(|(at, item)| (shown.first.saturating_add(at), item)).collect();
        Ok(Drawn { bytes: teller.into_bytes(), items, ..Drawn::default() })
    }

    /// The events that waited, with the rest of the text in its place among them.
    fn as_it_came(&self) -> Vec<u8> {
        let (head, plain) = (self.shown.head.as_deref().unwrap_or_default(), self.shown.plain.as_slice());
        let flow = self.flow.as_ref().filter(|flow| !flow.segment.text().is_empty());
        let rest = flow.map(|flow| flow.event(flow.segment.text(), self.number)).unwrap_or_default();
        let at = flow.and_then(|flow| flow.waits).unwrap_or_default().min(plain.len());
        let (before, after) = plain.split_at_checked(at).unwrap_or((plain, &[]));
        [head, before, &rest, after].concat()
    }

    /// The edits as those of the items in the body: of a text that has left in part, the whole of which is there.
    fn of_body(&self, edits: &[(&Draft, &[Edit])]) -> Result<Vec<(Draft, Vec<Edit>)>, RewriteError> {
        let first = self.shown.first;
        let parsed = openai_responses::parse_answer(&self.shown.body).map_err(RewriteError::Body)?;
        let flow = self.flow.as_ref().map(|flow| (flow, flow.place.pointer(first)));
        let mut all = Vec::new();
        for draft in parsed.events {
            let pointer =
                draft.parts.first().map(|part| moved_pointer(&part.pointer, |index| index.saturating_add(first)));
            let same = |known: &&Draft| {
                known.stage == draft.stage && known.parts.first().map(|part| &part.pointer) == pointer.as_ref()
            };
            let own = edits.iter().find(|(known, _)| same(known)).map(|(_, edits)| *edits).unwrap_or_default();
            let grown = flow.as_ref().and_then(|(flow, pointer)| {
                Some((*flow, draft.parts.iter().position(|part| part.pointer == *pointer)?))
            });
            let mut edits: Vec<Edit> =
                own.iter().filter(|edit| grown.is_none_or(|(_, part)| edit.part != part)).cloned().collect();
            if let Some((flow, part)) = grown {
                let rest: Vec<Edit> = own.iter().filter(|edit| edit.part == part).cloned().collect();
                let whole = flow.kept.iter().cloned().chain(flow.of_whole(&rest));
                edits.extend(whole.map(|edit| Edit { part, ..edit }));
            }
            if !edits.is_empty() {
                all.push((draft, edits));
            }
        }
        Ok(all)
    }

    /// The events that tell how the response begins, with its edits.
    fn begin(&self, body: &[u8]) -> Result<Vec<u8>, RewriteError> {
        let mut response = read_object(body).map_err(RewriteError::Body)?;
        openai_responses::leave_out_of_stream(&mut response);
        let mut teller = Teller::at(self.number);
        teller.begin(&response);
        Ok(teller.into_bytes())
    }

    /// The whole response: what left before as it left, and the rest as it leaves now.
    fn whole(&self, mut response: Map<String, Value>, last: &Last, items: &[Value]) -> Map<String, Value> {
        let told = last.response.get("output").and_then(Value::as_array);
        if let Some(told) = told {
            let before = told.iter().take(self.shown.first).enumerate();
            let changed = |at: usize| self.edited.iter().find(|(index, _)| *index == at).map(|(_, item)| item);
            let output = before.map(|(at, item)| changed(at).unwrap_or(item)).chain(items).cloned().collect();
            response.insert("output".to_owned(), Value::Array(output));
        }
        response
    }
}

/// The item that goes on, and the rest of its text as it leaves.
fn resumed(flow: &Flow, edits: &[(&Draft, &[Edit])]) -> Resumed {
    let own = edits.iter().find_map(|(draft, edits)| {
        Some((draft.parts.iter().position(|part| part.pointer == flow.template.pointer)?, *edits))
    });
    let (part, edits) = own.unwrap_or_default();
    let own: Vec<Edit> = edits.iter().filter(|edit| edit.part == part).cloned().collect();
    let rest = redact::apply(flow.segment.text(), part, &own);
    Resumed { item: flow.place.item, list: flow.place.list, part: flow.place.part, rest }
}

fn by_draft(edits: &[(Draft, Vec<Edit>)]) -> Vec<(&Draft, &[Edit])> {
    edits.iter().map(|(draft, edits)| (draft, edits.as_slice())).collect()
}

/// Lets the pointers lead to other items.
pub(super) fn move_items(parsed: &mut ParsedBody, to: impl Fn(usize) -> usize) {
    for draft in &mut parsed.events {
        draft.parts.iter_mut().for_each(|part| part.pointer = moved_pointer(&part.pointer, &to));
        draft.echoes.iter_mut().for_each(|Echo { pointer, .. }| *pointer = moved_pointer(pointer, &to));
    }
    parsed.not_inspected.iter_mut().for_each(|entry| entry.pointer = moved_pointer(&entry.pointer, &to));
}

fn moved_pointer(pointer: &str, to: impl Fn(usize) -> usize) -> String {
    let Some(rest) = pointer.strip_prefix("/output/") else { return pointer.to_owned() };
    let (index, below) = rest.split_once('/').map_or((rest, None), |(index, below)| (index, Some(below)));
    match (index.parse().map(to), below) {
        (Ok(index), Some(below)) => format!("/output/{index}/{below}"),
        (Ok(index), None) => format!("/output/{index}"),
        (Err(_), _) => pointer.to_owned(),
    }
}
