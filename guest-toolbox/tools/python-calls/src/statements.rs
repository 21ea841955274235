//! Walks statements in order of execution and keeps the variables' values.

use ruff_python_ast::{
    Alias, ExceptHandler, Expr, Operator, Pattern, Stmt, StmtAugAssign, StmtFor, StmtIf, StmtImportFrom, StmtMatch,
    StmtTry, StmtWith,
};
use ruff_text_size::TextRange;

use crate::{
    analysis::{Analysis, DEEPEST, Env, join_env},
    fold,
    targets::element_of,
    value::Value,
};

impl<'a> Analysis<'a> {
    /// Walks statements.
    pub(crate) fn body(&mut self, statements: &'a [Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        if self.depth >= DEEPEST {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        self.statement_within(statement);
        self.depth -= 1;
    }

    fn statement_within(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.define_function(function),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Return(item) => self.returned(item.value.as_deref()),
            Stmt::Delete(item) => item.targets.iter().for_each(|target| self.delete(target)),
            Stmt::TypeAlias(item) => drop(self.expression(&item.value)),
            Stmt::Assign(item) => self.assign(&item.targets, &item.value),
            Stmt::AugAssign(item) => self.change(item),
            Stmt::AnnAssign(item) => {
                self.expression(&item.annotation);
                if let Some(value) = &item.value {
                    self.assign(std::slice::from_ref(&item.target), value);
                }
            }
            Stmt::For(item) => self.for_loop(item),
            Stmt::While(item) => {
                self.looping(item.range, None, |analysis| {
                    analysis.expression(&item.test);
                    analysis.body(&item.body);
                });
                self.body(&item.orelse);
            }
            Stmt::If(item) => self.branches(item),
            Stmt::With(item) => self.with_block(item),
            Stmt::Match(item) => self.match_block(item),
            Stmt::Raise(item) => {
                for value in item.exc.iter().chain(&item.cause) {
                    self.expression(value);
                }
            }
            Stmt::Try(item) => self.try_block(item),
            Stmt::Assert(item) => {
                self.expression(&item.test);
                if let Some(message) = &item.msg {
                    self.expression(message);
                }
            }
            Stmt::Import(item) => item.names.iter().for_each(|alias| self.import(alias)),
            Stmt::ImportFrom(item) => self.import_from(item),
            Stmt::Global(item) => item.names.iter().for_each(|name| self.share(name.as_str())),
            Stmt::Nonlocal(item) => item.names.iter().for_each(|name| self.share(name.as_str())),
            Stmt::Expr(item) => drop(self.expression(&item.value)),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn change(&mut self, item: &'a StmtAugAssign) {
        let added = self.expression(&item.value);
        let old = self.read_target(&item.target);
        if !added.is_plain() || !old.is_plain() {
            self.mutate();
        }
        let new = match item.op {
            Operator::Add => fold::add(&old, &added),
            _ => Value::computed([&old, &added]),
        };
        self.bind_target(&item.target, new);
    }

    fn returned(&mut self, value: Option<&'a Expr>) {
        if let Some(value) = value {
            let value = self.expression(value);
            self.return_value(&value);
        }
    }

    fn import(&mut self, alias: &'a Alias) {
        let module = alias.name.as_str();
        self.imports.push(module.to_owned());
        match &alias.asname {
            Some(name) => self.bind(name.as_str(), Value::name(module)),
            None => {
                let top = module.split('.').next().unwrap_or(module);
                self.bind(top, Value::name(top));
            }
        }
    }

    fn import_from(&mut self, item: &'a StmtImportFrom) {
        let dots = ".".repeat(item.level as usize);
        let module = item.module.as_ref().map_or("", |module| module.as_str());
        for alias in &item.names {
            let name = alias.name.as_str();
            let dotted = if module.is_empty() { format!("{dots}{name}") } else { format!("{dots}{module}.{name}") };
            self.imports.push(dotted.clone());
            if name == "*" {
                // It may replace any name.
                self.give_up();
            } else {
                self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), Value::name(dotted));
            }
        }
    }

    fn for_loop(&mut self, item: &'a StmtFor) {
        let iterated = self.expression(&item.iter);
        let element = element_of(&iterated);
        self.looping(item.range, Some((&item.target, element)), |analysis| analysis.body(&item.body));
        self.body(&item.orelse);
    }

    /// A body that runs any number of times and may be left or started again from its middle.
    fn looping(&mut self, range: TextRange, each: Option<(&'a Expr, Value)>, run: impl FnOnce(&mut Self)) {
        let offset = u32::from(range.start());
        self.env = self.enter_loop(offset);
        let entry = self.env.clone();
        self.place.loops += 1;
        let assigned = self.collecting(|analysis| {
            if let Some((target, element)) = each {
                analysis.bind_target(target, element);
            }
            run(analysis);
        });
        self.place.loops -= 1;
        self.repeat_loop(offset, &assigned);
        self.env = join_env(&entry, &assigned);
    }

    /// Runs a part of the program and returns everything that is assigned in it.
    fn collecting(&mut self, run: impl FnOnce(&mut Self)) -> Env<'a> {
        self.collectors.push(Env::new());
        run(self);
        self.collectors.pop().unwrap_or_default()
    }

    fn branches(&mut self, item: &'a StmtIf) {
        self.expression(&item.test);
        self.place.branches += 1;
        let mut otherwise = self.env.clone();
        self.body(&item.body);
        let mut joined = self.env.clone();
        let mut complete = false;
        for clause in &item.elif_else_clauses {
            self.env = otherwise;
            match &clause.test {
                Some(test) => drop(self.expression(test)),
                None => complete = true,
            }
            otherwise = self.env.clone();
            self.body(&clause.body);
            joined = join_env(&joined, &self.env);
        }
        self.place.branches -= 1;
        self.env = if complete { joined } else { join_env(&joined, &otherwise) };
    }

    fn with_block(&mut self, item: &'a StmtWith) {
        for with_item in &item.items {
            let context = self.expression(&with_item.context_expr);
            if let Some(target) = &with_item.optional_vars {
                self.bind_target(target, Value::computed([&context]));
            }
        }
        // A context manager may swallow an exception from the middle of the block.
        let assigned = self.collecting(|analysis| analysis.body(&item.body));
        self.env = join_env(&self.env, &assigned);
    }

    fn match_block(&mut self, item: &'a StmtMatch) {
        let subject = self.expression(&item.subject);
        self.place.branches += 1;
        let start = self.env.clone();
        let mut joined = start.clone();
        for case in &item.cases {
            self.env = start.clone();
            self.bind_pattern(&case.pattern, &subject);
            if let Some(guard) = &case.guard {
                self.expression(guard);
            }
            self.body(&case.body);
            joined = join_env(&joined, &self.env);
        }
        self.place.branches -= 1;
        self.env = joined;
    }

    fn bind_pattern(&mut self, pattern: &'a Pattern, subject: &Value) {
        let captured = Value::computed([subject]);
        match pattern {
            Pattern::MatchValue(item) => drop(self.expression(&item.value)),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(item) => item.patterns.iter().for_each(|inner| self.bind_pattern(inner, subject)),
            Pattern::MatchMapping(item) => {
                item.keys.iter().for_each(|key| drop(self.expression(key)));
                item.patterns.iter().for_each(|inner| self.bind_pattern(inner, subject));
                if let Some(rest) = &item.rest {
                    self.bind(rest.as_str(), captured);
                }
            }
            Pattern::MatchClass(item) => {
                self.expression(&item.cls);
                item.arguments.patterns.iter().for_each(|inner| self.bind_pattern(inner, subject));
                item.arguments.keywords.iter().for_each(|keyword| self.bind_pattern(&keyword.pattern, subject));
            }
            Pattern::MatchStar(item) => {
                if let Some(name) = &item.name {
                    self.bind(name.as_str(), captured);
                }
            }
            Pattern::MatchAs(item) => {
                if let Some(inner) = &item.pattern {
                    self.bind_pattern(inner, subject);
                }
                if let Some(name) = &item.name {
                    self.bind(name.as_str(), subject.clone());
                }
            }
            Pattern::MatchOr(item) => item.patterns.iter().for_each(|inner| self.bind_pattern(inner, subject)),
        }
    }

    fn try_block(&mut self, item: &'a StmtTry) {
        let before = self.env.clone();
        let assigned = self.collecting(|analysis| analysis.body(&item.body));
        let interrupted = join_env(&before, &assigned);
        self.body(&item.orelse);
        let mut joined = self.env.clone();
        self.place.branches += 1;
        for handler in &item.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            self.env = interrupted.clone();
            if let Some(kind) = &handler.type_ {
                self.expression(kind);
            }
            if let Some(name) = &handler.name {
                self.bind(name.as_str(), Value::unknown());
            }
            self.body(&handler.body);
            joined = join_env(&joined, &self.env);
        }
        self.place.branches -= 1;
        self.env = join_env(&joined, &interrupted);
        self.body(&item.finalbody);
    }
}
