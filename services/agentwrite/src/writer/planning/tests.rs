//! What becomes of sections that the model planned badly.

use super::*;

fn node(place: &[usize], point: &str, words: u32) -> Node {
    let item = Item { heading: "Tea".into(), point: point.into(), words };
    Node { place: place.to_vec(), within: vec!["Drinks".into()], item }
}

#[test]
fn what_stays_too_long_is_written_in_pieces() {
    let sections = pieces(node(&[2, 3], "of tea", 2_500), &Settings::default());
    let told: Vec<_> = sections.iter().map(|s| (s.id.as_str(), s.heading.as_str(), s.words)).collect();
    assert_eq!(told, [("2.3a", "Tea", 834), ("2.3b", "", 833), ("2.3c", "", 833)]);
    let one = pieces(node(&[1], "of tea", 900), &Settings::default());
    assert_eq!((one.len(), one[0].id.as_str()), (1, "1"));
    assert_eq!((letters(25), letters(26), letters(701)), ("z".into(), "aa".into(), "zz".into()));
}

#[test]
fn the_same_section_in_two_parts_is_written_once_and_its_words_go_to_the_others() {
    let nodes = vec![
        node(&[1, 1], "the history of tea", 400),
        node(&[1, 2], "how it is grown in hills", 400),
        node(&[2, 1], "The history of tea.", 400),
    ];
    let kept = without_doubles(nodes.clone(), 1_200, &Settings::default());
    assert_eq!(
        kept.iter().map(|n| (n.place.as_slice(), n.item.words)).collect::<Vec<_>>(),
        [([1, 1].as_slice(), 600), (&[1, 2], 600)]
    );
    // Two sections cannot take the words of three: then all stay.
    assert_eq!(without_doubles(nodes, 2_500, &Settings::default()).len(), 3);
}

#[test]
fn an_edited_plan_counts_when_it_is_the_same_plan() {
    let plan = Plan { title: "Of Ann".into(), sections: pieces(node(&[1], "Ann's tea", 300), &Settings::default()) };
    let text = serde_json::to_string_pretty(&plan).unwrap();
    let edited = redacted(&plan, &text.replace("Ann", "[NAME]")).unwrap();
    assert_eq!((edited.title.as_str(), edited.sections[0].main_point.as_str()), ("Of [NAME]", "[NAME]'s tea"));
    assert_eq!(redacted(&plan, &text.replace("300", "900")), None);
    assert_eq!(redacted(&plan, "[removed]"), None);
}
