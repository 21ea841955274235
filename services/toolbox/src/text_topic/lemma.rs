//! From the words of a text to lemmas, with the suffix rules of WordNet's `morphy` and the common irregular forms.

/// Irregular forms that requests use; the rest follows the suffix rules.
const IRREGULAR: [(&str, &str); 44] = [
    ("men", "man"),
    ("women", "woman"),
    ("children", "child"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("mice", "mouse"),
    ("knives", "knife"),
    ("shelves", "shelf"),
    ("lives", "life"),
    ("wives", "wife"),
    ("leaves", "leaf"),
    ("scarves", "scarf"),
    ("loaves", "loaf"),
    ("bought", "buy"),
    ("found", "find"),
    ("sought", "seek"),
    ("got", "get"),
    ("gotten", "get"),
    ("saw", "see"),
    ("seen", "see"),
    ("shown", "show"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("sold", "sell"),
    ("paid", "pay"),
    ("put", "put"),
    ("sent", "send"),
    ("made", "make"),
    ("wrote", "write"),
    ("written", "write"),
    ("heard", "hear"),
    ("went", "go"),
    ("gone", "go"),
    ("flew", "fly"),
    ("flown", "fly"),
    ("drove", "drive"),
    ("driven", "drive"),
    ("told", "tell"),
    ("gave", "give"),
    ("given", "give"),
    ("took", "take"),
    ("taken", "take"),
    ("built", "build"),
    ("withdrew", "withdraw"),
];

/// Suffix and what takes its place, tried in order.
const NOUN_SUFFIXES: [(&str, &str); 8] =
    [("ies", "y"), ("ves", "f"), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("s", "")];
const VERB_SUFFIXES: [(&str, &str); 8] =
    [("ies", "y"), ("ied", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ed", "e"), ("ed", ""), ("ing", "e")];

/// Base forms that `word` may be a plural of, the word itself first.
pub(super) fn noun_forms(word: &str) -> Vec<String> {
    forms(word, &NOUN_SUFFIXES)
}

/// Base forms that `word` may be an inflection of, the word itself first.
pub(super) fn verb_forms(word: &str) -> Vec<String> {
    let mut out = forms(word, &VERB_SUFFIXES);
    for suffix in ["ing", "ed"] {
        let Some(stem) = word.strip_suffix(suffix) else { continue };
        out.push(stem.to_owned());
        // "shopping", "planned": the stem's last letter was doubled.
        let mut letters = stem.chars().rev();
        if letters.next().is_some() && letters.next() == stem.chars().next_back() {
            out.push(stem.chars().take(stem.chars().count() - 1).collect());
        }
    }
    out
}

fn forms(word: &str, suffixes: &[(&str, &str)]) -> Vec<String> {
    let mut out = vec![word.to_owned()];
    if let Some((_, base)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        out.push((*base).to_owned());
    }
    // Two letters are no word, and "bus" is not the plural of "bu".
    for (suffix, ending) in suffixes {
        if let Some(stem) = word.strip_suffix(suffix).filter(|stem| stem.len() > 1) {
            out.push(format!("{stem}{ending}"));
        }
    }
    out
}
