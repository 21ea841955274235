//! `parapet-snapshot IN.wasm INIT_FUNCTION OUT.wasm`: runs the init function of a guest and writes the module back
//! with the memory that it left, so that every instance starts where the init function ended. Imports trap if called.

use std::process::ExitCode;

use wasmtime::{Engine, Linker, Module, Result, Store, error::Context};
use wasmtime_wizer::Wizer;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, init, output] = arguments.as_slice() else {
        eprintln!("usage: parapet-snapshot IN.wasm INIT_FUNCTION OUT.wasm");
        return ExitCode::from(2);
    };
    match snapshot(input, init, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn snapshot(input: &str, init: &str, output: &str) -> Result<()> {
    let wasm = std::fs::read(input).with_context(|| format!("`{input}` cannot be read"))?;
    let mut store = Store::new(&Engine::default(), ());
    let mut wizer = Wizer::new();
    wizer.init_func(init);
    let snapshot = pollster::block_on(wizer.run(&mut store, &wasm, async |store, module: &Module| {
        let mut linker = Linker::new(store.engine());
        linker.define_unknown_imports_as_traps(module)?;
        linker.instantiate(store, module)
    }))?;
    std::fs::write(output, snapshot).with_context(|| format!("`{output}` cannot be written"))
}
