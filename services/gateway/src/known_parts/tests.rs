//! Bounds, expiry and concurrency of what is remembered.

use std::sync::Arc;

use parapet_domain::{Match, Mode, OnError, Origin, Part, Role, Stage, Surface, Timestamp};
use parapet_judge::{Guard, GuardFiles, GuardSource, SetEntry};
use parapet_test_sandbox::shared;

use super::*;

const MANIFEST: &str = "id = \"g\"\ntitle = \"t\"\nrequest = \"r\"\nstages = [\"input\"]\nparts = \"each\"\n[budget]\nfuel = 1000000\nmemory_bytes = 4194304\ndeadline_ms = 1000\noutput_bytes = 4096\n";

fn set() -> GuardSet {
    let files = [("guard.toml", MANIFEST), ("guard.rhai", "fn check(event) { allow() }")];
    let files = files.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect();
    let source = GuardSource::parse(&GuardFiles { name: "g".to_owned(), files, tools: Arc::default() }).unwrap();
    let guard = Arc::new(Guard::build(&shared(), source).unwrap());
    let budget = guard.source.manifest.budget;
    let entry = SetEntry { guard, matching: Match::default(), mode: Mode::Enforce, on_error: OnError::Deny, budget };
    GuardSet::new(vec![entry]).unwrap()
}

fn event() -> Event {
    Event {
        version: parapet_domain::event::EVENT_VERSION.to_owned(),
        id: Uuid::nil(),
        exchange_id: Uuid::nil(),
        sequence: 0,
        at: Timestamp::from_micros(0),
        zone: "UTC".to_owned(),
        tenant: "default".to_owned(),
        stage: Stage::Input,
        surface: Surface::OpenaiChat,
        route: "chat".to_owned(),
        agent: "a".to_owned(),
        principal: None,
        session: Some("s".to_owned()),
        parts: Vec::new(),
        history: None,
    }
}

fn known(max_parts: usize) -> KnownParts {
    KnownParts::new(HistoryConfig { max_parts, ttl: Duration::from_secs(10) }, &[7; 32])
}

fn keys(known: &KnownParts, texts: std::ops::Range<usize>) -> Vec<PartKey> {
    let keys = known.keys(&set(), &event()).unwrap();
    texts.map(|n| keys.of(&Part::text(Role::User, Origin::User, n.to_string())).unwrap()).collect()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn what_is_beyond_the_bound_drives_out_the_oldest() {
    let (known, now) = (known(3), Instant::now());
    let keys = keys(&known, 0..5);
    known.add(keys[..2].to_vec(), id(1), now);
    known.add(keys[2..].to_vec(), id(2), now);
    assert_eq!(known.find(&keys, now), [None, None, Some(id(2)), Some(id(2)), Some(id(2))]);
    let parts = known.parts.lock().unwrap();
    assert_eq!((parts.by_key.len(), parts.in_order.len()), (3, 3));
}

#[test]
fn what_is_known_expires_and_is_not_renewed_by_being_found_or_added_again() {
    let (known, start) = (known(3), Instant::now());
    let after = |seconds| start + Duration::from_secs(seconds);
    let keys = keys(&known, 0..2);
    known.add(keys.clone(), id(1), start);
    assert_eq!(known.find(&keys, after(9)), [Some(id(1)), Some(id(1))]);
    known.add(keys[..1].to_vec(), id(2), after(9));
    assert_eq!(known.find(&keys, after(9)), [Some(id(1)), Some(id(1))]);
    assert_eq!(known.find(&keys, after(10)), [None, None]);
    known.add(keys[..1].to_vec(), id(3), after(11));
    assert_eq!(known.find(&keys, after(11)), [Some(id(3)), None]);
    let parts = known.parts.lock().unwrap();
    assert_eq!((parts.by_key.len(), parts.in_order.len()), (1, 1));
}

#[test]
fn two_installations_have_different_keys() {
    let other = KnownParts::new(HistoryConfig { max_parts: 3, ttl: Duration::from_secs(10) }, &[8; 32]);
    assert_ne!(keys(&known(3), 0..1), keys(&other, 0..1));
}

#[test]
fn many_at_once_stay_within_the_bound_and_lose_nothing_else() {
    let (known, now) = (known(64), Instant::now());
    let keys = keys(&known, 0..100);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (known, keys) = (&known, &keys);
            scope.spawn(move || {
                for round in 0..50 {
                    let from = (n * 13 + round * 7) % 90;
                    known.add(keys[from..from + 10].to_vec(), id(n as u128), now);
                    let _ = known.find(keys, now);
                }
            });
        }
    });
    let parts = known.parts.lock().unwrap();
    assert_eq!((parts.by_key.len(), parts.in_order.len()), (64, 64));
    assert!(parts.in_order.iter().all(|key| parts.by_key.contains_key(key)));
}
