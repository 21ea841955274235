//! f-strings and t-strings.

use ruff_python_ast::{ExprFString, FStringPart, InterpolatedElement, InterpolatedStringElement};

use crate::{analysis::Analysis, fold, value::Value};

impl<'a> Analysis<'a> {
    /// Evaluates an f-string and the plain strings that it is joined with.
    pub(crate) fn f_string(&mut self, item: &'a ExprFString) -> Value {
        let mut text = Value::text("");
        for part in &item.value {
            let piece = match part {
                FStringPart::Literal(literal) => {
                    self.strings.push(literal.value.to_string());
                    Value::text(&*literal.value)
                }
                FStringPart::FString(string) => {
                    let elements: Vec<&'a InterpolatedStringElement> = string.elements.iter().collect();
                    self.interpolated(&elements)
                }
            };
            text = fold::concatenate(&text, &piece);
        }
        text
    }

    /// Evaluates the constant and the computed pieces of a string.
    pub(crate) fn interpolated(&mut self, elements: &[&'a InterpolatedStringElement]) -> Value {
        let mut text = Value::text("");
        for element in elements {
            let piece = match element {
                InterpolatedStringElement::Literal(literal) => {
                    self.strings.push(literal.value.to_string());
                    Value::text(&*literal.value)
                }
                InterpolatedStringElement::Interpolation(field) => self.field(field),
            };
            text = fold::concatenate(&text, &piece);
        }
        text
    }

    fn field(&mut self, field: &'a InterpolatedElement) -> Value {
        let value = self.expression(&field.expression);
        let mut plain = field.debug_text.is_none();
        plain &= matches!(field.conversion.to_byte(), None | Some(b's'));
        if let Some(specification) = &field.format_spec {
            let elements: Vec<&'a InterpolatedStringElement> = specification.elements.iter().collect();
            self.interpolated(&elements);
            plain = false;
        }
        if plain { fold::stringify(&value) } else { fold::hole(&value) }
    }
}
