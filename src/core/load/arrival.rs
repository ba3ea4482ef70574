//! Open arrivals: the intended start of the k-th job, in closed form from the integrated rate curve.
//!
//! With Λ(t) the integral of the rate, arrival k is due when Λ(t) reaches k. Poisson arrivals replace
//! the whole numbers by a unit-rate Poisson process (Çinlar's inversion; Lewis and Shedler 1979), so the
//! same two lines serve constant rates, ramps and steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random;
use crate::units::quantity::{nanoseconds, seconds};

const ARRIVAL: u64 = 0x6172_7269;

/// A stretch of time over which the rate changes linearly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Rate at the beginning, per second.
    pub from_per_s: f64,
    /// Rate at the end, per second.
    pub to_per_s: f64,
    /// Length in seconds; infinite for a constant rate without end.
    pub length_s: f64,
}

impl Piece {
    /// Arrivals expected over the piece.
    fn arrivals(&self) -> f64 {
        if self.from_per_s == 0.0 && self.to_per_s == 0.0 {
            return 0.0;
        }
        f64::midpoint(self.from_per_s, self.to_per_s) * self.length_s
    }

    /// The time into the piece at which `count` arrivals are expected, count < arrivals().
    fn time_of_s(&self, count: f64) -> f64 {
        if count <= 0.0 {
            return 0.0;
        }
        let slope =
            if self.length_s.is_finite() { (self.to_per_s - self.from_per_s) / self.length_s } else { 0.0 };
        // The root of from·t + slope·t²/2 = count in the form that loses no digits as slope → 0.
        let root = (self.from_per_s * self.from_per_s + 2.0 * slope * count).max(0.0).sqrt();
        2.0 * count / (self.from_per_s + root)
    }
}

/// How arrivals are spread around the rate curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// As regular as the rate allows.
    Even,
    /// A Poisson process with the curve as its intensity.
    Poisson,
}

/// An open arrival process.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
    /// Arrivals along a rate curve.
    Curve {
        /// The curve, piece after piece.
        pieces: Vec<Piece>,
        /// Regular or Poisson.
        spacing: Spacing,
    },
    /// Arrivals at given times, ascending.
    Trace(Vec<u64>),
}

impl Process {
    /// Arrivals at a constant rate without end.
    #[must_use]
    pub fn constant(per_s: f64, spacing: Spacing) -> Self {
        let piece = Piece { from_per_s: per_s, to_per_s: per_s, length_s: f64::INFINITY };
        Self::Curve { pieces: vec![piece], spacing }
    }

    /// The same process with every rate divided by `by`, for jobs that carry several messages.
    pub(crate) fn slowed(self, by: f64) -> Self {
        match self {
            Self::Curve { mut pieces, spacing } => {
                for piece in &mut pieces {
                    piece.from_per_s /= by;
                    piece.to_per_s /= by;
                }
                Self::Curve { pieces, spacing }
            }
            trace @ Self::Trace(_) => trace,
        }
    }

    /// Arrivals expected before `end_s`, which may be infinite.
    pub(crate) fn expected_arrivals(&self, end_s: f64) -> f64 {
        match self {
            Self::Trace(times) => times.partition_point(|&time| seconds(time) < end_s) as f64,
            Self::Curve { pieces, .. } => {
                let mut start_s = 0.0;
                let mut sum = 0.0;
                for piece in pieces {
                    let length_s = (end_s - start_s).clamp(0.0, piece.length_s);
                    let share = if length_s < piece.length_s { length_s / piece.length_s } else { 1.0 };
                    let end_rate = piece.from_per_s + (piece.to_per_s - piece.from_per_s) * share;
                    sum += Piece { to_per_s: end_rate, length_s, ..*piece }.arrivals();
                    start_s += piece.length_s;
                }
                sum
            }
        }
    }
}

/// The intended starts of a process, one after the other.
#[derive(Debug, Clone)]
pub struct Schedule {
    process: Process,
    seed: u64,
    next: u64,
    /// Λ at the next arrival.
    count: f64,
    piece: usize,
    piece_start_s: f64,
    piece_start_count: f64,
}

impl Schedule {
    /// A schedule from its beginning.
    pub(crate) fn new(process: Process, seed: u64) -> Self {
        let mut schedule =
            Self { process, seed, next: 0, count: 0.0, piece: 0, piece_start_s: 0.0, piece_start_count: 0.0 };
        schedule.count = schedule.gap_before(0);
        schedule
    }

    /// Λ between arrival `index` − 1 and arrival `index`; even arrivals begin at 0.
    fn gap_before(&self, index: u64) -> f64 {
        match (&self.process, index) {
            (Process::Curve { spacing: Spacing::Poisson, .. }, _) => {
                random::exponential(self.seed, &[ARRIVAL, index])
            }
            (_, 0) => 0.0,
            _ => 1.0,
        }
    }

    /// The next intended start in nanoseconds, None after the last.
    pub(crate) fn peek(&mut self) -> Option<u64> {
        let pieces = match &self.process {
            Process::Trace(times) => return times.get(usize::try_from(self.next).ok()?).copied(),
            Process::Curve { pieces, .. } => pieces,
        };
        loop {
            let piece = pieces.get(self.piece)?;
            let count = self.count - self.piece_start_count;
            if count < piece.arrivals() {
                return Some(nanoseconds(self.piece_start_s + piece.time_of_s(count)));
            }
            self.piece_start_s += piece.length_s;
            self.piece_start_count += piece.arrivals();
            self.piece += 1;
        }
    }

    /// Moves on to the following arrival.
    pub(crate) fn advance(&mut self) {
        self.next += 1;
        self.count = match &self.process {
            // A whole number, not a sum of ones, so that no digit is lost over a long run.
            Process::Curve { spacing: Spacing::Even, .. } => self.next as f64,
            _ => self.count + self.gap_before(self.next),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::quantity::NS_PER_S;
    use proptest::prelude::*;

    fn times(process: Process, seed: u64, limit: usize) -> Vec<u64> {
        let mut schedule = Schedule::new(process, seed);
        std::iter::from_fn(|| {
            let time = schedule.peek();
            schedule.advance();
            time
        })
        .take(limit)
        .collect()
    }

    fn piece(from_per_s: f64, to_per_s: f64, length_s: f64) -> Piece {
        Piece { from_per_s, to_per_s, length_s }
    }

    #[test]
    fn a_constant_rate_is_exact_even_after_a_billion_arrivals() {
        let mut schedule = Schedule::new(Process::constant(20.0, Spacing::Even), 0);
        schedule.next = 999_999_999;
        schedule.advance();
        assert_eq!(schedule.peek(), Some(1_000_000_000 / 20 * NS_PER_S));
    }

    #[test]
    fn a_ramp_from_zero_follows_the_square_root() {
        let ramp = Process::Curve { pieces: vec![piece(0.0, 50.0, 100.0)], spacing: Spacing::Even };
        let times = times(ramp, 0, 10_000);
        assert_eq!(times.len(), 2500);
        for (k, time) in times.iter().enumerate() {
            assert!((seconds(*time) - (4.0 * k as f64).sqrt()).abs() < 1e-6, "arrival {k}");
        }
    }

    #[test]
    fn steps_keep_the_count_across_their_borders_and_a_pause_is_empty() {
        let pieces =
            vec![piece(0.0, 0.0, 10.0), piece(2.0, 2.0, 5.0), piece(0.0, 0.0, 10.0), piece(1.0, 1.0, 3.0)];
        let times: Vec<f64> = times(Process::Curve { pieces, spacing: Spacing::Even }, 0, 100)
            .into_iter()
            .map(seconds)
            .collect();
        let expected: Vec<f64> =
            (0..10).map(|k| 10.0 + 0.5 * f64::from(k)).chain([25.0, 26.0, 27.0]).collect();
        assert_eq!(times, expected);
    }

    proptest! {
        #[test]
        fn arrivals_ascend_and_number_what_the_curve_integrates_to(
            seed: u64,
            rates in prop::collection::vec((0.0..50.0f64, 0.0..50.0f64, 0.1..20.0f64), 1..5),
        ) {
            let pieces: Vec<Piece> = rates.iter().map(|&(a, b, s)| piece(a, b, s)).collect();
            let expected: f64 = pieces.iter().map(Piece::arrivals).sum();
            let even = times(Process::Curve { pieces: pieces.clone(), spacing: Spacing::Even }, seed, 1 << 20);
            prop_assert!((even.len() as f64 - expected.ceil()).abs() <= 1.0);
            let poisson = times(Process::Curve { pieces, spacing: Spacing::Poisson }, seed, 1 << 20);
            prop_assert!((poisson.len() as f64 - expected).abs() <= 6.0 * expected.sqrt() + 6.0);
            for list in [even, poisson] {
                prop_assert!(list.is_sorted());
            }
        }
    }
}
