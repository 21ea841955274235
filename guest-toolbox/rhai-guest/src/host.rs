//! What the guest asks of the host: tools, and to be stopped. Natively (in tests) there is no host.

/// Runs tool `id` on a JSON array of arguments; the JSON result. The host ends the run itself when the tool fails.
#[cfg(target_arch = "wasm32")]
pub(crate) fn call_tool(id: i32, arguments: &[u8]) -> Vec<u8> {
    crate::ffi::call_tool(id, arguments)
}

/// Ends the run with a message for the operator.
#[cfg(target_arch = "wasm32")]
pub(crate) fn fail(message: &str) -> ! {
    crate::ffi::fail(message)
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn call_tool(_id: i32, arguments: &[u8]) -> Vec<u8> {
    arguments.to_vec()
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn fail(message: &str) -> ! {
    panic!("{message}")
}
