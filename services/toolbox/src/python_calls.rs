//! `python_calls`: the calls in a piece of Python. The parser is a WASM tool; this file is its entry in the list.

use crate::{ToolRun, ToolSpec, WasmTool};

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: "python_calls",
    signature: "python_calls(code: string) -> {\"calls\": [{\"id\", \"name\", \"target_known\", \"args\", \"kwargs\", \"assigned_to\", \"in_loop\", \"line\", \"column\", …}], \"assigns\", \"strings\", \"imports\", \"references\", \"dynamic\", \"followed\": bool, \"error\": null or {\"message\", \"line\", \"column\"}}",
    doc: "Parses Python and lists every call, arguments before the call that takes them. Constants and results of calls are \
          followed through variables, string building, loops and the program's own functions. An argument has `literal` \
          (the constant that it is), `literals` and `templates` (all that it may be), `from` (ids of the calls whose \
          result it is), `roots` (where that chain of calls starts) and `resolved`: false when it may be anything else. \
          `references` lists outside names that are passed on, `dynamic` ways to reach code by text. `line` and `column` \
          count from 1. Code that does not parse gives an `error`, with the calls that could still be found: decide what \
          that means. At most 64 KiB of code. All fields: guest-toolbox/tools/python-calls/README.md.",
    example: "let found = python_calls(\"t = 'lab'\\ndb = LoadDB(t)\"); found.calls[0].name == \"LoadDB\" && \
              found.calls[0].args[0].literal == \"lab\" && found.calls[0].assigned_to == [\"db\"]",
    min_args: 1,
    max_args: 1,
    pure: true,
    base_fuel: 5_000,
    fuel_per_byte: 2,
    max_input_bytes: 256 << 10,
    run: ToolRun::Wasm(WasmTool::PythonCalls),
};
