//! Dotted names in source form.

use ruff_python_ast::Expr;

/// `a.b.c` as text, for a chain of names only.
#[must_use]
pub(crate) fn dotted(expression: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut current = expression;
    loop {
        match current {
            Expr::Attribute(item) => {
                parts.push(item.attr.as_str());
                current = &item.value;
            }
            // The parser puts an empty name where an expression is missing.
            Expr::Name(name) if !name.id.is_empty() => {
                parts.push(name.id.as_str());
                break;
            }
            _ => return None,
        }
    }
    parts.reverse();
    Some(parts.join("."))
}

/// The variable at the start of a chain of attributes and subscripts.
#[must_use]
pub(crate) fn root(expression: &Expr) -> Option<&str> {
    let mut current = expression;
    loop {
        match current {
            Expr::Attribute(item) => current = &item.value,
            Expr::Subscript(item) => current = &item.value,
            Expr::Name(name) => return Some(name.id.as_str()),
            _ => return None,
        }
    }
}
