//! Goals that a run must reach, such as `p99 < 40s`, `throttles < 1%` or `verdict = "pass"`.

use std::fmt;
use std::str::FromStr;

use crate::units::quantity::{Rate, Share, Span};

/// What a threshold looks at, over all levels of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A percentile of the latency from the intended start, as a fraction in thousandths (990 is p99).
    Latency(u32),
    /// The same from the actual start.
    Service(u32),
    /// Mean residence time.
    Mean,
    /// Time from the first intended start to the last end.
    Makespan,
    /// p99 of the generator's lateness.
    Lateness,
    /// Attempts ended per second.
    Throughput,
    /// Objects done per second.
    Goodput,
    /// Share of attempts that were throttled.
    Throttles,
    /// Share of attempts that failed otherwise.
    Errors,
    /// Share of jobs that failed for good.
    Failed,
    /// Share of arrivals that could not start.
    NotStarted,
    /// The verdicts on Little's law.
    Verdict,
}

const METRICS: [(&str, Metric); 21] = [
    ("p50", Metric::Latency(500)),
    ("p90", Metric::Latency(900)),
    ("p95", Metric::Latency(950)),
    ("p99", Metric::Latency(990)),
    ("p999", Metric::Latency(999)),
    ("max", Metric::Latency(1000)),
    ("service_p50", Metric::Service(500)),
    ("service_p90", Metric::Service(900)),
    ("service_p95", Metric::Service(950)),
    ("service_p99", Metric::Service(990)),
    ("service_max", Metric::Service(1000)),
    ("mean", Metric::Mean),
    ("makespan", Metric::Makespan),
    ("lateness_p99", Metric::Lateness),
    ("throughput", Metric::Throughput),
    ("goodput", Metric::Goodput),
    ("throttles", Metric::Throttles),
    ("errors", Metric::Errors),
    ("failed", Metric::Failed),
    ("not_started", Metric::NotStarted),
    ("verdict", Metric::Verdict),
];

/// How the value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThresholdComparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
}

const COMPARISONS: [(&str, ThresholdComparison); 6] = [
    ("<=", ThresholdComparison::AtMost),
    (">=", ThresholdComparison::AtLeast),
    ("==", ThresholdComparison::Equal),
    ("<", ThresholdComparison::Below),
    (">", ThresholdComparison::Above),
    ("=", ThresholdComparison::Equal),
];

/// A goal: a metric, a comparison and a limit in seconds, per second or as a share.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// As it was written.
    pub text: String,
    /// What it looks at.
    pub metric: Metric,
    comparison: ThresholdComparison,
    limit: f64,
}

impl Threshold {
    /// Whether `value`, in the metric's unit, reaches the goal.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.comparison {
            ThresholdComparison::Below => value < self.limit,
            ThresholdComparison::AtMost => value <= self.limit,
            ThresholdComparison::Above => value > self.limit,
            ThresholdComparison::AtLeast => value >= self.limit,
            ThresholdComparison::Equal => value == self.limit,
        }
    }

    /// Which of two values is further from the goal.
    pub(crate) fn worse(&self, first: f64, second: f64) -> f64 {
        match self.comparison {
            ThresholdComparison::Below | ThresholdComparison::AtMost => first.max(second),
            ThresholdComparison::Above | ThresholdComparison::AtLeast => first.min(second),
            ThresholdComparison::Equal if (first - self.limit).abs() >= (second - self.limit).abs() => first,
            ThresholdComparison::Equal => second,
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (at, symbol, comparison) = COMPARISONS
            .into_iter()
            .filter_map(|(symbol, comparison)| Some((text.find(symbol)?, symbol, comparison)))
            .min_by_key(|&(at, symbol, _)| (at, std::cmp::Reverse(symbol.len())))
            .ok_or_else(|| format!("`{text}` has no comparison; write it as p99 < 40s"))?;
        let name = text[..at].trim();
        let metric =
            METRICS.into_iter().find(|(known, _)| *known == name).map(|(_, metric)| metric).ok_or_else(
                || {
                    let known = METRICS.map(|(known, _)| known).join(", ");
                    format!("`{name}` is not a metric; they are {known}")
                },
            )?;
        let limit = parse_limit(metric, text[at + symbol.len()..].trim())?;
        Ok(Self { text: text.to_owned(), metric, comparison, limit })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_limit(metric: Metric, text: &str) -> Result<f64, String> {
    match metric {
        Metric::Throughput | Metric::Goodput => text.parse::<Rate>().map(Rate::per_s),
        Metric::Throttles | Metric::Errors | Metric::Failed | Metric::NotStarted => {
            text.parse::<Share>().map(|share| share.0)
        }
        Metric::Verdict if text.trim_matches(['"', '\'']) == "pass" => Ok(1.0),
        Metric::Verdict => Err(format!("`{text}` is not a verdict to ask for; write verdict = \"pass\"")),
        _ => text.parse::<Span>().map(Span::seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_compare_in_the_metrics_own_unit() {
        let parse = |text: &str| text.parse::<Threshold>().unwrap();
        assert!(parse("p99 < 40s").holds(39.9) && !parse("p99 < 40s").holds(40.0));
        assert!(parse("p99<=40s").holds(40.0));
        assert!(parse("throttles < 1%").holds(0.009) && !parse("throttles < 1%").holds(0.01));
        assert!(parse("throughput >= 20/s").holds(20.0) && !parse("throughput > 20/s").holds(20.0));
        assert!(parse("verdict = \"pass\"").holds(1.0) && !parse("verdict == 'pass'").holds(0.0));
    }

    #[test]
    fn a_wrong_threshold_says_what_would_be_right() {
        for (text, hint) in [
            ("p99 40s", "p99 < 40s"),
            ("p98 < 40s", "p99, p999"),
            ("p99 < forty", "30s"),
            ("errors < 120%", "1%"),
            ("verdict = \"fail\"", "pass"),
        ] {
            let error = text.parse::<Threshold>().unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
    }
}
