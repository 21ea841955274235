//! Figures from the literature, shown beside ours. In percent, as printed there; absent where a paper gives none.

use serde::Serialize;

use super::row::Suite;

/// One line of a paper's table.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Published {
    /// The method.
    pub(crate) method: &'static str,
    /// Rows with the right label.
    pub(crate) lpa: f64,
    /// Precision of `deny`.
    pub(crate) lpp: Option<f64>,
    /// Recall of `deny`.
    pub(crate) lpr: Option<f64>,
    /// Right explanations.
    pub(crate) ea: Option<f64>,
    /// Seconds for one decision.
    pub(crate) seconds: Option<f64>,
}

const fn line(method: &'static str, lpa: f64, [lpp, lpr, ea, seconds]: [Option<f64>; 4]) -> Published {
    Published { method, lpa, lpp, lpr, ea, seconds }
}

static EICU_AC: &[Published] = &[
    line("GuardAgent, GPT-4", 98.7, [Some(100.0), Some(97.5), Some(97.5), Some(45.0)]),
    line("GuardAgent, Llama 3.3 70B", 99.1, [None, None, Some(96.9), None]),
    line("GPT-4 alone as the guard", 97.5, [Some(95.3), Some(100.0), Some(67.9), Some(8.5)]),
    line("AGrail, GPT-4o", 97.8, [Some(97.5), Some(98.1), None, None]),
    line("VeriGuard, GPT-4.1", 100.0, [Some(100.0), Some(100.0), None, None]),
];

static MIND2WEB_SC: &[Published] = &[
    line("GuardAgent, GPT-4", 90.0, [Some(100.0), Some(80.0), Some(80.0), Some(37.0)]),
    line("GuardAgent, Llama 3.3 70B", 93.0, [None, None, Some(94.0), None]),
    line("GPT-4 alone as the guard", 82.5, [Some(100.0), Some(65.0), Some(65.0), Some(14.4)]),
    line("AGrail, GPT-4o", 98.4, [Some(99.0), Some(98.0), None, None]),
    line("VeriGuard, GPT-4.1", 96.2, [Some(91.2), Some(100.0), None, None]),
];

/// The published figures on `suite`.
pub(crate) fn on(suite: Suite) -> &'static [Published] {
    match suite {
        Suite::EicuAc => EICU_AC,
        Suite::Mind2WebSc => MIND2WEB_SC,
    }
}
