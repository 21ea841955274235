//! Building a script and running it.

use parapet_abi::{Complaint, Probe, ScriptBuild, ScriptBuilt};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Scope};

use crate::engine::{State, register_facts, register_tool, with};
use crate::instrument::instrument;
use crate::lexer::{self, Lexeme};
use crate::{complaint, host, names, trace};

/// Takes a [`ScriptBuild`] as JSON and returns a [`ScriptBuilt`] as JSON. Without complaints the script is ready to run.
pub fn build(request: &[u8]) -> Vec<u8> {
    let built = match serde_json::from_slice::<ScriptBuild>(request) {
        Ok(request) => with(|state| build_into(state, &request)),
        Err(error) => whole_file(format!("build request is not understood: {error}"), "use a host of the same version"),
    };
    serde_json::to_vec(&built).unwrap_or_else(|error| host::fail(&error.to_string()))
}

fn build_into(state: &mut State, request: &ScriptBuild) -> ScriptBuilt {
    let facts = match serde_json::from_str::<Dynamic>(&request.facts_json) {
        Ok(facts) => facts,
        Err(error) => {
            return whole_file(format!("facts are no valid JSON: {error}"), "correct the facts in guard.toml");
        }
    };
    register_facts(&mut state.engine, facts);
    request.tools.iter().filter(|tool| tool.granted).for_each(|tool| register_tool(&mut state.engine, tool));
    match compile(&state.engine, &request.script) {
        Err(complaint) => ScriptBuilt { complaints: vec![complaint], ..ScriptBuilt::default() },
        Ok(ast) => {
            let complaints = names::check(&ast, &state.standard, &request.tools);
            if !complaints.is_empty() {
                return ScriptBuilt { complaints, ..ScriptBuilt::default() };
            }
            // Top-level statements are refused by the check above, so only the functions are of use.
            state.ast = Some(ast.clone_functions_only());
            list(state, request)
        }
    }
}

/// What was asked for besides the script itself.
fn list(state: &mut State, request: &ScriptBuild) -> ScriptBuilt {
    if !request.trace && !request.tokens {
        return ScriptBuilt::default();
    }
    let lexemes = lexer::lex(&request.script);
    let probes = match request.trace.then(|| trace_into(state, &request.script, &lexemes)) {
        None => Vec::new(),
        Some(Ok(probes)) => probes,
        Some(Err(complaint)) => return ScriptBuilt { complaints: vec![complaint], ..ScriptBuilt::default() },
    };
    let tokens = if request.tokens { lexemes.iter().map(|lexeme| lexeme.place).collect() } else { Vec::new() };
    ScriptBuilt { complaints: Vec::new(), probes, tokens }
}

/// Puts the rewritten script in the place of the one that was built.
fn trace_into(state: &mut State, script: &str, lexemes: &[Lexeme]) -> Result<Vec<Probe>, Complaint> {
    let names = trace::Names::unused_in(script);
    let traced = instrument(script, lexemes, &names).map_err(|stuck| cannot_trace(stuck.line, stuck.column))?;
    // What is inserted must not make a script fail that is just within the limits.
    state.engine.set_max_expr_depths(256, 256);
    let ast =
        compile(&state.engine, &traced.script).map_err(|complaint| cannot_trace(complaint.line, complaint.column))?;
    state.hits = Some(trace::register(&mut state.engine, &names, traced.probes.len()));
    state.ast = Some(ast.clone_functions_only());
    Ok(traced.probes)
}

fn cannot_trace(line: u32, column: u32) -> Complaint {
    Complaint {
        line,
        column,
        message: "the script cannot be traced from here on".to_owned(),
        help: "write this statement in a simpler way to have its coverage measured".to_owned(),
    }
}

fn compile(engine: &Engine, script: &str) -> Result<AST, Complaint> {
    // Strict variables accept `facts` because the scope names it; its value comes from the global module.
    let mut scope = Scope::new();
    scope.push("facts", ());
    engine.compile_with_scope(&scope, script).map_err(|error| complaint::of_parse_error(&error))
}

fn whole_file(message: String, help: &str) -> ScriptBuilt {
    let complaints = vec![Complaint { line: 0, column: 0, message, help: help.to_owned() }];
    ScriptBuilt { complaints, ..ScriptBuilt::default() }
}

/// Takes an event as JSON and returns the script's verdict as JSON. A script that fails ends the run.
pub fn check(event: &[u8]) -> Vec<u8> {
    with(|state| run(state, event)).unwrap_or_else(|message| host::fail(&message))
}

fn run(state: &State, event: &[u8]) -> Result<Vec<u8>, String> {
    let ast = state.ast.as_ref().ok_or("no script was built into this image")?;
    let event: Dynamic = serde_json::from_slice(event).map_err(|e| format!("event is no valid JSON: {e}"))?;
    let options = CallFnOptions::new().eval_ast(false);
    let verdict: Result<Dynamic, String> = state
        .engine
        .call_fn_with_options(options, &mut Scope::new(), ast, "check", (event,))
        .map_err(|error| complaint::of_run_error(&error));
    let json = match &state.hits {
        None => serde_json::to_vec(&verdict?),
        Some(hits) => serde_json::to_vec(&trace::answer(verdict.as_ref().map_err(String::as_str), hits)),
    };
    json.map_err(|e| format!("verdict cannot be written as JSON: {e}"))
}
