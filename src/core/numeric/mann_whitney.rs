//! Whether one sample is larger than another, by ranks alone (Mann and Whitney 1947, Annals of Mathematical Statistics
//! 18:50), and by which factor (Hodges and Lehmann 1963, Annals of Mathematical Statistics 34:598).

use statrs::distribution::{ContinuousCDF, Normal};

use super::interval::Interval;

/// Largest factor that is looked for, as a natural logarithm.
const LARGEST: f64 = 23.0;
/// Halvings of that range; the factor is then exact to nine digits.
const STEPS: u32 = 60;

/// Where the factor between two positive samples in the order of their times lies: all θ for which the test does not
/// reject that `after` is distributed as θ·`before`. With it the independent values that each sample is worth. None
/// where those are too few to reject anything.
pub(crate) fn ratio_interval(before: &[f64], after: &[f64], confidence: f64) -> Option<(Interval, [f64; 2])> {
    let worth = [before, after].map(worth);
    let [n, m] = worth;
    let sd = ((n + m + 1.0) / (12.0 * n * m)).sqrt();
    let reach = sd * Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence));
    if reach >= 0.5 {
        return None;
    }
    let mut sorted = after.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // The share of pairs in which `after` is larger falls with the factor.
    let factor = |share: f64| {
        let (mut low, mut high) = (-LARGEST, LARGEST);
        for _ in 0..STEPS {
            let middle = f64::midpoint(low, high);
            if larger(before, &sorted, middle.exp()) > share { low = middle } else { high = middle }
        }
        f64::midpoint(low, high).exp()
    };
    Some((Interval { low: factor(0.5 + reach), high: factor(0.5 - reach) }, worth))
}

/// The share of all pairs in which a value of `sorted` is larger than `factor` times one of `before`; ties count half.
fn larger(before: &[f64], sorted: &[f64], factor: f64) -> f64 {
    let twice = |value: &f64| {
        let value = factor * value;
        let below = sorted.partition_point(|&other| other < value);
        let upto = sorted.partition_point(|&other| other <= value);
        2 * sorted.len() - below - upto
    };
    let pairs = before.len() * sorted.len();
    before.iter().map(twice).sum::<usize>() as f64 / (2 * pairs) as f64
}

/// Independent values that a sample in the order of its times is worth: its number over the autocorrelation time of its
/// ranks, by the sum of correlations up to where pairs of them are no longer positive (Geyer 1992, Statistical Science
/// 7:473). Two less, because a mean that is estimated hides a part of slow dependence; half a value at least.
fn worth(values: &[f64]) -> f64 {
    let deviations = centred_ranks(values);
    let count = deviations.len();
    let products = |lag: usize| -> f64 { (lag..count).map(|i| deviations[i] * deviations[i - lag]).sum() };
    let squares = products(0);
    let mut time = 1.0;
    if squares > 0.0 {
        let pairs = (0..count / 2).step_by(2).map(|lag| (products(lag) + products(lag + 1)) / squares);
        time = pairs.take_while(|&pair| pair > 0.0).fold(-1.0, |sum, pair| sum + 2.0 * pair);
    }
    (count as f64 / f64::max(time, 1.0) - 2.0).max(0.5)
}

/// Ranks less their mean, equal values sharing theirs.
fn centred_ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let upto = sorted.partition_point(|other| other <= value);
        f64::midpoint(below as f64, upto as f64) - values.len() as f64 / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn pairs_are_counted_as_the_textbook_does() {
        // Mann and Whitney's U of 3 and 4 values without ties: 9 of 12 pairs, and one tie counts half.
        assert_eq!(larger(&[1.0, 4.0, 6.0], &[3.0, 5.0, 7.0, 8.0], 1.0), 9.0 / 12.0);
        assert_eq!(larger(&[1.0], &[1.0, 2.0], 1.0), 0.75);
        assert_eq!(larger(&[1.0, 2.0], &[3.0, 4.0], 4.0), 0.125);
    }

    #[test]
    fn the_interval_holds_the_factor_as_often_as_said() {
        let sample = |seed: u64, factor: f64| -> Vec<f64> {
            (0..40).map(|i| factor * random::lognormal(seed, &[i], 1.0, 0.8)).collect()
        };
        let holds = |&seed: &u64| {
            let (interval, _) =
                ratio_interval(&sample(2 * seed, 1.0), &sample(2 * seed + 1, 3.0), 0.95).unwrap();
            interval.contains(3.0)
        };
        let held = (0..1000).filter(holds).count();
        assert!((930..=985).contains(&held), "{held} of 1000");
    }

    #[test]
    fn what_depends_on_what_was_before_is_worth_less() {
        let mut drift = 0.0;
        let mut step = |i: u64| {
            drift = 0.6 * drift + random::normal(5, &[i]);
            drift
        };
        let correlated: Vec<f64> = (0..20_000).map(&mut step).collect();
        // (1 − φ)/(1 + φ) of them by the mean; ranks are correlated a little less.
        let share = worth(&correlated) / 20_000.0;
        assert!((0.22..0.31).contains(&share), "{share}");
        assert_eq!((worth(&[7.0; 50]), worth(&[1.0, 2.0])), (48.0, 0.5));
        assert_eq!(ratio_interval(&[1.0, 2.0], &[5.0; 90], 0.95), None);
    }
}
