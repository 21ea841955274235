//! The tables of the figures.

/// A part of a whole.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) part: u32,
    pub(crate) whole: u32,
}

impl Share {
    pub(crate) fn add(&mut self, counts: bool) {
        self.part += u32::from(counts);
        self.whole += 1;
    }
}

/// Prints one row for each figure.
pub(crate) fn print(rows: &[(&str, String, Share)]) {
    println!("| guards | figure | runs | share |\n|---|---|---|---|");
    for (guards, figure, share) in rows {
        println!("| {guards} | {figure} | {} of {} | {:.1} % |", share.part, share.whole, share.percent());
    }
}

/// Prints why runs were stopped.
pub(crate) fn stops(guards: &str, what: &str, stops: &[String]) {
    for stop in stops {
        println!("{guards}: {what}: {stop}");
    }
}

/// Prints the runs that were not stopped in time.
pub(crate) fn missed(missed: &[String]) {
    for run in missed {
        println!("not blocked: {run}");
    }
}
