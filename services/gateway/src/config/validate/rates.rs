//! `[[limit]]`.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Unfit, complain, millis, name, number, size};
use crate::config::file::LimitFile;
use crate::config::{RateLimit, Route};

pub(super) fn rates(files: &[LimitFile], routes: &[Route], unfit: &mut Unfit) -> Vec<RateLimit> {
    let mut rates: Vec<RateLimit> = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let key = format!("limit[{n}]");
        let Some(rate) = rate(file, &key, routes, unfit) else { continue };
        if rates.iter().any(|other| other.name == rate.name) {
            let message = format!("`{}` is the name of another limit; each needs its own", rate.name);
            complain(unfit, &format!("{key}.name"), message);
        }
        rates.push(rate);
    }
    rates
}

fn rate(file: &LimitFile, at: &str, routes: &[Route], unfit: &mut Unfit) -> Option<RateLimit> {
    let key = |field: &str| format!("{at}.{field}");
    name(&file.name, &key("name"), unfit);
    if file.key.is_none() {
        complain(unfit, &key("key"), "is missing; set it to `principal`, `agent` or `route`");
    }
    let requests = u32::try_from(number(file.requests, &key("requests"), 1..=1_000_000, unfit)).ok()?;
    let period = millis(file.period_ms, &key("period_ms"), unfit);
    let burst = file.burst.map(|burst| number(burst, &key("burst"), 1..=1_000_000, unfit));
    let burst = burst.map_or(Some(requests), |burst| u32::try_from(burst).ok());
    for (n, route) in file.routes.iter().enumerate() {
        if !routes.iter().any(|known| known.name == *route) {
            complain(unfit, &key(&format!("routes[{n}]")), format!("`{route}` is the name of no route"));
        }
    }
    Some(RateLimit {
        name: file.name.clone(),
        key: file.key?,
        every: every(period, NonZeroU32::new(requests)?),
        burst: NonZeroU32::new(burst?)?,
        routes: file.routes.clone(),
        max_keys: size(file.max_keys, &key("max_keys"), 1..=10_000_000, unfit),
    })
}

/// At least a nanosecond, the finest step that is counted.
fn every(period: Duration, requests: NonZeroU32) -> Duration {
    (period / requests.get()).max(Duration::from_nanos(1))
}
