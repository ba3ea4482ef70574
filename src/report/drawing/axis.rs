//! Axes: where a value lies, and the round values that are marked.

use planner_core::units::human::{bytes, duration, grouped, shortest};

/// How values become places, and how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Plain numbers, evenly spaced.
    Linear,
    /// Plain numbers, each ten times as far as the last.
    Log,
    /// Seconds, evenly spaced, in the unit that fits; far from 0 as on a clock, such as 9m 30s.
    Time,
    /// Seconds, each ten times as far as the last.
    LogTime,
    /// Bytes, evenly spaced, in the unit that fits.
    Bytes,
    /// Bytes, each ten times as far as the last.
    LogBytes,
    /// Percentiles p as 1/(1 − p), so that p90, p99 and p99.9 are evenly spaced.
    Nines,
    /// Shares from 0 to 1, in per cent.
    Share,
    /// Shares, each ten times as far as the last, in per cent.
    LogShare,
    /// Rows of equal height, which are named where they lie: nothing is marked.
    Rows,
}

/// An axis from `low` to `high`.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What the axis measures, without the unit of a time.
    pub name: String,
    /// Its scale.
    pub scale: Scale,
    /// Value at its beginning.
    pub low: f64,
    /// Value at its end.
    pub high: f64,
    /// Values to mark instead of round ones; empty for round ones.
    pub marks: Vec<f64>,
}

/// A marked value.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Value.
    pub at: f64,
    /// As it is written.
    pub label: String,
}

const MINUTE_S: f64 = 60.0;
const HOUR_S: f64 = 3600.0;
const DAY_S: f64 = 86_400.0;
const YEAR_S: f64 = 365.0 * DAY_S;

/// Units of an evenly spaced time axis, each up to the given number of seconds.
const UNITS: [(f64, f64, &str); 7] = [
    (1e-3, 1e-6, "µs"),
    (1.0, 1e-3, "ms"),
    (300.0, 1.0, "s"),
    (3.0 * HOUR_S, MINUTE_S, "min"),
    (4.0 * DAY_S, HOUR_S, "h"),
    (2.0 * YEAR_S, DAY_S, "days"),
    (f64::INFINITY, YEAR_S, "years"),
];

/// Units of an evenly spaced axis of sizes, each up to the given number of bytes.
const SIZES: [(f64, f64, &str); 5] =
    [(2e3, 1.0, "B"), (2e6, 1e3, "kB"), (2e9, 1e6, "MB"), (2e12, 1e9, "GB"), (f64::INFINITY, 1e12, "TB")];

/// Steps of a time axis that does not begin at 0, in seconds.
const CLOCK_STEPS_S: [u64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    432_000,
];
/// Units of a clock in seconds.
const CLOCK: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];

/// Steps of a logarithmic time axis that is short enough for them, in seconds.
const FINE_LOG_TIMES_S: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0];

/// Marks of a logarithmic time axis.
const LOG_TIMES: [(f64, &str); 19] = [
    (1e-6, "1 µs"),
    (1e-5, "10 µs"),
    (1e-4, "100 µs"),
    (1e-3, "1 ms"),
    (1e-2, "10 ms"),
    (1e-1, "100 ms"),
    (1.0, "1 s"),
    (10.0, "10 s"),
    (MINUTE_S, "1 min"),
    (10.0 * MINUTE_S, "10 min"),
    (HOUR_S, "1 h"),
    (10.0 * HOUR_S, "10 h"),
    (2.0 * DAY_S, "2 days"),
    (10.0 * DAY_S, "10 days"),
    (100.0 * DAY_S, "100 days"),
    (YEAR_S, "1 year"),
    (4.0 * YEAR_S, "4 years"),
    (10.0 * YEAR_S, "10 years"),
    (100.0 * YEAR_S, "100 years"),
];

impl Axis {
    /// An axis that shows all of `values` from 0, with a little room at its end.
    #[must_use]
    pub fn from_zero(name: impl Into<String>, scale: Scale, values: impl IntoIterator<Item = f64>) -> Self {
        let max = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let high = if max > 0.0 { max * 1.06 } else { 1.0 };
        Self { name: name.into(), scale, low: 0.0, high, marks: Vec::new() }
    }

    /// An axis between two values.
    #[must_use]
    pub fn between(name: impl Into<String>, scale: Scale, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + low.abs().max(1.0) };
        Self { name: name.into(), scale, low, high, marks: Vec::new() }
    }

    /// The name with the unit.
    #[must_use]
    pub fn title(&self) -> String {
        match self.scale {
            Scale::Time if self.clock_step_s(2).is_some() => self.name.clone(),
            Scale::Time | Scale::Bytes => format!("{} ({})", self.name, self.unit().1),
            _ => self.name.clone(),
        }
    }

    /// Where a value lies: 0 at the beginning, 1 at the end, beyond them outside.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let even = |value: f64| match self.scale {
            Scale::Linear | Scale::Time | Scale::Bytes | Scale::Share | Scale::Rows => value,
            Scale::Log | Scale::LogTime | Scale::LogBytes | Scale::LogShare | Scale::Nines => {
                value.max(f64::MIN_POSITIVE).log10()
            }
        };
        let (low, high) = (even(self.low), even(self.high));
        (even(value) - low) / (high - low)
    }

    /// The same, held to the axis.
    #[must_use]
    pub fn held(&self, value: f64) -> f64 {
        self.place(value).clamp(0.0, 1.0)
    }

    /// At most `at_most` values to mark, from the beginning.
    #[must_use]
    pub fn ticks(&self, at_most: usize) -> Vec<Tick> {
        let at_most = at_most.max(2);
        if !self.marks.is_empty() {
            let marks: Vec<_> = self.marks.iter().map(|&at| (at, shortest(at, 3))).collect();
            return self.thinned(&marks, at_most);
        }
        match self.scale {
            Scale::Linear => self.even(1.0, at_most),
            Scale::Time => match self.clock_step_s(at_most) {
                Some(step_s) => self.clock(step_s),
                None => self.even(self.unit().0, at_most),
            },
            Scale::Bytes => self.even(self.unit().0, at_most),
            Scale::Log => self.powers(at_most, |at| grouped(at, (-at.log10().floor()).max(0.0) as usize)),
            Scale::LogBytes => self.powers(at_most, |at| bytes(at as u64)),
            Scale::LogShare => self.powers(at_most, |at| format!("{} %", shortest(100.0 * at, 2))),
            Scale::LogTime => self.log_times(at_most),
            Scale::Nines => self.nines(at_most),
            Scale::Share => self.even(0.01, at_most).into_iter().map(in_per_cent).collect(),
            Scale::Rows => Vec::new(),
        }
    }

    /// A value as it is read off the axis; empty where it is named otherwise.
    #[must_use]
    pub fn read(&self, value: f64) -> String {
        match self.scale {
            Scale::Linear | Scale::Log => shortest(value, 3),
            Scale::Time | Scale::LogTime => duration(value),
            Scale::Bytes | Scale::LogBytes => bytes(value as u64),
            Scale::Share | Scale::LogShare => format!("{} %", shortest(100.0 * value, 3)),
            Scale::Nines | Scale::Rows => String::new(),
        }
    }

    fn unit(&self) -> (f64, &'static str) {
        let units: &[_] = if self.scale == Scale::Bytes { &SIZES } else { &UNITS };
        let fitting = units.iter().find(|(up_to, ..)| self.high <= *up_to);
        fitting.map_or((1.0, ""), |&(_, unit, name)| (unit, name))
    }

    fn even(&self, unit: f64, at_most: usize) -> Vec<Tick> {
        let (low, high) = (self.low / unit, self.high / unit);
        let ends = |step: f64| ((low / step).ceil() as i64, (high / step * (1.0 + 1e-9)).floor() as i64);
        let least = (high - low) / at_most as f64;
        let fits = |step: &f64| {
            let (first, last) = ends(*step);
            last - first < at_most as i64
        };
        let round = if self.scale == Scale::Time { round_steps(unit) } else { &[] };
        let round = round.iter().copied().filter(|&step| step >= least);
        let fine = decimal_steps(least).take_while(|&step| step < 1.0);
        let step = fine.chain(round).chain(decimal_steps(least)).find(fits).unwrap_or(high - low);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let (first, last) = ends(step);
        (first..=last)
            .map(|index| index as f64 * step)
            .map(|value| Tick { at: value * unit, label: grouped(value, decimals) })
            .collect()
    }

    /// The step of a clock with at most so many marks, for stretches that begin late and last between seconds and weeks.
    fn clock_step_s(&self, at_most: usize) -> Option<u64> {
        let length_s = self.high - self.low;
        let is_late = self.low > 0.0 && self.high > MINUTE_S && length_s >= 2.0;
        let fits = |step_s: &u64| length_s / *step_s as f64 + 1.0 <= at_most as f64;
        CLOCK_STEPS_S.into_iter().find(fits).filter(|_| is_late)
    }

    fn clock(&self, step_s: u64) -> Vec<Tick> {
        let first = (self.low / step_s as f64).ceil() as u64;
        let last = (self.high / step_s as f64).floor() as u64;
        (first..=last)
            .map(|index| index * step_s)
            .map(|at_s| Tick { at: at_s as f64, label: clock_time(at_s) })
            .collect()
    }

    fn powers(&self, at_most: usize, label: fn(f64) -> String) -> Vec<Tick> {
        let (low, high) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let values = |mantissas: &[f64]| -> Vec<(f64, String)> {
            (low..=high)
                .flat_map(|exponent| mantissas.iter().map(move |mantissa| mantissa * 10f64.powi(exponent)))
                .map(|at| (at, label(at)))
                .collect()
        };
        let fine = values(&[1.0, 2.0, 5.0]);
        let within = fine.iter().filter(|(at, _)| self.shows(*at)).count();
        if within <= at_most { self.thinned(&fine, at_most) } else { self.thinned(&values(&[1.0]), at_most) }
    }

    /// Times ten times apart, or with others between them where all have room.
    fn log_times(&self, at_most: usize) -> Vec<Tick> {
        let coarse = self.thinned(&LOG_TIMES.map(|(at, label)| (at, label.to_owned())), at_most);
        let fine = fine_log_times();
        let within = fine.iter().filter(|(at, _)| self.shows(*at)).count();
        if (coarse.len()..=at_most).contains(&within) { self.thinned(&fine, at_most) } else { coarse }
    }

    fn nines(&self, at_most: usize) -> Vec<Tick> {
        let nines = |power: i32| match power {
            1 => "p90".to_owned(),
            2 => "p99".to_owned(),
            _ => format!("p99.{}", "9".repeat(power as usize - 2)),
        };
        let mut marks = vec![(2.0, "p50".to_owned())];
        marks.extend((1..=15).map(|power| (10f64.powi(power), nines(power))));
        self.thinned(&marks, at_most)
    }

    /// Those of the marks that the axis shows, every second or third of them when there are too many.
    fn thinned(&self, marks: &[(f64, String)], at_most: usize) -> Vec<Tick> {
        let shown: Vec<_> = marks.iter().filter(|(at, _)| self.shows(*at)).collect();
        let every = shown.len().div_ceil(at_most).max(1);
        shown.into_iter().step_by(every).map(|(at, label)| Tick { at: *at, label: label.clone() }).collect()
    }

    /// Whether a value lies on the axis.
    #[must_use]
    pub fn shows(&self, value: f64) -> bool {
        let tolerance = 1e-9 * self.high.abs();
        value >= self.low - tolerance && value <= self.high + tolerance
    }
}

/// Times from a microsecond to a day, two to five to a factor of ten.
fn fine_log_times() -> Vec<(f64, String)> {
    let decimal = |(unit_s, name): (f64, &'static str)| {
        let times = [1.0, 10.0, 100.0].into_iter().flat_map(|tens| [1.0, 2.0, 5.0].map(|step| step * tens));
        times.map(move |time| (time * unit_s, format!("{time} {name}")))
    };
    let clock = |(unit_s, name): (f64, &'static str)| {
        FINE_LOG_TIMES_S.into_iter().map(move |time| (time * unit_s, format!("{time} {name}")))
    };
    let below = [(1e-6, "µs"), (1e-3, "ms")].into_iter().flat_map(decimal);
    below.chain([(1.0, "s"), (MINUTE_S, "min"), (HOUR_S, "h")].into_iter().flat_map(clock)).collect()
}

/// A time as on a clock, without what is zero.
fn clock_time(at_s: u64) -> String {
    let mut rest_s = at_s;
    let mut parts = Vec::new();
    for (unit_s, name) in CLOCK {
        if rest_s >= unit_s {
            parts.push(format!("{}{name}", rest_s / unit_s));
        }
        rest_s %= unit_s;
    }
    if parts.is_empty() { "0".into() } else { parts.join(" ") }
}

fn in_per_cent(tick: Tick) -> Tick {
    Tick { label: tick.label + " %", ..tick }
}

/// 1, 2 and 5 times powers of ten, from about `least` on.
fn decimal_steps(least: f64) -> impl Iterator<Item = f64> {
    let exponent = least.log10().floor() as i32;
    (exponent..exponent + 3).flat_map(|exponent| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(exponent)))
}

/// The steps of a clock or a calendar.
fn round_steps(unit_s: f64) -> &'static [f64] {
    if unit_s == 1.0 {
        &[1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0]
    } else if unit_s == MINUTE_S {
        &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0]
    } else if unit_s == HOUR_S {
        &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0]
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, at_most: usize) -> String {
        axis.ticks(at_most).into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    }

    fn time(high_s: f64) -> Axis {
        Axis::between("time", Scale::Time, 0.0, high_s)
    }

    #[test]
    fn time_is_marked_at_round_values_of_a_fitting_unit() {
        for (high_s, title, expected) in [
            (0.000_5, "time (µs)", "0 100 200 300 400 500"),
            (0.9, "time (ms)", "0 200 400 600 800"),
            (160.0, "time (s)", "0 30 60 90 120 150"),
            (780.0, "time (min)", "0 5 10"),
            (6300.0, "time (min)", "0 30 60 90"),
            (50_000.0, "time (h)", "0 3 6 9 12"),
            (315_360_000.0, "time (years)", "0 2 4 6 8 10"),
        ] {
            assert_eq!((time(high_s).title().as_str(), labels(&time(high_s), 6).as_str()), (title, expected));
        }
    }

    #[test]
    fn time_far_from_zero_is_marked_as_on_a_clock() {
        let labels = |low_s, high_s, at_most| {
            let axis = Axis::between("time", Scale::Time, low_s, high_s);
            (axis.title(), labels(&axis, at_most))
        };
        assert_eq!(labels(535.0, 640.0, 6), ("time".into(), "9m 9m 30s 10m 10m 30s".into()));
        assert_eq!(labels(6290.0, 6310.0, 3), ("time".into(), "1h 44m 50s 1h 45m 1h 45m 10s".into()));
        assert_eq!(labels(90_000.0, 200_000.0, 4), ("time".into(), "1d 12h 2d".into()));
        assert_eq!(labels(59.5, 60.5, 3), ("time (s)".into(), "59.5 60.0 60.5".into()));
        assert_eq!(labels(1e8, 3e8, 4).0, "time (years)");
    }

    #[test]
    fn numbers_percentiles_and_powers_are_marked_at_round_values() {
        let linear = Axis::from_zero("rate", Scale::Linear, [1.7, f64::NAN]);
        assert_eq!(labels(&linear, 6), "0.0 0.5 1.0 1.5");
        assert_eq!(labels(&Axis::from_zero("rate", Scale::Linear, []), 6), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(&Axis::between("N", Scale::Log, 5.0, 80.0), 8), "5 10 20 50");
        assert_eq!(labels(&Axis::between("N", Scale::Log, 1.0, 10_000.0), 6), "1 10 100 1,000 10,000");
        assert_eq!(labels(&Axis::between("p", Scale::Nines, 1.0, 45_000.0), 8), "p50 p90 p99 p99.9 p99.99");
        let sizes = Axis::between("size", Scale::Bytes, 0.0, 800e6);
        assert_eq!((sizes.title().as_str(), labels(&sizes, 6).as_str()), ("size (MB)", "0 200 400 600 800"));
        assert_eq!(labels(&Axis::between("size", Scale::LogBytes, 900.0, 2e6), 6), "1 kB 10 kB 100 kB 1 MB");
        let share = Axis::between("share", Scale::Share, 0.0, 1.0);
        assert_eq!(labels(&share, 6), "0 % 20 % 40 % 60 % 80 % 100 %");
        let risk = Axis::between("risk", Scale::LogShare, 0.001, 1.0);
        assert_eq!(
            (labels(&risk, 4).as_str(), risk.read(0.0094).as_str()),
            ("0.1 % 1 % 10 % 100 %", "0.94 %")
        );
        let latency = Axis::between("latency", Scale::LogTime, 0.02, 7200.0);
        assert_eq!(labels(&latency, 9), "100 ms 1 s 10 s 1 min 10 min 1 h");
        let short = Axis::between("latency", Scale::LogTime, 0.8, 150.0);
        assert_eq!(labels(&short, 9), "1 s 2 s 5 s 10 s 20 s 30 s 1 min 2 min");
    }

    #[test]
    fn there_are_never_more_marks_than_asked_for() {
        for exponent in -7..12 {
            for scale in
                [Scale::Linear, Scale::Log, Scale::Time, Scale::LogTime, Scale::Bytes, Scale::LogBytes]
            {
                let high = 3.7 * 10f64.powi(exponent);
                let axis = Axis::between("x", scale, high / 1e4, high);
                for at_most in 2..9 {
                    let count = axis.ticks(at_most).len();
                    assert!(count <= at_most, "{count} of {at_most} on {axis:?}");
                }
            }
        }
    }

    #[test]
    fn values_lie_on_the_axis() {
        let axis = Axis::between("x", Scale::Log, 1.0, 100.0);
        assert_eq!([0.0, 1.0, 10.0, 1e9].map(|value| axis.held(value)), [0.0, 0.0, 0.5, 1.0]);
        assert!(axis.place(0.1) < 0.0 && axis.place(1e9) > 1.0);
        assert_eq!(Axis::between("x", Scale::Linear, 3.0, 3.0).place(3.0), 0.0);
    }
}
