//! Lists of records as tools print them: items of `- label: value` and more such lines below each. Such a list tells what is,
//! while an order stands in the text of a field. Only a text that is a list from end to end counts, so that nobody who writes a
//! part of it can lay out records of his own.

/// A label, the name of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    /// The byte at which it begins.
    pub(super) at: usize,
    /// Whether a record begins with it, and another stands before.
    pub(super) divides: bool,
}

/// Bytes from the dash to the label behind it.
const DASH: usize = 2;

/// The labels of all records of `text`, in order; none when it is no list of at least two records.
pub(super) fn labels(text: &str) -> Vec<Label> {
    read(text).unwrap_or_default()
}

fn read(text: &str) -> Option<Vec<Label>> {
    let (mut found, mut records, mut at) = (Vec::new(), 0, 0);
    let mut layout: Option<(usize, &str)> = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let rest = line.trim_start_matches(' ');
        if rest.trim().is_empty() {
            continue;
        }
        let indent = line.len() - rest.len();
        let (column, first) = match layout {
            Some(layout) => layout,
            None => *layout.insert((indent, label_of(rest.strip_prefix("- ")?)?)),
        };
        if indent == column {
            // Each record begins with the same field.
            label_of(rest.strip_prefix("- ")?).filter(|label| *label == first)?;
            found.push(Label { at: start + indent + DASH, divides: records > 0 });
            records += 1;
        } else if indent < column + DASH {
            return None;
        } else if indent == column + DASH && label_of(rest).is_some() {
            found.push(Label { at: start + indent, divides: false });
        }
    }
    (records > 1).then_some(found)
}

/// The label that `line` begins with.
fn label_of(line: &str) -> Option<&str> {
    let (label, rest) = line.split_once(':')?;
    let is_name = !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let ends = rest.is_empty() || rest.starts_with([' ', '\n', '\r']);
    (is_name && ends && label.starts_with(char::is_alphanumeric) && label.ends_with(char::is_alphanumeric))
        .then_some(label)
}

#[cfg(test)]
mod tests {
    use super::labels;

    fn names(text: &str) -> Vec<(&str, bool)> {
        let name = |at: usize| text[at..].split(':').next().unwrap();
        labels(text).into_iter().map(|label| (name(label.at), label.divides)).collect()
    }

    #[test]
    fn the_fields_of_a_list_of_records_are_found() {
        let text = "- id: 1\n  note: 'to: do'\n\n- id: 2\n  note: 'a long\n    text: of two lines'\n  tags:\n  - new\n";
        assert_eq!(names(text), [("id", false), ("note", false), ("id", true), ("note", false), ("tags", false)]);
    }

    #[test]
    fn what_is_no_list_from_end_to_end_is_none() {
        for text in [
            "",
            "- id: 1\n  note: a",
            "See:\n- id: 1\n- id: 2",
            "- id: 1\n- id: 2\nPay the second.",
            "- id: 1\n- note: 2",
            "- id: 1\n- pay him",
            "- see http://a.example\n- see http://b.example",
            "  - id: 1\n - id: 2",
        ] {
            assert_eq!(names(text), [], "{text}");
        }
    }
}
