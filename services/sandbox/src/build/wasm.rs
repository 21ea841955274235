//! Builds a WASM guard: checks the interface before anything is compiled, compiles, asks for its ABI version.

use parapet_abi::{GUARD_IMPORT_MODULE, MEMORY_EXPORT, TAKE_RESULT_IMPORT, TOOL_IMPORT_MODULE};
use parapet_domain::Budget;
use wasmtime::{Engine, ExternType, FuncType, Linker, Module, Store, ValType};

use super::child::reply_of;
use super::order::Interface;
use super::wire::{Reply, Request};
use crate::engine::make_image;
use crate::limits::Limits;
use crate::run::{Stop, ticks};

/// What the start function and `guard_abi` may cost together.
const BUDGET: Budget =
    Budget { fuel: 10_000_000, memory_bytes: Budget::MAX_MEMORY_BYTES, deadline_ms: 1_000, output_bytes: 1 };

pub(crate) fn build(engine: &Engine, request: &Request, source: &[u8]) -> Result<Vec<u8>, Reply> {
    let interface = request.interface;
    if !source.starts_with(b"\0asm") {
        return Err(refused("file is no WASM module", "compile to a core module in the binary format"));
    }
    let module = Module::from_binary(engine, source).map_err(|error| {
        refused(
            &format!("module does not compile: {error:#}"),
            "compile for plain WebAssembly 2.0 without SIMD, threads, GC or exceptions",
        )
    })?;
    check_exports(&module, interface)?;
    check_imports(&module, request)?;
    check_version(engine, &module, interface)?;
    module.serialize().map_err(|error| Reply::Failed(error.to_string()))
}

fn check_exports(module: &Module, interface: Interface) -> Result<(), Reply> {
    use ValType::{I32, I64};
    let functions: [(&str, &[ValType], &[ValType]); 3] = [
        (interface.abi_export(), &[], &[I32]),
        (interface.alloc_export(), &[I32], &[I32]),
        (interface.call_export(), &[I32, I32], &[I64]),
    ];
    for (name, params, results) in functions {
        match module.get_export(name) {
            Some(ExternType::Func(kind)) if is_like(&kind, params, results) => {}
            Some(_) => {
                return Err(refused(
                    &format!("export `{name}` has another type than `{}` says", interface.version_word()),
                    "see guest-toolbox/README.md",
                ));
            }
            None => return Err(refused(&format!("export `{name}` is missing"), "see guest-toolbox/README.md")),
        }
    }
    match module.get_export(MEMORY_EXPORT) {
        Some(ExternType::Memory(kind)) if kind.minimum() * (64 << 10) <= Budget::MAX_MEMORY_BYTES => Ok(()),
        Some(ExternType::Memory(_)) => Err(refused("memory starts larger than 16 MiB", "declare a smaller one")),
        _ => Err(refused("export `memory` is missing", "export the linear memory")),
    }
}

fn check_imports(module: &Module, request: &Request) -> Result<(), Reply> {
    use ValType::I32;
    let (noun, manifest) = (request.interface.noun(), request.interface.manifest());
    let granted = |name: &str| {
        request.tools.iter().any(|tool| tool == name) || request.library.iter().any(|tool| tool.name == name)
    };
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let (params, results): (&[ValType], &[ValType]) = match from {
            TOOL_IMPORT_MODULE if granted(name) => (&[I32, I32], &[I32]),
            TOOL_IMPORT_MODULE if parapet_toolbox::find(name).is_some() => {
                return Err(refused(
                    &format!("tool `{name}` was not granted to this {noun}"),
                    &format!("add \"{name}\" to `tools` in {manifest}, or do without it"),
                ));
            }
            TOOL_IMPORT_MODULE => {
                return Err(refused(&format!("tool `{name}` does not exist"), "correct the import's name"));
            }
            GUARD_IMPORT_MODULE if name == TAKE_RESULT_IMPORT => (&[I32], &[]),
            _ => {
                return Err(refused(
                    &format!("import `{from}` `{name}` is not available to {noun}s"),
                    &format!("a {noun} may import its tools and `take_result` alone; there is no WASI"),
                ));
            }
        };
        match import.ty() {
            ExternType::Func(kind) if is_like(&kind, params, results) => {}
            _ => {
                return Err(refused(
                    &format!("import `{name}` has another type than `{}` says", request.interface.version_word()),
                    "see guest-toolbox/README.md",
                ));
            }
        }
    }
    Ok(())
}

/// Runs the start function, if there is one, and asks for the version: under limits, as this is guest code already.
fn check_version(engine: &Engine, module: &Module, interface: Interface) -> Result<(), Reply> {
    let mut store = Store::new(engine, Limits { memory_bytes: BUDGET.memory_bytes });
    store.limiter(|limits| limits);
    store.set_epoch_deadline(ticks(BUDGET.deadline()));
    let mut ask = || {
        store.set_fuel(BUDGET.fuel)?;
        let mut linker = Linker::new(engine);
        linker.define_unknown_imports_as_traps(module)?;
        make_image(module)?;
        let instance = linker.instantiate(&mut store, module)?;
        instance.get_typed_func::<(), i32>(&mut store, interface.abi_export())?.call(&mut store, ())
    };
    match ask() {
        Ok(version) if version == interface.abi_version() => Ok(()),
        Ok(other) => Err(refused(
            &format!(
                "{} speaks version {other} of the interface, this host version {}",
                interface.noun(),
                interface.abi_version()
            ),
            "build it with the SDK of this host",
        )),
        Err(error) => Err(reply_of(Stop::Engine(error))),
    }
}

fn is_like(kind: &FuncType, params: &[ValType], results: &[ValType]) -> bool {
    let same = |a: &mut dyn Iterator<Item = ValType>, b: &[ValType]| {
        let a: Vec<ValType> = a.collect();
        a.len() == b.len() && a.iter().zip(b).all(|(x, y)| ValType::eq(x, y))
    };
    same(&mut kind.params(), params) && same(&mut kind.results(), results)
}

fn refused(message: &str, help: &str) -> Reply {
    Reply::Refused(vec![parapet_abi::Complaint {
        line: 0,
        column: 0,
        message: message.to_owned(),
        help: help.to_owned(),
    }])
}
