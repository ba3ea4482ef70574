//! The concurrency that a pace takes, and the pace that a concurrency allows.

use super::question::{Question, kept_s};
use super::runs::Mixture;
use super::sweep::Peak;
use crate::estimate::{Estimate, needed};

/// Number of the first replication of the peaks, so that they have luck of their own.
const PEAKS: u64 = 1 << 50;
/// Steps from a rate to the one that fills the concurrency; each comes many times nearer than the last.
const STEPS: usize = 4;
/// Replications of each step but the last.
const ROUGH: u64 = 100;

/// Concurrency to reserve, so that hardly any run is throttled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reserved {
    /// Executions at once to reserve: the upper limit of the interval.
    pub value: u64,
    /// The best estimate of the peak in flight that no larger share of the runs than is allowed exceeds.
    pub point: u64,
    /// Lower limit of its 95 % interval.
    pub low: u64,
    /// Environments that had to start at once, in as many runs, if all that come later are started at Lambda's rate:
    /// above what Lambda starts at once, its scaling rate binds.
    pub burst_environments: u64,
    /// Replications.
    pub replications: u64,
}

/// The best that a concurrency allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reachable {
    /// The highest rate at which hardly any run is throttled, messages per second.
    pub rate_per_s: f64,
    /// The shortest deadline that this rate keeps with the wanted probability, seconds: the upper limit of its interval.
    pub deadline_s: f64,
}

/// The concurrency that a rate needs, so that the function is throttled in no larger share of the runs than the question
/// allows.
#[must_use]
pub fn reserved_concurrency(question: &Question<'_>, rate_per_s: f64) -> Reserved {
    reserved(question, &Mixture::new(question), rate_per_s)
}

/// The shortest deadline that is kept with a probability within a concurrency, at the highest rate that the concurrency
/// allows: an account's limit, or what is left of it.
#[must_use]
pub fn deadline_within(question: &Question<'_>, probability: f64, concurrency: u64) -> Reachable {
    let mixture = Mixture::new(question);
    let rate_per_s = usable_rate_per_s(question, &mixture, concurrency);
    let finishes = mixture.finishes(rate_per_s, 0..needed(probability));
    Reachable { rate_per_s, deadline_s: kept_s(&finishes, probability) }
}

pub(super) fn reserved(question: &Question<'_>, mixture: &Mixture<'_>, rate_per_s: f64) -> Reserved {
    let replications = needed(1.0 - question.throttled_share);
    let peaks = mixture.peaks(rate_per_s, PEAKS..PEAKS + replications);
    let quantile = |value: fn(&Peak) -> f64| {
        let mut values: Vec<f64> = peaks.iter().map(value).collect();
        Estimate::of(&mut values, 1.0 - question.throttled_share)
    };
    let in_flight = quantile(|peak| peak.in_flight as f64);
    Reserved {
        value: in_flight.high as u64,
        point: in_flight.point as u64,
        low: in_flight.low as u64,
        burst_environments: quantile(|peak| peak.burst).high.ceil() as u64,
        replications,
    }
}

/// The highest rate, up to the one allowed or the topic's own, that a concurrency allows.
pub(super) fn usable_rate_per_s(question: &Question<'_>, mixture: &Mixture<'_>, concurrency: u64) -> f64 {
    let most_per_s = question.most_per_s.unwrap_or(question.central.publish.rate_per_s);
    let fits = |rate_per_s| reserved(question, mixture, rate_per_s).value <= concurrency;
    let peak = |rate_per_s: f64| {
        let peaks = mixture.peaks(rate_per_s, PEAKS..PEAKS + ROUGH);
        peaks.iter().map(|peak| peak.in_flight).max().unwrap_or(0).max(1)
    };
    if concurrency >= question.work.jobs() || (peak(most_per_s) <= concurrency && fits(most_per_s)) {
        return most_per_s;
    }
    // The peak is about in proportion to the rate, and a little less where few are in flight.
    let mut rate_per_s = most_per_s;
    for _ in 0..STEPS {
        rate_per_s = (rate_per_s * concurrency as f64 / peak(rate_per_s) as f64).min(most_per_s);
    }
    while !fits(rate_per_s) && rate_per_s > 0.0 {
        rate_per_s *= 0.99;
    }
    rate_per_s
}
