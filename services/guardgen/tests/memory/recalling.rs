//! Recall gives the nearest cases, nearest first, and never an error for what it was asked.

use parapet_guardgen::{CaseId, EventDistance, Memory, Query};

use crate::fixture::{AGENT, approval, places, proven};
use crate::texts::{Chance, Text, text};

#[tokio::test]
async fn an_empty_memory_recalls_the_best_seeds_or_nothing() {
    let memory = Memory::seeds_only();
    let recall = async |query: Query| memory.recall(&query).await.unwrap();
    let request = "Only clerks and treasurers transfer money, each up to a limit. Transfers abroad need a treasurer.";
    let hits = recall(Query { request: request.to_owned(), ..Query::default() }).await;
    assert_eq!(hits.len(), 3);
    assert_eq!(hits[0].case.id.to_string(), "seed:bank-transfers");
    assert!(hits.windows(2).all(|pair| pair[0].distance <= pair[1].distance));
    let input = "Order three bottles of white wine for Sunday".to_owned();
    let hits = recall(Query { request: request.to_owned(), input, k: 1, ..Query::default() }).await;
    assert_eq!(hits[0].case.id.to_string(), "seed:web-tasks", "the event counts before the request");
    assert!(recall(Query::default()).await.is_empty());
    assert!(recall(Query { agent: AGENT.to_owned(), ..Query::default() }).await.is_empty());
    assert!(recall(Query { input: "x".to_owned(), k: 0, ..Query::default() }).await.is_empty());
    let all = recall(Query { input: "x".to_owned(), k: usize::MAX, ..Query::default() }).await;
    assert_eq!(all.len(), Memory::seeds().len());
    for place in places().await {
        assert_eq!(place.recall("Unlock the front door", "", 1).await[0].case.id.to_string(), "seed:home-devices");
    }
}

#[tokio::test]
async fn a_case_of_ones_own_is_nearer_than_a_seed() {
    for place in places().await {
        let added =
            place.add("Unlock the front door", "set_device {\"device\": \"lock\", \"room\": \"hall\"}").await.unwrap();
        place.add("Lend four books to Ann", "lend {\"books\": 4}").await.unwrap();
        let hits =
            place.recall("Unlock the front doors", "set_device {\"device\": \"lock\", \"room\": \"hall\"}", 2).await;
        assert_eq!(hits[0].case.id, added.id);
        assert!(hits[0].distance > 0.0 && hits[0].distance < 0.03, "{}", hits[0].distance);
        assert_eq!(hits[1].case.id.to_string(), "seed:home-devices");
        // Without an event the guard request is compared.
        let request = "Nobody borrows more than two books at a time.".to_owned();
        let query = Query { request, k: 1, ..Query::default() };
        let by_request = place.memory.recall(&query).await.unwrap();
        assert_eq!(by_request[0].case.guard, "library-loans");
    }
}

#[tokio::test]
async fn the_same_agent_comes_first_when_asked_for() {
    for place in places().await {
        let added = place.add("Renew my card", "renew {\"card\": 7}").await.unwrap();
        let query = |same_agent_first| Query {
            agent: format!(" {AGENT}\n"),
            input: "Unlock the front door".to_owned(),
            output: "set_device {\"device\": \"lock\", \"room\": \"hall\", \"value\": \"open\"}".to_owned(),
            k: 2,
            same_agent_first,
            ..Query::default()
        };
        let ids = async |same| -> Vec<CaseId> {
            place.memory.recall(&query(same)).await.unwrap().into_iter().map(|hit| hit.case.id).collect()
        };
        let nearest = "seed:home-devices".parse().unwrap();
        assert_eq!(ids(false).await[0], nearest);
        assert_eq!(ids(true).await, [added.id, nearest]);
    }
}

#[tokio::test]
async fn tenants_recall_their_own_cases_only() {
    for place in places().await {
        place.add("Renew my card", "").await.unwrap();
        let theirs = Memory::open(place.store.clone(), format!("{}-other", place.tenant));
        let query = Query { input: "Renew my card".to_owned(), k: 50, ..Query::default() };
        let hits = theirs.recall(&query).await.unwrap();
        assert!(hits.iter().all(|hit| matches!(hit.case.id, CaseId::Seed(_))));
        assert!(theirs.list(10, None).await.unwrap().cases.is_empty());
    }
}

#[tokio::test]
async fn a_mebibyte_of_one_letter_is_only_a_query_without_friends() {
    for place in places().await {
        place.add(&"a".repeat(60_000), &"a".repeat(60_000)).await.unwrap();
        let long = "a".repeat(1 << 20);
        assert_eq!(place.recall(&long, &long, 1).await[0].distance, 0.0);
        let other = "b".repeat(1 << 20);
        assert!(place.recall(&other, &other, 1).await[0].distance > 0.9);
        for text in ["\u{0}", "\u{202e}", "👩‍🚀", "'; drop table cases; --"] {
            assert_eq!(place.recall(text, text, 1).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn the_index_finds_what_a_comparison_with_every_case_finds() {
    let mut chance = Chance(1);
    let texts: Vec<Text> = (0..400).map(|_| text(&mut chance)).collect();
    let approvals: Vec<_> = texts.iter().map(|text| approval(&text.input, &text.output)).collect();
    for place in places().await {
        place.memory.add_all(&approvals, &proven().1).await.unwrap();
        let mut found = 0;
        for near in texts.iter().step_by(10) {
            let (input, output) = (chance.edited(&near.input), chance.edited(&near.output));
            let from = EventDistance::from(&input, &output);
            let nearest = texts.iter().filter_map(|text| from.to(&text.input, &text.output, 1.0)).fold(1.0, f64::min);
            let hits = place.recall(&input, &output, 3).await;
            assert!(hits[0].distance >= nearest, "nearer than the nearest");
            found += usize::from(hits[0].distance <= nearest);
        }
        assert!(found >= 39, "{found} of 40");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_can_be_added_and_recalled_at_once() {
    for place in places().await {
        let tasks: Vec<_> = (0..16)
            .map(|n| {
                let memory = place.memory.clone();
                tokio::spawn(async move {
                    let input = format!("lend book number {n} to the reader at desk {n}");
                    let added = memory.add(&approval(&input, ""), &proven().1).await.unwrap();
                    let hits = memory.recall(&Query { input, k: 1, ..Query::default() }).await.unwrap();
                    assert_eq!((&hits[0].case.id, hits[0].distance), (&added.id, 0.0));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(place.memory.list(50, None).await.unwrap().cases.len(), 16);
    }
}
