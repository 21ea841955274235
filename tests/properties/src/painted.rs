//! Edits as one would make them by hand: those that share characters are one, the rest of the text stays.

use parapet_domain::Edit;

/// `text` of part `part` with the edits made. Slow and simple, to be compared with.
pub(crate) fn painted(text: &str, part: usize, edits: &[Edit]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let own: Vec<&Edit> = edits.iter().filter(|edit| edit.part == part).collect();
    // The group of each edit: the smallest index of any edit that it shares a character with, however indirectly.
    let mut groups: Vec<usize> = (0..own.len()).collect();
    for _ in &own {
        for a in 0..own.len() {
            for b in 0..own.len() {
                if own[a].start < own[b].end && own[b].start < own[a].end {
                    groups[a] = groups[a].min(groups[b]);
                }
            }
        }
    }
    let group_at = |at: usize| own.iter().position(|edit| (edit.start..edit.end).contains(&at)).map(|n| groups[n]);
    let (mut out, mut last) = (String::new(), None);
    for (at, c) in chars.iter().enumerate() {
        let group = group_at(at);
        match group {
            None => out.push(*c),
            Some(first) if last != group => out.push_str(&own[first].replacement),
            Some(_) => {}
        }
        last = group;
    }
    out
}
