//! Functions, lambdas and classes that the program defines.

use ruff_python_ast::{Expr, ExprLambda, Parameters, StmtClassDef, StmtFunctionDef};

use crate::{
    analysis::{Analysis, Place},
    value::{FunctionId, Value},
};

impl<'a> Analysis<'a> {
    /// Defines a function and walks its body with what is known of its arguments.
    pub(crate) fn define_function(&mut self, function: &'a StmtFunctionDef) {
        let id = self.number_function(&function.parameters);
        let mut hidden = self.place.in_class;
        for decorator in &function.decorator_list {
            self.expression(&decorator.expression);
            hidden = true;
        }
        self.evaluate_defaults(&function.parameters, Some(id));
        if let Some(returns) = &function.returns {
            self.expression(returns);
        }
        let itself = Value { functions: [id].into(), ..Value::default() };
        if hidden {
            self.escape(&itself);
        }
        let decorated = !function.decorator_list.is_empty();
        self.bind(function.name.as_str(), if decorated { Value::unknown() } else { itself });
        self.within_function(function.name.as_str(), id, |analysis| {
            analysis.bind_parameters(&function.parameters, Some(id));
            analysis.body(&function.body);
        });
    }

    fn number_function(&mut self, parameters: &Parameters) -> FunctionId {
        let id = self.next_function;
        self.next_function += 1;
        if self.functions.len() <= id {
            let names: Vec<String> = positional(parameters).map(|name| name.to_owned()).collect();
            let arguments = vec![Value::default(); names.len()];
            self.functions.push(crate::analysis::Function { arguments, parameters: names, ..Default::default() });
        }
        FunctionId::try_from(id).unwrap_or(FunctionId::MAX)
    }

    fn within_function(&mut self, name: &'a str, id: FunctionId, run: impl FnOnce(&mut Self)) {
        let env = std::mem::take(&mut self.env);
        let collectors = std::mem::take(&mut self.collectors);
        let place = std::mem::replace(&mut self.place, Place { function: Some((name, id)), ..Place::default() });
        run(self);
        self.env = env;
        self.collectors = collectors;
        self.place = place;
    }

    /// Defaults are evaluated where the function is defined; they are possible arguments.
    fn evaluate_defaults(&mut self, parameters: &'a Parameters, function: Option<FunctionId>) {
        let all = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
        for (position, parameter) in all.enumerate() {
            if let Some(annotation) = &parameter.parameter.annotation {
                self.expression(annotation);
            }
            if let Some(default) = &parameter.default {
                let value = self.expression(default);
                if let Some(id) = function {
                    self.pass_argument(id, position, &value);
                }
            }
        }
    }

    fn bind_parameters(&mut self, parameters: &'a Parameters, function: Option<FunctionId>) {
        let known = function.and_then(|id| self.functions.get(id as usize)).cloned().unwrap_or_default();
        for (position, name) in positional(parameters).enumerate() {
            let mut value = known.arguments.get(position).cloned().unwrap_or_default();
            value.unknown |= known.escaped || function.is_none();
            self.bind(name, value);
        }
        for rest in parameters.vararg.iter().chain(&parameters.kwarg) {
            self.bind(rest.name.as_str(), Value::unknown());
        }
    }

    /// A lambda runs later, with arguments that are not followed.
    pub(crate) fn lambda(&mut self, lambda: &'a ExprLambda) -> Value {
        let (env, place) = (self.env.clone(), self.place);
        if let Some(parameters) = &lambda.parameters {
            self.evaluate_defaults(parameters, None);
        }
        self.place.late = true;
        if let Some(parameters) = &lambda.parameters {
            self.bind_parameters(parameters, None);
        }
        let result = self.expression(&lambda.body);
        self.place = place;
        self.env = env;
        Value::computed([&result])
    }

    /// Walks the body of a class; its methods may be called in ways that are not seen.
    pub(crate) fn define_class(&mut self, class: &'a StmtClassDef) {
        for decorator in &class.decorator_list {
            self.expression(&decorator.expression);
        }
        if let Some(arguments) = &class.arguments {
            let bases = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
            bases.for_each(|base: &Expr| drop(self.expression(base)));
        }
        let (env, place) = (self.env.clone(), self.place);
        self.place.in_class = true;
        self.body(&class.body);
        let members = std::mem::replace(&mut self.env, env);
        self.place = place;
        for (name, value) in members {
            if self.env.get(name) != Some(&value) {
                self.escape(&value);
                self.bind_attribute(name, &value);
            }
        }
        self.bind(class.name.as_str(), Value::name(class.name.as_str()));
    }
}

/// Names of all parameters that get exactly one argument.
fn positional(parameters: &Parameters) -> impl Iterator<Item = &str> {
    let single = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    single.map(|item| item.parameter.name.as_str())
}
