//! What CloudWatch says about the function that made the copies.

use serde::Serialize;

use super::verdict_reason::AuditReason;
use crate::check::analysis::analyse;
use crate::check::cloudwatch::CloudWatchExport;
use crate::check::document::Reading;
use crate::check::window::FileWindow;
use crate::check::{self, CheckError, FileContent};
use crate::law::finding::{Finding, Verdict};
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES};

/// Maxima and sums over the whole time, which the periods do not have.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Peaks {
    /// Most executions at once.
    pub concurrent: Option<f64>,
    /// Longest execution.
    pub duration_s: Option<f64>,
    /// The queue in front of a function that is invoked asynchronously.
    pub events: Events,
}

/// The events that wait for a function that is invoked asynchronously; behind a queue there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Events {
    /// Longest time between an event's arrival and an execution of it, in seconds.
    pub async_event_age_max_s: Option<f64>,
    /// Events given up: too old, tried too often, or refused.
    pub async_events_dropped: Option<u64>,
    /// Events that could not even be put aside: to a dead-letter queue or, as in the template, to a destination.
    pub dead_letter_errors: Option<u64>,
}

impl Events {
    /// Events that did not become a copy in the end; None where CloudWatch knows of none.
    pub(crate) fn lost(self) -> Option<u64> {
        let known = [self.async_events_dropped, self.dead_letter_errors].into_iter().flatten();
        known.reduce(u64::max)
    }
}

/// The function over the time of the backup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedFunction {
    /// Its name; absent where the metrics came as a file.
    pub name: Option<String>,
    /// Length of a period of the metrics.
    pub period_s: f64,
    /// Periods with data.
    pub periods: u64,
    /// Executions, retries included; throttled requests are none.
    pub invocations: u64,
    /// Requests refused for want of concurrency.
    pub throttles: Option<u64>,
    /// Executions that failed.
    pub errors: Option<u64>,
    /// Executions a second over the periods with data.
    pub x_per_s: f64,
    /// Mean duration.
    pub duration_mean_s: Option<f64>,
    /// Longest duration.
    pub duration_max_s: Option<f64>,
    /// Mean of the concurrent executions.
    pub concurrent_mean: Option<f64>,
    /// Most concurrent executions.
    pub concurrent_max: Option<f64>,
    /// X·R: what the mean of concurrent executions must be.
    pub xr: Option<f64>,
    /// What waited for it asynchronously.
    #[serde(flatten)]
    pub events: Events,
    /// The periods.
    pub readings: Vec<Reading>,
    /// The verdict on N = X·R in batches of periods.
    #[serde(skip)]
    pub independent: Finding<AuditReason>,
    /// The verdict on X·R beside N over the whole time.
    #[serde(skip)]
    pub raw: Finding<AuditReason>,
}

impl AuditedFunction {
    /// Looks at metrics by the laws. Where there are no maxima, the largest mean stands for that of the executions.
    ///
    /// # Errors
    /// Where no period lies in the window.
    pub fn of(
        name: Option<String>,
        metrics: &CloudWatchExport,
        peaks: Peaks,
        window: Option<&FileWindow>,
    ) -> Result<Self, CheckError> {
        let document = analyse(&FileContent::CloudWatch(metrics.clone()), window)?;
        let means = document.means.unwrap_or_default();
        let whole = |sum: f64| sum.round() as u64;
        let needed_s = means.r_s.map(|mean_s| BATCHES as f64 * BATCH_RESIDENCES * mean_s);
        let independent = &document.verdicts.independent;
        // A backup that is over cannot be told to run longer.
        let is_undecided = independent.verdict == Verdict::Inconclusive;
        let why = |why: &check::verdict_reason::CheckReason| {
            if is_undecided { AuditReason::TooFewPeriods(needed_s) } else { AuditReason::Metrics(*why) }
        };
        let largest_mean = document.readings.iter().filter(|reading| reading.derived.is_none());
        let largest_mean = largest_mean.filter_map(|reading| reading.n).reduce(f64::max);
        Ok(Self {
            name,
            period_s: metrics.period_s,
            periods: document.rows,
            invocations: whole(means.x_per_s * means.window_s),
            throttles: means.throttles.map(whole),
            errors: means.errors.map(whole),
            x_per_s: means.x_per_s,
            duration_mean_s: means.r_s,
            duration_max_s: peaks.duration_s,
            concurrent_mean: means.n,
            concurrent_max: peaks.concurrent.or(largest_mean),
            xr: means.xr,
            events: peaks.events,
            readings: document.readings,
            independent: independent.map(why),
            raw: document.verdicts.raw.map(|&why| AuditReason::Metrics(why)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::cloudwatch::CloudWatchPeriod;

    fn period(minute: i64, invocations: f64, concurrent: f64) -> CloudWatchPeriod {
        let start_ns = minute * 60_000_000_000;
        let (invocations, concurrent) = (Some(invocations), Some(concurrent));
        let throttles = (minute == 1).then_some(3.0);
        CloudWatchPeriod {
            start_ns,
            invocations,
            duration_s: Some(25.0),
            concurrent,
            throttles,
            errors: None,
        }
    }

    #[test]
    fn sums_and_maxima_come_from_the_window_alone() {
        let periods = vec![period(0, 60.0, 25.0), period(1, 120.0, 50.0), period(2, 30.0, 12.5)];
        let metrics = CloudWatchExport { period_s: 60.0, periods };
        let seen = AuditedFunction::of(None, &metrics, Peaks::default(), None).unwrap();
        assert_eq!((seen.invocations, seen.throttles, seen.errors), (210, Some(3), None));
        assert_eq!((seen.concurrent_max, seen.periods), (Some(50.0), 3));
        assert!((seen.xr.unwrap() - 210.0 / 180.0 * 25.0).abs() < 1e-9);
        assert_eq!(seen.independent.verdict, Verdict::Inconclusive, "three minutes decide nothing");
        assert_eq!(seen.independent.why, AuditReason::TooFewPeriods(Some(5000.0)));
        let last = FileWindow(120_000_000_000..180_000_000_000);
        let peaks = Peaks { concurrent: Some(40.0), duration_s: Some(29.0), ..Peaks::default() };
        let seen = AuditedFunction::of(Some("copy".into()), &metrics, peaks, Some(&last)).unwrap();
        assert_eq!((seen.invocations, seen.throttles, seen.concurrent_max), (30, None, Some(40.0)));
        assert!(
            AuditedFunction::of(None, &CloudWatchExport::default(), peaks, None).is_err(),
            "no data is no function"
        );
    }
}
