//! Whether a count of requests in flight that does not share the client's events agrees with the client's own.

use serde::{Deserialize, Serialize};

use crate::law::finding::{Finding, Verdict};
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES, LITTLE_TOLERANCE, LONGEST_EXTENSION};
use crate::numeric::interval::{CONFIDENCE, Interval, Mean};

/// A short stretch of a steady state, all of equal length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// In flight by the independent gauge: its mean, or one reading at a random moment.
    pub gauge: f64,
    /// In flight by the departure form of the client's own events.
    pub closed_form: f64,
}

/// What the two counts come to side by side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Independent {
    /// PASS when the interval of the ratio lies inside ±2 %, FAIL when wholly outside, else INCONCLUSIVE.
    pub verdict: Verdict,
    /// Gauge over closed form: mean over batches, with its t interval.
    pub ratio: Option<Mean>,
    /// Length of a batch in seconds.
    pub batch_s: f64,
    /// Seconds to run longer for a decision; None when there is one, or when none is in sight.
    pub more_s: Option<f64>,
}

/// Compares gauge and closed form batch by batch, in 20 batches of at least 10 mean residence times each.
pub(crate) fn independent(bins: &[Bin], bin_s: f64, residence_mean_s: f64) -> Independent {
    independent_of(1, bins, bin_s, residence_mean_s)
}

/// The same for one of `comparisons` judged together: its interval is so much wider that all of them hold together
/// with 95 % (Bonferroni).
pub(crate) fn independent_of(
    comparisons: usize,
    bins: &[Bin],
    bin_s: f64,
    residence_mean_s: f64,
) -> Independent {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / comparisons.max(1) as f64;
    let shortest = ((BATCH_RESIDENCES * residence_mean_s / bin_s).ceil() as usize).max(1);
    let length = shortest.max(bins.len() / BATCHES);
    let batch_s = length as f64 * bin_s;
    let used = &bins[bins.len() % length..];
    let ratios: Option<Vec<f64>> = used.chunks_exact(length).map(ratio).collect();
    let ratio = ratios.as_deref().and_then(|ratios| Mean::of(ratios, confidence));
    let (verdict, more_s) = match &ratio {
        None if ratios.is_none() || bins.is_empty() => (Verdict::NotAvailable, None),
        Some(mean) if mean.count >= BATCHES => judge(mean, batch_s),
        _ => (Verdict::Inconclusive, Some((BATCHES.saturating_mul(shortest) - bins.len()) as f64 * bin_s)),
    };
    Independent { verdict, ratio, batch_s, more_s }
}

/// None for a batch with nothing in flight.
fn ratio(batch: &[Bin]) -> Option<f64> {
    let sum = |of: fn(&Bin) -> f64| batch.iter().map(of).sum::<f64>();
    let closed_form = sum(|bin| bin.closed_form);
    (closed_form > 0.0).then(|| sum(|bin| bin.gauge) / closed_form)
}

fn judge(ratio: &Mean, batch_s: f64) -> (Verdict, Option<f64>) {
    let allowed = Interval::around(1.0, LITTLE_TOLERANCE);
    let Interval { low, high } = ratio.interval();
    if allowed.contains(low) && allowed.contains(high) {
        return (Verdict::Pass, None);
    }
    if low > allowed.high || high < allowed.low {
        return (Verdict::Fail, None);
    }
    // The half-width shrinks with the root of the length, and has to get below the distance to the nearer limit.
    let distance = (LITTLE_TOLERANCE - (ratio.mean - 1.0).abs()).abs();
    let growth = (ratio.half_width / distance).powi(2);
    let run_s = ratio.count as f64 * batch_s;
    let more_s = (run_s * (growth - 1.0)).max(batch_s);
    (Verdict::Inconclusive, (growth <= LONGEST_EXTENSION).then_some(more_s))
}

impl Independent {
    /// The verdict as documents show it.
    pub(crate) fn finding(&self) -> Finding<GaugeAgreement> {
        // Fewer batches give no interval to rely on.
        let enough = self.ratio.filter(|ratio| ratio.count >= BATCHES);
        let interval = enough.map(|ratio| ratio.interval());
        Finding {
            verdict: self.verdict,
            ratio: enough.map(|ratio| ratio.mean),
            low: interval.map(|it| it.low).filter(|low| low.is_finite()),
            high: interval.map(|it| it.high).filter(|high| high.is_finite()),
            why: self.why(),
        }
    }

    fn why(&self) -> GaugeAgreement {
        match (self.verdict, self.more_s) {
            (Verdict::Pass, _) => GaugeAgreement::Agrees,
            (Verdict::Fail, _) if self.ratio.is_some_and(|ratio| ratio.mean > 1.0) => GaugeAgreement::Above,
            (Verdict::Fail, _) => GaugeAgreement::Below,
            (Verdict::Inconclusive, Some(more_s)) => GaugeAgreement::TooShort(more_s),
            // Where the interval is narrow, it is known where the ratio lies.
            (Verdict::Inconclusive, None)
                if self.ratio.is_some_and(|ratio| ratio.half_width < LITTLE_TOLERANCE) =>
            {
                GaugeAgreement::OnTheLimit
            }
            (Verdict::Inconclusive, None) => GaugeAgreement::Uneven,
            (Verdict::NotAvailable, _) => GaugeAgreement::Nothing,
        }
    }
}

/// What the count at the endpoint says of the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GaugeAgreement {
    /// They agree.
    Agrees,
    /// More is in flight than the client knows of.
    Above,
    /// Less is in service than the client counts.
    Below,
    /// The interval still reaches across a limit, or there are too few batches: a decision takes so many seconds more.
    TooShort(f64),
    /// The ratio lies on the limit, so that no run is long enough.
    OnTheLimit,
    /// The counts vary so much that a decision is out of sight.
    Uneven,
    /// There is no such count, or nothing was in flight.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// Bins of 1 s with 100 in flight, the gauge reading `ratio` times that, give or take `noise`.
    fn bins(seed: u64, count: u64, ratio: f64, noise: f64) -> Vec<Bin> {
        (0..count)
            .map(|i| Bin { gauge: 100.0 * (ratio + noise * random::normal(seed, &[i])), closed_form: 100.0 })
            .collect()
    }

    /// A ratio on the limit of 2 %, off by a swing to one side and then to the other.
    fn alternating(swing: f64) -> Vec<Bin> {
        let gauge = |i| 102.0 + if i / 20 % 2 == 0 { swing } else { -swing };
        (0..400).map(|i| Bin { gauge: gauge(i), closed_form: 100.0 }).collect()
    }

    fn verdict(ratio: f64, noise: f64) -> Independent {
        independent(&bins(3, 600, ratio, noise), 1.0, 2.0)
    }

    #[test]
    fn the_interval_decides() {
        assert_eq!(verdict(1.0, 0.05).verdict, Verdict::Pass);
        assert_eq!(verdict(1.2, 0.05).verdict, Verdict::Fail);
        assert_eq!(verdict(0.8, 0.05).verdict, Verdict::Fail);
        assert_eq!(verdict(1.02, 0.3).verdict, Verdict::Inconclusive);
        let seen = verdict(1.0, 0.05);
        assert_eq!((seen.ratio.unwrap().count, seen.batch_s, seen.more_s), (20, 30.0, None));
        assert!(seen.finding().low.unwrap() > 0.98 && seen.finding().high.unwrap() < 1.02);
    }

    #[test]
    fn a_short_run_is_told_how_much_longer_to_run() {
        let seen = independent(&bins(1, 150, 1.0, 0.01), 1.0, 1.0);
        assert_eq!((seen.verdict, seen.more_s), (Verdict::Inconclusive, Some(50.0)));
        assert_eq!(seen.why(), GaugeAgreement::TooShort(50.0));
        assert_eq!(independent(&bins(1, 200, 1.0, 0.01), 1.0, 1.0).verdict, Verdict::Pass);
        let shorter_than_a_batch = independent(&bins(1, 5, 1.0, 0.01), 1.0, 1.0);
        assert_eq!((shorter_than_a_batch.ratio, shorter_than_a_batch.more_s), (None, Some(195.0)));
        assert_eq!(shorter_than_a_batch.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn the_extension_asked_for_is_about_enough() {
        let noisy = |seed, count| independent(&bins(seed, count, 1.005, 0.5), 1.0, 2.0);
        let (mut decided, mut asked) = (0, 0);
        for seed in 0..200 {
            let first = noisy(seed, 600);
            if let (Verdict::Inconclusive, Some(more_s)) = (first.verdict, first.more_s) {
                asked += 1;
                decided += u32::from(noisy(seed, 600 + (1.5 * more_s) as u64).verdict == Verdict::Pass);
            }
        }
        assert!(asked > 100 && 2 * decided > asked, "{decided} of {asked}");
    }

    #[test]
    fn nothing_to_compare_is_no_verdict() {
        assert_eq!(independent(&[], 1.0, 1.0).verdict, Verdict::NotAvailable);
        let idle = [Bin { gauge: 0.0, closed_form: 0.0 }; 400];
        assert_eq!(independent(&idle, 1.0, 1.0).verdict, Verdict::NotAvailable);
    }

    #[test]
    fn a_ratio_on_the_limit_asks_for_no_endless_run() {
        let seen = independent(&alternating(1.0), 1.0, 1.0);
        assert_eq!((seen.verdict, seen.more_s), (Verdict::Inconclusive, None));
        assert_eq!(seen.why(), GaugeAgreement::OnTheLimit);
    }

    #[test]
    fn a_wide_interval_is_not_said_to_lie_on_the_limit() {
        let seen = independent(&alternating(20.0), 1.0, 1.0);
        assert_eq!((seen.verdict, seen.more_s), (Verdict::Inconclusive, None));
        assert_eq!(seen.why(), GaugeAgreement::Uneven);
    }

    #[test]
    fn too_few_batches_show_no_ratio() {
        let seen = independent(&bins(1, 150, 1.0, 0.01), 1.0, 1.0);
        assert_eq!((seen.ratio.unwrap().count, seen.finding().ratio, seen.finding().low), (15, None, None));
    }

    #[test]
    fn a_gauge_that_differs_says_to_which_side() {
        let seen = [1.2, 0.8, 1.0].map(|ratio| verdict(ratio, 0.05).why());
        assert_eq!(seen, [GaugeAgreement::Above, GaugeAgreement::Below, GaugeAgreement::Agrees]);
    }
}
