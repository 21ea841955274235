//! Calls in windows of time. Kept as a count for each minute, so that any number of calls takes bounded room.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::delta::Call;
use crate::Timestamp;
use crate::history::Windows;

const MINUTE: i64 = 60_000_000;
/// Minutes that are kept: what is older counts in the total only.
const KEPT: i64 = 25 * 60;
/// Most tools that are counted by their own name; the others share [`OTHERS`].
const MAX_TOOLS: usize = 256;
/// What further tools are counted under. The windows of any tool that is not listed are no more than these.
const OTHERS: &str = "*";

/// Counts of released calls by tool.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    tools: BTreeMap<String, Count>,
}

#[derive(Debug, Clone, Default)]
struct Count {
    minutes: BTreeMap<i64, u64>,
    total: u64,
}

impl Tally {
    pub(super) fn add(&mut self, call: &Call) {
        let known = self.tools.contains_key(&call.tool) || self.tools.len() < MAX_TOOLS;
        let count = self.tools.entry(if known { call.tool.clone() } else { OTHERS.to_owned() }).or_default();
        count.total = count.total.saturating_add(1);
        if let Some(at) = call.at {
            let minute = at.as_micros().div_euclid(MINUTE);
            let calls = count.minutes.entry(minute).or_default();
            *calls = calls.saturating_add(1);
            while count.minutes.len() as i64 > KEPT {
                count.minutes.pop_first();
            }
        }
    }

    /// The windows of each tool at `now`. A clock that runs ahead elsewhere counts as now.
    pub(super) fn windows(&self, now: Timestamp, zone: &str) -> BTreeMap<String, Windows> {
        let midnight = midnight(now, zone).div_euclid(MINUTE);
        let now = now.as_micros().div_euclid(MINUTE);
        let windows = |count: &Count| {
            let since = |minute: i64| count.minutes.range(minute..).map(|(_, calls)| *calls).sum::<u64>();
            Windows {
                minute: since(now - 1),
                hour: since(now - 60),
                day: since(now - 24 * 60),
                today: since(midnight),
                total: count.total,
            }
        };
        self.tools.iter().map(|(tool, count)| (tool.clone(), windows(count))).collect()
    }
}

/// Start of the day in `zone`, in microseconds; 24 hours back for a zone that is not known.
fn midnight(now: Timestamp, zone: &str) -> i64 {
    let start = || {
        let zone = if zone == "UTC" { TimeZone::UTC } else { TimeZone::get(zone).ok()? };
        let day =
            jiff::Timestamp::from_microsecond(now.as_micros()).ok()?.to_zoned_datetime(zone).start_of_day().ok()?;
        Some(day.timestamp().as_microsecond())
    };
    start().unwrap_or_else(|| now.as_micros().saturating_sub(24 * 60 * MINUTE))
}
