//! What was measured, round by round, and what follows from it. Ratios and differences are taken within a round, then their
//! median over the rounds.

use std::time::Duration;

use serde::Serialize;

use crate::load::Sample;
use crate::{LOADS, Settings, exchange, ways};

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    rate: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
}

/// All measurements.
pub(crate) struct Figures {
    settings: Settings,
    /// In the order of the first round: name, connections, one value a round.
    series: Vec<(String, usize, Vec<Measured>)>,
    commits: Vec<(String, Vec<f64>)>,
    /// Decisions that `best_effort` gave up.
    pub(crate) lost: f64,
}

/// Median over the rounds, with the extremes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// What is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) cores: usize,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) body_bytes: usize,
    pub(crate) release_build: bool,
    pub(crate) throughput: Vec<Throughput>,
    pub(crate) latency: Vec<Latency>,
    pub(crate) commits: Vec<CommitTime>,
    /// 100 guards against 3.
    pub(crate) flatness: Flatness,
    pub(crate) best_effort_decisions_lost: f64,
}

/// One way under 32 connections.
#[derive(Debug, Serialize)]
pub(crate) struct Throughput {
    pub(crate) way: String,
    pub(crate) requests_per_second: Spread,
    pub(crate) of_plain_proxy: Spread,
    pub(crate) cpu_us_per_request: Spread,
}

/// One way with one connection.
#[derive(Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) way: String,
    pub(crate) p50_us: Spread,
    pub(crate) p99_us: Spread,
    pub(crate) p50_us_beyond_plain_proxy: Spread,
}

/// One durable commit by itself.
#[derive(Debug, Serialize)]
pub(crate) struct CommitTime {
    pub(crate) store: String,
    pub(crate) p50_us: Spread,
    /// Of an exchange in `required` mode, beyond the plain proxy and two such commits.
    pub(crate) p50_us_beyond_plain_proxy_and_commits: Spread,
}

/// How much 97 guards that do not match change.
#[derive(Debug, Serialize)]
pub(crate) struct Flatness {
    pub(crate) throughput_ratio: Spread,
    pub(crate) p50_ratio: Spread,
}

impl Measured {
    pub(crate) fn new(sample: &Sample, cpu: Duration) -> Self {
        let requests = sample.latencies.len().max(1) as f64;
        Self {
            rate: requests / sample.time.as_secs_f64(),
            cpu_us: micros(cpu) / requests,
            p50_us: micros(sample.quantile(0.5)),
            p99_us: micros(sample.quantile(0.99)),
        }
    }
}

impl Figures {
    pub(crate) const fn new(settings: Settings) -> Self {
        Self { settings, series: Vec::new(), commits: Vec::new(), lost: 0.0 }
    }

    pub(crate) fn add(&mut self, way: &str, connections: usize, measured: Measured) {
        let known = self.series.iter_mut().find(|(name, of, _)| name == way && *of == connections);
        match known {
            Some((_, _, rounds)) => rounds.push(measured),
            None => self.series.push((way.to_owned(), connections, vec![measured])),
        }
    }

    pub(crate) fn add_commit(&mut self, store: &str, p50_us: f64) {
        match self.commits.iter_mut().find(|(name, _)| name == store) {
            Some((_, rounds)) => rounds.push(p50_us),
            None => self.commits.push((store.to_owned(), vec![p50_us])),
        }
    }

    pub(crate) fn report(&self) -> Report {
        let [many, one] = LOADS;
        let of = |connections: usize| self.series.iter().filter(move |(_, of, _)| *of == connections);
        let throughput = of(many).map(|(way, _, rounds)| Throughput {
            way: way.clone(),
            requests_per_second: spread(rounds.iter().map(|m| m.rate)),
            of_plain_proxy: self.against(ways::PLAIN, many, rounds, |m, plain| m.rate / plain.rate),
            cpu_us_per_request: spread(rounds.iter().map(|m| m.cpu_us)),
        });
        let latency = of(one).map(|(way, _, rounds)| Latency {
            way: way.clone(),
            p50_us: spread(rounds.iter().map(|m| m.p50_us)),
            p99_us: spread(rounds.iter().map(|m| m.p99_us)),
            p50_us_beyond_plain_proxy: self.against(ways::PLAIN, one, rounds, |m, plain| m.p50_us - plain.p50_us),
        });
        let few = ways::BEST_EFFORT;
        Report {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            rounds: self.settings.rounds,
            seconds: self.settings.time.as_secs_f64(),
            body_bytes: exchange::BYTES,
            release_build: !cfg!(debug_assertions),
            throughput: throughput.collect(),
            latency: latency.collect(),
            commits: self.commits.iter().map(|(store, rounds)| self.commit(store, rounds)).collect(),
            flatness: Flatness {
                throughput_ratio: self.against(few, many, self.of(ways::MANY_GUARDS, many), |m, few| m.rate / few.rate),
                p50_ratio: self.against(few, one, self.of(ways::MANY_GUARDS, one), |m, few| m.p50_us / few.p50_us),
            },
            best_effort_decisions_lost: self.lost,
        }
    }

    fn of(&self, way: &str, connections: usize) -> &[Measured] {
        let found = self.series.iter().find(|(name, of, _)| name == way && *of == connections);
        found.map_or(&[], |(_, _, rounds)| rounds)
    }

    /// `rounds` compared with the same rounds of `other`.
    fn against(
        &self,
        other: &str,
        connections: usize,
        rounds: &[Measured],
        compare: impl Fn(&Measured, &Measured) -> f64,
    ) -> Spread {
        spread(rounds.iter().zip(self.of(other, connections)).map(|(m, other)| compare(m, other)))
    }

    fn commit(&self, store: &str, p50s: &[f64]) -> CommitTime {
        let required = self.of(&ways::required(store), LOADS[1]);
        let rounds = required.iter().zip(self.of(ways::PLAIN, LOADS[1])).zip(p50s);
        let beyond = rounds.map(|((m, plain), commit)| m.p50_us - plain.p50_us - 2.0 * commit);
        CommitTime {
            store: store.to_owned(),
            p50_us: spread(p50s.iter().copied()),
            p50_us_beyond_plain_proxy_and_commits: spread(beyond),
        }
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |n: usize| values.get(n).copied().unwrap_or(f64::NAN);
    let median =
        if values.len().is_multiple_of(2) { f64::midpoint(at(middle.wrapping_sub(1)), at(middle)) } else { at(middle) };
    Spread { median, min: at(0), max: at(values.len().wrapping_sub(1)) }
}
