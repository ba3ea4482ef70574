//! What every way is worked out from, and the row that its runs become.

use crate::caveat::Caveat;
use crate::mixture::Mixture;
use crate::plan_inputs::PlanInputs;
use crate::strategies_document::{Strategy, StrategyKind};
use planner_core::service::Profile;
use planner_core::simulate::work::Work;

/// Objects that the simulated runs of one pool copy in all: what two cores do in a tenth of a second.
const DRAINED_OBJECTS: u64 = 5_000_000;
/// Objects that those of a way copy whose every event is simulated: what two cores do in half a second.
const SINGLE_OBJECTS: u64 = 500_000;
/// Simulated runs at least, whatever the time they take, and at most.
const LEAST_RUNS: u64 = 2;
const MOST_RUNS: u64 = 1000;

/// What the ways are compared for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrategiesRequest {
    /// Seconds from the first start to the last end.
    pub deadline_s: Option<f64>,
    /// Threads of a pool, of one function and of a rented machine.
    pub threads: u32,
    /// Pools beside each other.
    pub pools: u32,
    /// Objects per second that a paced fan-out publishes; None for as many as today's limits let through.
    pub rate_per_s: Option<f64>,
    /// A finishing time that was seen.
    pub observed_s: Option<f64>,
    /// Simulated runs of each way; None for as many as take a second or two in all.
    pub runs: Option<u64>,
}

/// What every way is worked out from.
pub(super) struct StrategyContext<'a> {
    pub inputs: &'a PlanInputs,
    pub request: &'a StrategiesRequest,
    pub work: Work,
    pub times: Mixture,
}

/// How the simulated runs of a way ended.
pub(super) struct SimulatedRuns {
    /// Seconds; infinite where objects were left.
    pub finishes_s: Vec<f64>,
    pub in_flight_peak: u64,
    /// Mean throttled invocations, where there are any to throttle.
    pub throttles: Option<f64>,
    /// Mean share of the objects that are copied.
    pub copied: f64,
    /// Mean cost in US dollars.
    pub cost_usd: f64,
}

impl StrategyContext<'_> {
    pub(super) fn objects(&self) -> u64 {
        self.work.jobs()
    }

    /// The services that stand for what the service may be like.
    pub(super) fn profiles(&self) -> &[Profile] {
        let model = &self.inputs.model;
        if model.resampled.is_empty() { std::slice::from_ref(&model.profile) } else { &model.resampled }
    }

    /// Simulated runs of a pool.
    pub(super) fn drains(&self) -> u64 {
        self.runs(DRAINED_OBJECTS)
    }

    /// Simulated runs of a way whose every event is simulated.
    pub(super) fn replications(&self) -> u64 {
        self.runs(SINGLE_OBJECTS)
    }

    /// As many runs as were asked for, or as copy so many objects in all.
    fn runs(&self, objects: u64) -> u64 {
        let enough = || (objects / self.objects().max(1)).clamp(LEAST_RUNS, MOST_RUNS);
        self.request.runs.unwrap_or_else(enough)
    }

    /// The row of a way that was simulated.
    pub(super) fn strategy(
        &self,
        strategy: StrategyKind,
        runs: SimulatedRuns,
        caveats: Vec<Caveat>,
    ) -> Strategy {
        let SimulatedRuns { mut finishes_s, in_flight_peak, throttles, copied, cost_usd } = runs;
        finishes_s.sort_unstable_by(f64::total_cmp);
        let by = |deadline_s: f64| {
            let ended = finishes_s.partition_point(|&finish_s| finish_s <= deadline_s);
            ended as f64 / finishes_s.len().max(1) as f64
        };
        Strategy {
            strategy,
            finish_p50_s: quantile_s(&finishes_s, 0.5),
            finish_p99_s: quantile_s(&finishes_s, 0.99),
            by_deadline: self.request.deadline_s.map(by),
            in_flight_peak: Some(in_flight_peak),
            throttles,
            cost_usd,
            copied,
            runs: finishes_s.len() as u64,
            caveats,
        }
    }
}

/// The time by which a share of the runs ended, of finishes in ascending order; None where that share never does.
fn quantile_s(finishes_s: &[f64], share: f64) -> Option<f64> {
    let rank = (share * finishes_s.len() as f64).ceil() as usize;
    finishes_s.get(rank.saturating_sub(1)).copied().filter(|finish_s| finish_s.is_finite())
}

/// Mean of what the runs came to; 0 without runs.
pub(super) fn mean<T>(runs: &[T], value: impl Fn(&T) -> f64) -> f64 {
    runs.iter().map(value).sum::<f64>() / runs.len().max(1) as f64
}

/// Part of a whole; all of nothing.
pub(super) fn share(part: f64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part / whole as f64 }
}
