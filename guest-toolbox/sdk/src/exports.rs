//! The pointers of the binary interface, and all the unsafe code of the SDK.
//! Nothing is ever freed: the host drops the whole instance after one call.
#![expect(unsafe_code, reason = "the binary interface hands over pointers")]

use alloc::{boxed::Box, vec, vec::Vec};

use parapet_abi::pack;

/// Gives the host `len` zeroed bytes to write to; null when `len` is negative.
#[must_use]
pub fn allocate(len: i32) -> *mut u8 {
    match usize::try_from(len) {
        Ok(len) => Box::leak(vec![0u8; len].into_boxed_slice()).as_mut_ptr(),
        Err(_) => core::ptr::null_mut(),
    }
}

/// The bytes that the host wrote.
///
/// # Safety
/// `ptr` comes from [`allocate`] with at least `len`, and nobody writes there any more.
#[must_use]
pub unsafe fn received(ptr: *const u8, len: i32) -> &'static [u8] {
    let len = usize::try_from(len).unwrap_or(0);
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for the range; `allocate` initialised it and leaked it, so it lives for ever.
    unsafe { core::slice::from_raw_parts(ptr, len) }
}

/// Leaves `bytes` in memory for the host and returns where they are.
#[must_use]
pub fn hand_over(bytes: Vec<u8>) -> u64 {
    let bytes = Box::leak(bytes.into_boxed_slice());
    // On wasm32 both fit; anywhere else no host reads the result.
    pack(bytes.as_ptr() as usize as u32, bytes.len() as u32)
}

/// Traps: the host counts the run as failed.
pub fn fail() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    #[expect(clippy::panic, reason = "where there is no trap, a panic ends the guard's own tests")]
    {
        panic!("the guard failed")
    }
}

/// Calls one tool with the bytes of its arguments and returns those of its result.
#[cfg(target_arch = "wasm32")]
fn call_tool(tool: unsafe extern "C" fn(*const u8, usize) -> usize, arguments: &[u8]) -> Vec<u8> {
    #[link(wasm_import_module = "parapet:guard/1")]
    unsafe extern "C" {
        fn take_result(ptr: *mut u8);
    }
    // SAFETY: the host reads the arguments within their length, says how long the waiting result is, and writes that
    // many bytes to a block of that size.
    unsafe {
        let length = tool(arguments.as_ptr(), arguments.len());
        let mut result = vec![0; length];
        take_result(result.as_mut_ptr());
        result
    }
}

/// The imports of all tools. One that is not called does not end in the module.
pub(crate) mod imports {
    use alloc::vec::Vec;

    macro_rules! imports {
        ($($name:ident)*) => {$(
            #[cfg(target_arch = "wasm32")]
            pub(crate) fn $name(arguments: &[u8]) -> Vec<u8> {
                mod host {
                    #[link(wasm_import_module = "parapet:tool/1")]
                    unsafe extern "C" {
                        pub(super) fn $name(ptr: *const u8, len: usize) -> usize;
                    }
                }
                super::call_tool(host::$name, arguments)
            }

            #[cfg(not(target_arch = "wasm32"))]
            pub(crate) fn $name(_: &[u8]) -> Vec<u8> {
                Vec::new()
            }
        )*};
    }

    imports! {
        check_access check_rules edit_distance find_phrases find_pii find_regex find_secrets json_pointer python_calls
        sql_columns text_topic url_parts
    }
}

/// Defines the exports of `tool/1`. `$call` takes the JSON array of arguments as bytes and returns the JSON result.
#[macro_export]
macro_rules! parapet_tool {
    ($call:path) => {
        #[cfg(target_arch = "wasm32")]
        mod parapet_tool_exports {
            #![expect(unsafe_code, reason = "the exports of tool/1")]
            use super::*;

            #[unsafe(no_mangle)]
            extern "C" fn tool_abi() -> i32 {
                $crate::abi::TOOL_ABI_VERSION
            }

            #[unsafe(no_mangle)]
            extern "C" fn tool_alloc(len: i32) -> *mut u8 {
                $crate::exports::allocate(len)
            }

            #[unsafe(no_mangle)]
            extern "C" fn tool_call(ptr: *const u8, len: i32) -> u64 {
                // SAFETY: the host passes what it got from `tool_alloc`, after it has written there.
                let input = unsafe { $crate::exports::received(ptr, len) };
                $crate::exports::hand_over($call(input))
            }
        }
    };
}

/// Defines the exports of `guard/1`. `$check` takes a [`crate::Event`] and returns a [`crate::Verdict`].
#[macro_export]
macro_rules! parapet_guard {
    ($check:path) => {
        #[cfg(target_arch = "wasm32")]
        mod parapet_guard_exports {
            #![expect(unsafe_code, reason = "the exports of guard/1")]
            use super::*;

            #[unsafe(no_mangle)]
            extern "C" fn guard_abi() -> i32 {
                $crate::abi::GUARD_ABI_VERSION
            }

            #[unsafe(no_mangle)]
            extern "C" fn guard_alloc(len: i32) -> *mut u8 {
                $crate::exports::allocate(len)
            }

            #[unsafe(no_mangle)]
            extern "C" fn guard_check(ptr: *const u8, len: i32) -> u64 {
                // SAFETY: the host passes what it got from `guard_alloc`, after it has written there.
                let input = unsafe { $crate::exports::received(ptr, len) };
                $crate::exports::hand_over($crate::guard::judge(input, $check))
            }
        }
    };
}
