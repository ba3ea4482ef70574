//! Replications drawn from the law of critical values.

use rayon::prelude::*;

use super::batch_law::{BatchLaw, LawTable};
use crate::bisection;
use crate::estimate::{QuantileEstimate, needed, point_rank};
use planner_core::numeric::proportion::Proportion;
use planner_core::random::{Keyed, normal_at};

/// Words that set this file's draws apart from all others.
const LUCK: u64 = 0x6c75_636b;
const WORK: u64 = 0x776f_726b;

/// Replications at least, and as many as show so many late ones at the goal, up to so many.
const LEAST: u64 = 100_000;
const LATE: f64 = 1000.0;
const MOST: u64 = 1_000_000;
/// Replications whose end is worked out.
const ENDS: usize = 1000;
/// Halvings of the time of an end.
const HALVINGS: usize = 30;

/// Replications, ascending by their critical values.
#[derive(Debug)]
pub(super) struct CriticalValues {
    critical: Vec<(f64, u64)>,
    seed: u64,
}

impl CriticalValues {
    /// Enough to show the wanted probability; None where they would be too many.
    pub(super) fn of(tables: &[LawTable], most: f64, probability: f64, seed: u64) -> Option<Self> {
        let needed = needed(probability);
        let wanted = ((LATE / (1.0 - probability)) as u64).clamp(LEAST, MOST).max(needed);
        (needed <= MOST).then(|| Self::new(tables, most, wanted, seed))
    }

    /// As many as are worth their time whatever the probability.
    pub(super) fn rough(tables: &[LawTable], most: f64, seed: u64) -> Self {
        Self::new(tables, most, MOST, seed)
    }

    fn new(tables: &[LawTable], most: f64, count: u64, seed: u64) -> Self {
        let keys = [Keyed::new(seed, &[LUCK]), Keyed::new(seed, &[WORK])];
        let one = |number: u64| {
            let table = &tables[(number % tables.len() as u64) as usize];
            let (hazard, z) = hazard_and_normal(keys, number);
            let value = table.value(hazard + table.all_done.ln(), z);
            let value = if hazard < -table.all_done.ln() { f64::INFINITY } else { value };
            (if value.is_finite() { value.min(most) } else { value }, number)
        };
        let mut critical: Vec<(f64, u64)> = (0..count).into_par_iter().map(one).collect();
        critical.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self { critical, seed }
    }

    pub(super) fn estimate(&self, probability: f64) -> QuantileEstimate {
        QuantileEstimate::of_sorted(self.critical.len() as u64, probability, |rank| {
            self.critical[rank as usize - 1].0
        })
    }

    /// The highest probability whose replications are many enough to look around.
    pub(super) fn highest(&self) -> f64 {
        1.0 - 100.0 / self.critical.len() as f64
    }

    /// The replications around the quantile, with their critical values.
    pub(super) fn around(&self, probability: f64, count: u64) -> Vec<(u64, f64)> {
        let place = point_rank(self.critical.len() as u64, probability) as usize;
        let from =
            place.saturating_sub(count as usize / 2).min(self.critical.len().saturating_sub(count as usize));
        let near = self.critical[from..].iter().take(count as usize);
        near.filter(|one| one.0.is_finite()).map(|&(value, number)| (number, value)).collect()
    }

    /// The share of the replications with critical values up to this.
    pub(super) fn up_to(&self, value: f64) -> Proportion {
        // What was settled and unsettled again may be off by rounding.
        let value = value * (1.0 + 1e-12);
        let hits = self.critical.partition_point(|one| one.0 <= value);
        Proportion::of(hits as u64, self.critical.len() as u64)
    }

    /// When replications end with a value, ascending: of all, evenly chosen by their critical values.
    pub(super) fn ends_s<L: BatchLaw>(&self, laws: &[L], tables: &[LawTable], value: f64) -> Vec<f64> {
        let keys = [Keyed::new(self.seed, &[LUCK]), Keyed::new(self.seed, &[WORK])];
        let count = self.critical.len();
        let end_s = |place: usize| {
            let (_, number) = self.critical[(2 * place + 1) * count / (2 * ENDS)];
            let service = (number % laws.len() as u64) as usize;
            let (table, law) = (&tables[service], &laws[service]);
            let (hazard, z) = hazard_and_normal(keys, number);
            let left = hazard + table.all_done.ln();
            if left < 0.0 {
                return f64::INFINITY;
            }
            let ended = |time_s: f64| law.hazard(value / table.work(z), time_s) <= left;
            let mut high_s = 1.0;
            while !ended(high_s) && high_s < f64::MAX / 4.0 {
                high_s *= 2.0;
            }
            bisection::place(0.0, high_s, HALVINGS, ended)
        };
        let mut ends_s: Vec<f64> = (0..ENDS).into_par_iter().map(end_s).collect();
        ends_s.sort_unstable_by(f64::total_cmp);
        ends_s
    }
}

/// What chance does to a replication: the hazard that it survives, and by how many standard deviations its work is more
/// than in the mean.
fn hazard_and_normal([hazard, work]: [Keyed; 2], number: u64) -> (f64, f64) {
    (-hazard.uniform(number).ln(), normal_at(work.uniform(number)))
}
