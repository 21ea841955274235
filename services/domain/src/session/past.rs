//! Everything that is known of a session at one moment, within bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::OnceLock;

use super::counters::Tally;
use super::delta::{Call, Delta};
use super::groups::Groups;
use super::key::DigestKey;
use super::matcher::Matcher;
use super::origins;
use super::source::Source;
use crate::history::{Counters, PastCall, Reading};
use crate::{Decision, Event, History, Origin};

/// Room for what the operator and the user said. What they said is not driven out by what tools say.
const TRUSTED_BYTES: usize = 1 << 20;
/// Room for everything else.
const OTHER_BYTES: usize = 2 << 20;
/// Calls that are kept.
const MAX_CALLS: usize = 256;

/// What came before an event.
#[derive(Debug, Clone)]
pub struct Past {
    pub(super) key: DigestKey,
    trusted: Kept,
    others: Kept,
    calls: VecDeque<Call>,
    named: HashSet<(String, String)>,
    session: Tally,
    principal: Tally,
    truncated: bool,
    /// Ids of calls with an argument that the user had named, and how. Worked out when it is first asked for.
    pointed: OnceLock<HashMap<String, Pointed>>,
}

/// How the user pointed to a call's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pointed {
    /// By any argument.
    Somehow,
    /// By a file or an address on the web.
    ToDocument,
}

/// Sources within a bound; the oldest give way.
#[derive(Debug, Clone, Default)]
struct Kept {
    sources: VecDeque<Source>,
    ids: HashSet<u64>,
    bytes: usize,
}

impl Past {
    /// Nothing yet.
    #[must_use]
    pub fn new(key: DigestKey) -> Self {
        Self {
            key,
            trusted: Kept::default(),
            others: Kept::default(),
            calls: VecDeque::new(),
            named: HashSet::new(),
            session: Tally::default(),
            principal: Tally::default(),
            truncated: false,
            pointed: OnceLock::new(),
        }
    }

    /// Takes in what was stored of this session.
    pub fn add(&mut self, delta: &Delta) {
        self.take(delta.clone());
    }

    /// Takes in what was stored of the principal's calls in any session.
    pub fn add_of_principal(&mut self, delta: &Delta) {
        delta.calls.iter().filter(|call| call.at.is_some()).for_each(|call| self.principal.add(call));
    }

    /// Takes in an event that was released, edits made. Gives back what is to be stored: content that is new, and calls that
    /// were released.
    pub fn observe(&mut self, event: &Event, decision: Decision) -> Delta {
        let mut new = self.take(Delta::of(event, decision, self.key));
        new.calls.retain(|call| call.at.is_some());
        // Stored calls of the principal come from its own record, these are newer.
        if event.principal.is_some() {
            self.add_of_principal(&new);
        }
        new
    }

    /// Takes in what is new of `delta` and gives it back.
    fn take(&mut self, delta: Delta) -> Delta {
        self.pointed = OnceLock::new();
        self.truncated |= delta.cut;
        let mut new = Delta::default();
        for source in delta.sources {
            self.truncated |= source.truncated;
            let (kept, room) =
                if source.is_trusted() { (&mut self.trusted, TRUSTED_BYTES) } else { (&mut self.others, OTHER_BYTES) };
            if kept.ids.insert(source.id) {
                new.sources.push(source.clone());
                self.truncated |= kept.push(source, room);
            }
        }
        for call in delta.calls {
            let known = call.call_id.as_ref().is_some_and(|id| !self.named.insert((id.clone(), call.tool.clone())));
            // What was released counts each time; what the conversation tells of, only when nothing else knows of it.
            if known && call.at.is_none() {
                continue;
            }
            self.session.add(&call);
            self.calls.push_back(call.clone());
            if self.calls.len() > MAX_CALLS {
                self.calls.pop_front();
            }
            new.calls.push(call);
        }
        new
    }

    /// The history that a guard sees with `event`, when it declares `readings` and these groups of `words`.
    #[must_use]
    pub fn history(
        &self,
        event: &Event,
        readings: &BTreeSet<Reading>,
        words: &BTreeMap<String, Vec<String>>,
    ) -> History {
        let mut history = History { truncated: self.truncated, ..History::default() };
        history.seen = self.sources().map(|source| source.origin).collect::<BTreeSet<Origin>>().into_iter().collect();
        if readings.contains(&Reading::Calls) {
            let skipped = self.calls.len().saturating_sub(History::MAX_CALLS);
            history.calls = self.calls.iter().skip(skipped).map(past_call).collect();
        }
        if readings.contains(&Reading::Origins) {
            origins::fill(&mut history, self, event, &Groups::new(words, self.key));
        }
        if readings.contains(&Reading::Counters) {
            history.counters = Counters {
                session: self.session.windows(event.at, &event.zone),
                principal: self.principal.windows(event.at, &event.zone),
            };
        }
        history
    }

    /// All content, the trusted first.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.trusted.sources.iter().chain(&self.others.sources)
    }

    /// How the result of the call `id` was got with an argument that the user had named, if it was.
    pub(super) fn pointed(&self, id: Option<&str>) -> Option<Pointed> {
        self.pointed.get_or_init(|| self.find_pointed()).get(id?).copied()
    }

    fn find_pointed(&self) -> HashMap<String, Pointed> {
        let calls = self.calls.iter();
        let values: Vec<(&Call, &Vec<u64>, Pointed)> =
            calls.flat_map(|call| call.named_by().map(move |(value, pointed)| (call, value, pointed))).collect();
        let matcher = Matcher::new(values.iter().map(|(_, value, _)| value.as_slice()));
        let by_piece = origins::single_words(values.iter().map(|(_, value, _)| value.as_slice()));
        let (mut visits, mut found) = (matcher.visits(), HashMap::new());
        let mut note = |needle: u32| {
            let Some((call, _, pointed)) = values.get(needle as usize) else { return };
            let Some(id) = &call.call_id else { return };
            let known = found.entry(id.clone()).or_insert(*pointed);
            *known = (*known).max(*pointed);
        };
        for (source, stamp) in self.sources().filter(|source| source.origin == Origin::User).zip(1..) {
            matcher.search(&source.words, &mut visits, |_| stamp, |needle, _| note(needle));
            let pieces = source.pieces.iter().filter_map(|(_, piece)| by_piece.get(piece));
            pieces.flatten().for_each(|needle| note(*needle));
        }
        found
    }
}

impl Kept {
    /// Whether something had to go.
    fn push(&mut self, source: Source, room: usize) -> bool {
        self.bytes += source.bytes();
        self.sources.push_back(source);
        let before = self.sources.len();
        while self.bytes > room && self.sources.len() > 1 {
            let Some(oldest) = self.sources.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.ids.remove(&oldest.id);
        }
        self.sources.len() < before
    }
}

impl Call {
    /// Its values with what the user who named one would have pointed to.
    fn named_by(&self) -> impl Iterator<Item = (&Vec<u64>, Pointed)> {
        let of = |bit: u32| if self.documents >> bit & 1 == 1 { Pointed::ToDocument } else { Pointed::Somehow };
        self.values.iter().zip(0..).map(move |(value, bit)| (value, of(bit)))
    }
}

fn past_call(call: &Call) -> PastCall {
    PastCall { tool: call.tool.clone(), at: call.at, decision: call.decision, call_id: call.call_id.clone() }
}
