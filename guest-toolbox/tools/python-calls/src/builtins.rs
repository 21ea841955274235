//! Python's own functions, as far as the analysis has to know them.

use crate::{fold, literal::Literal, value::Value};

/// Whether a call of it leaves the containers among its arguments as they are.
#[must_use]
pub(crate) fn keeps_arguments(name: &str) -> bool {
    const KEEP: &[&str] = &[
        "all",
        "any",
        "bool",
        "dict",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    ];
    KEEP.contains(&name)
}

/// Whether a method of that name leaves the containers among its arguments as they are.
#[must_use]
pub(crate) fn method_keeps_arguments(method: &str) -> bool {
    matches!(method, "join" | "format" | "get" | "isin" | "index" | "count" | "split" | "strptime" | "strftime")
}

/// Whether a method of that name changes a list, set or dictionary in place.
#[must_use]
pub(crate) fn changes_receiver(method: &str) -> bool {
    const CHANGE: &[&str] = &[
        "__delitem__",
        "__iadd__",
        "__setitem__",
        "add",
        "append",
        "appendleft",
        "clear",
        "difference_update",
        "discard",
        "extend",
        "insert",
        "intersection_update",
        "move_to_end",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "symmetric_difference_update",
        "update",
    ];
    CHANGE.contains(&method)
}

/// Whether a call of it can set any variable.
#[must_use]
pub(crate) fn runs_code(name: &str) -> bool {
    matches!(
        name.strip_prefix("builtins.").unwrap_or(name),
        "exec" | "eval" | "globals" | "locals" | "vars" | "setattr" | "delattr" | "__import__"
    )
}

/// Whether the name reaches code, objects or modules by text, so that what happens cannot be seen.
#[must_use]
pub(crate) fn is_dynamic(name: &str) -> bool {
    const DYNAMIC: &[&str] = &[
        "__builtins__",
        "builtins",
        "compile",
        "ctypes",
        "getattr",
        "importlib",
        "marshal",
        "operator.attrgetter",
        "operator.methodcaller",
        "pickle",
        "runpy",
        "sys.modules",
    ];
    let within = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    runs_code(name) || DYNAMIC.iter().any(|known| within(known)) || has_dunder(name)
}

/// Whether a dotted name has a part such as `__globals__`.
#[must_use]
pub(crate) fn has_dunder(name: &str) -> bool {
    let hidden = |part: &str| part.len() > 4 && part.starts_with("__") && part.ends_with("__");
    name.split('.').any(|part| hidden(part) && !matches!(part, "__name__" | "__file__" | "__doc__" | "__init__"))
}

/// `name(*arguments)` of a built-in function on constants.
#[must_use]
pub(crate) fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("str", [value]) if !value.literals.is_empty() || !value.templates.is_empty() => Some(fold::stringify(value)),
        ("list" | "tuple", [value]) => Some(list(items(value)?)),
        ("sorted", [value]) => {
            let mut items = items(value)?;
            items.iter().all(|item| matches!(item, Literal::Str(_))).then_some(())?;
            items.sort();
            Some(list(items))
        }
        ("reversed", [value]) => Some(list(items(value)?.into_iter().rev().collect())),
        ("enumerate", [value]) => {
            let pairs = (0..).map(Literal::Int).zip(items(value)?);
            Some(list(pairs.map(|(index, item)| Literal::List(vec![index, item])).collect()))
        }
        ("zip", [left, right]) => {
            let pairs = items(left)?.into_iter().zip(items(right)?);
            Some(list(pairs.map(|(left, right)| Literal::List(vec![left, right])).collect()))
        }
        _ => None,
    }
}

/// `receiver.method()` of a constant dictionary.
#[must_use]
pub(crate) fn container_method(receiver: &Value, method: &str, arguments: &[Value]) -> Option<Value> {
    let Literal::Dict(entries) = receiver.single()? else { return None };
    if !arguments.is_empty() {
        return None;
    }
    let entries = entries.iter().cloned();
    match method {
        "keys" => Some(list(entries.map(|(key, _)| key).collect())),
        "values" => Some(list(entries.map(|(_, value)| value).collect())),
        "items" => Some(list(entries.map(|(key, value)| Literal::List(vec![key, value])).collect())),
        _ => None,
    }
}

/// What iterating over a constant list or dictionary yields, in order.
fn items(value: &Value) -> Option<Vec<Literal>> {
    value.single().filter(|literal| literal.is_container())?.elements()
}

fn list(items: Vec<Literal>) -> Value {
    Value::literal(Literal::List(items))
}
