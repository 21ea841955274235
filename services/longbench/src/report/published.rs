//! Figures from the literature, shown beside ours. Their quality is that of another judge model (GPT-4o), so only their
//! length scores compare as they are.

use serde::Serialize;

/// Where they come from.
pub(super) const SOURCE: &str = "LongWriter (arXiv 2408.07055), quality judged by GPT-4o";

/// One line of the paper's table on LongBench-Write.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// The model.
    pub model: &'static str,
    /// Mean of both scores.
    pub overall: Option<f64>,
    /// Length score; of a figure that is given as a range, its middle.
    pub length: f64,
    /// Quality score.
    pub quality: Option<f64>,
    /// Where it comes from.
    pub source: &'static str,
}

/// The published figures.
pub static PUBLISHED: &[Published] = &[
    line("GLM-4-9B-chat", Some(68.3), 51.0, Some(85.5)),
    line("Claude 3.5 Sonnet", Some(80.7), 73.7, Some(87.7)),
    line("LongWriter-9B", Some(80.5), 78.6, Some(82.3)),
    line("LongWriter-9B-DPO", Some(84.0), 82.6, Some(85.4)),
    line("GPT-4o", Some(78.6), 65.3, Some(91.8)),
    line("GPT-4o with AgentWrite (86 to 87)", None, 86.5, None),
];

const fn line(model: &'static str, overall: Option<f64>, length: f64, quality: Option<f64>) -> Published {
    Published { model, overall, length, quality, source: SOURCE }
}
