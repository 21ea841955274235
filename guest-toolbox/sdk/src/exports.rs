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
