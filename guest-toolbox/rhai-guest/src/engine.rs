//! The hardened interpreter: what scripts can do, and the limits inside it.
//! The hard limits (fuel, time, memory) are the sandbox's; those here give better messages sooner.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeSet;

use parapet_abi::ToolBinding;
use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Engine, EvalAltResult, Module, OptimizationLevel, Position};

use crate::{host, trace, verdict};

/// Words that scripts cannot use at all.
pub const DISABLED: &[&str] = &["eval", "print", "debug", "sleep", "import", "export", "timestamp"];

/// One guard: the interpreter with its tools and facts, and the parsed script.
pub struct State {
    /// The interpreter.
    pub engine: Engine,
    /// Names of its own functions.
    pub standard: BTreeSet<String>,
    /// The script, once built.
    pub ast: Option<AST>,
    /// Where a traced build came through; absent in all others.
    pub hits: Option<trace::Hits>,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Makes the interpreter.
pub fn init() {
    STATE.with_borrow_mut(|state| *state = Some(State::new()));
}

/// Runs `work` on the interpreter, which is made first where [`init`] has not been called.
pub fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|state| work(state.get_or_insert_with(State::new)))
}

impl State {
    fn new() -> Self {
        let engine = hardened();
        let names = engine.gen_fn_signatures(true);
        let names = names.iter().filter_map(|signature| function_name(signature));
        let standard = names.filter(|name| !DISABLED.contains(&name.as_str())).collect();
        Self { engine, standard, ast: None, hits: None }
    }
}

/// The name in a signature such as `abs(x: int) -> int`, unless it is an operator's.
fn function_name(signature: &str) -> Option<String> {
    let name = signature.split_once('(')?.0.trim();
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| name.to_owned())
}

fn hardened() -> Engine {
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    verdict::register(&mut engine);
    for word in DISABLED {
        engine.disable_symbol(*word);
    }
    // Nothing is folded: the script's errors must point at what its author wrote.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_max_call_levels(48);
    engine.set_max_expr_depths(64, 64);
    engine.set_max_functions(500);
    engine.set_max_variables(1_000);
    engine.set_max_string_size(4 << 20);
    engine.set_max_array_size(200_000);
    engine.set_max_map_size(100_000);
    engine
}

/// Makes `facts` visible everywhere in the script, as a constant that is shared, not copied, when it is read.
pub fn register_facts(engine: &mut Engine, facts: Dynamic) {
    let mut module = Module::new();
    module.set_var("facts", facts.into_shared());
    engine.register_global_module(module.into());
}

/// Makes a tool an ordinary function, for each number of arguments that it takes.
pub fn register_tool(engine: &mut Engine, tool: &ToolBinding) {
    let id = tool.id;
    for arity in tool.min_args..=tool.max_args {
        let types = vec![TypeId::of::<Dynamic>(); usize::from(arity)];
        engine.register_raw_fn(&tool.name, types, move |context, arguments| {
            call(id, arguments, context.call_position())
        });
    }
}

fn call(id: i32, arguments: &mut [&mut Dynamic], position: Position) -> Result<Dynamic, Box<EvalAltResult>> {
    let error = |what: &str, e: serde_json::Error| {
        Box::new(EvalAltResult::ErrorRuntime(format!("{what}: {e}").into(), position))
    };
    let json = serde_json::to_vec(arguments).map_err(|e| error("arguments of the tool cannot be written as JSON", e))?;
    serde_json::from_slice(&host::call_tool(id, &json)).map_err(|e| error("result of the tool is not JSON", e))
}
