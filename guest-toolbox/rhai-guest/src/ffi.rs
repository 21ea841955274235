//! The `guard/1` exports and imports. The only unsafe code of this guest.

use crate::{engine, script};

mod imports {
    #[link(wasm_import_module = "parapet:rhai/1")]
    unsafe extern "C" {
        pub(super) fn call_tool(id: i32, ptr: *const u8, len: usize) -> usize;
        pub(super) fn fail(ptr: *const u8, len: usize) -> !;
    }
    #[link(wasm_import_module = "parapet:guard/1")]
    unsafe extern "C" {
        pub(super) fn take_result(ptr: *mut u8);
    }
}

pub(crate) fn call_tool(id: i32, arguments: &[u8]) -> Vec<u8> {
    // SAFETY: the slice is valid for the call, and the host only reads it.
    let len = unsafe { imports::call_tool(id, arguments.as_ptr(), arguments.len()) };
    let mut result = vec![0; len];
    // SAFETY: the host writes exactly the `len` bytes that it has just announced.
    unsafe { imports::take_result(result.as_mut_ptr()) };
    result
}

pub(crate) fn fail(message: &str) -> ! {
    // SAFETY: the slice is valid for the call, and the host never returns from it.
    unsafe { imports::fail(message.as_ptr(), message.len()) }
}

/// Version of the interface.
#[unsafe(no_mangle)]
extern "C" fn guard_abi() -> i32 {
    parapet_abi::GUARD_ABI_VERSION
}

/// Room for `len` bytes, which the next call takes over.
#[unsafe(no_mangle)]
extern "C" fn guard_alloc(len: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; len].into_boxed_slice()).cast()
}

/// Prepares the interpreter. Called once, before the snapshot that becomes the artifact.
#[unsafe(no_mangle)]
extern "C" fn guard_init() {
    std::panic::set_hook(Box::new(|info| fail(&info.to_string())));
    engine::init();
}

/// Parses a script: takes a `ScriptBuild`, returns a packed `ScriptBuilt`.
#[unsafe(no_mangle)]
extern "C" fn guard_build(ptr: *mut u8, len: usize) -> u64 {
    give(script::build(&take(ptr, len)))
}

/// Judges an event: takes `event/1`, returns a packed verdict.
#[unsafe(no_mangle)]
extern "C" fn guard_check(ptr: *mut u8, len: usize) -> u64 {
    give(script::check(&take(ptr, len)))
}

fn take(ptr: *mut u8, len: usize) -> Vec<u8> {
    // SAFETY: the host passes what `guard_alloc(len)` returned, once.
    unsafe { Vec::from_raw_parts(ptr, len, len) }
}

fn give(bytes: Vec<u8>) -> u64 {
    let bytes = bytes.leak();
    parapet_abi::pack(bytes.as_ptr() as u32, bytes.len() as u32)
}
