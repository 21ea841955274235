//! Memory and table limits of one instance. Growth beyond them ends the run at once, with its own outcome.

use wasmtime::ResourceLimiter;

use crate::engine::MAX_TABLE_ELEMENTS;
use crate::host::HostError;

/// Limits of one instance.
pub(crate) struct Limits {
    pub(crate) memory_bytes: u64,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.memory_bytes {
            return Err(wasmtime::Error::new(HostError::OutOfMemory(format!(
                "memory of {desired} bytes asked for, {} allowed",
                self.memory_bytes
            ))));
        }
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        if desired > MAX_TABLE_ELEMENTS {
            return Err(wasmtime::Error::new(HostError::OutOfMemory(format!(
                "table of {desired} elements asked for, {MAX_TABLE_ELEMENTS} allowed"
            ))));
        }
        Ok(true)
    }
}
