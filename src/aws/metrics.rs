//! What CloudWatch counted of a function, by GetMetricData.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};

use super::reply::explain;
use super::target_error::TargetError;
use planner_core::audit::function::{Events, Peaks};
use planner_core::check::cloudwatch::{CloudWatchExport, CloudWatchPeriod};

/// Metrics are kept by the minute for 15 days, by five minutes for 63 and by the hour for 455 (CloudWatch User Guide,
/// "Metrics retention"): from which age on which period is left.
const RETENTION: [(i64, i64); 2] = [(63 * 86_400, 3600), (15 * 86_400, 300)];
/// The period of what is younger.
const MINUTE_S: i64 = 60;

/// Identifier, name and statistic of what is asked for.
const ASKED: [(&str, &str, &str); 11] = [
    ("invocations", "Invocations", "Sum"),
    ("throttles", "Throttles", "Sum"),
    ("errors", "Errors", "Sum"),
    ("duration", "Duration", "Average"),
    ("duration_max", "Duration", "Maximum"),
    ("concurrent", "ConcurrentExecutions", "Average"),
    ("concurrent_max", "ConcurrentExecutions", "Maximum"),
    ("event_age_max", "AsyncEventAge", "Maximum"),
    ("events_dropped", "AsyncEventsDropped", "Sum"),
    ("dead_letter_errors", "DeadLetterErrors", "Sum"),
    ("destination_failures", "DestinationDeliveryFailures", "Sum"),
];

/// Values of one metric by the beginning of their period, in seconds since 1970.
type Values = BTreeMap<i64, f64>;

/// The metrics of a function from one time to another, both in seconds since 1970 and at most `now_s`. There are no
/// periods where CloudWatch knows nothing.
///
/// # Errors
/// Where CloudWatch cannot be reached or refuses to answer.
pub async fn of_function(
    client: &CloudWatch,
    function: &str,
    from_s: i64,
    until_s: i64,
    now_s: i64,
) -> Result<(CloudWatchExport, Peaks), TargetError> {
    let period_s = period_s(now_s - from_s);
    let begin_s = from_s - from_s.rem_euclid(period_s);
    let queries = ASKED.map(|(id, name, statistic)| query(function, id, name, statistic, period_s));
    let mut pages = client
        .get_metric_data()
        .start_time(DateTime::from_secs(begin_s))
        .end_time(DateTime::from_secs(until_s.max(begin_s + period_s)))
        .set_metric_data_queries(Some(queries.into()))
        .into_paginator()
        .send();
    let mut found: BTreeMap<String, Values> = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| explain(format!("failed to get the metrics of {function}"), &error))?;
        for result in page.metric_data_results() {
            let values = found.entry(result.id().unwrap_or_default().to_owned()).or_default();
            values
                .extend(result.timestamps().iter().map(DateTime::secs).zip(result.values().iter().copied()));
        }
    }
    Ok((metrics(&found, period_s), peaks(&found)))
}

/// The shortest period that is still kept of what is so old.
fn period_s(age_s: i64) -> i64 {
    RETENTION.iter().find(|(older_s, _)| age_s >= *older_s).map_or(MINUTE_S, |(_, period_s)| *period_s)
}

fn query(function: &str, id: &str, name: &str, statistic: &str, period_s: i64) -> MetricDataQuery {
    let dimension = Dimension::builder().name("FunctionName").value(function).build();
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name(name).dimensions(dimension).build();
    let period = i32::try_from(period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

fn metrics(found: &BTreeMap<String, Values>, period_s: i64) -> CloudWatchExport {
    let mut periods: BTreeMap<i64, CloudWatchPeriod> = BTreeMap::new();
    let mut fill = |id: &str, place: fn(&mut CloudWatchPeriod) -> &mut Option<f64>| {
        for (start_s, value) in found.get(id).into_iter().flatten() {
            *place(periods.entry(*start_s).or_default()) = Some(*value);
        }
    };
    fill("invocations", |period| &mut period.invocations);
    fill("throttles", |period| &mut period.throttles);
    fill("errors", |period| &mut period.errors);
    fill("duration", |period| &mut period.duration_s);
    fill("concurrent", |period| &mut period.concurrent);
    let periods = periods.into_iter().map(|(start_s, period)| CloudWatchPeriod {
        start_ns: start_s.saturating_mul(1_000_000_000),
        // CloudWatch has it in milliseconds.
        duration_s: period.duration_s.map(|milliseconds| milliseconds / 1e3),
        ..period
    });
    CloudWatchExport { period_s: period_s as f64, periods: periods.collect() }
}

fn peaks(found: &BTreeMap<String, Values>) -> Peaks {
    let largest = |id: &str| found.get(id)?.values().copied().reduce(f64::max);
    let sum = |id: &str| Some(found.get(id)?.values().sum::<f64>().round() as u64);
    let put_aside = [sum("dead_letter_errors"), sum("destination_failures")];
    Peaks {
        concurrent: largest("concurrent_max"),
        duration_s: largest("duration_max").map(|ms| ms / 1e3),
        events: Events {
            async_event_age_max_s: largest("event_age_max").map(|ms| ms / 1e3),
            async_events_dropped: sum("events_dropped"),
            dead_letter_errors: put_aside.into_iter().flatten().reduce(|a, b| a + b),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_metrics_are_asked_for_in_the_period_that_is_left_of_them() {
        const DAY_S: i64 = 86_400;
        assert_eq!(
            [0, 14, 15, 62, 63, 400].map(|days| period_s(days * DAY_S)),
            [60, 60, 300, 300, 3600, 3600]
        );
    }

    #[test]
    fn values_of_one_period_come_together_in_seconds() {
        let values = |pairs: &[(i64, f64)]| pairs.iter().copied().collect::<Values>();
        let found = BTreeMap::from([
            ("invocations".to_owned(), values(&[(60, 120.0), (0, 60.0)])),
            ("duration".to_owned(), values(&[(0, 25_000.0)])),
            ("duration_max".to_owned(), values(&[(0, 29_000.0), (60, 31_000.0)])),
            ("concurrent_max".to_owned(), values(&[(0, 40.0), (60, 39.0)])),
            ("event_age_max".to_owned(), values(&[(0, 1500.0), (60, 90_000.0)])),
            ("events_dropped".to_owned(), values(&[(0, 1.0), (60, 2.0)])),
            ("destination_failures".to_owned(), values(&[(60, 1.0)])),
        ]);
        let seen = metrics(&found, 60);
        assert_eq!((seen.period_s, seen.periods.len()), (60.0, 2));
        let first = CloudWatchPeriod {
            invocations: Some(60.0),
            duration_s: Some(25.0),
            ..CloudWatchPeriod::default()
        };
        assert_eq!(seen.periods[0], first);
        assert_eq!((seen.periods[1].start_ns, seen.periods[1].duration_s), (60_000_000_000, None));
        let events = Events {
            async_event_age_max_s: Some(90.0),
            async_events_dropped: Some(3),
            dead_letter_errors: Some(1),
        };
        assert_eq!(peaks(&found), Peaks { concurrent: Some(40.0), duration_s: Some(31.0), events });
    }
}
