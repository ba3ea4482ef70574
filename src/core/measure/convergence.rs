//! Watches a level and says when its throughput and its residence time are known precisely enough.

use super::precision::Precision;
use super::series::SeriesSecond;
use crate::numeric::interval::Mean;
use crate::units::quantity::seconds;

/// Mean residence times that a level needs to fill up before it is watched.
const WARM_UP_RESIDENCES: f64 = 3.0;

/// The watch over one level.
#[derive(Debug, Clone)]
pub struct ConvergenceWatch {
    throughput: MeanStream,
    residence: MeanStream,
    elapsed_s: f64,
    ended: u64,
    residence_sum_s: f64,
}

#[derive(Debug, Clone)]
struct MeanStream {
    precision: Precision,
    precise: Option<Mean>,
}

impl MeanStream {
    fn push(&mut self, stretch: (f64, f64)) {
        self.precise = self.precision.push(stretch).or(self.precise);
    }

    fn to_go(&self) -> Option<usize> {
        if self.precise.is_some() { Some(0) } else { self.precision.stretches_to_go() }
    }
}

impl ConvergenceWatch {
    /// A watch for a relative precision, such as 0.02.
    #[must_use]
    pub fn new(precision: f64) -> Self {
        let stream = MeanStream { precision: Precision::new(precision), precise: None };
        Self { throughput: stream.clone(), residence: stream, elapsed_s: 0.0, ended: 0, residence_sum_s: 0.0 }
    }

    /// Takes the next second of the level, and says whether both means are precise.
    pub fn push(&mut self, row: &SeriesSecond) -> bool {
        let window = &row.window;
        self.elapsed_s += seconds(window.length_ns);
        self.ended += window.ended;
        self.residence_sum_s += window.residence_ns as f64 / 1e9;
        let residence_s = self.residence_sum_s / self.ended.max(1) as f64;
        if self.ended == 0 || self.elapsed_s < WARM_UP_RESIDENCES * residence_s {
            return false;
        }
        let (ended, residence_s) = (window.ended as f64, window.residence_ns as f64 / 1e9);
        self.throughput.push((ended, seconds(window.length_ns)));
        self.residence.push((residence_s, ended));
        self.throughput.precise.is_some() && self.residence.precise.is_some()
    }

    /// Seconds still to come before both means are precise, if their spread stays as it is; None while nothing is
    /// known of it.
    #[must_use]
    pub fn to_go_s(&self) -> Option<usize> {
        Some(self.throughput.to_go()?.max(self.residence.to_go()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::in_flight_window::Window;
    use crate::random;
    use crate::units::quantity::NS_PER_S;

    fn of(ended: u64, residence_ns: u128) -> SeriesSecond {
        let window = Window { length_ns: NS_PER_S, ended, residence_ns, ..Window::default() };
        SeriesSecond { window, ..SeriesSecond::default() }
    }

    fn row(second: u64, spread: f64) -> SeriesSecond {
        let ended = (100.0 + spread * random::normal(1, &[second])).max(0.0) as u64;
        of(ended, u128::from(ended) * (2e9 + spread * 1e7 * random::normal(2, &[second])) as u128)
    }

    #[test]
    fn a_steady_level_is_soon_precise_and_a_noisy_one_later() {
        let seconds_until = |spread| {
            let mut watch = ConvergenceWatch::new(0.02);
            (0..100_000).position(|second| watch.push(&row(second, spread)))
        };
        let (calm, noisy) = (seconds_until(5.0).unwrap(), seconds_until(30.0).unwrap());
        assert!(calm >= 20 && noisy > 4 * calm, "{calm} {noisy}");
    }

    #[test]
    fn the_residence_time_is_that_of_all_requests_and_not_of_seconds() {
        let mut watch = ConvergenceWatch::new(0.1);
        // A request of 10 s, 99 of a second each, and a second without an end.
        let rows = [of(1, 10 * u128::from(NS_PER_S)), of(99, 99 * u128::from(NS_PER_S)), of(0, 0)];
        for row in rows.iter().cycle().take(3000) {
            watch.push(row);
        }
        let seen = watch.residence.precise.unwrap().mean;
        assert!((seen - 1.09).abs() < 0.05, "{seen}");
    }

    #[test]
    fn a_level_that_ended_too_early_says_how_long_it_lacks() {
        let mut watch = ConvergenceWatch::new(0.02);
        let mut push = |mut seconds: std::ops::Range<u64>| {
            let done = seconds.any(|second| watch.push(&row(second, 30.0)));
            (done, watch.to_go_s())
        };
        assert_eq!(push(0..20), (false, None));
        let (done, to_go_s) = push(20..300);
        let to_go_s = to_go_s.unwrap() as u64;
        assert!(!done && to_go_s > 100, "{to_go_s}");
        assert_eq!(push(300..300 + 3 * to_go_s), (true, Some(0)));
    }

    #[test]
    fn nothing_is_precise_before_the_warm_up() {
        let mut watch = ConvergenceWatch::new(0.5);
        assert!((0..5).all(|second| !watch.push(&row(second, 0.0))), "R is 2 s, so 6 s are warm-up");
    }
}
