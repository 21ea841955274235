//! Bounds of the queue and patience of the writer.

use std::time::Duration;

use serde::Deserialize;

/// How a [`crate::Recorder`] works. Every default is given in full below.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecorderConfig {
    /// Most decisions that wait. 10,000.
    pub queue_rows: usize,
    /// Most bytes that wait, in KiB. 65,536 (64 MiB).
    pub queue_kib: u32,
    /// Most decisions in one commit. 500.
    pub batch_rows: usize,
    /// How long a required decision may wait for its receipt, in milliseconds. 2,000.
    pub deadline_ms: u64,
    /// How long one attempt to write may take, in milliseconds, before the connection is given up. 4,000.
    pub attempt_ms: u64,
    /// Longest pause between two attempts, in milliseconds. The first retry follows at once, then 20 ms, doubled each
    /// time. 1,000.
    pub max_pause_ms: u64,
    /// How long the queue may take to drain at shutdown, in milliseconds. 10,000.
    pub drain_ms: u64,
}

impl Default for RecorderConfig {
    fn default() -> Self {
        Self {
            queue_rows: 10_000,
            queue_kib: 65_536,
            batch_rows: 500,
            deadline_ms: 2_000,
            attempt_ms: 4_000,
            max_pause_ms: 1_000,
            drain_ms: 10_000,
        }
    }
}

impl RecorderConfig {
    pub(super) const fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    pub(super) const fn attempt(&self) -> Duration {
        Duration::from_millis(self.attempt_ms)
    }

    pub(super) const fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    /// Pause before the `retry`th retry, counted from 1.
    pub(super) fn pause(&self, retry: u32) -> Duration {
        let millis = if retry <= 1 { 0 } else { 20_u64.saturating_mul(1 << (retry - 2).min(16)) };
        Duration::from_millis(millis.min(self.max_pause_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_retry_follows_at_once_and_pauses_grow_to_the_limit() {
        let config = RecorderConfig::default();
        let pauses: Vec<u128> = (1..=9).map(|retry| config.pause(retry).as_millis()).collect();
        assert_eq!(pauses, [0, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(config.pause(u32::MAX).as_millis(), 1_000);
    }
}
