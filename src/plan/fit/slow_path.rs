//! A group of slow copies that stands apart from the others, as if they went another way.
//!
//! One smooth law through both would either miss the group or see a tail behind it that goes on for ever. So the group
//! has a share and a law of its own.

use super::family::{Family, FamilyMember, SlowPart};

/// Copies from which on the sample can be divided.
const FEWEST: usize = 20;
/// Logarithms of likelihood that one family may be behind the best.
const NEARLY: f64 = 3.0;
/// A way that is not so many times slower is no other way.
const LEAST_GAP: f64 = 1.5;
/// In a smaller share of the samples of one smooth law some stand as far out as a group must.
const CHANCE: f64 = 2e-3;

/// The factor above which copies of a sample went the slow way; None where one smooth law will do.
///
/// The gap below the group, in logarithms, is wider than the spread (standard deviation) on either side of it, and so
/// many copies beyond it are not to be expected from a law fitted to the others: the likeliest of the lognormal, gamma
/// and Weibull laws.
pub(super) fn threshold(factors: &[f64]) -> Option<f64> {
    if factors.len() < FEWEST {
        return None;
    }
    let mut sorted = factors.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let logs: Vec<f64> = sorted.iter().map(|factor| factor.ln()).collect();
    let widest = (sorted.len() / 2 + 1..sorted.len())
        .filter(|&split| {
            let within = spread(&logs[..split]).max(spread(&logs[split..]));
            logs[split] - logs[split - 1] > within.max(LEAST_GAP.ln())
        })
        .max_by(|&a, &b| (logs[a] - logs[a - 1]).total_cmp(&(logs[b] - logs[b - 1])))?;
    let (usual, slow) = sorted.split_at(widest);
    (chance(usual, slow) < CHANCE).then(|| (usual[widest - 1] * slow[0]).sqrt())
}

fn spread(logs: &[f64]) -> f64 {
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// About the probability that so many of all are so slow by the law of the usual ones: (n·F̄)ᵐ/m! for m of n, for the
/// family that finds it likeliest of those that describe the usual ones nearly as well as the best.
fn chance(usual: &[f64], slow: &[f64]) -> f64 {
    let count = (usual.len() + slow.len()) as f64;
    let part = SlowPart::of(usual, usual.len());
    let cv = (spread(&usual.iter().map(|value| value.ln()).collect::<Vec<_>>()).powi(2)).exp_m1().sqrt();
    if cv == 0.0 {
        return 0.0;
    }
    let fits = Family::ALL.map(|family| FamilyMember::fit(family, &part, cv));
    let best = fits.iter().map(|fit| fit.1).fold(f64::NEG_INFINITY, f64::max);
    let beyond = |tail: &FamilyMember| {
        let expected = count * tail.beyond(slow[0]);
        (1..=slow.len()).map(|k| expected / k as f64).product::<f64>()
    };
    let likely = fits.iter().filter(|fit| fit.1 > best - NEARLY).map(|fit| beyond(&fit.0));
    likely.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::random;

    fn sample(seed: u64, count: u64, one_in: u64, times: f64, cv: f64) -> Vec<f64> {
        let factor = |job: u64| {
            let way = if job % one_in == one_in - 1 { times } else { 1.0 };
            way * random::lognormal(seed, &[job], 1.0, cv)
        };
        (0..count).map(factor).collect()
    }

    #[test]
    fn a_slow_way_is_told_from_chance() {
        let found = |count, one_in, times, cv| {
            (0..200).filter(|&seed| threshold(&sample(seed, count, one_in, times, cv)).is_some()).count()
        };
        for (count, cv) in [(50, 0.2), (250, 0.2), (250, 0.5), (250, 1.0), (1000, 1.5)] {
            let alarms = found(count, u64::MAX, 1.0, cv);
            assert!(alarms <= 4, "{alarms} of 200 samples of {count} with cv {cv}");
        }
        for (count, one_in) in [(50, 20), (250, 20), (250, 200), (1000, 20)] {
            let seen = found(count, one_in, 10.0, 0.2);
            assert!(seen >= 195, "{seen} of 200 samples of {count} with one in {one_in}");
        }
    }

    #[test]
    fn exponential_times_and_few_or_equal_ones_are_one_group() {
        let exponential =
            |seed: u64| (0..250).map(|job| random::exponential(seed, &[job])).collect::<Vec<_>>();
        let alarms = (0..200).filter(|&seed| threshold(&exponential(seed)).is_some()).count();
        assert!(alarms <= 4, "{alarms} of 200");
        assert_eq!((threshold(&[1.0, 9.0]), threshold(&[1.0; 50])), (None, None));
        let mut fixed = vec![1.0; 50];
        fixed[7] = 9.0;
        assert_eq!(threshold(&fixed), Some(3.0));
    }
}
