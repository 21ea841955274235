//! Sessions in memory and in both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parapet_domain::event::EVENT_VERSION;
use parapet_domain::session::{Delta, DigestKey, Past, SessionKey};
use parapet_domain::{Decision, Event, Origin, Part, PartKind, Principal, Reading, Role, Stage, Surface, Timestamp};
use uuid::Uuid;

use super::fixture::Fixture;
use super::on_both_stores;
use crate::{SessionLimits, SessionStore};

on_both_stores!(
    deltas_come_back_in_their_order,
    what_two_replicas_add_at_once_is_all_kept,
    sessions_are_forgotten_after_their_time,
    content_beyond_the_limit_goes_and_counts_stay,
    tenants_are_apart
);

const SECOND: i64 = 1_000_000;
const NOW: i64 = 1_767_268_800 * SECOND;

fn event(principal: &str, session: &str) -> Event {
    Event {
        version: EVENT_VERSION.to_owned(),
        id: Uuid::nil(),
        exchange_id: Uuid::nil(),
        sequence: 0,
        at: at(0),
        zone: "UTC".to_owned(),
        tenant: "default".to_owned(),
        stage: Stage::ToolCall,
        surface: Surface::Check,
        route: "check".to_owned(),
        agent: "shop".to_owned(),
        principal: Some(Principal {
            id: principal.to_owned(),
            roles: Vec::new(),
            attributes: serde_json::Map::new(),
            authenticated_by: Default::default(),
        }),
        session: Some(session.to_owned()),
        parts: Vec::new(),
        history: None,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW + seconds * SECOND)
}

fn key(principal: &str, session: &str) -> SessionKey {
    SessionKey::of_session(&event(principal, session)).unwrap()
}

/// A call of `tool` next to a text of `words` words.
fn delta(tool: &str, words: usize) -> Delta {
    let mut event = event("ann", "s");
    let part = Part::text(Role::Assistant, Origin::Model, "{}");
    let text: String = (0..words).map(|n| format!("{tool}{n} ")).collect();
    event.parts = vec![
        Part { kind: PartKind::ToolCall, tool: Some(tool.to_owned()), ..part },
        Part::text(Role::User, Origin::User, text),
    ];
    Delta::of(&event, Decision::Allow, DigestKey::derive(&[1; 32], &event))
}

fn tools(deltas: &[Arc<Delta>]) -> Vec<&str> {
    deltas.iter().flat_map(|delta| delta.calls.iter().map(|call| call.tool.as_str())).collect()
}

fn limits() -> SessionLimits {
    SessionLimits { ttl: Duration::from_secs(100), ..SessionLimits::default() }
}

/// The same in memory.
macro_rules! in_memory_too {
    ($($name:ident: $case:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            $case(&SessionStore::in_memory(limits())).await;
        }
    )*};
}
in_memory_too!(
    deltas_come_back_in_their_order_in_memory: order,
    sessions_are_forgotten_after_their_time_in_memory: forgetting,
);

fn of(fixture: &Fixture) -> SessionStore {
    SessionStore::in_database(fixture.store.clone(), limits())
}

async fn deltas_come_back_in_their_order(fixture: &Fixture) {
    order(&of(fixture)).await;
}

async fn order(store: &SessionStore) {
    let key = key("ann", "s");
    for (n, tool) in ["a", "b", "c"].into_iter().enumerate() {
        store.append("default", &key, at(n as i64), delta(tool, 3)).await.unwrap();
    }
    let found = store.load("default", &key, at(3)).await.unwrap();
    assert_eq!(tools(&found), ["a", "b", "c"]);
    assert_eq!(*found[1], delta("b", 3));
    assert!(store.load("default", &self::key("bob", "s"), at(3)).await.unwrap().is_empty());
}

async fn what_two_replicas_add_at_once_is_all_kept(fixture: &Fixture) {
    let key = key("ann", "s");
    let replicas = [of(fixture), of(fixture)];
    let adding = (0..20).map(|n| {
        let (replica, key) = (replicas[n % 2].clone(), key.clone());
        tokio::spawn(async move { replica.append("default", &key, at(0), delta("refund", 1)).await })
    });
    for added in adding.collect::<Vec<_>>() {
        added.await.unwrap().unwrap();
    }
    let mut past = Past::new(DigestKey::derive(&[1; 32], &event("ann", "s")));
    for delta in replicas[0].load("default", &key, at(0)).await.unwrap() {
        past.add(&delta);
    }
    let history = past.history(&event("ann", "s"), &BTreeSet::from([Reading::Counters]), &BTreeMap::new());
    assert_eq!(history.counters.session["refund"].day, 20);
}

async fn sessions_are_forgotten_after_their_time(fixture: &Fixture) {
    forgetting(&of(fixture)).await;
}

async fn forgetting(store: &SessionStore) {
    let (old, new) = (key("ann", "old"), key("ann", "new"));
    store.append("default", &old, at(0), delta("a", 1)).await.unwrap();
    store.append("default", &new, at(90), delta("b", 1)).await.unwrap();
    assert_eq!(store.load("default", &old, at(99)).await.unwrap().len(), 1);
    assert!(store.load("default", &old, at(101)).await.unwrap().is_empty());
    assert_eq!(tools(&store.load("default", &new, at(101)).await.unwrap()), ["b"]);
}

async fn content_beyond_the_limit_goes_and_counts_stay(fixture: &Fixture) {
    let limits = SessionLimits { session_bytes: 3_000, ..limits() };
    for store in [SessionStore::in_database(fixture.store.clone(), limits), SessionStore::in_memory(limits)] {
        let key = key("ann", "s");
        for n in 0..5 {
            store.append("default", &key, at(n), delta(&format!("t{n}"), 100)).await.unwrap();
        }
        let found = store.load("default", &key, at(5)).await.unwrap();
        assert_eq!(tools(&found), ["t0", "t1", "t2", "t3", "t4"]);
        assert!(found[0].cut && found[0].sources.is_empty());
        assert!(!found[4].cut && !found[4].sources.is_empty());
    }
}

async fn tenants_are_apart(fixture: &Fixture) {
    let (store, key) = (of(fixture), key("ann", "s"));
    store.append("a\u{0}", &key, at(0), delta("x", 1)).await.unwrap();
    assert!(store.load("a", &key, at(0)).await.unwrap().is_empty());
    assert_eq!(store.load("a\u{0}", &key, at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_least_recently_used_give_way_those_of_the_same_owner_first() {
    let store = SessionStore::in_memory(SessionLimits { sessions: 4, sessions_per_owner: 2, ..limits() });
    store.append("default", &key("ann", "s"), at(0), delta("a", 1)).await.unwrap();
    for n in 0..100 {
        store.append("default", &key("bob", &format!("s{n}")), at(1), delta("b", 1)).await.unwrap();
    }
    let has = async |principal: &str, session: &str| {
        !store.load("default", &key(principal, session), at(2)).await.unwrap().is_empty()
    };
    assert!(has("ann", "s").await && has("bob", "s99").await && has("bob", "s98").await);
    assert!(!has("bob", "s97").await);
    for principal in ["cid", "dan", "eve"] {
        store.append("default", &key(principal, "s"), at(3), delta("c", 1)).await.unwrap();
    }
    assert!(!has("ann", "s").await && has("bob", "s99").await && has("eve", "s").await);
}

#[tokio::test]
async fn all_sessions_together_stay_within_their_room() {
    let store = SessionStore::in_memory(SessionLimits { bytes: 20_000, ..limits() });
    for n in 0..50 {
        store.append("default", &key(&format!("p{n}"), "s"), at(0), delta("a", 200)).await.unwrap();
    }
    let mut left = 0;
    for n in 0..50 {
        left += usize::from(!store.load("default", &key(&format!("p{n}"), "s"), at(0)).await.unwrap().is_empty());
    }
    assert!((1..=8).contains(&left), "{left} are left");
    assert!(!store.load("default", &key("p49", "s"), at(0)).await.unwrap().is_empty());
}
