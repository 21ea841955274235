//! Shares a number of words out over sections: in proportion to what was claimed, within limits, and exactly. Pure.

/// Shares `total` out by `claims`. Each gets at least `least` and at most `most`, unless that cannot add up to `total`; then the
/// limit in the way falls. A claim of 0, or one more than four times off the mean, is no reason to give less or more than that.
pub(crate) fn share(claims: &[u32], total: u32, least: u32, most: u32) -> Vec<u32> {
    let Ok(number @ 1..) = u32::try_from(claims.len()) else { return Vec::new() };
    let least = least.min(total / number);
    let most = if most.saturating_mul(number) < total { total } else { most.max(least) };
    let weights = weights(claims);
    let mut shares: Vec<Option<f64>> = vec![None; claims.len()];
    // In each round those whose limit binds most are settled; the others share what is left.
    while shares.contains(&None) {
        let settled: f64 = shares.iter().flatten().sum();
        let free: f64 =
            weights.iter().zip(&shares).filter(|(_, share)| share.is_none()).map(|(weight, _)| weight).sum();
        let left = (f64::from(total) - settled).max(0.0);
        let fair = |weight: &f64| left * weight / free;
        let clamped = |weight: &f64| fair(weight).clamp(f64::from(least), f64::from(most));
        let open = || weights.iter().zip(&shares).filter(|(_, share)| share.is_none()).map(|(weight, _)| weight);
        let off: f64 = open().map(|weight| clamped(weight) - fair(weight)).sum();
        let binds = |weight: &f64| {
            let by = clamped(weight) - fair(weight);
            (off > 1e-9 && by > 0.0) || (off < -1e-9 && by < 0.0) || off.abs() <= 1e-9
        };
        let now: Vec<Option<f64>> = weights.iter().map(|weight| binds(weight).then(|| clamped(weight))).collect();
        for (share, now) in shares.iter_mut().zip(now) {
            *share = share.or(now);
        }
    }
    round(shares.into_iter().flatten(), total, most)
}

fn weights(claims: &[u32]) -> Vec<f64> {
    let named: Vec<f64> = claims.iter().filter(|claim| **claim > 0).map(|claim| f64::from(*claim)).collect();
    let mean = if named.is_empty() { 1.0 } else { named.iter().sum::<f64>() / named.len() as f64 };
    let weight = |claim: &u32| if *claim == 0 { mean } else { f64::from(*claim).clamp(mean / 4.0, mean * 4.0) };
    claims.iter().map(weight).collect()
}

/// Whole numbers that add up to `total`.
fn round(shares: impl Iterator<Item = f64>, total: u32, most: u32) -> Vec<u32> {
    // Shares lie between 0 and `total`, so that no digit is lost.
    let mut whole: Vec<u32> = shares.map(|share| (share + 1e-6) as u32).collect();
    let mut left = total.saturating_sub(whole.iter().fold(0, |sum: u32, words| sum.saturating_add(*words)));
    while left > 0 {
        let before = left;
        for words in whole.iter_mut().filter(|words| **words < most) {
            if left > 0 {
                *words += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::share;

    #[test]
    fn a_plan_for_other_lengths_is_rescaled() {
        // What a small model gave for 1,000 words.
        assert_eq!(share(&[880; 10], 1_000, 60, 1_000), vec![100; 10]);
        assert_eq!(share(&[100, 300], 1_000, 200, 1_000), [250, 750]);
        assert_eq!(share(&[1, 10_000, 0], 900, 200, 500), [201, 466, 233]);
        assert_eq!(share(&[], 900, 200, 500), Vec::<u32>::new());
        assert_eq!(share(&[5, 5, 5], 1_000, 200, 1_000), [334, 333, 333]);
    }

    #[test]
    fn limits_fall_where_nothing_adds_up() {
        assert_eq!(share(&[1, 1], 300, 200, 1_000), [150, 150]);
        assert_eq!(share(&[1, 1], 5_000, 200, 1_000), [2_500, 2_500]);
        assert_eq!(share(&[1; 5], 3, 200, 1_000), [1, 1, 1, 0, 0]);
    }

    proptest! {
        #[test]
        fn shares_add_up_within_the_limits(
            claims in prop::collection::vec(any::<u32>(), 1..200),
            total in 1_u32..200_000,
            least in 1_u32..500,
            room in 0_u32..1_000,
        ) {
            let most = least + room;
            let shares = share(&claims, total, least, most);
            prop_assert_eq!(shares.iter().sum::<u32>(), total);
            let number = claims.len() as u32;
            if least * number <= total && most * number >= total {
                prop_assert!(shares.iter().all(|words| (least..=most).contains(words)), "{:?}", shares);
            }
        }
    }
}
