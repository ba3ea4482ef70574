//! The distribution of a batch's job times: one distribution for each size, mixed.

use std::sync::Arc;

use super::sizes::{self, Apart, Class};
use planner_core::service::{CopyProfile, Factor, Profile};
use planner_core::simulate::work::Work;

/// Even cells of probability of the table below.
const CELLS: u32 = 1024;
/// Beyond them each probability is this share of the one before, down to the last.
const TAIL_RATIO: f64 = 0.85;
const LAST_TAIL: f64 = 1e-12;

/// The sizes of a batch.
#[derive(Debug)]
struct Sizes {
    jobs: f64,
    /// The largest, one by one.
    apart: Vec<Apart>,
    /// All others.
    classes: Vec<Class>,
}

/// Job times of a batch under a service profile, at any concurrency.
#[derive(Debug, Clone)]
pub struct Mixture {
    sizes: Arc<Sizes>,
    copy: CopyProfile,
    delay_s: f64,
    factor: Factor,
    excess: Excess,
}

/// Job times with a number of jobs in flight.
#[derive(Debug, Clone)]
pub struct Times<'a> {
    /// Mean service time and number of jobs of each class.
    classes: Vec<(f64, f64)>,
    /// Jobs before each of the largest ones, and its mean service time.
    apart: Vec<(f64, f64)>,
    mixture: &'a Mixture,
    /// E\[R\], seconds.
    pub mean_s: f64,
    /// Variance of R for jobs of known sizes, seconds².
    pub variance_s2: f64,
    /// E\[R²\], seconds².
    pub second_moment_s2: f64,
}

impl Mixture {
    /// The job times of `work` on a service like `profile`.
    #[must_use]
    pub fn new(work: &Work, profile: &Profile) -> Self {
        let apart = sizes::apart(work.sizes_bytes());
        let rest = sizes::rest(work.sizes_bytes(), &apart).map(|(_, bytes)| bytes).collect();
        let sizes = Sizes { jobs: work.jobs() as f64, classes: sizes::classes(rest), apart };
        Self::of(sizes.into(), work, profile)
    }

    /// The times of the same jobs on another service; their sizes need no sorting again.
    #[must_use]
    pub fn under(&self, work: &Work, profile: &Profile) -> Self {
        Self::of(Arc::clone(&self.sizes), work, profile)
    }

    fn of(sizes: Arc<Sizes>, work: &Work, profile: &Profile) -> Self {
        let factor = profile.copy.factor();
        Self {
            sizes,
            copy: profile.copy.clone(),
            delay_s: work.mean_delay_s(profile),
            excess: Excess::of(&factor),
            factor,
        }
    }

    /// The job times with `workers` in flight.
    #[must_use]
    pub fn at(&self, workers: u64) -> Times<'_> {
        let mean_s = |bytes: u64| self.copy.mean_s(bytes, workers);
        let Sizes { jobs, apart, classes } = &*self.sizes;
        let classes: Vec<(f64, f64)> =
            classes.iter().map(|class| (mean_s(class.bytes), class.objects)).collect();
        let apart: Vec<(f64, f64)> =
            apart.iter().map(|object| (object.before as f64, mean_s(object.bytes))).collect();
        let mean_of = |value: &dyn Fn(f64) -> f64| {
            let of_classes: f64 = classes.iter().map(|&(s, objects)| objects * value(s)).sum();
            let of_apart: f64 = apart.iter().map(|&(_, s)| value(s)).sum();
            (of_classes + of_apart) / jobs.max(1.0)
        };
        let mean_s = mean_of(&|s| s) + self.delay_s;
        let variance_s2 = mean_of(&|s| (s * self.factor.cv()).powi(2));
        let second_moment_s2 = mean_of(&|s| (s + self.delay_s).powi(2)) + variance_s2;
        Times { classes, apart, mixture: self, mean_s, variance_s2, second_moment_s2 }
    }
}

impl Times<'_> {
    /// Logarithm of the probability that none of all jobs takes longer than x.
    #[must_use]
    pub fn ln_all_within(&self, x_s: f64) -> f64 {
        self.ln_rest_within(x_s) + self.ln_apart_within(|_| x_s)
    }

    /// The same for all but the largest jobs.
    #[must_use]
    pub fn ln_rest_within(&self, x_s: f64) -> f64 {
        self.classes.iter().map(|&(s, objects)| objects * self.ln_cdf(s, x_s)).sum()
    }

    /// The same for the largest jobs, each within the time that is left to it by the number of jobs before it.
    pub fn ln_apart_within(&self, left_s: impl Fn(f64) -> f64) -> f64 {
        self.apart.iter().map(|&(before, s)| self.ln_cdf(s, left_s(before))).sum()
    }

    /// Jobs that are not among the largest.
    #[must_use]
    pub fn rest(&self) -> f64 {
        self.classes.iter().map(|class| class.1).sum()
    }

    fn ln_cdf(&self, service_s: f64, x_s: f64) -> f64 {
        self.mixture.factor.cdf((x_s - self.mixture.delay_s) / service_s).ln()
    }

    /// 1 − F_e(x), with F_e(x) = E\[min(R, x)\]/E\[R\], over all but the largest jobs: the share of their work that
    /// a job does after its first x seconds, which is also the chance that a busy worker needs longer than x more.
    #[must_use]
    pub fn residual_beyond(&self, x_s: f64) -> f64 {
        let served_s = x_s - self.mixture.delay_s;
        let beyond =
            self.classes.iter().map(|&(s, objects)| objects * s * self.mixture.excess.beyond(served_s / s));
        let work_s: f64 = self.classes.iter().map(|&(s, objects)| objects * (s + self.mixture.delay_s)).sum();
        (beyond.sum::<f64>() / work_s).min(1.0)
    }

    /// Mean remaining time of a busy worker's job in the long run, seconds: E\[R²\]/(2E\[R\]).
    #[must_use]
    pub fn mean_residual_s(&self) -> f64 {
        if self.mean_s > 0.0 { self.second_moment_s2 / (2.0 * self.mean_s) } else { 0.0 }
    }
}

/// E\[(f − x)⁺\] of a factor f, from a table that is fine where it matters.
#[derive(Debug, Clone)]
struct Excess {
    /// Ascending x, with P(f > x) and E\[(f − x)⁺\].
    points: Vec<(f64, f64, f64)>,
}

impl Excess {
    fn of(factor: &Factor) -> Self {
        let body = (1..CELLS).map(|cell| 1.0 - f64::from(cell) / f64::from(CELLS));
        let last = 1.0 / f64::from(CELLS);
        let tail = std::iter::successors(Some(last * TAIL_RATIO), |share| Some(share * TAIL_RATIO));
        let shares = body.chain(tail.take_while(|share| *share > LAST_TAIL));
        let mut points = vec![(0.0, 1.0, 0.0)];
        points.extend(shares.map(|share| (factor.at(1.0 - share), share, 0.0)));
        for index in (0..points.len() - 1).rev() {
            let ((x, share, _), (next_x, next_share, beyond)) = (points[index], points[index + 1]);
            points[index].2 = beyond + (next_x - x) * share.midpoint(next_share);
        }
        Self { points }
    }

    fn beyond(&self, x: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 <= x);
        let Some(&(next_x, next_share, beyond)) = self.points.get(next) else { return 0.0 };
        let Some(&(last_x, last_share, _)) = next.checked_sub(1).and_then(|last| self.points.get(last))
        else {
            return beyond + next_x - x;
        };
        let share = last_share + (next_share - last_share) * (x - last_x) / (next_x - last_x);
        beyond + (next_x - x) * share.midpoint(next_share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::load::retry::RetryPolicy;
    use planner_core::simulate::work::Order;

    const ONCE: RetryPolicy = RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 };

    #[test]
    fn the_excess_of_an_exponential_factor_is_its_own_tail() {
        let excess = Excess::of(&Factor::Exponential);
        for x in [0.0f64, 0.1, 1.0, 3.0, 10.0, 20.0] {
            let (seen, exact) = (excess.beyond(x), (-x).exp());
            assert!((seen / exact - 1.0).abs() < 0.01, "at {x}: {seen} is not {exact}");
        }
        let fixed = Excess::of(&Factor::lognormal(0.0));
        assert_eq!([0.0, 0.25, 1.0, 2.0].map(|x| (fixed.beyond(x) * 1e3).round()), [1000.0, 750.0, 0.0, 0.0]);
    }

    #[test]
    fn sizes_mix() {
        let work = Work::new([0u64, 0, 280_000_000, 0].into(), Order::Fifo, ONCE);
        let mut profile = Profile::default();
        (profile.copy.base_s, profile.copy.noise) = (2.0, Some(planner_core::service::Noise::Exponential));
        let mixture = Mixture::new(&work, &profile);
        let times = mixture.at(1);
        assert!((times.mean_s - 4.5).abs() < 1e-12);
        // E[R²] of an exponential time is twice its mean squared.
        assert!((times.second_moment_s2 - 2.0 * (0.75 * 4.0 + 0.25 * 144.0)).abs() < 1e-9);
        let ln_cdf = 3.0 * (1.0 - (-3.0f64).exp()).ln() + (1.0 - (-0.5f64).exp()).ln();
        assert!((times.ln_all_within(6.0) - ln_cdf).abs() < 1e-12);
        let beyond = (0.75 * 2.0 * (-3.0f64).exp() + 0.25 * 12.0 * (-0.5f64).exp()) / 4.5;
        assert!((times.residual_beyond(6.0) / beyond - 1.0).abs() < 1e-3);
    }
}
