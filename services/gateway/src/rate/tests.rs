use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::*;

fn limit(key: LimitKey, burst: u32, max_keys: usize, routes: &[&str]) -> RateLimit {
    RateLimit {
        name: "l".to_owned(),
        key,
        every: Duration::from_secs(1),
        burst: NonZeroU32::new(burst).unwrap(),
        routes: routes.iter().map(|route| (*route).to_owned()).collect(),
        max_keys,
    }
}

fn rates(limits: Vec<RateLimit>) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Rates::with_clock(limits, &clock), clock)
}

fn wait(result: Result<(), GatewayError>) -> Option<Duration> {
    match result {
        Ok(()) => None,
        Err(GatewayError::RateLimited { wait, .. }) => Some(wait),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn each_key_has_a_bucket_that_fills_up_again() {
    let (rates, clock) = rates(vec![limit(LimitKey::Principal, 2, 10, &[])]);
    let take = |user: &str| wait(rates.take("chat", LimitKey::Principal, user));
    assert_eq!([take("ann"), take("ann")], [None, None]);
    assert_eq!(take("ann"), Some(Duration::from_secs(1)));
    assert_eq!(take("bob"), None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(take("ann"), None);
    assert!(take("ann").is_some());
}

#[test]
fn a_limit_holds_for_its_key_and_its_routes_alone() {
    let (rates, _) = rates(vec![limit(LimitKey::Agent, 1, 10, &["a", "b"])]);
    let take = |route: &str, key| wait(rates.take(route, key, "x")).is_none();
    assert!(take("a", LimitKey::Agent));
    assert!(!take("b", LimitKey::Agent), "its routes share the buckets");
    assert!(take("c", LimitKey::Agent) && take("c", LimitKey::Agent));
    assert!(take("a", LimitKey::Principal) && take("a", LimitKey::Route));
}

#[test]
fn many_keys_cannot_make_an_empty_bucket_forgotten() {
    let (rates, clock) = rates(vec![limit(LimitKey::Principal, 3, 4, &[])]);
    let take = |user: &str| wait(rates.take("chat", LimitKey::Principal, user));
    while take("ann").is_none() {}
    for other in ["b", "c", "d"] {
        assert_eq!(take(other), None);
    }
    assert_eq!(take("e"), Some(Duration::from_secs(3)), "full: a key that is not known waits");
    assert!(take("ann").is_some(), "and the one that was emptied stays empty");
    clock.advance(Duration::from_secs(1));
    assert_eq!(take("b"), None, "known keys go on");
    clock.advance(Duration::from_secs(2));
    assert_eq!(take("e"), None, "those that have filled up make room");
    clock.advance(Duration::from_secs(100));
    assert_eq!(take("f"), None);
}

#[test]
fn a_long_key_is_kept_as_a_digest() {
    let (long, other) = ("x".repeat(10_000), format!("{}y", "x".repeat(10_000)));
    assert!(bounded(&long).len() <= MAX_KEY_BYTES);
    assert_ne!(bounded(&long), bounded(&other));
    assert_eq!(bounded("ann"), "ann");
}

proptest! {
    /// Whatever the order of keys and pauses, no key gets more than its burst and what has come since.
    #[test]
    fn no_key_gets_more_than_its_share(steps in prop::collection::vec((0..6u8, 0..1500u64), 1..200)) {
        let (rates, clock) = rates(vec![limit(LimitKey::Principal, 2, 3, &[])]);
        let (mut taken, mut elapsed) = ([0u64; 6], 0);
        for (user, pause) in steps {
            clock.advance(Duration::from_millis(pause));
            elapsed += pause;
            if wait(rates.take("r", LimitKey::Principal, &user.to_string())).is_none() {
                taken[usize::from(user)] += 1;
            }
            prop_assert!(taken[usize::from(user)] <= 2 + elapsed / 1000, "{taken:?} after {elapsed} ms");
        }
    }
}
