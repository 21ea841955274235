//! One line of a report: the scores of a group of rows, as means over each sample's means.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::score::Scored;

/// A mean, and how far the samples are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean of the samples' means.
    pub mean: f64,
    /// Standard deviation of the samples' means, over n - 1; absent with a single sample.
    pub deviation: Option<f64>,
}

/// The scores of a group of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The group.
    pub name: String,
    /// Its rows.
    pub rows: usize,
    /// Its samples.
    pub samples: usize,
    /// Mean of the words that were asked for.
    pub required: f64,
    /// Mean of the words that there are.
    pub produced: f64,
    /// Length score, 0 to 100.
    pub length: Option<Spread>,
    /// Quality score, 0 to 100.
    pub quality: Option<Spread>,
    /// Mean of both.
    pub overall: Option<Spread>,
}

impl Line {
    /// The line of `samples`.
    pub(super) fn of<'s>(name: &str, samples: impl Iterator<Item = &'s Scored> + Clone) -> Self {
        let rows: BTreeSet<usize> = samples.clone().map(|sample| sample.key.row).collect();
        let lengths = means(samples.clone().map(|sample| (sample.key.sample, sample.length)));
        let rated = samples.clone().filter_map(|sample| Some((sample.key.sample, sample.quality.ratings()?.score())));
        let qualities = means(rated);
        let both = lengths.iter().filter_map(|(sample, length)| Some((length + qualities.get(sample)?) / 2.0));
        Self {
            name: name.to_owned(),
            rows: rows.len(),
            samples: samples.clone().count(),
            required: mean(samples.clone().map(|sample| f64::from(sample.required))).unwrap_or_default(),
            produced: mean(samples.map(|sample| f64::from(sample.produced))).unwrap_or_default(),
            overall: spread(&both.collect::<Vec<_>>()),
            length: spread(&lengths.into_values().collect::<Vec<_>>()),
            quality: spread(&qualities.into_values().collect::<Vec<_>>()),
        }
    }
}

impl Spread {
    /// The spread of values, each with its sample; `None` of none.
    pub(super) fn of(values: impl IntoIterator<Item = (u32, f64)>) -> Option<Self> {
        spread(&means(values).into_values().collect::<Vec<_>>())
    }
}

/// The mean of each sample.
fn means(values: impl IntoIterator<Item = (u32, f64)>) -> BTreeMap<u32, f64> {
    let mut samples: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (sample, value) in values {
        samples.entry(sample).or_default().push(value);
    }
    samples.into_iter().filter_map(|(sample, all)| Some((sample, mean(all.into_iter())?))).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn spread(means: &[f64]) -> Option<Spread> {
    let all = mean(means.iter().copied())?;
    let squares: f64 = means.iter().map(|value| (value - all).powi(2)).sum();
    let free = u32::try_from(means.len()).unwrap_or(u32::MAX).saturating_sub(1);
    Some(Spread { mean: all, deviation: (free > 0).then(|| (squares / f64::from(free)).sqrt()) })
}
