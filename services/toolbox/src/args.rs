//! Typed access to a tool's arguments, with errors that name the argument.

use serde_json::{Map, Value};

use crate::ToolError;

/// The arguments of one call.
pub(crate) struct Args<'a> {
    tool: &'static str,
    values: &'a [Value],
}

impl<'a> Args<'a> {
    pub(crate) const fn new(tool: &'static str, values: &'a [Value]) -> Self {
        Self { tool, values }
    }

    /// Argument `index`, whatever its type.
    pub(crate) fn value(&self, index: usize, name: &str) -> Result<&'a Value, ToolError> {
        self.values.get(index).ok_or_else(|| ToolError::new(format!("argument `{name}` of `{}` is missing", self.tool)))
    }

    /// Argument `index`; null counts as not given.
    pub(crate) fn optional(&self, index: usize) -> Option<&'a Value> {
        self.values.get(index).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, index: usize, name: &str) -> Result<&'a str, ToolError> {
        let value = self.value(index, name)?;
        value.as_str().ok_or_else(|| self.wrong(name, "a string", value))
    }

    pub(crate) fn object(&self, index: usize, name: &str) -> Result<&'a Map<String, Value>, ToolError> {
        let value = self.value(index, name)?;
        value.as_object().ok_or_else(|| self.wrong(name, "a map", value))
    }

    pub(crate) fn array(&self, index: usize, name: &str) -> Result<&'a [Value], ToolError> {
        let value = self.value(index, name)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong(name, "an array", value))
    }

    /// The error for an argument, or a part of one, that has the wrong type.
    pub(crate) fn wrong(&self, name: &str, wanted: &str, value: &Value) -> ToolError {
        ToolError::new(format!("argument `{name}` of `{}` must be {wanted}, not {}", self.tool, type_name(value)))
    }
}

/// What a value is, in words.
pub(crate) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a map",
    }
}
