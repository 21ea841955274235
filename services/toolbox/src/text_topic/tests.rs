//! Behaviour of `text_topic`: which topic wins and why, and what hostile input costs.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{lookup, run, vocabulary::Vocabulary};
use crate::Prepared;

/// The rules of nobody: topics that only these tests use.
fn topics() -> Value {
    json!({
        "boat": {"patterns": [{"actions": ["to_rent", "to_book"], "objects": ["water_travel"]}]},
        "medicine": {"patterns": [{"actions": ["to_buy", "to_search"], "objects": ["medicine"]}]},
        "stay": {"patterns": [{"actions": ["to_book", "to_search", "to_view"], "objects": ["lodging"]}]},
        "film": {"patterns": [{"actions": ["to_search", "to_view", "to_play"], "objects": ["media"]}]},
        "basket": {"patterns": [{"actions": ["to_add"], "objects": ["cart", "goods"]}, {"actions": ["to_buy"], "objects": ["clothing"]}]},
        "own": {"patterns": [{"objects": ["words"]}], "words": {"hoverboard": 1.0, "magic carpet": 0.5}},
    })
}

fn scored(text: &str) -> Vec<Value> {
    let result = run(&Prepared::default(), &[json!(text), topics()]).unwrap();
    result["topics"].as_array().unwrap().clone()
}

fn score(text: &str, topic: &str) -> f64 {
    let found = scored(text).into_iter().find(|t| t["topic"] == topic);
    found.map_or(0.0, |t| t["score"].as_f64().unwrap())
}

fn best(text: &str) -> String {
    scored(text).first().map_or_else(String::new, |t| t["topic"].as_str().unwrap().to_owned())
}

fn complaint(topics: Value) -> String {
    run(&Prepared::default(), &[json!("text"), topics]).unwrap_err().message
}

#[test]
fn rules_that_no_one_prepared_for_work_from_the_vocabulary_alone() {
    assert_eq!(best("I would like to hire a yacht for the weekend"), "boat");
    assert_eq!(best("Rent a canoe on the lake"), "boat");
    assert_eq!(best("order a pack of aspirin"), "medicine");
    assert_eq!(best("Find antihistamines for hay fever"), "medicine");
    assert_eq!(best("Reserve two rooms in a youth hostel"), "stay");
    assert_eq!(best("Put three hammers into the shopping cart"), "basket");
}

#[test]
fn inflected_and_hyphenated_forms_are_found() {
    assert_eq!(best("buying medicines"), "medicine");
    assert_eq!(best("booked HOTELS"), "stay");
    assert_eq!(best("look for bed-and-breakfasts"), "stay");
    assert_eq!(best("add T‑shirts to my basket"), "basket");
}

#[test]
fn the_direct_object_counts_more_than_a_circumstance() {
    assert!(score("Find a hotel near the cinema", "stay") > score("Find a hotel near the cinema", "film"));
    assert!(score("Find parking near the hotel", "stay") < 0.4);
}

#[test]
fn the_head_of_a_phrase_counts_more_than_what_stands_beside_it() {
    assert!(score("Find a hotel lobby sofa", "stay") < 0.5);
    assert!(score("Find hotel deals", "stay") > 0.9);
    assert!(score("Show the list of movies", "film") > 0.9);
    assert!(score("Show the capital of movies", "film") < 0.7);
}

#[test]
fn a_pronoun_and_a_missing_object_stand_for_what_was_named_before() {
    assert_eq!(best("Look for a lamp and add it to the cart"), "basket");
    assert!(score("Find shoes that can be purchased", "basket") > 0.7);
    assert!(score("Find a motel and book it", "stay") > 0.9);
}

#[test]
fn quoted_text_is_a_value_and_not_the_request() {
    assert!(score("Search for \"watch the movie\"", "film") < 0.4);
    assert!(score("Search for the movie", "film") > 0.9);
}

#[test]
fn own_words_of_a_topic_count_with_their_weight() {
    assert!(score("ride a Hoverboard", "own") > 0.9);
    let carpet = score("find magic carpets", "own");
    assert!((0.4..0.7).contains(&carpet), "{carpet}");
}

#[test]
fn the_result_names_the_words_their_spans_and_their_categories() {
    let found = scored("Bitte: ＂Größe＂. Book a hotel");
    assert_eq!(found[0]["topic"], "stay");
    let evidence = &found[0]["matches"][0];
    assert_eq!(evidence["action"], json!({"text": "book", "start": 16, "end": 20, "category": "to_book"}));
    assert_eq!(evidence["object"], json!({"text": "hotel", "start": 23, "end": 28, "category": "lodging"}));
}

#[test]
fn a_topic_that_nothing_speaks_for_is_left_out() {
    assert_eq!(scored(""), Vec::<Value>::new());
    assert_eq!(scored("the of and 12 , . \u{0} \u{202e}"), Vec::<Value>::new());
}

#[test]
fn a_mistake_in_a_topic_is_named() {
    let error = complaint(json!({"t": {"patterns": [{"objects": ["hotels"]}]}}));
    assert!(
        error.starts_with("`text_topic`: topic `t`: there is no category `hotels`; there are: words, verbs, account, "),
        "{error}"
    );
    assert!(error.contains(", lodging, ") && error.contains(", goods, ") && error.contains(", to_buy, "), "{error}");
    assert!(complaint(json!({"t": {"patterns": [{}]}})).contains("a pattern needs `actions` or `objects`"));
    assert!(
        complaint(json!({"t": {"patterns": [{"objects": ["film"], "weight": 2}]}})).contains("not between 0 and 1")
    );
    assert!(complaint(json!({"t": {"pattern": []}})).contains("topic `t`: unknown field `pattern`"));
    assert!(complaint(json!([])).contains("`topics`"));
    let many: Vec<Value> = (0..200).map(|_| json!({"objects": ["film"]})).collect();
    assert!(complaint(json!({"t": {"patterns": many}})).contains("more than 128 patterns"));
}

#[test]
fn hostile_text_gives_a_score_and_no_panic() {
    let long = "find ".repeat(20_000);
    assert_eq!(scored(&long), Vec::<Value>::new());
    for text in ["\"", "'s", "a'", "-", "...", "\u{301}\u{301}", "ａ＂ｂ", "Find a hotel'", "𝕳𝖔𝖙𝖊𝖑 𝕳"]
    {
        scored(text);
    }
    assert!(score(&"hotel ".repeat(20_000), "stay") <= 1.0);
}

#[test]
fn the_vocabulary_is_derived_from_the_categories_as_they_are() {
    let digest = Sha256::digest(include_bytes!("categories.toml"));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = format!("# categories.toml sha256 {hex}");
    assert!(include_str!("vocabulary.tsv").lines().any(|l| l == line), "run derive_vocabulary.py: no line `{line}`");
}

#[test]
fn every_line_of_the_vocabulary_is_read() {
    let vocabulary = Vocabulary::get();
    for line in include_str!("vocabulary.tsv").lines().filter(|line| !line.starts_with('#')) {
        let (lemma, senses) = line.split_once('\t').unwrap();
        if let Some(group) = lemma.strip_prefix('@') {
            assert_eq!(vocabulary.resolve(group).len(), senses.split(' ').count(), "{line}");
        } else {
            assert_eq!(vocabulary.senses(lemma).len(), senses.split(' ').count(), "{line}");
        }
    }
}

#[test]
fn a_topic_has_verbs_of_its_own() {
    let topics = json!({
        "lock": {"patterns": [{"actions": ["verbs"], "objects": ["words"]}], "words": {"front door": 1.0}, "verbs": {"unlock": 1.0, "let in": 1.0}},
    });
    let score = |text: &str| {
        let result = run(&Prepared::default(), &[json!(text), topics.clone()]).unwrap();
        result["topics"][0]["score"].as_f64().unwrap_or(0.0)
    };
    assert!(score("Please unlock the front door") > 0.9);
    assert!(score("I was unlocking the front door") > 0.9);
    assert!(score("Buy the front door") < 0.4);
    assert!(score("Unlock the phone") < 0.1);
}

#[test]
fn the_vocabulary_can_be_looked_up() {
    let words = lookup::meanings("Rent a pickup truck, or 2 zorbs");
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["rent", "a", "pickup truck", "or", "2", "zorbs"]);
    assert_eq!(words[0].actions, [("to_rent", 9)]);
    assert!(words[1].is_grammar && words[4].is_number);
    assert_eq!(words[2].things, [("road_vehicle", 9)]);
    assert!(words[5].things.is_empty() && words[5].actions.is_empty());
    assert_eq!(lookup::members("vehicle"), ["road_vehicle", "vehicle_make", "vehicle_model"]);
    assert!(lookup::members("zorbs").is_empty());
    assert!(lookup::categories().contains(&"lodging") && !lookup::categories().contains(&"vehicle"));
    assert!(lookup::base_forms("deleting").contains(&"delete".to_owned()));
}
