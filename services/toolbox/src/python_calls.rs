//! `python_calls`: the calls in a piece of Python. The parser is a WASM tool; this file is its entry in the list.

use crate::{ToolRun, ToolSpec, WasmTool};

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: "python_calls",
    signature: "python_calls(code: string) -> {\"calls\": [{\"name\", \"args\", \"kwargs\", \"line\", \"column\"}], \"strings\": [string], \"error\": null or {\"message\", \"line\", \"column\"}}",
    doc: "Parses Python and lists every call, also nested ones, in source order: the dotted name, positional arguments and \
          keyword arguments. A literal argument stands with its value, anything else as null. `strings` has every string \
          literal of the code. `line` and `column` count from 1. Code that does not parse gives an `error`, not a failed \
          run: decide what that means.",
    example: "python_calls(\"db = LoadDB('lab')\") == #{\"calls\": [#{\"name\": \"LoadDB\", \"args\": [\"lab\"], \"kwargs\": #{}, \
              \"line\": 1, \"column\": 6}], \"strings\": [\"lab\"], \"error\": ()}",
    min_args: 1,
    max_args: 1,
    pure: true,
    base_fuel: 5_000,
    fuel_per_byte: 2,
    max_input_bytes: 256 << 10,
    run: ToolRun::Wasm(WasmTool::PythonCalls),
};
