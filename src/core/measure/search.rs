//! Finds a concurrency or a rate by measuring: each level decides the next, and the answer is measured again.
//!
//! Geometric steps find the range, bisection narrows a rate, and a fresh run at the answer confirms it: the best of
//! several noisy levels looks better than it is.

use serde::{Deserialize, Serialize};

/// A doubling of N must raise throughput by this share, or the knee lies below.
const PAYING_GAIN: f64 = 0.10;
/// The range of a rate is narrowed to this ratio.
const RATE_RATIO: f64 = 1.05;
/// Throughput at the knee may be this share lower when it is measured again.
const CONFIRM_TOLERANCE: f64 = 0.05;
/// A search ends at the latest after so many levels.
const MAX_LEVELS: usize = 40;

/// What a level showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelResult {
    /// Throughput under full load, per second.
    pub x_per_s: f64,
    /// Whether it reached the objective; for a knee it does not matter.
    pub holds: bool,
}

/// What the next level is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NextLevel {
    /// Measure here, then ask again.
    Measure(f64),
    /// Measure here afresh to confirm the answer, then ask again.
    Confirm(f64),
    /// The search is over.
    Over(LevelSearchResult),
}

/// The outcome of a search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelSearchResult {
    /// The concurrency or rate; None where even the smallest failed.
    pub value: Option<f64>,
    /// Whether the fresh run agreed.
    pub confirmed: bool,
    /// Whether the search ended at its largest value and not at a limit of the system.
    pub at_end_of_range: bool,
}

/// A search in progress.
#[derive(Debug, Clone)]
pub enum LevelSearch {
    /// For the concurrency from which more workers no longer pay.
    Knee {
        /// Largest concurrency to try.
        largest: f64,
        /// Concurrencies and throughputs so far, ascending.
        seen: Vec<(f64, f64)>,
        /// The knee and its throughput, once found and to be confirmed.
        found: Option<(f64, f64)>,
    },
    /// For the highest rate that reaches an objective.
    Rate {
        /// Largest rate to try.
        largest: f64,
        /// Highest rate that held.
        low: Option<f64>,
        /// Lowest rate that did not.
        high: Option<f64>,
        /// The rate being confirmed.
        found: Option<f64>,
    },
}

impl LevelSearch {
    /// A search for the knee up to a concurrency.
    #[must_use]
    pub fn knee(largest: u32) -> Self {
        Self::Knee { largest: f64::from(largest), seen: Vec::new(), found: None }
    }

    /// A search for a rate up to `largest` per second.
    #[must_use]
    pub fn rate(largest: f64) -> Self {
        Self::Rate { largest, low: None, high: None, found: None }
    }

    /// The first level, where `start` is the smallest concurrency or the rate to begin with.
    #[must_use]
    pub fn first(&self, start: f64) -> f64 {
        match self {
            Self::Knee { largest, .. } | Self::Rate { largest, .. } => start.min(*largest),
        }
    }

    /// Takes what the level at `value` showed, and says what comes next. `levels` is the number measured so far.
    pub fn next(&mut self, value: f64, shown: LevelResult, levels: usize) -> NextLevel {
        let out_of_levels = levels >= MAX_LEVELS;
        match self {
            Self::Knee { largest, seen, found } => match *found {
                Some((knee, x_per_s)) => {
                    let confirmed = shown.x_per_s >= x_per_s * (1.0 - CONFIRM_TOLERANCE);
                    NextLevel::Over(LevelSearchResult {
                        value: Some(knee),
                        confirmed,
                        at_end_of_range: knee >= *largest,
                    })
                }
                None => {
                    seen.push((value, shown.x_per_s));
                    let next = next_concurrency(seen, *largest).filter(|_| !out_of_levels);
                    next.map_or_else(|| NextLevel::Confirm(found.insert(knee_of(seen)).0), NextLevel::Measure)
                }
            },
            Self::Rate { largest, low, high, found } => {
                if let Some(rate) = *found {
                    let (confirmed, at_end_of_range) = (shown.holds, rate >= *largest);
                    if confirmed || out_of_levels {
                        return NextLevel::Over(LevelSearchResult {
                            value: Some(rate),
                            confirmed,
                            at_end_of_range,
                        });
                    }
                    // The answer was luck: look below it.
                    *high = Some(rate);
                    *low = low.filter(|low| *low < rate);
                    let lower = rounded(rate / RATE_RATIO);
                    *found = Some(lower);
                    return NextLevel::Confirm(lower);
                }
                if shown.holds {
                    *low = Some(low.map_or(value, |low| low.max(value)));
                } else {
                    *high = Some(high.map_or(value, |high| high.min(value)));
                }
                next_rate(*largest, *low, *high, value, out_of_levels, found)
            }
        }
    }
}

/// The next concurrency to try: twice the last while that pays.
fn next_concurrency(seen: &[(f64, f64)], largest: f64) -> Option<f64> {
    let (last, before) = (seen.last()?, seen.len().checked_sub(2).map(|index| seen[index]));
    let paid = before.is_none_or(|before| pays(before, *last));
    let doubled = (last.0 * 2.0).min(largest);
    (paid && doubled > last.0).then_some(doubled)
}

/// Whether going from one level to the next raised throughput by the share that a doubling must.
fn pays(from: (f64, f64), to: (f64, f64)) -> bool {
    let doublings = (to.0 / from.0).log2();
    to.1 >= from.1 * (1.0 + PAYING_GAIN).powf(doublings)
}

fn knee_of(seen: &[(f64, f64)]) -> (f64, f64) {
    let paid = seen.windows(2).take_while(|pair| pays(pair[0], pair[1])).count();
    seen[paid]
}

/// Three digits: nobody sets a rate to more.
fn rounded(rate: f64) -> f64 {
    let unit = 10f64.powf(rate.log10().floor() - 2.0);
    (rate / unit).round() * unit
}

fn next_rate(
    largest: f64,
    low: Option<f64>,
    high: Option<f64>,
    value: f64,
    out_of_levels: bool,
    found: &mut Option<f64>,
) -> NextLevel {
    // Rounding may put the middle of a narrow range on its end.
    let narrowed = |low: f64, high: f64| high / low <= RATE_RATIO * 1.01;
    match (low, high) {
        (Some(low), Some(high)) if !narrowed(low, high) && !out_of_levels => {
            NextLevel::Measure(rounded((low * high).sqrt()))
        }
        (Some(low), None) if low < largest && !out_of_levels => NextLevel::Measure((low * 2.0).min(largest)),
        (Some(low), _) => {
            *found = Some(low);
            NextLevel::Confirm(low)
        }
        // A rate of less than one in a thousand seconds is no rate.
        (None, _) if value > 1e-3 && !out_of_levels => NextLevel::Measure(rounded(value / 2.0)),
        (None, _) => {
            NextLevel::Over(LevelSearchResult { value: None, confirmed: false, at_end_of_range: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::usl::Usl;

    fn run(
        mut search: LevelSearch,
        start: f64,
        mut measure: impl FnMut(f64) -> LevelResult,
    ) -> (LevelSearchResult, Vec<f64>) {
        let mut at = search.first(start);
        let mut levels = Vec::new();
        loop {
            levels.push(at);
            match search.next(at, measure(at), levels.len()) {
                NextLevel::Measure(next) | NextLevel::Confirm(next) => at = next,
                NextLevel::Over(answer) => return (answer, levels),
            }
        }
    }

    #[test]
    fn the_knee_is_where_doubling_stops_paying_and_it_is_measured_again() {
        let system = Usl { lambda: 1.0, sigma: 0.02, kappa: 1e-5 };
        let shown = |n| LevelResult { x_per_s: system.x_per_s(n), holds: true };
        let (answer, levels) = run(LevelSearch::knee(4096), 1.0, shown);
        // X(128) = 34.6, X(256) = 37.8: not another 10 %.
        assert_eq!(answer, LevelSearchResult { value: Some(128.0), confirmed: true, at_end_of_range: false });
        assert_eq!(levels, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 128.0]);
    }

    #[test]
    fn a_knee_by_chance_is_not_confirmed_and_one_out_of_reach_is_said_to_be() {
        let mut calls = 0;
        let lucky = |n: f64| {
            calls += 1;
            LevelResult { x_per_s: if calls == 4 { 20.0 } else { n.min(10.0) }, holds: true }
        };
        let (answer, _) = run(LevelSearch::knee(64), 2.0, lucky);
        assert!(!answer.confirmed);
        let (answer, _) = run(LevelSearch::knee(100), 1.0, |n| LevelResult { x_per_s: n, holds: true });
        assert_eq!(answer, LevelSearchResult { value: Some(100.0), confirmed: true, at_end_of_range: true });
    }

    #[test]
    fn the_highest_rate_is_bracketed_narrowed_and_confirmed() {
        for limit in [0.4, 7.0, 333.0] {
            let (answer, levels) =
                run(LevelSearch::rate(1e4), 10.0, |rate| LevelResult { x_per_s: rate, holds: rate <= limit });
            let found = answer.value.unwrap();
            assert!(
                found <= limit && found * RATE_RATIO * 1.02 >= limit && answer.confirmed,
                "{limit}: {found}"
            );
            assert!(levels.len() < 20);
        }
    }

    #[test]
    fn a_rate_that_does_not_hold_again_is_lowered() {
        let mut calls = 0;
        let (answer, _) = run(LevelSearch::rate(80.0), 10.0, |rate| {
            calls += 1;
            LevelResult { x_per_s: rate, holds: rate <= 60.0 || calls <= 4 }
        });
        assert!(answer.confirmed && answer.value.unwrap() <= 60.0, "{answer:?}");
    }

    #[test]
    fn an_objective_out_of_reach_ends_without_an_answer() {
        let (answer, levels) =
            run(LevelSearch::rate(1e4), 10.0, |rate| LevelResult { x_per_s: rate, holds: false });
        assert_eq!(answer.value, None);
        assert!(levels.len() <= MAX_LEVELS);
    }
}
