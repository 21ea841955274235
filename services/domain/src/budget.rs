//! What one guard run may use. Always given in full: the type has no default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one run. All four always apply; there is no switch for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Units of wasmtime fuel, about one per WebAssembly instruction; host calls charge for their own work.
    pub fuel: u64,
    /// Most linear memory, in bytes. At most [`Budget::MAX_MEMORY_BYTES`].
    pub memory_bytes: u64,
    /// Wall-clock limit in milliseconds.
    pub deadline_ms: u64,
    /// Longest verdict JSON, in bytes.
    pub output_bytes: u64,
}

impl Budget {
    /// Linear memory of any guest is capped at 16 MiB, the size of a pool slot.
    pub const MAX_MEMORY_BYTES: u64 = 16 << 20;

    /// The wall-clock limit.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    /// Why this budget cannot be used, or `None`.
    #[must_use]
    pub fn complaint(&self) -> Option<&'static str> {
        match self {
            b if b.fuel == 0 => Some("`fuel` must be above 0"),
            b if b.memory_bytes == 0 || b.memory_bytes > Self::MAX_MEMORY_BYTES => {
                Some("`memory_bytes` must be between 1 and 16777216 (16 MiB)")
            }
            b if b.deadline_ms == 0 || b.deadline_ms > 60_000 => Some("`deadline_ms` must be between 1 and 60000"),
            b if b.output_bytes == 0 || b.output_bytes > (1 << 20) => {
                Some("`output_bytes` must be between 1 and 1048576 (1 MiB)")
            }
            _ => None,
        }
    }
}
