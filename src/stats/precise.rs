//! Watches a level and says when its throughput and its residence time are known precisely enough.

use super::precision::Precision;
use super::series::Row;
use crate::scenario::quantity::seconds;

/// Mean residence times that a level needs to fill up before it is watched.
const WARM_UP_RESIDENCES: f64 = 3.0;

/// The watch over one level.
#[derive(Debug, Clone)]
pub struct Watch {
    throughput: Stream,
    residence: Stream,
    elapsed_s: f64,
    ended: u64,
    residence_sum_s: f64,
}

#[derive(Debug, Clone)]
struct Stream {
    precision: Precision,
    is_precise: bool,
}

impl Stream {
    fn push(&mut self, value: f64) {
        self.is_precise |= self.precision.push(value).is_some();
    }
}

impl Watch {
    /// A watch for a relative precision, such as 0.02.
    #[must_use]
    pub fn new(precision: f64) -> Self {
        let stream = Stream { precision: Precision::new(precision), is_precise: false };
        Self { throughput: stream.clone(), residence: stream, elapsed_s: 0.0, ended: 0, residence_sum_s: 0.0 }
    }

    /// Takes the next second of the level, and says whether both means are precise.
    pub fn push(&mut self, row: &Row) -> bool {
        let window = &row.window;
        self.elapsed_s += seconds(window.length_ns);
        self.ended += window.ended;
        self.residence_sum_s += window.residence_ns as f64 / 1e9;
        let residence_s = self.residence_sum_s / self.ended.max(1) as f64;
        if self.ended == 0 || self.elapsed_s < WARM_UP_RESIDENCES * residence_s {
            return false;
        }
        self.throughput.push(window.x_per_s());
        if window.ended > 0 {
            self.residence.push(window.r_s());
        }
        self.throughput.is_precise && self.residence.is_precise
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::little::Window;
    use crate::random;
    use crate::scenario::quantity::NS_PER_S;

    fn row(second: u64, spread: f64) -> Row {
        let ended = (100.0 + spread * random::normal(1, &[second])).max(0.0) as u64;
        let residence_ns = u128::from(ended) * (2e9 + spread * 1e7 * random::normal(2, &[second])) as u128;
        Row {
            window: Window { length_ns: NS_PER_S, ended, residence_ns, ..Window::default() },
            ..Row::default()
        }
    }

    #[test]
    fn a_steady_level_is_soon_precise_and_a_noisy_one_later() {
        let seconds_until = |spread| {
            let mut watch = Watch::new(0.02);
            (0..100_000).position(|second| watch.push(&row(second, spread)))
        };
        let (calm, noisy) = (seconds_until(5.0).unwrap(), seconds_until(30.0).unwrap());
        assert!(calm >= 20 && noisy > 4 * calm, "{calm} {noisy}");
    }

    #[test]
    fn nothing_is_precise_before_the_warm_up() {
        let mut watch = Watch::new(0.5);
        assert!((0..5).all(|second| !watch.push(&row(second, 0.0))), "R is 2 s, so 6 s are warm-up");
    }
}
