//! Histograms of times in nanoseconds, three digits exact, mergeable.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::numeric::interval::CONFIDENCE;
use crate::numeric::order_statistics::quantile_interval;
use crate::units::quantity::seconds;

/// Longest time that is told apart from longer ones: ten years.
const LONGEST_NS: u64 = 315_360_000_000_000_000;

/// A histogram of times.
#[derive(Debug, Clone)]
pub struct TimeHistogram {
    histogram: Histogram<u64>,
    /// The histogram itself knows its largest time to three digits only.
    max_ns: u64,
}

impl TimeHistogram {
    /// An empty histogram.
    #[must_use]
    pub fn new() -> Self {
        // Three significant digits are always in range, so the bounds cannot be refused.
        let mut histogram = Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are supported"));
        histogram.auto(true);
        Self { histogram, max_ns: 0 }
    }

    /// Records a time; none is refused.
    pub fn record(&mut self, time_ns: u64) {
        // Only a fixed-size histogram can refuse: this one grows.
        let recorded = self.histogram.record(time_ns.min(LONGEST_NS));
        debug_assert!(recorded.is_ok());
        self.max_ns = self.max_ns.max(time_ns);
    }

    /// Adds all times of another histogram.
    pub fn add(&mut self, other: &Self) {
        // Only a fixed-size histogram can refuse: this one grows.
        let added = self.histogram.add(&other.histogram);
        debug_assert!(added.is_ok());
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// Forgets all times.
    pub fn clear(&mut self) {
        // Resetting costs as much as the histogram is large, and most seconds of a slow load are empty.
        if !self.is_empty() {
            self.histogram.reset();
        }
        self.max_ns = 0;
    }

    /// Number of times recorded.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The time in seconds below which a share `quantile` (0 to 1) of all times lie; 0 when empty.
    #[must_use]
    pub fn quantile_s(&self, quantile: f64) -> f64 {
        if self.is_empty() {
            0.0
        } else {
            seconds(self.histogram.value_at_quantile(quantile).min(self.max_ns))
        }
    }

    /// Percentiles, mean and maximum.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        Percentiles {
            p50: self.quantile_s(0.5),
            p90: self.quantile_s(0.9),
            p95: self.quantile_s(0.95),
            p99: self.quantile_s(0.99),
            p999: self.quantile_s(0.999),
            max: self.quantile_s(1.0),
            mean: self.histogram.mean() / 1e9,
        }
    }

    /// 95 % intervals of percentiles by order statistics, as if the times were independent. An end is open where
    /// there are too few times.
    pub(crate) fn percentile_intervals(&self) -> PercentileIntervals {
        let count = self.len();
        let ends = |share| {
            let value_at = |rank: u64| self.quantile_s(rank as f64 / count as f64);
            let (low, high) = quantile_interval(count, share, CONFIDENCE, value_at);
            Ends { low, high }
        };
        PercentileIntervals { p50: ends(0.5), p90: ends(0.9), p99: ends(0.99) }
    }

    /// The histogram in its own form.
    #[must_use]
    pub fn inner(&self) -> &Histogram<u64> {
        &self.histogram
    }
}

impl Default for TimeHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Histogram<u64>> for TimeHistogram {
    fn from(mut histogram: Histogram<u64>) -> Self {
        histogram.auto(true);
        let max_ns = histogram.max();
        Self { histogram, max_ns }
    }
}

/// Percentiles of a time, in seconds. Taken from one merged histogram, never averaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Largest.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
}

impl Percentiles {
    /// The percentile given in thousandths, where it is one of those kept.
    pub(crate) fn per_mille(&self, per_mille: u32) -> Option<f64> {
        match per_mille {
            500 => Some(self.p50),
            900 => Some(self.p90),
            950 => Some(self.p95),
            990 => Some(self.p99),
            999 => Some(self.p999),
            1000 => Some(self.max),
            _ => None,
        }
    }
}

/// Lower and upper ends, missing where the sample has no value low or high enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ends {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Intervals of percentiles, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PercentileIntervals {
    /// Of the median.
    pub p50: Ends,
    /// Of the 90th percentile.
    pub p90: Ends,
    /// Of the 99th percentile.
    pub p99: Ends,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_from_the_merged_histogram() {
        let (mut fast, mut slow) = (TimeHistogram::new(), TimeHistogram::new());
        (1..=991).for_each(|_| fast.record(1_000_000));
        (1..=9).for_each(|_| slow.record(60_000_000_000));
        fast.add(&slow);
        let merged = fast.percentiles();
        assert!((merged.p99 - 0.001).abs() < 1e-6 && (merged.p999 / 60.0 - 1.0).abs() < 1e-3);
        assert_eq!(merged.max, 60.0);
        assert!((merged.mean - 0.540991).abs() < 1e-3);
    }

    #[test]
    fn no_time_is_refused() {
        let mut times = TimeHistogram::new();
        times.record(0);
        times.record(u64::MAX);
        assert_eq!(times.len(), 2);
        assert!(TimeHistogram::new().percentiles() == Percentiles::default());
    }
}
