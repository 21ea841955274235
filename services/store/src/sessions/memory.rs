//! Sessions in the memory of one process: the least recently used give way, those of the same owner first.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parapet_domain::Timestamp;
use parapet_domain::session::{Delta, SessionKey};

use super::SessionLimits;

#[derive(Debug)]
pub(super) struct MemorySessions {
    limits: SessionLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<SessionKey, Session>,
    /// Every session by its last use, and those of each owner.
    by_use: BTreeMap<u64, SessionKey>,
    by_owner: HashMap<String, BTreeSet<u64>>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug, Default)]
struct Session {
    deltas: VecDeque<Arc<Delta>>,
    bytes: usize,
    used: u64,
    at: i64,
}

impl MemorySessions {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    pub(super) fn load(&self, key: &SessionKey, now: Timestamp) -> Vec<Arc<Delta>> {
        let mut state = self.lock();
        state.expire(self.oldest(now));
        state.sessions.get(key).map(|session| session.deltas.iter().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn append(&self, key: &SessionKey, now: Timestamp, delta: Delta) {
        let mut state = self.lock();
        state.expire(self.oldest(now));
        state.touch(key, now);
        state.add(key, delta, self.limits.session_bytes);
        state.make_room(key.owner(), &self.limits);
    }

    fn oldest(&self, now: Timestamp) -> i64 {
        now.as_micros().saturating_sub(i64::try_from(self.limits.ttl.as_micros()).unwrap_or(i64::MAX))
    }

    /// A panic elsewhere cannot have left it half changed in a way that matters: it is bounded and rebuilt by use.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes `key` the most recently used.
    fn touch(&mut self, key: &SessionKey, now: Timestamp) {
        self.uses += 1;
        let session = self.sessions.entry(key.clone()).or_default();
        let before = std::mem::replace(&mut session.used, self.uses);
        session.at = session.at.max(now.as_micros());
        self.by_use.remove(&before);
        self.by_use.insert(self.uses, key.clone());
        let owned = self.by_owner.entry(key.owner().to_owned()).or_default();
        owned.remove(&before);
        owned.insert(self.uses);
    }

    fn add(&mut self, key: &SessionKey, delta: Delta, room: usize) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        self.bytes -= session.bytes;
        session.bytes += delta.bytes();
        session.deltas.push_back(Arc::new(delta));
        let mut cut = 0;
        while session.bytes > room && cut < session.deltas.len() {
            // Those before were cut already, or are counted only.
            if let Some(oldest) = session.deltas.get_mut(cut) {
                let before = oldest.bytes();
                Arc::make_mut(oldest).cut();
                session.bytes -= before - oldest.bytes();
            }
            cut += 1;
        }
        while session.deltas.len() > SessionLimits::MAX_DELTAS {
            session.bytes -= session.deltas.pop_front().map_or(0, |oldest| oldest.bytes());
        }
        self.bytes += session.bytes;
    }

    fn make_room(&mut self, owner: &str, limits: &SessionLimits) {
        while self.by_owner.get(owner).is_some_and(|owned| owned.len() > limits.sessions_per_owner) {
            let Some(oldest) = self.by_owner.get(owner).and_then(|owned| owned.first().copied()) else { break };
            self.remove(oldest);
        }
        while self.sessions.len() > limits.sessions || (self.bytes > limits.bytes && self.sessions.len() > 1) {
            let Some(oldest) = self.by_use.first_key_value().map(|(used, _)| *used) else { break };
            self.remove(oldest);
        }
    }

    /// Forgets the sessions whose last event is older than `oldest`. They are in the order of use, which is that of time.
    fn expire(&mut self, oldest: i64) {
        while let Some((used, key)) = self.by_use.first_key_value()
            && self.sessions.get(key).is_none_or(|session| session.at < oldest)
        {
            let used = *used;
            self.remove(used);
        }
    }

    fn remove(&mut self, used: u64) {
        let Some(key) = self.by_use.remove(&used) else { return };
        if let Some(session) = self.sessions.remove(&key) {
            self.bytes -= session.bytes;
        }
        if let Some(owned) = self.by_owner.get_mut(key.owner()) {
            owned.remove(&used);
            if owned.is_empty() {
                self.by_owner.remove(key.owner());
            }
        }
    }
}
