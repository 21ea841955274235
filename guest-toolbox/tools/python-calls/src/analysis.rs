//! The state of the data-flow analysis and its passes.
//!
//! Each pass walks the whole program once, in order of execution. What flows backwards (loops, functions, attributes,
//! names used before they are set) is kept from pass to pass and only grows; the analysis ends when a pass adds nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use ruff_python_ast::Stmt;

use crate::{
    record::{Assignment, Call, Mention},
    value::{CallId, FunctionId, Value},
};

/// Most passes. A program that needs more is reported with every variable unresolved.
const MOST_PASSES: usize = 128;
/// Deepest nesting of expressions and statements that is followed.
pub(crate) const DEEPEST: usize = 200;

/// Values of the variables at one point of the program.
pub(crate) type Env<'a> = BTreeMap<&'a str, Rc<Value>>;

/// What is known of one function of the program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    /// Join of the arguments of all calls, by position.
    pub(crate) arguments: Vec<Value>,
    /// Join of all returned values.
    pub(crate) returns: Value,
    /// Some call of it was seen.
    pub(crate) called: bool,
    /// It may be called in ways that are not seen.
    pub(crate) escaped: bool,
    /// Names of its parameters, by position.
    pub(crate) parameters: Vec<String>,
}

/// Where in the program the walk is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// Number of loops and comprehensions around.
    pub(crate) loops: usize,
    /// Number of branches around that may be skipped.
    pub(crate) branches: usize,
    /// Name and number of the function around.
    pub(crate) function: Option<(&'a str, FunctionId)>,
    /// Directly in the body of a class.
    pub(crate) in_class: bool,
    /// The code may run later than where it stands (lambda, generator), so every assignment to a variable counts.
    pub(crate) late: bool,
}

/// The analysis of one program.
#[derive(Debug, Default)]
pub(crate) struct Analysis<'a> {
    // Kept from pass to pass.
    /// Every value that a name ever gets, in any scope.
    pub(crate) ever: BTreeMap<&'a str, Value>,
    /// Every value that an attribute of that name ever gets.
    pub(crate) attributes: BTreeMap<&'a str, Value>,
    /// Variables at the start of each loop's body, by the loop's offset.
    pub(crate) loop_entries: BTreeMap<u32, Env<'a>>,
    pub(crate) functions: Vec<Function>,
    /// Names that the module sets outside of functions.
    pub(crate) module_names: BTreeSet<&'a str>,
    /// Names declared `global` or `nonlocal` somewhere: they change behind the back of the flow.
    pub(crate) shared: BTreeSet<&'a str>,
    /// Some list or dictionary may be changed in place, so containers in variables are not certain.
    pub(crate) mutation: bool,
    /// Nothing that goes through a variable is certain: too many passes, or code that can set any name.
    pub(crate) gave_up: bool,
    changed: bool,

    // Of the current pass.
    pub(crate) env: Env<'a>,
    /// Assignments inside each loop or `try` around, for the ways out of its middle.
    pub(crate) collectors: Vec<Env<'a>>,
    pub(crate) place: Place<'a>,
    pub(crate) depth: usize,
    pub(crate) too_deep: bool,
    pub(crate) next_function: usize,
    pub(crate) calls: Vec<Call>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) strings: Vec<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) mentions: Vec<Mention>,
}

impl<'a> Analysis<'a> {
    /// Analyses `program` until nothing changes.
    pub(crate) fn of(program: &'a [Stmt]) -> Self {
        let mut analysis = Self::default();
        analysis.settle(program);
        // What nobody calls may be called from outside the program, with anything.
        let uncalled = analysis.functions.iter_mut().filter(|function| !function.called && !function.escaped);
        let found = uncalled.map(|function| function.escaped = true).count();
        if found > 0 {
            analysis.settle(program);
        }
        analysis
    }

    fn settle(&mut self, program: &'a [Stmt]) {
        for pass in 0.. {
            self.start_pass();
            self.body(program);
            if !self.changed {
                return;
            }
            // One more pass after giving up, to report everything as it is then.
            self.gave_up |= pass >= MOST_PASSES;
            if pass > MOST_PASSES {
                return;
            }
        }
    }

    fn start_pass(&mut self) {
        *self = Self {
            ever: std::mem::take(&mut self.ever),
            attributes: std::mem::take(&mut self.attributes),
            loop_entries: std::mem::take(&mut self.loop_entries),
            functions: std::mem::take(&mut self.functions),
            module_names: std::mem::take(&mut self.module_names),
            shared: std::mem::take(&mut self.shared),
            mutation: self.mutation,
            gave_up: self.gave_up,
            ..Self::default()
        };
    }

    /// Notes that a container may change in place.
    pub(crate) fn mutate(&mut self) {
        self.changed |= !self.mutation;
        self.mutation = true;
    }

    /// Notes that the code can set any name by its text.
    pub(crate) fn give_up(&mut self) {
        self.changed |= !self.gave_up;
        self.gave_up = true;
    }

    /// Notes a name that is set from another scope.
    pub(crate) fn share(&mut self, name: &'a str) {
        self.changed |= self.shared.insert(name);
    }

    /// Sets a variable.
    pub(crate) fn bind(&mut self, name: &'a str, value: Value) {
        let ever = self.ever.entry(name).or_default();
        self.changed |= grow(ever, &value);
        if self.place.function.is_none() {
            self.changed |= self.module_names.insert(name);
        }
        let value = Rc::new(value);
        for collector in &mut self.collectors {
            join_variable(collector, name, &value);
        }
        self.env.insert(name, value);
    }

    /// Sets an attribute of any object.
    pub(crate) fn bind_attribute(&mut self, name: &'a str, value: &Value) {
        let slot = self.attributes.entry(name).or_default();
        self.changed |= grow(slot, value);
    }

    /// The value of a variable here; a name that the program never sets is something from outside.
    pub(crate) fn lookup(&self, name: &str) -> Value {
        let ever = self.ever.get(name);
        let mut value = match (self.env.get(name), ever) {
            (Some(here), Some(ever)) if self.place.late || self.shared.contains(name) => {
                let mut value = (**here).clone();
                value.join(ever);
                value
            }
            (Some(here), _) => (**here).clone(),
            (None, Some(ever)) => {
                let mut value = ever.clone();
                // Code that runs later sees what the module has set by then; elsewhere it may not be set yet.
                let set_by_then = self.module_names.contains(name) && self.runs_later();
                if !set_by_then {
                    value.join(&Value::name(name));
                }
                value
            }
            (None, None) => Value::name(name),
        };
        value.unknown |= self.gave_up && ever.is_some() || self.mutation && value.may_be_container();
        value
    }

    fn runs_later(&self) -> bool {
        self.place.late || self.place.function.is_some()
    }

    /// Makes an argument of a function also possibly `value`.
    pub(crate) fn pass_argument(&mut self, function: FunctionId, position: usize, value: &Value) {
        let Some(function) = self.functions.get_mut(function as usize) else { return };
        match function.arguments.get_mut(position) {
            Some(slot) => self.changed |= grow(slot, value),
            None => self.changed |= !std::mem::replace(&mut function.escaped, true),
        }
    }

    /// Makes the result of the function around also possibly `value`.
    pub(crate) fn return_value(&mut self, value: &Value) {
        if let Some((_, id)) = self.place.function
            && let Some(function) = self.functions.get_mut(id as usize)
        {
            self.changed |= grow(&mut function.returns, value);
        }
    }

    /// Notes that a function is called, and gives what it returns.
    pub(crate) fn call_function(&mut self, id: FunctionId) -> Value {
        let Some(function) = self.functions.get_mut(id as usize) else { return Value::unknown() };
        self.changed |= !std::mem::replace(&mut function.called, true);
        function.returns.clone()
    }

    /// Notes that functions may be called in ways that are not seen.
    pub(crate) fn escape(&mut self, value: &Value) {
        for id in &value.functions {
            if let Some(function) = self.functions.get_mut(*id as usize) {
                self.changed |= !std::mem::replace(&mut function.escaped, true);
            }
        }
    }

    /// Joins `env` into what is known of the start of a loop, and returns the sum.
    pub(crate) fn enter_loop(&mut self, offset: u32) -> Env<'a> {
        match self.loop_entries.get(&offset) {
            Some(kept) => join_env(&self.env, kept),
            None => self.env.clone(),
        }
    }

    /// Keeps `env` as a further way into a loop.
    pub(crate) fn repeat_loop(&mut self, offset: u32, env: &Env<'a>) {
        let kept = self.loop_entries.entry(offset).or_default();
        for (name, value) in env {
            self.changed |= join_variable(kept, name, value);
        }
    }

    /// The number that the next call will get.
    pub(crate) fn next_call(&self) -> CallId {
        CallId::try_from(self.calls.len()).unwrap_or(CallId::MAX)
    }
}

/// Both ways joined. A variable that only one way has keeps that value: using it unset is an error in Python.
pub(crate) fn join_env<'a>(left: &Env<'a>, right: &Env<'a>) -> Env<'a> {
    let mut joined = left.clone();
    for (name, value) in right {
        join_variable(&mut joined, name, value);
    }
    joined
}

/// Whether anything was added.
fn join_variable<'a>(env: &mut Env<'a>, name: &'a str, value: &Rc<Value>) -> bool {
    match env.get_mut(name) {
        None => {
            env.insert(name, Rc::clone(value));
            true
        }
        Some(known) if Rc::ptr_eq(known, value) || known == value => false,
        Some(known) => {
            let mut sum = (**known).clone();
            let changed = grow(&mut sum, value);
            *known = Rc::new(sum);
            changed
        }
    }
}

fn grow(slot: &mut Value, value: &Value) -> bool {
    let before = slot.clone();
    slot.join(value);
    *slot != before
}
