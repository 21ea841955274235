//! What is open between a client and a server: the requests of each side that wait for an answer. An answer is read by what
//! was asked, and one that nobody asked for is refused.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use parapet_judge::GuardSet;
use parapet_surfaces::mcp::{Asked, RequestId, Sender};
use uuid::Uuid;

/// Most open requests of each side of a conversation; beyond it the oldest is forgotten, and its answer refused.
const MAX_OPEN: usize = 64;
/// Most conversations; beyond it the one that has been still for longest is forgotten.
const MAX_CONVERSATIONS: usize = 2_048;

/// The exchange that an answer belongs to.
#[derive(Clone)]
pub(crate) struct Thread {
    pub(crate) exchange: Uuid,
    pub(crate) sequence: u32,
    pub(crate) set: Arc<GuardSet>,
}

/// A request that waits for its answer.
pub(crate) struct OpenRequest {
    pub(crate) asked: Asked,
    pub(crate) thread: Thread,
}

/// One conversation.
#[derive(Default)]
pub(crate) struct Conversation {
    of_client: Mutex<Open>,
    of_server: Mutex<Open>,
}

type Open = VecDeque<(RequestId, OpenRequest)>;

impl Conversation {
    fn open(&self, sender: Sender) -> MutexGuard<'_, Open> {
        let open = match sender {
            Sender::Client => &self.of_client,
            Sender::Server => &self.of_server,
        };
        // Every change is one call on the list, so a panic elsewhere leaves it whole.
        open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request of `sender` with this id waits.
    pub(crate) fn waits(&self, sender: Sender, id: &RequestId) -> bool {
        self.open(sender).iter().any(|(open, _)| open == id)
    }

    /// Notes a request of `sender`.
    pub(crate) fn asks(&self, sender: Sender, id: RequestId, request: OpenRequest) {
        let mut open = self.open(sender);
        if open.len() >= MAX_OPEN {
            open.pop_front();
        }
        open.push_back((id, request));
    }

    /// Takes out the request of `sender` with this id, which is answered or given up.
    pub(crate) fn take(&self, sender: Sender, id: &RequestId) -> Option<OpenRequest> {
        let mut open = self.open(sender);
        let at = open.iter().position(|(open, _)| open == id)?;
        open.remove(at).map(|(_, request)| request)
    }

    /// Takes out all requests of `sender`.
    pub(crate) fn take_all(&self, sender: Sender) -> Vec<RequestId> {
        self.open(sender).drain(..).map(|(id, _)| id).collect()
    }
}

/// Who talks with whom: the route, the user, and the session that the server has given out. Another user's session is another
/// conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) route: String,
    pub(crate) principal: Option<String>,
    pub(crate) session: String,
}

/// All conversations of a gateway.
#[derive(Default)]
pub(crate) struct Conversations(Mutex<HashMap<Key, (Arc<Conversation>, Instant)>>);

impl Conversations {
    /// The conversation of a session; without a session one that is only this request.
    pub(crate) fn of(&self, key: Option<&Key>) -> Arc<Conversation> {
        let Some(key) = key else { return Arc::default() };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(key) && all.len() >= MAX_CONVERSATIONS {
            let stillest = all.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
            if let Some(stillest) = stillest {
                all.remove(&stillest);
            }
        }
        let now = Instant::now();
        let (conversation, used) = all.entry(key.clone()).or_insert_with(|| (Arc::default(), now));
        *used = now;
        Arc::clone(conversation)
    }

    /// The session has ended.
    pub(crate) fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> Key {
        Key { route: "r".to_owned(), principal: None, session: n.to_string() }
    }

    #[test]
    fn a_session_is_one_conversation_until_it_is_forgotten() {
        let all = Conversations::default();
        let first = all.of(Some(&key(1)));
        assert!(Arc::ptr_eq(&first, &all.of(Some(&key(1)))));
        assert!(!Arc::ptr_eq(&first, &all.of(Some(&key(2)))));
        assert!(!Arc::ptr_eq(&all.of(None), &all.of(None)));
        all.forget(&key(1));
        assert!(!Arc::ptr_eq(&first, &all.of(Some(&key(1)))));
    }

    #[test]
    fn the_stillest_conversation_makes_room() {
        let all = Conversations::default();
        let conversations: Vec<_> = (0..MAX_CONVERSATIONS).map(|n| all.of(Some(&key(n)))).collect();
        all.of(Some(&key(0)));
        all.of(Some(&key(MAX_CONVERSATIONS)));
        assert_eq!(all.0.lock().unwrap().len(), MAX_CONVERSATIONS);
        assert!(Arc::ptr_eq(&conversations[0], &all.of(Some(&key(0)))), "it was used last");
        assert!(!Arc::ptr_eq(&conversations[1], &all.of(Some(&key(1)))));
    }
}
