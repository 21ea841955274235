//! What a run found, ready to be printed: as JSON, or by [`super::table`].

use serde::Serialize;

use super::Via;
use super::figures::{Decided, Figures};
use super::latency::{Latency, Times};
use super::published::{self, Published};
use super::row::Suite;

/// What a run measured.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Hash of the guard set in force.
    pub(crate) guard_set: String,
    /// Every row with what was said of it.
    pub(crate) decided: Vec<Decided>,
    /// How many times each row was sent.
    pub(crate) repeat: u32,
    /// In this process: judging one event. Over HTTP: one exchange, as the caller sees it.
    pub(crate) times: Times,
    /// Over HTTP: the sidecar's own part of each exchange.
    pub(crate) overhead: Option<Times>,
}

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) via: Via,
    pub(crate) guard_set: String,
    pub(crate) suites: Vec<SuiteReport>,
    pub(crate) latency: Latency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overhead: Option<Latency>,
}

/// One data set.
#[derive(Debug, Serialize)]
pub(crate) struct SuiteReport {
    pub(crate) suite: Suite,
    #[serde(flatten)]
    pub(crate) figures: Figures,
    /// Time of a row, all of its events together: the mean, in seconds.
    pub(crate) seconds_a_row: Option<f64>,
    pub(crate) latency: Latency,
    pub(crate) published: &'static [Published],
}

impl Report {
    /// The report on a run.
    pub(crate) fn new(via: Via, measured: &Measured) -> Self {
        let suites = Suite::ALL.map(|suite| {
            let figures = Figures::of(suite, &measured.decided);
            let sent = u32::try_from(figures.rows).unwrap_or(u32::MAX).saturating_mul(measured.repeat);
            SuiteReport {
                suite,
                seconds_a_row: (sent > 0).then(|| measured.times.total(suite).as_secs_f64() / f64::from(sent)),
                figures,
                latency: measured.times.summary(Some(suite)),
                published: published::on(suite),
            }
        });
        Self {
            via,
            guard_set: measured.guard_set.clone(),
            suites: suites.into(),
            latency: measured.times.summary(None),
            overhead: measured.overhead.as_ref().map(|times| times.summary(None)),
        }
    }
}
