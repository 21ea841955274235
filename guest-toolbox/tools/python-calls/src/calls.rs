//! Calls: which function, with what, and what may come back.

use ruff_python_ast::{Arguments, Expr, ExprCall};
use ruff_text_size::Ranged as _;

use crate::{
    analysis::Analysis,
    builtins, expressions, fold,
    record::{Argument, Call},
    value::{FunctionId, Value},
};

impl<'a> Analysis<'a> {
    /// Evaluates a call and records it. Its arguments' calls come before it.
    pub(crate) fn call(&mut self, item: &'a ExprCall) -> Value {
        let (callee, receiver) = self.callee(&item.func);
        let args: Vec<Argument> = item.arguments.args.iter().map(|argument| self.argument(argument)).collect();
        let kwargs = self.keyword_arguments(&item.arguments);
        let mut call = Call {
            written: expressions::written(&item.func),
            receiver,
            args,
            kwargs,
            start: item.func.start(),
            callee_end: item.func.end(),
            in_loop: self.place.loops > 0,
            conditional: self.place.branches > 0,
            function: self.place.function.map(|(name, _)| name.to_owned()),
            ..Call::default()
        };
        if let Expr::Attribute(attribute) = &*item.func {
            call.method = Some(attribute.attr.to_string());
        }
        self.resolve_targets(&mut call, &callee);
        self.note_mutation(&call, &callee);
        let result = self.result(&call, &callee);
        self.calls.push(call);
        result
    }

    /// The callee's value, and the object for a method.
    fn callee(&mut self, callee: &'a Expr) -> (Value, Option<Argument>) {
        match callee {
            Expr::Name(name) if !name.id.is_empty() => (self.lookup(name.id.as_str()), None),
            Expr::Attribute(item) => {
                let object = match &*item.value {
                    Expr::Name(name) if !name.id.is_empty() => self.lookup(name.id.as_str()),
                    Expr::Attribute(inner) => self.attribute_of(inner),
                    other => self.expression(other),
                };
                let value = self.attribute_value(&object, item.attr.as_str());
                let name = match &*item.value {
                    Expr::Name(name) => Some(name.id.to_string()),
                    _ => None,
                };
                (value, Some(Argument { name, starred: false, value: object }))
            }
            other => (self.expression(other), None),
        }
    }

    fn argument(&mut self, argument: &'a Expr) -> Argument {
        let name = match argument {
            Expr::Name(name) if !name.id.is_empty() => Some(name.id.to_string()),
            _ => None,
        };
        let starred = matches!(argument, Expr::Starred(_));
        Argument { name, starred, value: self.expression(argument) }
    }

    fn keyword_arguments(&mut self, arguments: &'a Arguments) -> Vec<(Option<String>, Argument)> {
        let keywords = arguments.keywords.iter();
        keywords.map(|keyword| (keyword.arg.as_ref().map(ToString::to_string), self.argument(&keyword.value))).collect()
    }

    fn resolve_targets(&mut self, call: &mut Call, callee: &Value) {
        call.targets = callee.names.iter().cloned().collect();
        if !callee.functions.is_empty() {
            // A function of the program keeps the name that it is called by.
            call.targets.push(call.written.clone());
        }
        let elsewhere = callee.unknown || !callee.from.is_empty();
        call.target_known = !elsewhere && !call.targets.is_empty();
        // A method of an object is known by its name, whatever the object is.
        if let (Some(method), true) = (&call.method, callee.names.is_empty()) {
            let name = if call.written.is_empty() { format!(".{method}") } else { call.written.clone() };
            call.written = name.clone();
            call.targets = vec![name];
            call.target_known = true;
        }
    }

    fn note_mutation(&mut self, call: &Call, callee: &Value) {
        // What a function of the program does to its arguments is seen in its body.
        let seen = callee.names.iter().all(|name| builtins::keeps_arguments(name)) && call.target_known;
        let harmless = match &call.method {
            Some(method) => builtins::method_keeps_arguments(method),
            None => seen,
        };
        let values = call.args.iter().chain(call.kwargs.iter().map(|(_, argument)| argument));
        let handed_over = !harmless && values.into_iter().any(|argument| argument.value.may_be_container());
        let changed = call.method.as_deref().is_some_and(builtins::changes_receiver);
        if handed_over || changed {
            self.mutate();
        }
        if call.targets.iter().any(|target| builtins::runs_code(target)) {
            self.give_up();
        }
    }

    fn result(&mut self, call: &Call, callee: &Value) -> Value {
        if let Some(folded) = folded(call) {
            return folded;
        }
        let mut result = Value::default();
        for id in &callee.functions {
            self.pass_arguments(*id, call);
            result.join(&self.call_function(*id));
        }
        if callee.functions.is_empty() || !call.target_known || callee.names.iter().next().is_some() {
            result.join(&Value::result_of(self.next_call()));
        }
        result
    }

    fn pass_arguments(&mut self, id: FunctionId, call: &Call) {
        let starred = call.args.iter().any(|argument| argument.starred);
        if starred || call.kwargs.iter().any(|(name, _)| name.is_none()) {
            self.escape(&Value { functions: [id].into(), ..Value::default() });
        }
        for (position, argument) in call.args.iter().enumerate() {
            self.pass_argument(id, position, &argument.value);
        }
        for (name, argument) in &call.kwargs {
            let parameters = self.functions.get(id as usize).map(|function| &function.parameters);
            let position = parameters.and_then(|known| known.iter().position(|known| Some(known) == name.as_ref()));
            self.pass_argument(id, position.unwrap_or(usize::MAX), &argument.value);
        }
    }
}

/// The constant that a call of a well-known function gives.
fn folded(call: &Call) -> Option<Value> {
    if !call.target_known || call.args.iter().any(|argument| argument.starred) {
        return None;
    }
    let arguments: Vec<Value> = call.args.iter().map(|argument| argument.value.clone()).collect();
    let named = call.kwargs.iter().map(|(name, argument)| Some((name.clone()?, argument.value.clone())));
    let keywords: Vec<(String, Value)> = named.collect::<Option<_>>()?;
    match (&call.receiver, call.method.as_deref()) {
        (Some(receiver), Some("format")) if has_text(&receiver.value) => {
            Some(fold::format(&receiver.value, &arguments, &keywords))
        }
        (Some(receiver), Some(method)) if keywords.is_empty() => fold::method(&receiver.value, method, &arguments)
            .or_else(|| builtins::container_method(&receiver.value, method, &arguments)),
        (None, _) if keywords.is_empty() => builtins::call(call.targets.first()?, &arguments),
        _ => None,
    }
}

fn has_text(value: &Value) -> bool {
    value.literals.iter().any(|literal| matches!(literal, crate::literal::Literal::Str(_)))
}
