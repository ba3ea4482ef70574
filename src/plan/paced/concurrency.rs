//! The concurrency that a pace takes, and the pace that a concurrency allows.

use rayon::prelude::*;

use super::end_slots::Peak;
use super::question::RateQuestion;
use super::uncontended_fan_out::Paced;
use crate::bisection;
use crate::estimate::{QuantileEstimate, needed};
use crate::search::{DRAWN_JOBS, Goal, KnobSearch};
use planner_core::random;

/// Number of the first replication of the peaks, so that they have luck of their own.
const PEAKS: u64 = 1 << 50;
/// Words that set this file's draws apart from all others.
const LUCK: u64 = 0x7065_616b;
/// Replications that are drawn from the law of the peak.
const REPLICATIONS: u64 = 4000;
/// Services whose scaling is looked at, and moments of each.
const SCALED: usize = 64;
const MOMENTS: u32 = 48;
/// Standard deviations above the mean in one run of a hundred.
const HIGH: f64 = 2.326;
/// Halvings of an interval of rates or of standard deviations.
const HALVINGS: usize = 30;
/// No peak is so many standard deviations above the mean.
const HIGHEST: f64 = 20.0;

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
pub fn reserved_concurrency(question: &RateQuestion<'_>, rate_per_s: f64) -> Reserved {
    reserved(question, &Paced::at_any_time(question), rate_per_s)
}

/// The shortest deadline that is kept with a probability within a concurrency, at the highest rate that the concurrency
/// allows: an account's limit, or what is left of it.
#[must_use]
pub fn deadline_within(question: &RateQuestion<'_>, probability: f64, concurrency: u64) -> Reachable {
    let goal = Goal { deadline_s: 1.0, probability };
    let paced = Paced::new(question, goal);
    let rate_per_s = usable_rate_per_s(question, &paced, concurrency);
    let deadline_s = KnobSearch::new(&paced, goal, question.seed).nearest(rate_per_s).deadline_s;
    Reachable { rate_per_s, deadline_s }
}

pub(super) fn reserved(question: &RateQuestion<'_>, paced: &Paced<'_>, rate_per_s: f64) -> Reserved {
    let unthrottled = 1.0 - question.throttled_share;
    let of = |mut values: Vec<f64>| QuantileEstimate::of(&mut values, unthrottled);
    let jobs = question.work.jobs();
    let (in_flight, burst, replications) = if jobs <= DRAWN_JOBS {
        let replications = needed(unthrottled);
        let peaks = paced.peaks(rate_per_s, PEAKS..PEAKS + replications);
        let values = |value: fn(&Peak) -> f64| peaks.iter().map(value).collect();
        (of(values(|peak| peak.in_flight as f64)), of(values(|peak| peak.burst)).high, replications)
    } else {
        let replications = REPLICATIONS.max(needed(unthrottled));
        let in_flight = of(crowded(question, paced, rate_per_s, replications));
        (in_flight, burst(paced, rate_per_s), replications)
    };
    let whole = |value: f64| (value.ceil() as u64).min(jobs);
    Reserved {
        value: whole(in_flight.high),
        point: whole(in_flight.point),
        low: whole(in_flight.low),
        burst_environments: whole(burst),
        replications,
    }
}

/// Peaks of many replications, by their law.
///
/// The number in flight is about normal, and its correlation falls at once (each start and end changes it), so that of
/// all peaks in a time T the chance to be below u standard deviations is exp(−Φ(−u) − T·a·u·φ(u)) for a correlation of
/// 1 − a·|h| (Pickands 1969).
fn crowded(question: &RateQuestion<'_>, paced: &Paced<'_>, rate_per_s: f64, replications: u64) -> Vec<f64> {
    let crowds: Vec<_> = paced.forms.par_iter().map(|form| form.crowd(rate_per_s)).collect();
    let one = |number: u64| {
        let crowd = crowds[(number % crowds.len() as u64) as usize];
        let wanted = random::exponential(question.seed, &[LUCK, number]);
        let hazard = |u: f64| {
            let density = (-u * u / 2.0).exp() / std::f64::consts::TAU.sqrt();
            let above = statrs::function::erf::erfc(u / std::f64::consts::SQRT_2) / 2.0;
            above + crowd.lasts_s * crowd.forgets_per_s * u * density
        };
        // Below one standard deviation the formula does not hold, and no peak of a long run is there.
        let u = bisection::place(1.0, HIGHEST, HALVINGS, |u| hazard(u) <= wanted);
        let all = if crowd.lasts_s > 0.0 { 0.0 } else { question.work.jobs() as f64 };
        (crowd.mean + crowd.deviation * u).max(all)
    };
    (0..replications).into_par_iter().map(one).collect()
}

/// Environments that have to start at once where the others come at Lambda's rate.
fn burst(paced: &Paced<'_>, rate_per_s: f64) -> f64 {
    let per_s = paced.starting(0).per_s;
    let stride = paced.forms.len().div_ceil(SCALED).max(1);
    let of_service = |form: &super::paced_closed_form::PacedClosedForm| {
        let crowd = form.crowd(rate_per_s);
        let moment_s = 2.0 * crowd.mean / rate_per_s / f64::from(MOMENTS);
        let at = |moment: u32| {
            let after_s = moment_s * f64::from(moment);
            let in_progress = form.in_progress(rate_per_s, after_s);
            let share = (in_progress / crowd.mean.max(1e-9)).clamp(0.0, 1.0).sqrt();
            in_progress + HIGH * crowd.deviation * share - per_s * after_s
        };
        (0..=MOMENTS).map(at).fold(1.0, f64::max)
    };
    paced
        .forms
        .par_iter()
        .step_by(stride)
        .map(of_service)
        .collect::<Vec<f64>>()
        .into_iter()
        .fold(0.0, f64::max)
}

/// The highest rate, up to the one allowed or the topic's own, that a concurrency allows.
pub(super) fn usable_rate_per_s(question: &RateQuestion<'_>, paced: &Paced<'_>, concurrency: u64) -> f64 {
    let most_per_s = question.most_per_s.unwrap_or(question.central.publish.rate_per_s);
    let fits = |rate_per_s| reserved(question, paced, rate_per_s).value <= concurrency;
    if concurrency >= question.work.jobs() || fits(most_per_s) {
        return most_per_s;
    }
    // The peak is about in proportion to the rate, and a little less where few are in flight.
    let proportion = concurrency as f64 / reserved(question, paced, most_per_s).value.max(1) as f64;
    let mut low_per_s = most_per_s * proportion;
    while !fits(low_per_s) && low_per_s > 0.0 {
        low_per_s /= 2.0;
    }
    most_per_s.min(-bisection::place(-most_per_s, -low_per_s, HALVINGS, |rate_per_s| fits(-rate_per_s)))
}
