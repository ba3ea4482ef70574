//! What the embedded endpoint says of its own function.

use crate::emulator::{Cloud, DeployedFunction, FunctionActivity};
use planner_core::measure::fan_out::evidence::{FanOutEvidence, FunctionCounts};
use planner_core::measure::fan_out::object::microseconds;
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::fan_out::stage::StageWindows;
use planner_core::service::function::{MessageOutcome, MetricPeriod};
use planner_core::units::quantity::{nanoseconds, seconds};

use super::Settling;

impl Settling<'_> {
    pub(super) async fn embedded(&self, cloud: &Cloud, function: &DeployedFunction) -> FanOutEvidence {
        tokio::select! {
            // Its end or that of the waiting are both an answer.
            _ = tokio::time::timeout(self.wait(), function.idle()) => {}
            () = self.interrupted() => {}
        }
        let epoch_ns = cloud.now_ns().saturating_sub(self.epoch.elapsed().as_nanos() as u64);
        let mut account = function.account();
        let objects = &self.scenario.workload.objects;
        let modified = cloud.modified_ns(&self.places.destination_bucket, &self.places.destination_prefix);
        let modified_s = (0..objects.len()).filter_map(|object| {
            let modified_ns = *modified.get(&objects.object(object).key)?;
            Some((object, seconds(modified_ns.saturating_sub(epoch_ns))))
        });
        let with = |wanted: MessageOutcome| {
            let fates = account.fates.iter().filter(move |(_, fate)| **fate == wanted);
            fates.map(|(object, _)| *object).collect()
        };
        let (dead_lettered, dropped) = (with(MessageOutcome::DeadLettered), with(MessageOutcome::Lost));
        let profile = self.scenario.file.target.service.clone().unwrap_or_default();
        let stages = account.stages;
        FanOutEvidence {
            epoch_s: seconds(epoch_ns),
            modified_s: modified_s.collect(),
            dead_lettered,
            dropped,
            is_over: account.open == 0,
            counts: counts(&mut account),
            concurrency_limit: Some(u64::from(profile.function.concurrency_limit())),
            windows: StageWindows {
                delivery: Some(stages.delivery),
                queued: Some(stages.queued),
                function: Some(stages.function),
                copy: Some(account.copy),
            },
            seconds: by_second(&mut account, epoch_ns),
            lines: account.lines,
            unknown: Vec::new(),
        }
    }
}

fn counts(account: &mut FunctionActivity) -> FunctionCounts {
    let total = account.metrics.total(account.now_ns);
    FunctionCounts {
        invocations: Some(total.invocations),
        throttles: Some(total.throttles),
        errors: Some(total.errors),
        concurrency_peak: Some(total.concurrent_executions_max),
        concurrency_mean: Some(total.concurrent_executions_time_ns as f64 / account.now_ns.max(1) as f64),
        duration_mean_s: duration_mean_s(&total),
        duration_max_s: (total.invocations > 0).then(|| seconds(total.duration_max_ns)),
        async_event_age_max_s: (total.async_events_invoked > 0)
            .then(|| seconds(total.async_event_age_max_ns)),
    }
}

fn duration_mean_s(period: &MetricPeriod) -> Option<f64> {
    let mean_s = period.duration_sum_ns as f64 / period.invocations as f64 / 1e9;
    (period.invocations > 0).then_some(mean_s)
}

/// The metrics since the start of the run.
fn by_second(account: &mut FunctionActivity, epoch_ns: u64) -> Vec<FunctionSecond> {
    let period_ns = account.metrics.period_ns();
    let now_ns = account.now_ns;
    let (closed, open) = account.metrics.periods(now_ns);
    let row = |(number, period): (u64, &MetricPeriod)| {
        let start_ns = number * period_ns;
        let length_ns = (now_ns - start_ns).clamp(1, period_ns) as f64;
        let start_s = seconds(start_ns) - seconds(epoch_ns);
        (nanoseconds(start_s + 1.0) > 0).then(|| FunctionSecond {
            start_s,
            concurrency_mean: period.concurrent_executions_time_ns as f64 / length_ns,
            concurrency_max: period.concurrent_executions_max,
            backlog_mean: Some(period.backlog_time_ns as f64 / length_ns),
            throttles: Some(period.throttles),
            invocations: period.invocations,
            errors: Some(period.errors),
            copied: 0,
            duration_mean_s: duration_mean_s(period).map(microseconds),
            duration_max_s: (period.invocations > 0).then(|| seconds(period.duration_max_ns)),
            async_event_age_max_s: (period.async_events_invoked > 0)
                .then(|| seconds(period.async_event_age_max_ns)),
        })
    };
    (0..).zip(closed.iter().chain([&open])).filter_map(row).collect()
}
