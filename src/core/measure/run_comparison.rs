//! Two runs level by level: what differs, by how much, and whether that is shown.

use std::collections::BTreeSet;

use serde::Serialize;

use super::block_bootstrap::{StatisticDifference, compare, ratio};
use super::latency_shift::{LatencyShift, apart};
use super::run_blocks::{BlockDivision, RunBlock};
use crate::measure::level::LevelSummary;
use crate::numeric::interval::Interval;
use crate::units::human::shortest;
use crate::units::quantity::{NS_PER_S, seconds};

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/compare/1";

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Identifier of the first run.
    pub before: String,
    /// Identifier of the second.
    pub after: String,
    /// What it comes to, in a sentence.
    pub verdict: String,
    /// Whether nothing got worse by more than was allowed; None where that was not asked or is not decided.
    pub holds: Option<bool>,
    /// Whether a run says nothing about a real account.
    pub rehearsal: bool,
    /// The command that compared them.
    pub command: Vec<String>,
    /// Seed of the resampling.
    pub seed: u64,
    /// Levels that both runs have.
    pub levels: Vec<LevelComparison>,
    /// Levels that one run alone has, as they are called.
    pub unmatched: Vec<String>,
    /// Share by which a measure may get worse, where one was given.
    pub limit: Option<f64>,
    /// Measures that got worse by more than that, with the level.
    pub regressions: Vec<String>,
    /// What is not shown to be worse by more than that, nor shown not to be.
    pub undecided: Vec<String>,
    /// What to know when reading the numbers.
    pub notes: Vec<String>,
}

impl ComparisonDocument {
    /// What levels come to, in a sentence without a beginning.
    #[must_use]
    pub fn outcome(levels: &[LevelComparison]) -> String {
        if let [LevelComparison { apart: Some(LatencyShift { ratio, .. }), .. }] = levels {
            let [low, high] = [ratio.low, ratio.high].map(|factor| shortest(factor, 2));
            return format!("jobs take {low} to {high} times as long; too short to compare more");
        }
        let changes = || levels.iter().flat_map(LevelComparison::changes);
        let count = |outcome| changes().filter(|(_, change)| change.outcome == outcome).count();
        let all = changes().count();
        match (all, count(ComparisonOutcome::Better), count(ComparisonOutcome::Worse)) {
            (0, ..) => "the runs have no level in common".into(),
            _ if count(ComparisonOutcome::Same) == all => {
                "the same: every second has the same counts, times and latencies".into()
            }
            (_, 0, 0) if count(ComparisonOutcome::TooShort) == all => "too short to compare".into(),
            (_, 0, 0) => "no difference shown".into(),
            (_, better, worse) => format!("{better} better and {worse} worse of {all} measures"),
        }
    }
}

/// One level of both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelComparison {
    /// What the level is called.
    pub level: String,
    /// Workers of a closed level.
    pub concurrency: Option<u32>,
    /// Rate of an open level with one rate.
    pub rate_per_s: Option<f64>,
    /// Length of the blocks that were resampled.
    pub block_s: f64,
    /// Why no interval can be given; None when both runs are long enough.
    pub too_short: Option<String>,
    /// Where a run is too short, how far the latencies of single jobs are apart, if they are.
    pub apart: Option<LatencyShift>,
    /// Attempts ended per second.
    pub throughput_per_s: MeasureChange,
    /// Mean residence time of attempts.
    pub residence_mean_s: MeasureChange,
    /// Percentiles of the latency of jobs, from the intended start.
    pub latency_s: Latencies,
}

/// Changes of percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latencies {
    /// Median.
    pub p50: MeasureChange,
    /// 90th percentile.
    pub p90: MeasureChange,
    /// 99th percentile.
    pub p99: MeasureChange,
}

/// What a comparison of one measure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonOutcome {
    /// The second run is better.
    Better,
    /// The second run is worse.
    Worse,
    /// The interval contains 0, which does not show that there is no difference.
    NoDifferenceShown,
    /// A run has too few blocks for an interval.
    TooShort,
    /// Both runs are the same to the nanosecond, as a run and its copy are.
    Same,
}

impl ComparisonOutcome {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoDifferenceShown => "no difference shown",
            Self::TooShort => "too short to compare",
            Self::Same => "the same",
        }
    }
}

/// A measure of both runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeasureChange {
    /// In the first run.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// after − before.
    pub difference: f64,
    /// Lower end of where the difference lies with 95 % confidence.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Where after ÷ before lies with 95 % confidence.
    pub ratio: Option<Interval>,
    /// What that comes to.
    pub outcome: ComparisonOutcome,
}

/// The measures that are compared, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    Larger,
    Smaller,
}

/// Compares a level of two runs. Where a run is too short for intervals, `jobs` has the latencies of both, in
/// nanoseconds and in the order of their intended starts.
#[must_use]
pub fn level(
    (before, before_blocks): (&LevelSummary, &[RunBlock]),
    (after, after_blocks): (&LevelSummary, &[RunBlock]),
    cuts: &[BlockDivision; 2],
    jobs: [&[u64]; 2],
    seed: u64,
) -> LevelComparison {
    let too_short = cuts[0].shortage("first").or_else(|| cuts[1].shortage("second"));
    let apart = too_short.as_ref().and_then(|_| apart(jobs));
    let grid: BTreeSet<u64> = before_blocks
        .iter()
        .chain(after_blocks)
        .flat_map(|block| block.latencies_ns.keys().copied())
        .collect();
    let grid: Vec<u64> = grid.into_iter().collect();
    let sums =
        |blocks: &[RunBlock]| blocks.iter().map(|block| Cumulated::new(block, &grid)).collect::<Vec<_>>();
    let (first, second) = (sums(before_blocks), sums(after_blocks));
    let change = |of: fn(&LevelSummary) -> f64, better, statistic: &dyn Fn(&[&Cumulated]) -> f64| {
        let difference = compare(&first, &second, seed, statistic);
        difference.map_or_else(
            || MeasureChange::too_short(of(before), of(after)),
            |it| MeasureChange::shown(&it, better),
        )
    };
    let quantile = |of, share| change(of, Better::Smaller, &|blocks| quantile_s(blocks, &grid, share));
    let p50 = quantile(|level: &LevelSummary| level.latency_s.p50, 0.5);
    LevelComparison {
        level: before.label(),
        concurrency: before.concurrency,
        rate_per_s: before.rate_per_s,
        block_s: seconds(cuts[0].block_ns),
        too_short,
        apart,
        throughput_per_s: change(|level| level.throughput_per_s, Better::Larger, &|blocks| {
            ratio(blocks, |block| (block.ended, block.length_s))
        }),
        residence_mean_s: change(|level| level.residence_mean_s, Better::Smaller, &|blocks| {
            ratio(blocks, |block| (block.residence_s, block.ended))
        }),
        latency_s: Latencies {
            p50: apart.map_or(p50, |apart| p50.apart(&apart)),
            p90: quantile(|level: &LevelSummary| level.latency_s.p90, 0.9),
            p99: quantile(|level: &LevelSummary| level.latency_s.p99, 0.99),
        },
    }
}

/// A block as resampling needs it.
struct Cumulated {
    ended: f64,
    length_s: f64,
    residence_s: f64,
    /// Jobs up to each latency of the grid.
    jobs: Vec<u64>,
}

impl Cumulated {
    fn new(block: &RunBlock, grid: &[u64]) -> Self {
        let mut sum = 0;
        let upto = |value: &u64| {
            sum += block.latencies_ns.get(value).copied().unwrap_or(0);
            sum
        };
        Self {
            ended: block.window.ended as f64,
            length_s: seconds(block.window.length_ns),
            residence_s: block.window.residence_ns as f64 / NS_PER_S as f64,
            jobs: grid.iter().map(upto).collect(),
        }
    }
}

/// The smallest latency of the grid that a share of all jobs does not exceed, in seconds; 0 without jobs.
fn quantile_s(blocks: &[&Cumulated], grid: &[u64], share: f64) -> f64 {
    let upto = |index: usize| blocks.iter().map(|block| block.jobs[index]).sum::<u64>();
    let Some(last) = grid.len().checked_sub(1) else { return 0.0 };
    let wanted = (share * upto(last) as f64).ceil() as u64;
    let indices: Vec<usize> = (0..grid.len()).collect();
    let place = indices.partition_point(|&index| upto(index) < wanted);
    grid.get(place).map_or(0.0, |&latency_ns| seconds(latency_ns))
}

impl MeasureChange {
    fn shown(difference: &StatisticDifference, better: Better) -> Self {
        let outcome = match (difference.shown, better, difference.low > 0.0) {
            (false, _, _) => ComparisonOutcome::NoDifferenceShown,
            (true, Better::Larger, true) | (true, Better::Smaller, false) => ComparisonOutcome::Better,
            (true, Better::Larger, false) | (true, Better::Smaller, true) => ComparisonOutcome::Worse,
        };
        Self {
            before: difference.before,
            after: difference.after,
            difference: difference.difference,
            low: Some(difference.low),
            high: Some(difference.high),
            ratio: difference.ratio,
            outcome,
        }
    }

    fn too_short(before: f64, after: f64) -> Self {
        let difference = after - before;
        Self {
            before,
            after,
            difference,
            low: None,
            high: None,
            ratio: None,
            outcome: ComparisonOutcome::TooShort,
        }
    }

    /// The same where the latencies of single jobs are far apart.
    fn apart(self, apart: &LatencyShift) -> Self {
        let outcome =
            if apart.ratio.low > 1.0 { ComparisonOutcome::Worse } else { ComparisonOutcome::Better };
        Self { ratio: Some(apart.ratio), outcome, ..self }
    }

    /// Whether it is shown not to be worse by more than a share `limit`.
    fn is_within(&self, limit: f64, better: Better) -> bool {
        match (self.outcome, self.ratio, better) {
            (ComparisonOutcome::Same | ComparisonOutcome::Better, ..) => true,
            (_, Some(ratio), Better::Larger) => ratio.low >= 1.0 - limit,
            (_, Some(ratio), Better::Smaller) => ratio.high <= 1.0 + limit,
            (_, None, _) => self.low == Some(0.0) && self.high == Some(0.0),
        }
    }

    /// Whether it got worse by more than a share `limit`, the whole interval beyond it.
    fn is_beyond(&self, limit: f64) -> bool {
        let beyond = |it: Interval| it.high < 1.0 - limit || it.low > 1.0 + limit;
        self.outcome == ComparisonOutcome::Worse && self.ratio.is_some_and(beyond)
    }
}

impl LevelComparison {
    /// All measures by name.
    #[must_use]
    pub fn changes(&self) -> [(&'static str, &MeasureChange); 5] {
        [
            ("throughput X", &self.throughput_per_s),
            ("residence R", &self.residence_mean_s),
            ("latency p50", &self.latency_s.p50),
            ("latency p90", &self.latency_s.p90),
            ("latency p99", &self.latency_s.p99),
        ]
    }

    /// The same level where both runs are the same to the nanosecond.
    #[must_use]
    pub fn same(mut self) -> Self {
        let Latencies { p50, p90, p99 } = &mut self.latency_s;
        for change in [&mut self.throughput_per_s, &mut self.residence_mean_s, p50, p90, p99] {
            change.outcome = ComparisonOutcome::Same;
        }
        Self { too_short: None, ..self }
    }

    /// The measures that are not shown to be worse by more than a share `limit`, nor shown not to be, each with the
    /// level. A short run is decided as a whole by how far its jobs are apart.
    #[must_use]
    pub fn undecided(&self, limit: f64) -> Vec<String> {
        let better =
            |name: &str| if name.starts_with("throughput") { Better::Larger } else { Better::Smaller };
        let open = |(name, change): &(&str, &MeasureChange)| {
            !change.is_beyond(limit) && !change.is_within(limit, better(name))
        };
        if self.too_short.is_some() {
            let is_open = open(&("latency p50", &self.latency_s.p50));
            return is_open.then(|| self.level.clone()).into_iter().collect();
        }
        let open = self.changes().into_iter().filter(open);
        open.map(|(name, _)| format!("{name} with {}", self.level)).collect()
    }

    /// The measures that got worse by more than a share `limit`, each with the level.
    #[must_use]
    pub fn regressions(&self, limit: f64) -> Vec<String> {
        let beyond = self.changes().into_iter().filter(|(_, change)| change.is_beyond(limit));
        beyond.map(|(name, _)| format!("{name} with {}", self.level)).collect()
    }
}

#[cfg(test)]
#[path = "run_comparison_tests.rs"]
mod tests;
