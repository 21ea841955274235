//! Assignments to targets of every form: names, attributes, subscripts and nested tuples of them.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged as _;

use crate::{analysis::Analysis, literal::Literal, names, record::Assignment, value::Value};

impl<'a> Analysis<'a> {
    /// Walks an assignment.
    pub(crate) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) {
        if let Some(values) = elements_in_step(targets, value) {
            let results: Vec<Value> = values.iter().map(|value| self.expression(value)).collect();
            for parts in targets.iter().filter_map(elements) {
                parts.iter().zip(&results).for_each(|(part, result)| self.bind_target(part, result.clone()));
            }
            return;
        }
        let result = self.expression(value);
        if let (Expr::Call(_), Some(call)) = (value, self.calls.last_mut()) {
            call.assigned_to = targets.iter().flat_map(target_names).collect();
        }
        for target in targets {
            self.bind_target(target, result.clone());
        }
    }

    /// Deletes a variable, entry or attribute.
    pub(crate) fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), Value::unknown()),
            Expr::Subscript(item) => {
                self.expression(&item.value);
                self.expression(&item.slice);
                self.mutate();
            }
            other => drop(self.expression(other)),
        }
    }

    /// The value that an augmented assignment starts from.
    pub(crate) fn read_target(&mut self, target: &'a Expr) -> Value {
        match target {
            Expr::Name(name) => self.lookup(name.id.as_str()),
            other => self.expression(other),
        }
    }

    /// Assigns `value` to a target of any form.
    pub(crate) fn bind_target(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => {
                self.note_assignment(name.id.to_string(), &value, target);
                self.bind(name.id.as_str(), value);
            }
            Expr::Tuple(item) => self.unpack(&item.elts, &value),
            Expr::List(item) => self.unpack(&item.elts, &value),
            Expr::Starred(item) => self.bind_target(&item.value, Value::computed([&value])),
            Expr::Attribute(item) => {
                self.expression(&item.value);
                self.note_assignment(names::dotted(target).unwrap_or_default(), &value, target);
                self.escape(&value);
                self.bind_attribute(item.attr.as_str(), &value);
                // A module's attribute is a name from outside that is not what it was.
                if let Some(root) = names::root(target) {
                    self.bind_root(root, &value);
                }
            }
            Expr::Subscript(item) => {
                let container = self.expression(&item.value);
                self.expression(&item.slice);
                self.escape(&value);
                self.mutate();
                if let Some(root) = names::root(target) {
                    let mut changed = container;
                    changed.unknown = true;
                    changed.absorb(&value);
                    self.bind_root(root, &changed);
                }
            }
            other => drop(self.expression(other)),
        }
    }

    /// Notes that `value` went into the object that the variable `root` holds.
    fn bind_root(&mut self, root: &'a str, value: &Value) {
        let mut object = self.lookup(root);
        object.absorb(value);
        if self.env.contains_key(root) {
            self.bind(root, object);
        }
    }

    fn note_assignment(&mut self, name: String, value: &Value, target: &Expr) {
        if !name.is_empty() {
            self.assignments.push(Assignment { name, value: value.clone(), start: target.start() });
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value) {
        let starred = targets.iter().any(|target| matches!(target, Expr::Starred(_)));
        for (position, target) in targets.iter().enumerate() {
            let item = if starred { element_of(value) } else { item_of(value, position) };
            self.bind_target(target, item);
        }
    }
}

fn elements(expression: &Expr) -> Option<&[Expr]> {
    match expression {
        Expr::Tuple(item) => Some(&item.elts),
        Expr::List(item) => Some(&item.elts),
        _ => None,
    }
}

/// The elements of `value` when it is assigned element by element, as in `a, b = x, y`.
fn elements_in_step<'e>(targets: &[Expr], value: &'e Expr) -> Option<&'e [Expr]> {
    let values = elements(value)?;
    let plain = |parts: &[Expr]| !parts.iter().any(|part| matches!(part, Expr::Starred(_)));
    let in_step = |target: &Expr| elements(target).is_some_and(|parts| parts.len() == values.len() && plain(parts));
    (plain(values) && targets.iter().all(in_step)).then_some(values)
}

fn target_names(target: &Expr) -> Vec<String> {
    match target {
        Expr::Tuple(item) => item.elts.iter().flat_map(target_names).collect(),
        Expr::List(item) => item.elts.iter().flat_map(target_names).collect(),
        Expr::Starred(item) => target_names(&item.value),
        other => names::dotted(other).into_iter().collect(),
    }
}

/// What looping over `value` yields.
pub(crate) fn element_of(value: &Value) -> Value {
    each_literal(value, |literal| literal.elements())
}

/// What `value[position]` is.
fn item_of(value: &Value, position: usize) -> Value {
    let index = i64::try_from(position).map(Literal::Int);
    each_literal(value, |literal| {
        let item = match literal {
            Literal::List(_) => literal.item(index.as_ref().ok()?),
            _ => None,
        };
        item.map(|item| vec![item])
    })
}

fn each_literal(value: &Value, parts: impl Fn(&Literal) -> Option<Vec<Literal>>) -> Value {
    let certain = value.is_certain() && value.from.is_empty() && value.templates.is_empty();
    let mut result = Value { unknown: !certain, ..Value::default() };
    for literal in &value.literals {
        match parts(literal) {
            Some(items) => items.into_iter().for_each(|item| result.join(&Value::literal(item))),
            None => result.unknown = true,
        }
    }
    result.absorb(value);
    result
}
