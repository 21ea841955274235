//! What a guard sees of agents' programs, honest, odd and hostile ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests; the helpers are outside of test functions"
)]

mod broken;
mod flow;
mod hostile;
mod shapes;
mod strings;

use serde_json::Value as Json;

/// The report on a program.
fn report(code: &str) -> Json {
    parapet_python_calls::python_calls(code).expect("a report")
}

/// The calls of `name`.
fn calls_of(code: &str, name: &str) -> Vec<Json> {
    let calls = report(code)["calls"].as_array().expect("calls").clone();
    calls.into_iter().filter(|call| call["name"] == name).collect()
}

/// The only call of `name`.
fn call_of(code: &str, name: &str) -> Json {
    let calls = calls_of(code, name);
    assert_eq!(calls.len(), 1, "calls of {name} in {code}");
    calls.into_iter().next().expect("one")
}

/// The first argument of the only call of `f`.
fn argument(code: &str) -> Json {
    call_of(code, "f")["args"][0].clone()
}
