//! The smallest setting that ends a batch by its deadline with a wanted probability: workers of a pool, or the pace of
//! a fan-out.
//!
//! The probability is predictive. Each replication meets a service of its own, one of those that the measured jobs could
//! have come from, and has a critical value, below which it ends late. So P(end by the deadline at a value) is the share
//! of critical values up to it, and the answer is their quantile: of its order-statistic interval, which is how far
//! chance in the replications goes, the upper limit is recommended, or less where more hardly helps. How far the answers
//! under the single services lie apart, which is what the measured jobs leave open, is the interval that is shown.
//!
//! Small batches are drawn job by job ([`ranks`]). Of large ones a replication is drawn at once, from the law of its
//! critical value ([`law`]), and some batches that are drawn and drained near the wanted quantile set right what the law
//! leaves out.

pub(crate) mod batch_law;
mod critical_values;
pub(crate) mod rank_selection;
pub(crate) mod samplers;

use std::sync::OnceLock;

use super::bisection;
use super::estimate::{QuantileEstimate, SampleSpread, needed, point_rank};
use batch_law::{BatchLaw, LawTable};
use critical_values::CriticalValues;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::order_statistics;
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;
use planner_core::simulate::batch::{Ending, Finishes, Scratch};
use planner_core::simulate::work::Work;
use rank_selection::DrawnBatches;
use rayon::prelude::*;

/// Up to so many jobs are drawn one by one, while all replications have no more than so many of them.
pub(crate) const DRAWN_JOBS: u64 = 2000;
const DRAWS: u64 = 8_000_000;
const REPLICATIONS: u64 = 10_000;
/// Jobs of the batches that set the law right, and so many batches at most.
const CORRECTING_JOBS: u64 = 1_200_000;
const CORRECTING: u64 = 32;
/// Settings that together take less than this share off the chance to be late that the goal allows hardly help.
const LITTLE: f64 = 0.05;
/// Halvings of an interval of settings.
const HALVINGS: usize = 40;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Seconds from the first start to the last end.
    pub deadline_s: f64,
    /// Probability of ending by then, between 0 and 1, both excluded.
    pub probability: f64,
}

/// What the replications behind an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicationKind {
    /// Batches, job by job.
    Batches,
    /// Draws from the law of critical values, set right by so many batches near the answer.
    Law {
        /// How many.
        batches: u64,
    },
    /// None: the probability is the mean of the law over the services, because replications would be too many.
    Mean {
        /// Batches that set it right.
        batches: u64,
    },
}

/// The services that stand for what is known: the resampled ones, or the one that was given.
pub(crate) fn services<'a>(central: &'a Profile, resampled: &'a [Profile]) -> &'a [Profile] {
    if resampled.is_empty() { std::slice::from_ref(central) } else { resampled }
}

/// The batches and services that replications meet, one after the other.
pub(crate) fn meetings<'a>(work: &'a Work, services: &'a [Profile]) -> Vec<(&'a Work, &'a Profile)> {
    let batches = work.batches();
    let count = services.len().max(batches.len());
    (0..count).map(|number| (&batches[number % batches.len()], &services[number % services.len()])).collect()
}

/// What each of these meets, from that of the `whole` work on the central service: `of` makes it for another batch, and
/// `under` for another service.
pub(crate) fn laws<L: Send + Sync>(
    whole: &L,
    work: &Work,
    services: &[Profile],
    of: impl Fn(&Work) -> L,
    under: impl Fn(&L, &Work, &Profile) -> L + Sync,
) -> Vec<L> {
    // Of one batch the law is there already; of a large one it takes a while.
    let several: Vec<L> = match work.batches() {
        [_] => Vec::new(),
        batches => batches.iter().map(of).collect(),
    };
    let of_meeting = |(number, &(work, profile)): (usize, &(&Work, &Profile))| {
        let central = if several.is_empty() { whole } else { &several[number % several.len()] };
        under(central, work, profile)
    };
    meetings(work, services).par_iter().enumerate().map(of_meeting).collect()
}

/// A setting that is looked for, and what becomes of the batch with it.
pub(crate) trait Knob: DrawnBatches {
    /// The law of the batch under one service.
    type Law: BatchLaw;

    /// One for each service; replication after replication meets the next.
    fn laws(&self) -> &[Self::Law];

    /// Jobs of the batch.
    fn jobs(&self) -> u64;

    /// The largest value that is allowed and helps.
    fn most(&self) -> f64;

    /// The smallest setting that is not below a value.
    fn settled(&self, value: f64) -> f64;

    /// How a drawn replication ends.
    fn ending(&self, scratch: &mut Scratch, replication: u64, value: f64) -> Ending;

    /// Critical value of a drawn batch, divided by that of the law, for one that the law puts at `level`; None where the
    /// law is exact.
    fn correction(&self, scratch: &mut Scratch, replication: u64, level: f64) -> Option<f64>;

    /// Most jobs in progress at once.
    fn peak(&self, value: f64) -> u64;
}

/// The setting that a goal needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SearchResult {
    pub value: f64,
    pub point: f64,
    pub low: f64,
    pub high: Option<f64>,
    pub probability: Proportion,
    pub finishes: Finishes,
    pub shown: ReplicationKind,
}

/// What a setting comes to that does not reach the goal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nearest {
    pub probability: Proportion,
    pub deadline_s: f64,
    pub finishes: Finishes,
}

/// Search for one knob and one goal.
pub(crate) struct KnobSearch<'a, K: Knob> {
    knob: &'a K,
    goal: Goal,
    seed: u64,
    tables: Vec<LawTable>,
    replications: OnceLock<(QuantileEstimate, Replications)>,
}

impl<'a, K: Knob> KnobSearch<'a, K> {
    pub(crate) fn new(knob: &'a K, goal: Goal, seed: u64) -> Self {
        let table = |law: &K::Law| LawTable::of(law, goal.deadline_s, knob.most());
        let tables = knob.laws().par_iter().map(table).collect();
        Self { knob, goal, seed, tables, replications: OnceLock::new() }
    }

    /// The smallest setting; the best estimate of it where that is beyond the largest that is allowed and helps.
    pub(crate) fn find(&self) -> Result<SearchResult, f64> {
        let most = self.knob.most();
        let (estimate, replications) = self.replications();
        if estimate.point > most {
            return Err(estimate.point);
        }
        let (low, high) = estimate.widened(self.spread());
        let helpful = self.helpful().max(estimate.point);
        let value = self.knob.settled(estimate.high.min(helpful)).min(most);
        let (probability, finishes) = self.at(value, replications);
        Ok(SearchResult {
            value,
            point: estimate.point,
            low,
            high: Some(high.max(value)).filter(|&high| high <= most),
            probability,
            finishes,
            shown: replications.shown,
        })
    }

    /// How the batch ends with a setting.
    pub(crate) fn nearest(&self, value: f64) -> Nearest {
        let (probability, finishes) = self.at(value, &self.replications().1);
        let deadline_s = kept_s(&finishes, self.goal.probability);
        Nearest { probability, deadline_s, finishes }
    }

    /// Replications with the quantile of their critical values, which are the same whatever is asked of them.
    fn replications(&self) -> &(QuantileEstimate, Replications) {
        self.replications.get_or_init(|| if self.is_drawn() { self.drawn() } else { self.sampled() })
    }

    /// Whether replications are batches that are drawn job by job.
    fn is_drawn(&self) -> bool {
        let jobs = self.knob.jobs();
        jobs <= DRAWN_JOBS && needed(self.goal.probability).saturating_mul(jobs) <= DRAWS
    }

    fn drawn(&self) -> (QuantileEstimate, Replications) {
        let needed = needed(self.goal.probability);
        let count = (DRAWS / self.knob.jobs().max(1)).clamp(needed, needed.max(REPLICATIONS));
        let ranks = order_statistics::quantile_ranks(count, self.goal.probability, CONFIDENCE);
        let point = point_rank(count, self.goal.probability);
        let wanted = [ranks.low.unwrap_or(1), point, ranks.high.unwrap_or(count)];
        let numbers = rank_selection::at_ranks(self.knob, &wanted, count);
        let [low, point, mut high] = numbers[..] else {
            return (QuantileEstimate::exact(0.0), Replications::drawn(count));
        };
        if ranks.high.is_none() {
            high = f64::INFINITY;
        }
        (QuantileEstimate { low, point, high }, Replications::drawn(count))
    }

    fn sampled(&self) -> (QuantileEstimate, Replications) {
        let Goal { probability, .. } = self.goal;
        let Some(sample) = CriticalValues::of(&self.tables, self.knob.most(), probability, self.seed) else {
            return self.mean();
        };
        let corrections = self.corrections(sample.around(probability, self.correcting()));
        let ratio = mean(&corrections).unwrap_or(1.0);
        let mut estimate = sample.estimate(probability).scaled(ratio, error(&corrections));
        estimate.point = self.knob.settled(estimate.point);
        let shown = ReplicationKind::Law { batches: corrections.len() as u64 };
        (estimate, Replications { sample: Some(sample), ratio, count: 0, shown })
    }

    /// Where replications would be too many: the mean over the services, set right where fewer replications are.
    fn mean(&self) -> (QuantileEstimate, Replications) {
        let sample = CriticalValues::rough(&self.tables, self.knob.most(), self.seed);
        let corrections = self.corrections(sample.around(sample.highest(), self.correcting()));
        let ratio = mean(&corrections).unwrap_or(1.0);
        let root = self.least_with(self.goal.probability);
        let mut estimate = QuantileEstimate::exact(root).scaled(ratio, error(&corrections));
        estimate.point = self.knob.settled(estimate.point);
        let shown = ReplicationKind::Mean { batches: corrections.len() as u64 };
        (estimate, Replications { sample: Some(sample), ratio, count: 0, shown })
    }

    fn correcting(&self) -> u64 {
        (CORRECTING_JOBS / self.knob.jobs().max(1)).min(CORRECTING)
    }

    fn corrections(&self, replications: Vec<(u64, f64)>) -> Vec<f64> {
        let one =
            |scratch: &mut Scratch, (number, level): (u64, f64)| self.knob.correction(scratch, number, level);
        let found: Vec<Option<f64>> = replications.into_par_iter().map_init(Scratch::default, one).collect();
        found.into_iter().flatten().collect()
    }

    /// The share of the replications that end in time with a setting, and how they end.
    fn at(&self, value: f64, replications: &Replications) -> (Proportion, Finishes) {
        let Goal { deadline_s, .. } = self.goal;
        let Replications { sample: Some(sample), ratio, shown, .. } = replications else {
            let one = |scratch: &mut Scratch, number| self.knob.ending(scratch, number, value);
            let endings: Vec<Ending> =
                (0..replications.count).into_par_iter().map_init(Scratch::default, one).collect();
            let finishes = Finishes::of(&endings, self.knob.peak(value));
            return (finishes.by(deadline_s), finishes);
        };
        let of_law = value / ratio;
        let mean = |of: fn(&K::Law) -> f64| {
            self.knob.laws().iter().map(of).sum::<f64>() / self.tables.len().max(1) as f64
        };
        let finishes = Finishes {
            makespans_s: sample.ends_s(self.knob.laws(), &self.tables, of_law),
            in_flight_peak: self.knob.peak(value),
            failed_attempts: mean(|law| law.failures().0),
            failed_jobs: mean(|law| law.failures().1),
        };
        let mut probability = sample.up_to(of_law);
        if matches!(shown, ReplicationKind::Mean { .. }) {
            probability.estimate = self.probability(of_law);
            probability.at_least = probability.estimate;
        }
        (probability, finishes)
    }

    /// What the single services need, as ratios to what all of them together do.
    fn spread(&self) -> SampleSpread {
        let probability = self.goal.probability;
        if self.tables.len() < 2 {
            return SampleSpread::of(Vec::new());
        }
        let together = self.least_with(probability);
        let most = self.knob.most();
        let alone = |table: &LawTable| {
            (least(table.least(), most, |value| table.probability(value) >= probability) / together).ln()
        };
        SampleSpread::of(self.tables.par_iter().map(alone).collect())
    }

    /// The value from which on more hardly help, over all services. Where single slow jobs may miss the deadline no
    /// value is surely enough, and without this all jobs would start at once.
    fn helpful(&self) -> f64 {
        let Goal { probability, .. } = self.goal;
        let largest = self.probability(self.knob.most());
        // Never less than the goal where that is within reach.
        let within = if largest > probability { probability.midpoint(largest) } else { 0.0 };
        self.least_with((largest - LITTLE * (1.0 - probability)).max(within))
    }

    fn probability(&self, value: f64) -> f64 {
        let sum: f64 =
            self.tables.par_iter().map(|table| table.probability(value)).collect::<Vec<f64>>().iter().sum();
        sum / self.tables.len().max(1) as f64
    }

    fn least_with(&self, probability: f64) -> f64 {
        let from = self.tables.iter().map(LawTable::least).fold(f64::INFINITY, f64::min);
        least(from, self.knob.most(), |value| self.probability(value) >= probability)
    }
}

/// The smallest value up to `most` that holds; infinite where none does.
fn least(from: f64, most: f64, holds: impl Fn(f64) -> bool) -> f64 {
    match () {
        () if !holds(most) => f64::INFINITY,
        () if from >= most => most,
        () if holds(from) => from,
        () => bisection::place(from.ln(), most.ln(), HALVINGS, |value| holds(value.exp())).exp(),
    }
}

/// What the probability of an answer is a share of.
struct Replications {
    /// Draws from the law; None for batches that are drawn job by job.
    sample: Option<CriticalValues>,
    /// What sets the law right.
    ratio: f64,
    /// Batches.
    count: u64,
    shown: ReplicationKind,
}

impl Replications {
    fn drawn(count: u64) -> Self {
        Self { sample: None, ratio: 1.0, count, shown: ReplicationKind::Batches }
    }
}

/// The deadline that these replications keep with a probability, seconds: the upper limit of its interval.
pub(crate) fn kept_s(finishes: &Finishes, probability: f64) -> f64 {
    let count = finishes.makespans_s.len() as u64;
    let rank = order_statistics::quantile_ranks(count, probability, CONFIDENCE).high.unwrap_or(count);
    finishes.quantile_s(rank as f64 / count as f64)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Two standard errors of the mean, as a share of it.
fn error(values: &[f64]) -> f64 {
    let (Some(mean), count) = (mean(values), values.len() as f64) else { return 0.0 };
    let squares: f64 = values.iter().map(|value| (value / mean - 1.0).powi(2)).sum();
    if values.len() < 2 { 0.0 } else { 2.0 * (squares / (count - 1.0) / count).sqrt() }
}
