//! Constant values of Python that the analysis follows, and their JSON form.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// A Python constant. Anything else is not followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// The bits of a finite float, so that literals can be ordered.
    Float(u64),
    /// A string.
    Str(String),
    /// A list, tuple or set of constants.
    List(Vec<Literal>),
    /// A dictionary of constants, in source order.
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// The float, or `None` when it is not finite and so has no JSON form.
    #[must_use]
    pub(crate) fn float(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::Float(value.to_bits()))
    }

    /// Whether a program could change it in place.
    #[must_use]
    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Dict(_))
    }

    /// The text that `str()` and an f-string make of it, for the kinds whose text is certain.
    #[must_use]
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Str(text) => Some(text.clone()),
            Self::Int(value) => Some(value.to_string()),
            Self::Bool(true) => Some("True".to_owned()),
            Self::Bool(false) => Some("False".to_owned()),
            Self::None => Some("None".to_owned()),
            Self::Float(_) | Self::List(_) | Self::Dict(_) => None,
        }
    }

    /// What a loop over it yields, or `None` when it cannot be looped over. Strings yield their characters.
    #[must_use]
    pub(crate) fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items.clone()),
            Self::Dict(entries) => Some(entries.iter().map(|(key, _)| key.clone()).collect()),
            Self::Str(text) => {
                let characters: BTreeSet<char> = text.chars().collect();
                Some(characters.into_iter().map(|c| Self::Str(c.to_string())).collect())
            }
            _ => None,
        }
    }

    /// `self[index]`, when both are known well enough. The last of equal keys wins, as in Python.
    #[must_use]
    pub(crate) fn item(&self, index: &Self) -> Option<Self> {
        match (self, index) {
            (Self::List(items), Self::Int(index)) => {
                let length = i64::try_from(items.len()).ok()?;
                let position = if *index < 0 { length.checked_add(*index)? } else { *index };
                items.get(usize::try_from(position).ok()?).cloned()
            }
            (Self::Dict(entries), key) => {
                entries.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.clone())
            }
            _ => None,
        }
    }

    /// Rough size in bytes, to bound what is kept.
    #[must_use]
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Str(text) => text.len(),
            Self::List(items) => items.iter().map(Self::weight).sum::<usize>() + 8,
            Self::Dict(entries) => entries.iter().map(|(k, v)| k.weight() + v.weight()).sum::<usize>() + 8,
            _ => 8,
        }
    }

    /// Number of containers inside each other.
    #[must_use]
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Dict(entries) => 1 + entries.iter().map(|(k, v)| k.depth().max(v.depth())).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The JSON form. A dictionary key that is not a string becomes its text.
    #[must_use]
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Float(bits) => Json::from(f64::from_bits(*bits)),
            Self::Str(text) => Json::String(text.clone()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Dict(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.text().unwrap_or_else(|| key.to_json().to_string()), value.to_json()))
                    .collect(),
            ),
        }
    }
}
