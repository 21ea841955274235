//! JSON Pointers (RFC 6901): building them on the way down a body, reading those of drafts and mappings.

use std::borrow::Cow;

/// The pointer of member `key` of the object at `parent`.
pub(crate) fn child(parent: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + key.len() + 1);
    pointer.push_str(parent);
    pointer.push('/');
    for c in key.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
    pointer
}

/// The pointer of item `index` of the array at `parent`.
pub(crate) fn item(parent: &str, index: usize) -> String {
    format!("{parent}/{index}")
}

/// The keys that `pointer` passes through, or `None` when it is no JSON Pointer.
pub(crate) fn segments(pointer: &str) -> Option<Vec<Cow<'_, str>>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer.strip_prefix('/')?.split('/').map(unescape).collect()
}

fn unescape(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('~') {
        return Some(Cow::Borrowed(segment));
    }
    let mut out = String::with_capacity(segment.len());
    let mut chars = segment.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_survives_the_way_there_and_back() {
        for key in ["a", "", "a/b", "m~n", "~1", "*", "ü/~"] {
            let pointer = item(&child("/x", key), 3);
            assert_eq!(segments(&pointer).unwrap(), ["x", key, "3"]);
        }
        assert_eq!(segments("").unwrap().len(), 0);
    }

    #[test]
    fn what_is_no_pointer_is_told() {
        for bad in ["a", "a/b", "/~", "/~2"] {
            assert_eq!(segments(bad), None, "{bad}");
        }
    }
}
