//! The distribution of a batch's job times: one distribution for each size, mixed.

use std::sync::Arc;

use super::sizes::{self, LargeObject, SizeBlock};
use planner_core::service::{CopyProfile, Factor, Profile};
use planner_core::simulate::work::Work;

/// Even cells of probability of the lower half of the table below.
const CELLS: u32 = 128;
/// In its upper half the share of factors that are larger falls by this ratio down to the last, and before the first
/// cell the share of smaller ones.
const LARGER_RATIO: f64 = 0.93;
const SMALLER_RATIO: f64 = 0.6;
const LAST: f64 = 1e-12;
/// −ln F where F is nothing.
const NEVER: f64 = 40.0;
/// Jobs that fail so often are too few to count.
const RARE: f64 = 1e-9;
/// No job is thought to take less.
const SHORTEST_S: f64 = 1e-12;

/// The sizes of a batch.
#[derive(Debug)]
struct Sizes {
    jobs: f64,
    /// The largest, one by one.
    apart: Vec<LargeObject>,
    /// All others.
    blocks: Vec<SizeBlock>,
}

/// Job times of a batch under a service profile, at any concurrency.
#[derive(Debug, Clone)]
pub struct Mixture {
    sizes: Arc<Sizes>,
    copy: CopyProfile,
    factor: Factor,
    tail: TailIntegral,
    /// Shares of the jobs and what they lose to attempts that fail.
    delays: Vec<(f64, f64)>,
    /// The same in the mean.
    delay_s: f64,
    /// Probability that no job is given up.
    pub(super) all_done: f64,
    /// Mean numbers of attempts that fail and of jobs that are given up.
    failures: (f64, f64),
}

/// Job times with a number of jobs in flight.
#[derive(Debug, Clone)]
pub struct MixtureTimes<'a> {
    mixture: &'a Mixture,
    blocks: Vec<MixedStretch>,
    apart: Vec<Single>,
    /// E\[R\], seconds.
    pub mean_s: f64,
    /// Variance of R for jobs of known sizes, seconds².
    pub variance_s2: f64,
    /// E\[R²\], seconds².
    pub second_moment_s2: f64,
}

/// Jobs from one place of the batch to another, in which sizes are mixed evenly.
#[derive(Debug, Clone)]
struct MixedStretch {
    from: BatchPosition,
    to: BatchPosition,
    /// Mean service time and number of jobs of each class.
    classes: Vec<(f64, f64)>,
}

/// One of the largest jobs.
#[derive(Debug, Clone, Copy)]
struct Single {
    at: BatchPosition,
    service_s: f64,
}

/// A place in the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BatchPosition {
    /// Jobs before it.
    pub jobs: f64,
    /// What they take in the mean, seconds.
    pub work_s: f64,
}

impl BatchPosition {
    fn between(self, other: Self, share: f64) -> Self {
        let part = |from: f64, to: f64| from + (to - from) * share;
        Self { jobs: part(self.jobs, other.jobs), work_s: part(self.work_s, other.work_s) }
    }
}

impl Mixture {
    /// The job times of `work` on a service like `profile`.
    #[must_use]
    pub fn new(work: &Work, profile: &Profile) -> Self {
        let apart = sizes::apart(work.sizes_bytes());
        let blocks = sizes::blocks(work.sizes_bytes(), &apart);
        let sizes = Sizes { jobs: work.jobs() as f64, blocks, apart };
        Self::of(sizes.into(), work, profile)
    }

    /// The times of the same jobs on another service; their sizes need no sorting again.
    #[must_use]
    pub fn under(&self, work: &Work, profile: &Profile) -> Self {
        Self::of(Arc::clone(&self.sizes), work, profile)
    }

    fn of(sizes: Arc<Sizes>, work: &Work, profile: &Profile) -> Self {
        let factor = profile.copy.factor();
        let delays = delays(work, profile);
        Self {
            all_done: work.all_done_probability(profile),
            failures: failures(work, profile),
            sizes,
            copy: profile.copy.clone(),
            delay_s: delays.iter().map(|(share, delay_s)| share * delay_s).sum(),
            delays,
            tail: TailIntegral::of(&factor),
            factor,
        }
    }

    /// Mean numbers of attempts that fail and of jobs that are given up.
    pub(super) fn failures(&self) -> (f64, f64) {
        self.failures
    }

    /// The job times with `workers` in flight.
    #[must_use]
    pub fn at(&self, workers: u64) -> MixtureTimes<'_> {
        let mean_s = |bytes: u64| self.copy.mean_s(bytes, workers).max(SHORTEST_S);
        let mut at = BatchPosition { jobs: 0.0, work_s: 0.0 };
        let mut apart = self.sizes.apart.iter().peekable();
        let (mut blocks, mut singles): (Vec<MixedStretch>, Vec<Single>) = (Vec::new(), Vec::new());
        for block in &self.sizes.blocks {
            let classes: Vec<(f64, f64)> =
                block.classes.iter().map(|class| (mean_s(class.bytes), class.objects)).collect();
            let mut work_s = sum_of(&classes, 1) + self.delay_s * (block.to - block.from);
            let alike_s = work_s / (block.to - block.from);
            let mut before_s = at.work_s;
            while let Some(object) = apart.next_if(|object| (object.before as f64) < block.to) {
                let (jobs, service_s) = (object.before as f64, mean_s(object.bytes));
                let at = BatchPosition { jobs, work_s: before_s + alike_s * (jobs - block.from) };
                singles.push(Single { at, service_s });
                before_s += service_s;
                work_s += service_s;
            }
            let to = BatchPosition { jobs: block.to, work_s: at.work_s + work_s };
            blocks.push(MixedStretch { from: at, to, classes });
            at = to;
        }
        let mean_of = |power: i32| {
            let of_classes: f64 = blocks.iter().map(|block| sum_of(&block.classes, power)).sum();
            let of_apart: f64 = singles.iter().map(|job| job.service_s.powi(power)).sum();
            (of_classes + of_apart) / self.sizes.jobs.max(1.0)
        };
        let (service_s, squares_s2, delay_s) = (mean_of(1), mean_of(2), self.delay_s);
        let delays_s2: f64 = self.delays.iter().map(|(share, delay_s)| share * delay_s.powi(2)).sum();
        let noise_s2 = squares_s2 * self.factor.cv().powi(2);
        MixtureTimes {
            mixture: self,
            blocks,
            apart: singles,
            mean_s: service_s + delay_s,
            variance_s2: noise_s2 + (delays_s2 - delay_s.powi(2)).max(0.0),
            second_moment_s2: squares_s2 + noise_s2 + 2.0 * service_s * delay_s + delays_s2,
        }
    }
}

/// Sum over all jobs of a power of their mean service times.
fn sum_of(classes: &[(f64, f64)], power: i32) -> f64 {
    classes.iter().map(|(service_s, jobs)| jobs * service_s.powi(power)).sum()
}

/// Shares of the jobs that fail never, once, twice and so on before they are done, and the time that takes in the mean:
/// full jitter waits half its ceiling.
fn delays(work: &Work, profile: &Profile) -> Vec<(f64, f64)> {
    let (error_rate, refusal_s) = (profile.request.error_rate, profile.request.refusal_s);
    let retry = work.retry();
    let (mut delays, mut share, mut delay_s) = (Vec::new(), 1.0, 0.0);
    let mut ceiling_s = retry.base_ns as f64 / 1e9;
    for _ in 0..retry.max_attempts {
        delays.push((share * (1.0 - error_rate), delay_s));
        share *= error_rate;
        delay_s += refusal_s + ceiling_s.min(retry.cap_ns as f64 / 1e9) / 2.0;
        ceiling_s *= 2.0;
        if share < RARE {
            break;
        }
    }
    let done: f64 = delays.iter().map(|delay| delay.0).sum();
    if done > 0.0 {
        delays.into_iter().map(|delay| (delay.0 / done, delay.1)).collect()
    } else {
        vec![(1.0, 0.0)]
    }
}

/// Mean numbers of attempts that fail and of jobs that are given up.
fn failures(work: &Work, profile: &Profile) -> (f64, f64) {
    let each = |attempts: u32| profile.request.error_rate.powf(f64::from(attempts));
    let most = work.retry().max_attempts;
    let attempts: f64 = (1..=most).map(each).sum();
    (work.jobs() as f64 * attempts, work.jobs() as f64 * each(most))
}

impl MixtureTimes<'_> {
    /// Logarithm of the probability that none of all jobs takes longer than x.
    #[must_use]
    pub fn ln_all_within(&self, x_s: f64) -> f64 {
        -self.hazard(0.0, |_| x_s, |_| x_s)
    }

    /// −ln P(no job takes longer than the time that is left to it): to the first `split` jobs by how many are before
    /// them, to all others by their place.
    pub(super) fn hazard(
        &self,
        split: f64,
        first_s: impl Fn(f64) -> f64,
        then_s: impl Fn(BatchPosition) -> f64,
    ) -> f64 {
        let mut sum = 0.0;
        for MixedStretch { from, to, classes } in &self.blocks {
            let share = ((split - from.jobs) / (to.jobs - from.jobs)).clamp(0.0, 1.0);
            let middle = from.between(*to, share);
            if share > 0.0 {
                sum += share * self.of_classes(classes, first_s(from.jobs), first_s(middle.jobs));
            }
            if share < 1.0 {
                sum += (1.0 - share) * self.of_classes(classes, then_s(middle), then_s(*to));
            }
        }
        for Single { at, service_s } in &self.apart {
            let left_s = if at.jobs < split { first_s(at.jobs) } else { then_s(*at) };
            sum += self.of_classes(&[(*service_s, 1.0)], left_s, left_s);
        }
        sum
    }

    /// The same for jobs whose time left falls evenly from the one to the other.
    fn of_classes(&self, classes: &[(f64, f64)], first_s: f64, last_s: f64) -> f64 {
        let Mixture { delays, tail, factor, .. } = self.mixture;
        let mut sum = 0.0;
        for &(share, delay_s) in delays {
            for &(service_s, jobs) in classes {
                let [first, last] = [first_s, last_s].map(|left_s| (left_s - delay_s) / service_s);
                sum += share
                    * jobs
                    * if (first - last).abs() < 1e-9 * first.abs() {
                        never_more(-factor.cdf(last).ln())
                    } else {
                        (tail.beyond(last) - tail.beyond(first)) / (first - last)
                    };
            }
        }
        sum
    }

    /// Mean remaining time of a busy worker's job in the long run, seconds: E\[R²\]/(2E\[R\]).
    #[must_use]
    pub fn mean_residual_s(&self) -> f64 {
        if self.mean_s > 0.0 { self.second_moment_s2 / (2.0 * self.mean_s) } else { 0.0 }
    }

    /// How much more or less than its mean the work of the whole batch is, as a share: one standard deviation.
    pub(super) fn work_cv(&self) -> f64 {
        let jobs = self.mixture.sizes.jobs;
        if self.mean_s > 0.0 && jobs > 0.0 { (self.variance_s2 / jobs).sqrt() / self.mean_s } else { 0.0 }
    }

    /// Variance of the number of these jobs in progress, divided by the rate at which they begin: E∫F(1 − F).
    pub(super) fn variance_in_flight_s(&self) -> f64 {
        (self.mean_s - self.mixture.delay_s) * self.mixture.tail.half_difference
    }

    /// E(R − x)⁺, seconds.
    pub(super) fn mean_beyond_s(&self, x_s: f64) -> f64 {
        let Mixture { delays, tail, sizes, .. } = self.mixture;
        let beyond = |service_s: f64, jobs: f64| {
            let of_delay =
                |(share, delay_s): &(f64, f64)| share * service_s * tail.excess((x_s - delay_s) / service_s);
            jobs * delays.iter().map(of_delay).sum::<f64>()
        };
        let classes = self.blocks.iter().flat_map(|block| &block.classes);
        let of_classes: f64 = classes.map(|&(service_s, jobs)| beyond(service_s, jobs)).sum();
        let of_apart: f64 = self.apart.iter().map(|job| beyond(job.service_s, 1.0)).sum();
        (of_classes + of_apart) / sizes.jobs.max(1.0)
    }
}

/// Mean of 1 − F between two places.
fn share_beyond(hazard: f64, next_hazard: f64) -> f64 {
    let beyond = |hazard: f64| -(-hazard).exp_m1();
    beyond(hazard).midpoint(beyond(next_hazard))
}

fn never_more(hazard: f64) -> f64 {
    hazard.clamp(0.0, NEVER)
}

/// ∫ −ln F from x on, of the distribution F of a factor, from a table that is fine where it matters.
#[derive(Debug, Clone)]
struct TailIntegral {
    /// Ascending x, with −ln F and its integral from there on.
    points: Vec<(f64, f64, f64)>,
    /// ∫ 1 − F from each of them on.
    excess: Vec<f64>,
    /// ∫ F(1 − F).
    half_difference: f64,
}

impl TailIntegral {
    fn of(factor: &Factor) -> Self {
        let falling = |from: f64, ratio: f64| {
            let shares = std::iter::successors(Some(from), move |share| Some(share * ratio));
            shares.take_while(|share| *share > LAST)
        };
        let first = 0.5 / f64::from(CELLS);
        let mut smaller: Vec<f64> = falling(first, SMALLER_RATIO).collect();
        smaller.reverse();
        smaller.extend((2..=CELLS).map(|cell| first * f64::from(cell)));
        let mut points = vec![(0.0, NEVER, 0.0)];
        points.extend(smaller.iter().map(|&share| (factor.at(share), -share.ln(), 0.0)));
        let larger = falling(0.5 * LARGER_RATIO, LARGER_RATIO);
        points.extend(larger.map(|share| (factor.at(1.0 - share), -(-share).ln_1p(), 0.0)));
        let (mut half_difference, mut excess) = (0.0, vec![0.0; points.len()]);
        for index in (0..points.len() - 1).rev() {
            let ((x, hazard, _), (next_x, next_hazard, beyond)) = (points[index], points[index + 1]);
            points[index].2 = beyond + (next_x - x) * hazard.midpoint(next_hazard);
            let both = |hazard: f64| (-hazard).exp() * -(-hazard).exp_m1();
            half_difference += (next_x - x) * both(hazard).midpoint(both(next_hazard));
            excess[index] = excess[index + 1] + (next_x - x) * share_beyond(hazard, next_hazard);
        }
        Self { points, excess, half_difference }
    }

    /// E(f − x)⁺ of a factor f.
    fn excess(&self, x: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 <= x);
        let Some(&(next_x, next_hazard, _)) = self.points.get(next) else { return 0.0 };
        let share = next.checked_sub(1).map_or(1.0, |last| share_beyond(self.points[last].1, next_hazard));
        self.excess[next] + (next_x - x) * share
    }

    fn beyond(&self, x: f64) -> f64 {
        let next = self.points.partition_point(|point| point.0 <= x);
        let Some(&(next_x, next_hazard, beyond)) = self.points.get(next) else { return 0.0 };
        let Some(&(last_x, last_hazard, _)) = next.checked_sub(1).and_then(|last| self.points.get(last))
        else {
            return beyond + (next_x - x) * NEVER;
        };
        let hazard = last_hazard + (next_hazard - last_hazard) * (x - last_x) / (next_x - last_x);
        beyond + (next_x - x) * hazard.midpoint(next_hazard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::load::retry::RetryPolicy;
    use planner_core::simulate::work::Order;

    const ONCE: RetryPolicy = RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 };

    #[test]
    fn the_tail_of_an_exponential_factor_is_a_series() {
        let tail = TailIntegral::of(&Factor::Exponential);
        for x in [0.0f64, 0.1, 1.0, 3.0, 10.0, 20.0] {
            // ∫ −ln(1 − e⁻ᵗ) from x on is Σ e⁻ᵏˣ/k².
            let exact: f64 = (1..2000).map(|k| (-x * f64::from(k)).exp() / f64::from(k * k)).sum();
            let seen = tail.beyond(x);
            assert!((seen / exact - 1.0).abs() < 0.002, "at {x}: {seen} is not {exact}");
        }
        assert!((tail.half_difference - 0.5).abs() < 1e-3, "{}", tail.half_difference);
        let fixed = TailIntegral::of(&Factor::lognormal(0.0));
        assert!(fixed.beyond(0.0) > 30.0 && fixed.beyond(0.25) > 20.0);
        assert_eq!([1.0, 2.0].map(|x| fixed.beyond(x)), [0.0, 0.0]);
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
        // Jobs that begin evenly over six seconds end by then: the mean of the logarithm over what is left to each.
        let ln = |service_s: f64, first_s: f64, last_s: f64| {
            let left_s = |step: i32| last_s + (first_s - last_s) * (f64::from(step) + 0.5) / 1e5;
            (0..100_000).map(|step| (-(-left_s(step) / service_s).exp()).ln_1p()).sum::<f64>() / 1e5
        };
        let exact = -(2.0 * ln(2.0, 6.0, 3.0) + ln(12.0, 3.0, 1.5) + ln(2.0, 1.5, 0.0));
        let seen = times.hazard(0.0, |_| 6.0, |place| 6.0 * (1.0 - place.jobs / 4.0));
        assert!((seen / exact - 1.0).abs() < 0.002, "{seen} is not {exact}");
    }

    #[test]
    fn attempts_that_fail_take_time() {
        let retry = RetryPolicy { max_attempts: 3, base_ns: 2_000_000_000, cap_ns: 3_000_000_000 };
        let work = Work::new(vec![0; 9].into(), Order::Fifo, retry);
        let mut profile = Profile::default();
        (profile.request.error_rate, profile.request.refusal_s) = (0.1, 1.0);
        let seen = delays(&work, &profile);
        let done = 0.999;
        for (seen, expected) in seen.iter().zip([(0.9 / done, 0.0), (0.09 / done, 2.0), (0.009 / done, 4.5)])
        {
            assert!((seen.0 - expected.0).abs() < 1e-12 && (seen.1 - expected.1).abs() < 1e-12, "{seen:?}");
        }
    }
}
