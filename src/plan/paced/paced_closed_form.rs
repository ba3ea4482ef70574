//! Paced publishing without simulation: every job begins when its message arrives and waits for nothing.

use rayon::prelude::*;

use crate::bisection;
use crate::mixture::{BatchPosition, Mixture};
use crate::search::batch_law::BatchLaw;
use planner_core::service::Profile;
use planner_core::simulate::work::Work;

/// Halvings of an interval: enough for the digits that a rate or a time is shown with.
const HALVINGS: usize = 30;
/// Paces that are tried before the best is looked for around the best of them.
const TRIED: u32 = 48;
/// All messages within this share of the deadline: to publish faster gains nothing.
const AT_ONCE: f64 = 1e-3;

/// The time that a message needs before its copy begins, in seconds: the publish request, the delivery and the start
/// of an execution environment, each in the mean.
#[must_use]
pub fn overhead_s(profile: &Profile) -> f64 {
    profile.publish.base_s + profile.delivery.latency_s + profile.function.cold_start_s
}

/// A batch of jobs, published at a pace, under one profile.
#[derive(Debug, Clone)]
pub struct PacedClosedForm {
    jobs: u64,
    mixture: Mixture,
    is_contended: bool,
    /// Messages to a publish request, all of which begin when the first could.
    batch_size: f64,
    overhead_s: f64,
}

impl PacedClosedForm {
    /// For `work` on a service like `profile`, with `batch_size` messages to a publish request.
    #[must_use]
    pub fn new(work: &Work, profile: &Profile, batch_size: usize) -> Self {
        Self::of(Mixture::new(work, profile), work, profile, batch_size as f64)
    }

    /// For the same `work` on another service.
    #[must_use]
    pub fn under(&self, work: &Work, profile: &Profile) -> Self {
        Self::of(self.mixture.under(work, profile), work, profile, self.batch_size)
    }

    fn of(mixture: Mixture, work: &Work, profile: &Profile, batch_size: f64) -> Self {
        let is_contended = profile.copy.is_contended();
        Self { jobs: work.jobs(), mixture, is_contended, batch_size, overhead_s: overhead_s(profile) }
    }

    /// Jobs in flight once as many end as begin, N = ρ·R(N), or all where that never happens.
    #[must_use]
    pub fn in_flight(&self, rate_per_s: f64) -> u64 {
        let mut in_flight = 1.min(self.jobs);
        loop {
            // More in flight take longer, so this never overshoots the smallest N that holds.
            let next = ((rate_per_s * self.mean_s(in_flight)).ceil() as u64).min(self.jobs);
            if next <= in_flight {
                return in_flight;
            }
            in_flight = at_least_a_step(in_flight, next).min(self.jobs);
        }
    }

    /// Whether jobs take longer when more of them are in flight.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.is_contended
    }

    /// Mean number of jobs in flight at this pace.
    #[must_use]
    pub fn busy(&self, rate_per_s: f64) -> f64 {
        rate_per_s * self.mean_s(self.in_flight(rate_per_s))
    }

    /// Probability that all jobs, published at this pace, have ended by the deadline.
    #[must_use]
    pub fn met(&self, rate_per_s: f64, deadline_s: f64) -> f64 {
        self.probability(self.in_flight(rate_per_s), rate_per_s, deadline_s)
    }

    /// Probability that no job by itself takes longer than the deadline, F(D)ᴶ: no pace makes a finish by the deadline
    /// more probable.
    pub(super) fn largest_probability(&self, deadline_s: f64) -> f64 {
        self.probability(1, f64::INFINITY, deadline_s)
    }

    /// Probability that some copy takes longer than `limit_s` with so many in flight.
    pub(super) fn longer_than(&self, limit_s: f64, in_flight: u64) -> f64 {
        1.0 - self.probability(in_flight, f64::INFINITY, limit_s + self.overhead_s)
    }

    /// The slowest pace up to `most_per_s` that ends by the deadline with this probability, messages per second.
    #[must_use]
    pub fn smallest_rate(&self, deadline_s: f64, probability: f64, most_per_s: f64) -> Option<f64> {
        let mut in_flight = 1.min(self.jobs);
        loop {
            let rate_per_s = self.smallest_rate_with(in_flight, deadline_s, probability)?;
            if rate_per_s > most_per_s {
                return None;
            }
            let next = if self.is_contended { self.in_flight(rate_per_s) } else { in_flight };
            if next <= in_flight {
                return Some(rate_per_s);
            }
            in_flight = at_least_a_step(in_flight, next).min(self.jobs);
        }
    }

    /// The time by which all jobs have ended with this probability, seconds.
    #[must_use]
    pub fn finish_s(&self, rate_per_s: f64, probability: f64) -> f64 {
        let in_flight = self.in_flight(rate_per_s);
        let holds = |time_s| self.probability(in_flight, rate_per_s, time_s) >= probability;
        let mut high_s = self.jobs as f64 / rate_per_s + self.mean_s(in_flight);
        while !holds(high_s) && high_s < f64::MAX / 4.0 {
            high_s *= 2.0;
        }
        bisection::place(0.0, high_s, HALVINGS, holds)
    }

    /// The pace, up to `most_per_s`, beyond which nothing is gained: because all messages are out at once, or because
    /// copies slow each other down by more than the faster pace saves.
    pub(super) fn fastest_rate(&self, deadline_s: f64, probability: f64, most_per_s: f64) -> f64 {
        let at_once = self.jobs as f64 / (AT_ONCE * deadline_s);
        let most_per_s = most_per_s.min(at_once);
        if !self.is_contended {
            return most_per_s;
        }
        let slowest_per_s = (self.jobs as f64 / deadline_s / 2.0).min(most_per_s);
        let step = (most_per_s / slowest_per_s).powf(1.0 / f64::from(TRIED));
        // Beyond the best throughput all jobs are in flight in the end, and a finish that was late is a little earlier
        // again: so the best is first looked for everywhere.
        let finishes_s: Vec<f64> = (0..=TRIED)
            .into_par_iter()
            .map(|tried| self.finish_s(slowest_per_s * step.powf(f64::from(tried)), probability))
            .collect();
        let best =
            (0..=TRIED).zip(finishes_s).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(TRIED, |best| best.0);
        let best_per_s = slowest_per_s * step.powf(f64::from(best));
        self.fastest_between(best_per_s / step, (best_per_s * step).min(most_per_s), probability)
    }

    fn fastest_between(&self, mut low_per_s: f64, mut high_per_s: f64, probability: f64) -> f64 {
        for _ in 0..HALVINGS {
            let third = (high_per_s - low_per_s) / 3.0;
            let (left, right) = (low_per_s + third, high_per_s - third);
            if self.finish_s(left, probability) > self.finish_s(right, probability) {
                low_per_s = left;
            } else {
                high_per_s = right;
            }
        }
        low_per_s
    }

    /// The most copies in progress at once in a run, in the mean, and its standard deviation without the chance that
    /// a long run gives to a peak; and how fast that number forgets itself.
    pub(super) fn crowd(&self, rate_per_s: f64) -> Crowd {
        let times = self.mixture.at(self.in_flight(rate_per_s));
        let spread_s = times.variance_in_flight_s();
        Crowd {
            mean: rate_per_s * times.mean_s,
            deviation: (rate_per_s * spread_s).sqrt(),
            forgets_per_s: if spread_s > 0.0 { 1.0 / (2.0 * spread_s) } else { 0.0 },
            lasts_s: (self.jobs as f64 / rate_per_s - times.mean_s).max(0.0),
        }
    }

    /// Copies in progress after a while, in the mean.
    pub(super) fn in_progress(&self, rate_per_s: f64, after_s: f64) -> f64 {
        let times = self.mixture.at(self.in_flight(rate_per_s));
        rate_per_s * (times.mean_s - times.mean_beyond_s(after_s))
    }

    /// Mean job time with so many in flight, seconds.
    fn mean_s(&self, in_flight: u64) -> f64 {
        self.mixture.at(in_flight).mean_s
    }

    /// Probability that all jobs have ended by the deadline: Π F(D − j/ρ), when each takes as long as with so many in
    /// flight.
    fn probability(&self, in_flight: u64, rate_per_s: f64, deadline_s: f64) -> f64 {
        (-self.hazard_with(in_flight, rate_per_s, deadline_s)).exp()
    }

    fn hazard_with(&self, in_flight: u64, rate_per_s: f64, time_s: f64) -> f64 {
        let left_s = time_s - self.overhead_s;
        // Half a place earlier the sum over places is an integral; and half a request, because all of it begins at once.
        let earlier = self.batch_size / 2.0;
        let then_s = |place: BatchPosition| left_s - (place.jobs - earlier).max(0.0) / rate_per_s;
        self.mixture.at(in_flight).hazard(0.0, |_| left_s, then_s)
    }

    fn smallest_rate_with(&self, in_flight: u64, deadline_s: f64, probability: f64) -> Option<f64> {
        let holds = |rate_per_s: f64| self.probability(in_flight, rate_per_s, deadline_s) >= probability;
        let slowest = self.jobs as f64 / deadline_s;
        if self.jobs == 0 || holds(slowest) {
            return Some(slowest);
        }
        let doubled = |rate_per_s: &f64| Some(rate_per_s * 2.0).filter(|_| *rate_per_s < slowest * 1e6);
        let enough = std::iter::successors(Some(slowest), doubled).find(|rate| holds(*rate))?;
        Some(bisection::place(enough / 2.0, enough, HALVINGS, holds))
    }
}

impl BatchLaw for PacedClosedForm {
    fn hazard(&self, value: f64, time_s: f64) -> f64 {
        self.hazard_with(if self.is_contended { self.in_flight(value) } else { 1 }, value, time_s)
    }

    fn work_cv(&self, _: f64) -> f64 {
        0.0
    }

    fn least(&self, time_s: f64) -> f64 {
        self.jobs as f64 / time_s
    }

    fn all_done(&self) -> f64 {
        self.mixture.all_done
    }

    fn failures(&self) -> (f64, f64) {
        self.mixture.failures()
    }
}

/// Copies in progress once as many end as begin: about normal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crowd {
    pub mean: f64,
    pub deviation: f64,
    /// The correlation of their numbers after a short time is less than one by so much a second.
    pub forgets_per_s: f64,
    pub lasts_s: f64,
}

/// A step towards a fixed point that is wide enough to get there soon.
fn at_least_a_step(from: u64, to: u64) -> u64 {
    to.max(from + from / 256 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paced::tests::{lognormal, work};

    #[test]
    fn the_published_rates() {
        let form = PacedClosedForm::new(&work(45_000), &lognormal(30.0, 0.5), 1);
        for (probability, expected) in [(0.5, 95.92), (0.95, 108.39), (0.99, 119.70)] {
            let seen = form.smallest_rate(600.0, probability, f64::INFINITY).unwrap();
            assert!((seen - expected).abs() < 0.006, "{probability}: {seen} is not {expected}");
            assert!((form.finish_s(seen, probability) - 600.0).abs() < 1e-3);
        }
        assert_eq!(form.smallest_rate(600.0, 0.99, 119.0), None);
        assert_eq!(form.smallest_rate(100.0, 0.5, f64::INFINITY), None);
        assert_eq!(form.in_flight(20.0), 600);
    }

    #[test]
    fn blocks_stand_for_their_jobs() {
        let sizes_bytes: Vec<u64> = (0..3000).map(|job| job * 7919 % 1000 * 1_000_000).collect();
        let work =
            Work::new(sizes_bytes.clone().into(), planner_core::simulate::work::Order::Fifo, work(0).retry());
        let profile = Profile::default();
        let form = PacedClosedForm::new(&work, &profile, 10);
        let left_s = 100.0 - overhead_s(&profile);
        let log = |(job, &bytes): (usize, &u64)| {
            let left_s = left_s - (job / 10 * 10) as f64 / 70.0;
            profile.copy.factor().cdf(left_s / profile.copy.mean_s(bytes, 1)).ln()
        };
        let exact = sizes_bytes.iter().enumerate().map(log).sum::<f64>().exp();
        let seen = form.probability(1, 70.0, 100.0);
        assert!((0.1..0.9).contains(&exact) && (seen - exact).abs() < 0.02, "{seen} is not {exact}");
    }

    #[test]
    fn copies_that_slow_each_other_down_need_a_faster_pace_up_to_the_fastest_there_is() {
        let mut profile = lognormal(30.0, 0.3);
        let free =
            PacedClosedForm::new(&work(3000), &profile, 1).smallest_rate(450.0, 0.9, f64::INFINITY).unwrap();
        (profile.copy.sigma, profile.copy.kappa) = (2e-4, 2e-6);
        let form = PacedClosedForm::new(&work(3000), &profile, 1);
        let contended = form.smallest_rate(450.0, 0.9, f64::INFINITY).unwrap();
        assert!(contended > 1.01 * free, "{contended} and {free}");
        let in_flight = form.in_flight(contended);
        assert!((in_flight as f64 / (contended * form.mean_s(in_flight)) - 1.0).abs() < 0.01);
        let fastest = form.fastest_rate(450.0, 0.9, f64::INFINITY);
        let finish_s = |rate_per_s| form.finish_s(rate_per_s, 0.9);
        assert!(finish_s(fastest) < finish_s(0.8 * fastest) && finish_s(fastest) < finish_s(1.2 * fastest));
        let too_early_s = 0.9 * finish_s(fastest);
        assert_eq!(form.smallest_rate(too_early_s, 0.9, f64::INFINITY), None);
    }
}
