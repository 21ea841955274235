//! TOML text to [`ConfigFile`], with every complaint and its line. serde stops at the first error, so what it
//! complains about is noted, taken out of the tree, and the rest is read again.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint::Complaint;
use super::environment::{Environment, fill_in};
use super::file::ConfigFile;

pub(super) struct Document<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses `text` and fills in its variables.
    pub(super) fn parse(text: &'t str, environment: Environment<'_>) -> (Self, Vec<Complaint>) {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut document = Self { text, root };
        let mut complaints: Vec<Complaint> =
            errors.iter().map(|e| document.complaint(e.span(), "", e.message())).collect();
        let mut unfilled = Vec::new();
        fill_table(document.root.get_mut(), "", environment, &mut unfilled);
        complaints
            .extend(unfilled.iter().map(|(span, key, message)| document.complaint(Some(span.clone()), key, message)));
        (document, complaints)
    }

    /// What could be read, and why the rest could not.
    pub(super) fn read(&self) -> (ConfigFile, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut root = self.root.clone();
        loop {
            match ConfigFile::deserialize(toml::Deserializer::from(root.clone())) {
                Ok(file) => return (file, complaints),
                Err(error) => {
                    let span = error.span();
                    let removed = span.as_ref().and_then(|span| remove_in_table(root.get_mut(), span, ""));
                    complaints.push(self.complaint(span, removed.as_deref().unwrap_or_default(), error.message()));
                    if removed.is_none() {
                        return (ConfigFile::default(), complaints);
                    }
                }
            }
        }
    }

    /// Line of `key`, or of the deepest table above it that the file has.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let mut table = self.root.get_ref();
        let mut span = None;
        for step in key.split('.') {
            let (name, index) = match step.split_once('[') {
                Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
                None => (step, None),
            };
            let Some((found, value)) = table.get_key_value(name) else { break };
            span = Some(found.span());
            let value = match (index, value.get_ref()) {
                (Some(index), DeValue::Array(items)) => items.get(index),
                _ => Some(value),
            };
            match value.map(|v| (v.span(), v.get_ref())) {
                Some((at, DeValue::Table(inner))) => {
                    span = if index.is_some() { Some(at) } else { span };
                    table = inner;
                }
                _ => break,
            }
        }
        span.map(|span| self.line_at(span.start))
    }

    fn complaint(&self, span: Option<Range<usize>>, key: &str, message: &str) -> Complaint {
        Complaint {
            line: span.map(|span| self.line_at(span.start)),
            key: key.to_owned(),
            message: message.replace('\n', "; "),
        }
    }

    fn line_at(&self, byte: usize) -> usize {
        self.text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
    }
}

type Unfilled = Vec<(Range<usize>, String, String)>;

fn fill_table(table: &mut DeTable<'_>, path: &str, environment: Environment<'_>, unfilled: &mut Unfilled) {
    for (key, value) in table.iter_mut() {
        fill_value(value, &join(path, key.get_ref()), environment, unfilled);
    }
}

fn fill_value(value: &mut Spanned<DeValue<'_>>, path: &str, environment: Environment<'_>, unfilled: &mut Unfilled) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(text) => match fill_in(text, environment) {
            Ok(filled) => *text = filled.into(),
            Err(message) => unfilled.push((span, path.to_owned(), message)),
        },
        DeValue::Array(items) => {
            for (n, item) in items.iter_mut().enumerate() {
                fill_value(item, &format!("{path}[{n}]"), environment, unfilled);
            }
        }
        DeValue::Table(inner) => fill_table(inner, path, environment, unfilled),
        _ => {}
    }
}

/// Takes out the innermost entry whose key or value lies at `span`; gives back its path.
fn remove_in_table(table: &mut DeTable<'_>, span: &Range<usize>, path: &str) -> Option<String> {
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let here = join(path, key.get_ref());
        if contains(&key.span(), span) {
            found = Some((key.get_ref().to_string(), here));
            break;
        }
        if let Some(inner) = remove_in_value(value, span, &here) {
            return Some(inner);
        }
        if contains(&value.span(), span) {
            found = Some((key.get_ref().to_string(), here));
            break;
        }
    }
    let (name, here) = found?;
    table.remove(name.as_str());
    Some(here)
}

fn remove_in_value(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>, path: &str) -> Option<String> {
    match value.get_mut() {
        DeValue::Table(inner) => remove_in_table(inner, span, path),
        DeValue::Array(items) => {
            items.iter_mut().enumerate().find_map(|(n, item)| remove_in_value(item, span, &format!("{path}[{n}]")))
        }
        _ => None,
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && !outer.is_empty()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
