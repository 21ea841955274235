//! Evaluates expressions to what they may be, in order of evaluation, and notes strings and mentions on the way.

use ruff_python_ast::{
    Comprehension, Expr, ExprAttribute, ExprBinOp, ExprDict, ExprName, ExprSubscript, InterpolatedStringElement,
    Number, Operator, UnaryOp,
};
use ruff_text_size::Ranged as _;

use crate::{
    analysis::{Analysis, DEEPEST},
    fold,
    literal::Literal,
    names,
    record::Mention,
    targets::element_of,
    value::Value,
};

impl<'a> Analysis<'a> {
    /// Evaluates an expression.
    pub(crate) fn expression(&mut self, expression: &'a Expr) -> Value {
        if self.depth >= DEEPEST {
            self.too_deep = true;
            return Value::unknown();
        }
        self.depth += 1;
        let value = self.expression_within(expression);
        self.depth -= 1;
        value
    }

    fn expression_within(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::Name(name) => self.read_name(name),
            Expr::StringLiteral(item) => {
                let text = item.value.to_str().to_owned();
                self.strings.push(text.clone());
                Value::text(text)
            }
            Expr::NumberLiteral(item) => number(&item.value),
            Expr::BooleanLiteral(item) => Value::literal(Literal::Bool(item.value)),
            Expr::NoneLiteral(_) => Value::literal(Literal::None),
            Expr::BytesLiteral(item) => {
                let bytes: Vec<u8> = item.value.bytes().collect();
                self.strings.push(String::from_utf8_lossy(&bytes).into_owned());
                Value::unknown()
            }
            Expr::FString(item) => self.f_string(item),
            Expr::BinOp(item) => self.binary(item),
            Expr::Call(item) => self.call(item),
            Expr::Attribute(item) => self.attribute(item),
            Expr::Subscript(item) => self.subscript(item),
            Expr::List(item) => self.list(&item.elts),
            Expr::Tuple(item) => self.list(&item.elts),
            Expr::Set(item) => {
                // Its order is not known.
                let mut value = self.list(&item.elts);
                value.unknown = true;
                value
            }
            Expr::Dict(item) => self.dictionary(item),
            Expr::If(item) => {
                self.expression(&item.test);
                self.place.branches += 1;
                let mut value = self.expression(&item.body);
                value.join(&self.expression(&item.orelse));
                self.place.branches -= 1;
                value
            }
            Expr::BoolOp(item) => {
                let mut values = item.values.iter();
                let mut value = values.next().map(|first| self.expression(first)).unwrap_or_default();
                self.place.branches += 1;
                values.for_each(|other| value.join(&self.expression(other)));
                self.place.branches -= 1;
                value
            }
            Expr::Named(item) => {
                let value = self.expression(&item.value);
                self.bind_target(&item.target, value.clone());
                value
            }
            Expr::UnaryOp(item) => {
                let value = self.expression(&item.operand);
                match (item.op, value.single()) {
                    (UnaryOp::USub, Some(Literal::Int(number))) => {
                        number.checked_neg().map_or_else(Value::unknown, |n| Value::literal(Literal::Int(n)))
                    }
                    _ => Value::computed([&value]),
                }
            }
            Expr::Compare(item) => {
                let mut value = Value::computed([&self.expression(&item.left)]);
                item.comparators.iter().for_each(|other| value.absorb(&self.expression(other)));
                value
            }
            Expr::Lambda(item) => self.lambda(item),
            Expr::ListComp(item) => self.comprehension(&item.generators, &[&item.elt], false),
            Expr::SetComp(item) => self.comprehension(&item.generators, &[&item.elt], false),
            Expr::Generator(item) => self.comprehension(&item.generators, &[&item.elt], true),
            Expr::DictComp(item) => {
                let mut elements: Vec<&'a Expr> = item.key.iter().map(AsRef::as_ref).collect();
                elements.push(&item.value);
                self.comprehension(&item.generators, &elements, false)
            }
            Expr::Await(item) => self.expression(&item.value),
            Expr::Yield(item) => {
                let value = item.value.as_ref().map(|value| self.expression(value)).unwrap_or_default();
                self.return_value(&Value::computed([&value]));
                Value::unknown()
            }
            Expr::YieldFrom(item) => {
                let value = self.expression(&item.value);
                self.return_value(&Value::computed([&value]));
                Value::unknown()
            }
            Expr::Starred(item) => Value::computed([&self.expression(&item.value)]),
            Expr::Slice(item) => {
                let parts = [&item.lower, &item.upper, &item.step];
                let values: Vec<Value> = parts.into_iter().flatten().map(|part| self.expression(part)).collect();
                Value::computed(&values)
            }
            Expr::TString(item) => {
                let elements: Vec<&'a InterpolatedStringElement> =
                    item.value.iter().flat_map(|string| string.elements.iter()).collect();
                let text = self.interpolated(&elements);
                Value::computed([&text])
            }
            Expr::EllipsisLiteral(_) | Expr::IpyEscapeCommand(_) => Value::unknown(),
        }
    }

    fn read_name(&mut self, name: &'a ExprName) -> Value {
        // The parser puts an empty name where an expression is missing.
        if name.id.is_empty() {
            return Value::unknown();
        }
        let value = self.lookup(name.id.as_str());
        self.mention(&value, name.start());
        value
    }

    /// Notes things from outside, and functions of the program, that are used as values.
    pub(crate) fn mention(&mut self, value: &Value, start: ruff_text_size::TextSize) {
        self.escape(value);
        self.mentions.extend(value.names.iter().map(|name| Mention { name: name.clone(), start }));
    }

    fn attribute(&mut self, item: &'a ExprAttribute) -> Value {
        let value = self.attribute_of(item);
        self.mention(&value, item.start());
        value
    }

    /// The value of an attribute, without noting a mention: a callee is not one.
    pub(crate) fn attribute_of(&mut self, item: &'a ExprAttribute) -> Value {
        let object = match &*item.value {
            Expr::Name(name) if !name.id.is_empty() => self.lookup(name.id.as_str()),
            Expr::Attribute(inner) => self.attribute_of(inner),
            other => self.expression(other),
        };
        self.attribute_value(&object, item.attr.as_str())
    }

    /// `object.name`.
    pub(crate) fn attribute_value(&self, object: &Value, name: &str) -> Value {
        let mut value = Value::computed([object]);
        // Things from outside have their attributes; what is neither that nor known may be anything.
        value.unknown = object.names.is_empty() || object.unknown || !object.from.is_empty();
        value.names = object.names.iter().map(|outer| format!("{outer}.{name}")).collect();
        if let Some(set) = self.attributes.get(name) {
            value.join(set);
        }
        value
    }

    fn subscript(&mut self, item: &'a ExprSubscript) -> Value {
        let object = self.expression(&item.value);
        let index = self.expression(&item.slice);
        if let (Some(container), Some(key)) = (object.single(), index.single())
            && let Some(found) = container.item(key)
        {
            return Value::literal(found);
        }
        if object.single().is_some_and(Literal::is_container) && !matches!(&*item.slice, Expr::Slice(_)) {
            return entries(&object);
        }
        Value::computed([&object, &index])
    }

    fn list(&mut self, elements: &'a [Expr]) -> Value {
        let values: Vec<Value> = elements.iter().map(|element| self.expression(element)).collect();
        let literals: Option<Vec<Literal>> = values.iter().map(|value| value.single().cloned()).collect();
        literals.map_or_else(|| Value::computed(&values), |items| Value::literal(Literal::List(items)))
    }

    fn dictionary(&mut self, item: &'a ExprDict) -> Value {
        let mut values = Vec::new();
        let mut literals = Some(Vec::new());
        for entry in &item.items {
            let key = entry.key.as_ref().map_or_else(Value::unknown, |key| self.expression(key));
            let value = self.expression(&entry.value);
            literals = match (literals, key.single(), value.single()) {
                (Some(mut known), Some(key), Some(value)) => {
                    known.push((key.clone(), value.clone()));
                    Some(known)
                }
                _ => None,
            };
            values.extend([key, value]);
        }
        literals.map_or_else(|| Value::computed(&values), |entries| Value::literal(Literal::Dict(entries)))
    }

    /// A left-leaning chain of operators without recursion: long concatenations are common.
    fn binary(&mut self, item: &'a ExprBinOp) -> Value {
        let mut rest = vec![item];
        let mut leftmost = &*item.left;
        while let Expr::BinOp(inner) = leftmost {
            rest.push(inner);
            leftmost = &inner.left;
        }
        let mut value = self.expression(leftmost);
        while let Some(operation) = rest.pop() {
            value = self.operate(value, operation.op, &operation.right);
        }
        value
    }

    fn operate(&mut self, left: Value, operator: Operator, right: &'a Expr) -> Value {
        match (operator, right) {
            (Operator::Mod, Expr::Tuple(tuple)) => {
                let arguments: Vec<Value> = tuple.elts.iter().map(|element| self.expression(element)).collect();
                fold::percent(&left, &arguments)
            }
            (Operator::Mod, _) => {
                let argument = self.expression(right);
                fold::percent(&left, &[argument])
            }
            (Operator::Add, _) => fold::add(&left, &self.expression(right)),
            _ => Value::computed([&left, &self.expression(right)]),
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr], late: bool) -> Value {
        let (env, place) = (self.env.clone(), self.place);
        let mut value = Value::unknown();
        for (position, generator) in generators.iter().enumerate() {
            let iterated = self.expression(&generator.iter);
            if position == 0 {
                self.place.loops += 1;
                self.place.late |= late;
            }
            value.absorb(&iterated);
            self.bind_target(&generator.target, element_of(&iterated));
            generator.ifs.iter().for_each(|condition| drop(self.expression(condition)));
        }
        for element in elements {
            value.absorb(&self.expression(element));
        }
        self.place = place;
        self.env = env;
        value
    }
}

/// Any entry of a known container.
fn entries(container: &Value) -> Value {
    let mut value = Value::default();
    for literal in &container.literals {
        match literal {
            Literal::List(items) => items.iter().for_each(|item| value.join(&Value::literal(item.clone()))),
            Literal::Dict(items) => items.iter().for_each(|(_, item)| value.join(&Value::literal(item.clone()))),
            _ => value.unknown = true,
        }
    }
    value.absorb(container);
    value
}

fn number(number: &Number) -> Value {
    let literal = match number {
        Number::Int(value) => value.as_i64().map(Literal::Int),
        Number::Float(value) => Literal::float(*value),
        Number::Complex { .. } => None,
    };
    literal.map_or_else(Value::unknown, Value::literal)
}

/// The source form of a callee: a dotted name, or nothing.
pub(crate) fn written(callee: &Expr) -> String {
    names::dotted(callee).unwrap_or_default()
}
