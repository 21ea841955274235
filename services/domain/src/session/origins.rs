//! Where the values of a tool call were seen before: one pass over everything that was seen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::delta::digests;
use super::groups::Groups;
use super::key::DigestKey;
use super::matcher::{Matcher, Visits};
use super::past::{Past, Pointed};
use super::source::Source;
use super::{kind, leaves, normal};
use crate::history::{ValueKind, ValueOrigin};
use crate::{Event, History, Origin, PartKind, Stage};

/// Most words of one value that are compared.
const MAX_VALUE_WORDS: usize = 4_096;
/// Most words of all values of one event together.
const MAX_WORDS: usize = 32_768;

/// A value with what is known of it so far.
struct Value {
    words: Vec<u64>,
    raw: Vec<u32>,
    kind: ValueKind,
    host: Option<u64>,
    by: BTreeSet<Origin>,
    tools: Vec<String>,
    exact: bool,
    whole: bool,
    unpointed: bool,
    undocumented: bool,
    unrecorded: bool,
    near: u64,
    near_everywhere: u64,
    rivals: u32,
}

/// Fills in `origins` and `words`.
pub(super) fn fill(history: &mut History, past: &Past, event: &Event, groups: &Groups) {
    let (mut places, mut values) = (Vec::new(), Vec::new());
    if event.stage == Stage::ToolCall {
        history.truncated |= collect(event, past.key, &mut places, &mut values);
    }
    let mut scan = Scan::new(past, groups, values);
    let mut by_group: BTreeMap<String, Vec<Origin>> =
        groups.names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for source in past.sources() {
        let said = scan.read(source);
        for name in groups.names(said) {
            if let Some(origins) = by_group.get_mut(name).filter(|origins| !origins.contains(&source.origin)) {
                origins.push(source.origin);
            }
        }
    }
    history.words = by_group;
    let named = |kind: ValueKind| {
        let users = past.sources().filter(|source| source.origin == Origin::User);
        users.filter_map(|source| source.named.get(&kind)).fold(0_u32, |sum, count| sum.saturating_add(*count))
    };
    history.origins =
        places.into_iter().zip(scan.values).map(|(place, value)| finish(place, value, groups, &named)).collect();
}

/// Part and pointer of a value.
type Place = (usize, String);

/// The values of the event's calls. The answer tells whether there are more.
fn collect(event: &Event, key: DigestKey, places: &mut Vec<Place>, values: &mut Vec<Value>) -> bool {
    let (mut more, mut room) = (false, MAX_WORDS);
    for (index, part) in event.parts.iter().enumerate().filter(|(_, part)| part.kind == PartKind::ToolCall) {
        let (found, left_out) = leaves::of_call(part, History::MAX_ORIGINS.saturating_sub(values.len()));
        more |= left_out;
        for leaf in found {
            let (words, raw) = digests(&leaf.text, room.min(MAX_VALUE_WORDS) + 1, key);
            if words.len() > room.min(MAX_VALUE_WORDS) {
                more = true;
            }
            room = room.saturating_sub(words.len());
            let kind = if leaf.is_number { ValueKind::Number } else { kind::of_text(&leaf.text) };
            let host = (kind == ValueKind::Url).then(|| host(&leaf.text)).flatten();
            places.push((index, leaf.pointer));
            values.push(Value::new(words, raw, kind, host.map(|host| key.digest(host.as_bytes()))));
        }
    }
    more
}

/// The host of an address on the web.
fn host(text: &str) -> Option<String> {
    let word = normal::words(text).into_iter().next()?;
    let host = word.folded.split(['/', '?', '#']).next()?;
    Some(host.rsplit('@').next()?.split(':').next()?.to_owned()).filter(|host| !host.is_empty())
}

impl Value {
    const fn new(words: Vec<u64>, raw: Vec<u32>, kind: ValueKind, host: Option<u64>) -> Self {
        Self {
            words,
            raw,
            kind,
            host,
            by: BTreeSet::new(),
            tools: Vec::new(),
            exact: false,
            whole: false,
            unpointed: false,
            undocumented: false,
            unrecorded: false,
            near: 0,
            near_everywhere: u64::MAX,
            rivals: 0,
        }
    }
}

struct Scan<'p> {
    past: &'p Past,
    groups: &'p Groups,
    values: Vec<Value>,
    matcher: Matcher,
    visits: Visits,
    /// Values of one word, and hosts, by digest: also looked for among the pieces of words.
    singles: HashMap<u64, Vec<u32>>,
    hosts: HashMap<u64, Vec<u32>>,
    /// Passages so far.
    passages: u64,
}

impl<'p> Scan<'p> {
    fn new(past: &'p Past, groups: &'p Groups, values: Vec<Value>) -> Self {
        let matcher = Matcher::new(values.iter().map(|value| value.words.as_slice()));
        let mut hosts: HashMap<u64, Vec<u32>> = HashMap::new();
        for (index, host) in values.iter().zip(0..).filter_map(|(value, index)| Some((index, value.host?))) {
            hosts.entry(host).or_default().push(index);
        }
        let singles = single_words(values.iter().map(|value| value.words.as_slice()));
        Self { past, groups, visits: matcher.visits(), matcher, singles, hosts, values, passages: 0 }
    }

    /// Looks for all values in `source`. Gives back the groups that have a word in it.
    fn read(&mut self, source: &Source) -> u64 {
        let masks = self.masks(source);
        let mut found: Vec<(u32, Range<usize>, bool)> = Vec::new();
        let first = self.passages + 1;
        let mut passage = 0;
        let passage_of = |index: usize| {
            while source.passages.get(passage).is_some_and(|end| *end as usize <= index) {
                passage += 1;
            }
            first + passage as u64
        };
        self.matcher
            .search(&source.words, &mut self.visits, passage_of, |needle, range| found.push((needle, range, true)));
        self.passages += source.passages.len() as u64 + 1;
        for (index, word) in source.words.iter().enumerate() {
            found.extend(self.hosts.get(word).into_iter().flatten().map(|needle| (*needle, index..index + 1, false)));
        }
        for (index, piece) in &source.pieces {
            let at = *index as usize;
            found.extend(self.singles.get(piece).into_iter().flatten().map(|needle| (*needle, at..at + 1, true)));
            found.extend(self.hosts.get(piece).into_iter().flatten().map(|needle| (*needle, at..at + 1, false)));
        }
        for (needle, range, whole) in found {
            self.note(source, needle, &range, whole, &masks);
        }
        masks.iter().fold(0, |all, mask| all | mask)
    }

    /// The groups that have a word in each passage.
    fn masks(&self, source: &Source) -> Vec<u64> {
        let mut start = 0;
        let passages = source.passages.iter().map(|end| {
            let words = source.words.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            words.iter().filter_map(|word| self.groups.masks.get(word)).fold(0, |all, mask| all | mask)
        });
        passages.collect()
    }

    fn note(&mut self, source: &Source, needle: u32, range: &Range<usize>, whole: bool, masks: &[u64]) {
        let Some(value) = self.values.get_mut(needle as usize) else { return };
        value.by.insert(source.origin);
        value.whole |= whole;
        value.exact |= whole && source.raw.get(range.clone()) == Some(value.raw.as_slice());
        if !source.is_untrusted() {
            return;
        }
        let pointed = self.past.pointed(source.call_id.as_deref());
        value.unpointed |= pointed.is_none();
        value.undocumented |= pointed != Some(Pointed::ToDocument);
        value.unrecorded |= !source.is_field(range);
        let near = near(source, range, masks);
        value.near |= near;
        value.near_everywhere &= near;
        if let Some(tool) = source.tool.as_ref().filter(|tool| !value.tools.contains(tool))
            && value.tools.len() < History::MAX_TOOLS
        {
            value.tools.push(tool.clone());
        }
        value.rivals = value.rivals.max(source.named.get(&value.kind).copied().unwrap_or_default());
    }
}

/// The groups in the passages of `range` and the ones next to it, as far as they are of the same record.
fn near(source: &Source, range: &Range<usize>, masks: &[u64]) -> u64 {
    let passage = |word: usize| source.passages.partition_point(|end| *end as usize <= word);
    let (first, last) = (passage(range.start), passage(range.end.saturating_sub(1)));
    let from = if source.divides(first) { first } else { first.saturating_sub(1) };
    let to = if source.divides(last + 1) { last + 1 } else { last + 2 };
    let around = masks.get(from..to.min(masks.len())).unwrap_or_default();
    around.iter().fold(0, |all, mask| all | mask)
}

/// The needles of one word, by that word.
pub(super) fn single_words<'n>(needles: impl Iterator<Item = &'n [u64]>) -> HashMap<u64, Vec<u32>> {
    let mut singles: HashMap<u64, Vec<u32>> = HashMap::new();
    for (needle, index) in needles.zip(0..) {
        if let [only] = needle {
            singles.entry(*only).or_default().push(index);
        }
    }
    singles
}

fn finish((part, pointer): Place, value: Value, groups: &Groups, named: &impl Fn(ValueKind) -> u32) -> ValueOrigin {
    let untrusted = |origin: &Origin| matches!(origin, Origin::Tool | Origin::Retrieved);
    let from_tools = value.by.iter().any(untrusted);
    ValueOrigin {
        part,
        pointer,
        kind: value.kind,
        untrusted_only: from_tools && value.by.iter().all(untrusted),
        exact: value.exact,
        whole: value.whole,
        tools: value.tools,
        pointed: from_tools && !value.unpointed,
        document: from_tools && !value.undocumented,
        recorded: from_tools && !value.unrecorded,
        near: groups.names(value.near).cloned().collect(),
        near_everywhere: groups.names(if from_tools { value.near_everywhere } else { 0 }).cloned().collect(),
        user_named: named(value.kind),
        rivals: value.rivals,
        by: value.by.into_iter().collect(),
    }
}
