//! The figures as text for people.

use crate::LOADS;
use crate::figures::{Report, Spread};

/// All tables.
pub(crate) fn text(report: &Report) -> String {
    let mut out = format!(
        "{} bytes of JSON each way, {} rounds of {} s, {} cores; median over the rounds (lowest..highest)\n",
        report.body_bytes, report.rounds, report.seconds, report.cores
    );
    if !report.release_build {
        out += "NOT A RELEASE BUILD: these figures mean nothing\n";
    }
    out += &row(&format!("\n{} connections", LOADS[0]), ["requests/s", "of the axum proxy", "CPU µs/request"]);
    for line in &report.throughput {
        let cells = [whole(line.requests_per_second), ratio(line.of_plain_proxy), whole(line.cpu_us_per_request)];
        out += &row(&line.way, cells.each_ref().map(String::as_str));
    }
    out += &row(&format!("\n{} connection", LOADS[1]), ["p50 µs", "p99 µs", "p50 beyond axum"]);
    for line in &report.latency {
        let cells = [whole(line.p50_us), whole(line.p99_us), whole(line.p50_us_beyond_plain_proxy)];
        out += &row(&line.way, cells.each_ref().map(String::as_str));
    }
    out += &row("\none durable commit by itself", ["p50 µs", "p50 of `required` beyond axum and two commits", ""]);
    for line in &report.commits {
        let cells = [whole(line.p50_us), whole(line.p50_us_beyond_plain_proxy_and_commits)];
        out += &row(&line.store, [&cells[0], &cells[1], ""]);
    }
    let flat = &report.flatness;
    out += &format!(
        "\n100 guards against 3, three match: {} of the throughput, {} of the p50\n",
        ratio(flat.throughput_ratio),
        ratio(flat.p50_ratio)
    );
    out + &format!("decisions lost by best_effort: {}\n", report.best_effort_decisions_lost)
}

fn row(name: &str, cells: [&str; 3]) -> String {
    let [a, b, c] = cells;
    format!("{name:<32}{a:>26}{b:>26}{c:>26}").trim_end().to_owned() + "\n"
}

fn whole(spread: Spread) -> String {
    format!("{:.0} ({:.0}..{:.0})", spread.median, spread.min, spread.max)
}

fn ratio(spread: Spread) -> String {
    format!("{:.3} ({:.3}..{:.3})", spread.median, spread.min, spread.max)
}
