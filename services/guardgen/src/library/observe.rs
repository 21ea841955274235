//! What a function is called with, and what it gives, while the guard that defines it runs its own tests. The function is
//! put behind another that hands each call to a tool, and the sandbox tells the calls of tools.

use std::sync::Arc;

use parapet_domain::Budget;
use parapet_judge::{GuardSource, ToolExpectation, ToolTest, test_event};
use parapet_sandbox::{
    BuildError, GuardCode, Language, Sandbox, ToolCode, ToolLibrary, ToolObservation, ToolParam, ToolType,
};
use parapet_toolbox::ToolConfig;
use serde_json::Value;

use super::functions::{Function, Script};
use super::surgery::apply;

/// Most calls that become tests.
const MAX_SAMPLES: usize = 50;
/// Most of these that are from one of the guard's tests.
const MAX_OF_ONE_TEST: usize = 5;
/// What watching may cost, as a multiple of the guard's own budget.
const ALLOWANCE: u64 = 16;
/// Least time for a run, in milliseconds: fuel is what bounds it.
const LEAST_DEADLINE_MS: u64 = 20_000;

/// A test of the tool for each different list of arguments that the guard's tests call the function with.
pub(super) fn samples(
    sandbox: &Sandbox,
    source: &GuardSource,
    script: &Script<'_>,
    function: &Function,
) -> Result<Vec<ToolTest>, BuildError> {
    let recorder = recorder(script.text);
    let guard = sandbox.build(&watched(source, script, function, &recorder))?;
    let mut samples: Vec<ToolTest> = Vec::new();
    for test in &source.tests {
        let Ok(event) = test_event(&source.manifest, test) else { continue };
        let Ok(json) = serde_json::to_vec(&event) else { continue };
        let chars: Vec<usize> = event.parts.iter().map(|part| part.text.chars().count()).collect();
        let (_, calls) = sandbox.run_observed(&guard, &json, &chars, &patient(&source.manifest.budget));
        let calls = calls.into_iter().filter(|call| call.tool == recorder.name).filter_map(call_of);
        let mut taken = 0;
        for (args, result) in calls {
            let full = taken == MAX_OF_ONE_TEST || samples.len() == MAX_SAMPLES;
            if full || samples.iter().any(|sample| sample.args == args) {
                continue;
            }
            taken += 1;
            let description = format!("as `{}` calls it: {}", source.manifest.id, test.description);
            samples.push(ToolTest { description, args, expect: ToolExpectation::Result(result) });
        }
    }
    Ok(samples)
}

fn call_of(seen: ToolObservation) -> Option<(Vec<Value>, Value)> {
    let [Value::Array(args), result] = <[Value; 2]>::try_from(seen.arguments).ok()? else { return None };
    Some((args, result))
}

/// A tool that takes the arguments and the result of a call, and does nothing.
fn recorder(script: &str) -> ToolCode {
    let name = unused("observed_call", script);
    let param = |name: &str, kind| ToolParam { name: name.to_owned(), kind, doc: String::new(), optional: false };
    ToolCode {
        params: vec![param("args", ToolType::Array), param("result", ToolType::Any)],
        returns: ToolType::Any,
        language: Language::Rhai,
        code: format!("fn {name}(args, result) {{ () }}").into_bytes(),
        facts: Value::Null,
        tools: Vec::new(),
        tool_config: ToolConfig::default(),
        budget: Budget {
            fuel: 500_000_000,
            memory_bytes: Budget::MAX_MEMORY_BYTES,
            deadline_ms: LEAST_DEADLINE_MS,
            output_bytes: 64,
        },
        name,
    }
}

/// The guard with the function behind one that tells of its calls.
fn watched(source: &GuardSource, script: &Script<'_>, function: &Function, recorder: &ToolCode) -> GuardCode {
    let (name, params) = (&function.name, function.params.join(", "));
    let inner = unused(&format!("{name}_itself"), script.text);
    let defined = script.uses_of(name).into_iter().find(|at| function.tokens.contains(at));
    let place = defined.and_then(|at| script.tokens.get(at)).map(|token| token.start as usize..token.end as usize);
    let edits: Vec<_> = place.into_iter().map(|at| (at, inner.clone())).collect();
    let renamed = apply(script.text, 0..script.text.len(), &edits);
    let wrapper = format!(
        "\nfn {name}({params}) {{ let call_result = {inner}({params}); {}([{params}], call_result); call_result }}\n",
        recorder.name
    );
    let mut code = source.to_code();
    code.code = (renamed + &wrapper).into_bytes();
    code.tools.push(recorder.name.clone());
    code.library = ToolLibrary {
        granted: code.library.granted.into_iter().chain([Arc::new(recorder.clone())]).collect(),
        others: Vec::new(),
    };
    code
}

fn unused(name: &str, script: &str) -> String {
    let mut name = name.to_owned();
    while script.contains(&name) {
        name.push('_');
    }
    name
}

fn patient(budget: &Budget) -> Budget {
    Budget {
        fuel: budget.fuel.saturating_mul(ALLOWANCE),
        memory_bytes: Budget::MAX_MEMORY_BYTES,
        deadline_ms: budget.deadline_ms.saturating_mul(ALLOWANCE).clamp(LEAST_DEADLINE_MS, 60_000),
        output_bytes: budget.output_bytes,
    }
}
