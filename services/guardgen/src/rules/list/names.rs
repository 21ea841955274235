//! How words of plain language are matched with names such as `dr_license`, `send_email` or `orderId`.

use parapet_toolbox::{base_forms, meanings};

/// Endings that words of one family differ in: "member" and "membership", "vaccinated" and "vaccine".
const ENDINGS: [&str; 25] = [
    "", "s", "e", "es", "d", "ed", "er", "ers", "ing", "ated", "ate", "ation", "ations", "ion", "ions", "ship",
    "ships", "ment", "ments", "al", "y", "ies", "ied", "able", "ent",
];

/// The words of a name, in lower case.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        (fresh, lower_before) = (false, c.is_lowercase());
    }
    words
}

/// Whether two words are of one family.
pub(crate) fn same_family(a: &str, b: &str) -> bool {
    let (a, b) = (plain(a), plain(b));
    if a == b {
        return true;
    }
    if base_forms(&a).contains(&b) || base_forms(&b).contains(&a) {
        return true;
    }
    let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum::<usize>();
    // From the longest common beginning backwards: "verif" is what "verified" and "verify" share.
    (4..=shared).rev().any(|at| match (a.get(at..), b.get(at..)) {
        (Some(x), Some(y)) => ENDINGS.contains(&x) && ENDINGS.contains(&y),
        _ => false,
    })
}

/// Whether `short` abbreviates `word`: `dr` for "driver", `qty` for "quantity".
pub(crate) fn abbreviates(short: &str, word: &str) -> bool {
    let word = plain(word);
    if !(2..=4).contains(&short.len()) || short.len() >= word.len() || short.chars().next() != word.chars().next() {
        return false;
    }
    let mut letters = word.chars();
    short.chars().all(|c| letters.any(|letter| letter == c))
}

/// Whether the two words name the same kind of action: "purchase" and "buy".
pub(crate) fn same_action(a: &str, b: &str) -> bool {
    let sure = |word: &str| -> Vec<&'static str> {
        let words = meanings(word);
        words
            .first()
            .map_or_else(Vec::new, |w| w.actions.iter().filter(|(_, sure)| *sure >= 8).map(|(name, _)| *name).collect())
    };
    let others = sure(b);
    sure(a).iter().any(|action| others.contains(action))
}

/// Without possessive, hyphens and the British "licence".
fn plain(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word).replace('-', "");
    if word.ends_with("ence") { format!("{}se", word.trim_end_matches("ce")) } else { word.replace("ences", "enses") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(name_words("orderId"), ["order", "id"]);
        assert_eq!(name_words("dr_license"), ["dr", "license"]);
        assert_eq!(name_words("files.delete"), ["files", "delete"]);
    }

    #[test]
    fn words_of_one_family_are_told_from_others() {
        for (a, b) in [
            ("members", "membership"),
            ("vaccinated", "vaccine"),
            ("licence", "license"),
            ("e-mails", "email"),
            ("verified", "verify"),
            ("deleting", "delete"),
            ("repositories", "repository"),
            ("refunds", "refund"),
            ("licensed", "license"),
        ] {
            assert!(same_family(a, b), "{a} {b}");
        }
        for (a, b) in
            [("age", "agent"), ("hotel", "hostel"), ("form", "former role"), ("car", "cart"), ("state", "status")]
        {
            assert!(!same_family(a, b), "{a} {b}");
        }
        assert!(abbreviates("dr", "driver's") && !abbreviates("id", "driver"));
        assert!(same_action("purchase", "buy") && !same_action("create", "delete"));
    }
}
