//! What a plan costs, service by service.

use serde::{Deserialize, Serialize};

use planner_core::account::{BYTES_PER_GB, MB_PER_GB, Prices};
use planner_core::simulate::fan_out::FanOutOutcome;

/// What a rented machine is billed as.
const MACHINE: &str = "machine";

/// Requests to a queue for each message beside those that receive it: it is sent and deleted.
const QUEUE_REQUESTS_BESIDE_RECEIVES: f64 = 2.0;

/// What a plan uses and is billed for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// COPY, PUT and POST requests, parts of multipart copies included.
    pub copy_requests: u64,
    /// GET and HEAD requests.
    pub get_requests: u64,
    /// Bytes copied between two regions.
    pub bytes_between_regions: u64,
    /// Messages published to a topic.
    pub messages: u64,
    /// Messages delivered by it.
    pub deliveries: u64,
    /// Requests to a queue.
    pub queue_requests: u64,
    /// Invocations of a function.
    pub invocations: u64,
    /// Memory times time of a function on x86, in gigabyte-seconds.
    pub x86_gb_s: f64,
    /// Memory times time of a function on arm, in gigabyte-seconds.
    pub arm_gb_s: f64,
    /// Hours of a rented machine.
    pub machine_hours: f64,
    /// Jobs of S3 Batch Operations.
    pub batch_jobs: u64,
    /// Objects of those jobs.
    pub batch_objects: u64,
}

/// A cost and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// All of it.
    pub total_usd: f64,
    /// Its parts; those that a plan does not use are left out.
    pub items: Vec<CostItem>,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostItem {
    /// The service.
    pub service: String,
    /// What is billed.
    pub what: String,
    /// How much of it.
    pub quantity: f64,
    /// What is counted.
    pub unit: String,
    /// What it costs.
    pub usd: f64,
}

impl Cost {
    /// Whether a rented machine is in it, which is not so where its price is not known.
    #[must_use]
    pub fn has_machine(&self) -> bool {
        self.items.iter().any(|item| item.what == MACHINE)
    }
}

impl Usage {
    /// What simulated fan-outs used, on average.
    #[must_use]
    pub fn of_fan_outs(outcomes: &[FanOutOutcome]) -> Self {
        let mean = |value: fn(&FanOutOutcome) -> u64| {
            outcomes.iter().map(value).sum::<u64>() as f64 / outcomes.len().max(1) as f64
        };
        let published = mean(|run| run.copied + run.dead_lettered + run.lost - run.unpublished);
        let receives = mean(|run| run.metrics.receives);
        let beside = if receives > 0.0 { QUEUE_REQUESTS_BESIDE_RECEIVES * published } else { 0.0 };
        Self {
            copy_requests: mean(|run| run.copy_requests).round() as u64,
            messages: published.round() as u64,
            deliveries: published.round() as u64,
            queue_requests: (receives + beside).round() as u64,
            invocations: mean(|run| run.metrics.invocations).round() as u64,
            x86_gb_s: outcomes.iter().map(|run| run.billed_gb_s).sum::<f64>() / outcomes.len().max(1) as f64,
            ..Self::default()
        }
    }

    /// What these come to by a price list.
    #[must_use]
    pub fn cost(&self, prices: &Prices) -> Cost {
        let Prices { s3, sns, sqs, lambda, batch_operations: batch, ec2, .. } = prices;
        let million = 1e-6;
        // Without a price there is nothing to say.
        let machine_hours = if ec2.usd_per_hour > 0.0 { self.machine_hours } else { 0.0 };
        let lines = [
            ("S3", "COPY requests", self.copy_requests as f64, "requests", s3.copy_usd_per_1000 / 1e3),
            ("S3", "GET requests", self.get_requests as f64, "requests", s3.get_usd_per_1000 / 1e3),
            (
                "S3",
                "transfer between regions",
                self.bytes_between_regions as f64 / BYTES_PER_GB,
                "GB",
                s3.transfer_usd_per_gb_high,
            ),
            ("SNS", "messages", self.messages as f64, "messages", sns.publish_usd_per_million * million),
            ("SNS", "deliveries", self.deliveries as f64, "messages", sns.delivery_usd_per_million * million),
            (
                "SQS",
                "requests",
                self.queue_requests as f64,
                "requests",
                sqs.request_usd_per_million * million,
            ),
            (
                "Lambda",
                "requests",
                self.invocations as f64,
                "requests",
                lambda.request_usd_per_million * million,
            ),
            ("Lambda", "duration on x86", self.x86_gb_s, "GB-s", lambda.x86_usd_per_gb_s),
            ("Lambda", "duration on arm", self.arm_gb_s, "GB-s", lambda.arm_usd_per_gb_s),
            ("EC2", MACHINE, machine_hours, "hours", ec2.usd_per_hour),
            ("S3 Batch Operations", "jobs", self.batch_jobs as f64, "jobs", batch.usd_per_job),
            (
                "S3 Batch Operations",
                "objects",
                self.batch_objects as f64,
                "objects",
                batch.object_usd_per_million * million,
            ),
        ];
        let used = lines.into_iter().filter(|line| line.2 > 0.0);
        let items: Vec<CostItem> = used
            .map(|(service, what, quantity, unit, usd_each)| CostItem {
                service: service.to_owned(),
                what: what.to_owned(),
                quantity,
                unit: unit.to_owned(),
                usd: quantity * usd_each,
            })
            .collect();
        Cost { total_usd: items.iter().fold(0.0, |sum, item| sum + item.usd), items }
    }
}

/// Gigabyte-seconds of so many executions of a function with so much memory.
#[must_use]
pub fn gigabyte_seconds(executions: f64, mean_s: f64, memory_mb: u32) -> f64 {
    executions * mean_s * f64::from(memory_mb) / MB_PER_GB
}

/// Requests that copying an object is billed for: one, or one for each part and two to begin and to complete.
#[must_use]
pub fn requests_per_copy(bytes: u64, multipart_above_bytes: u64, part_bytes: u64) -> u64 {
    if bytes <= multipart_above_bytes { 1 } else { bytes.div_ceil(part_bytes.max(1)) + 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTS: u64 = 45_000;

    fn cost(usage: Usage) -> Cost {
        usage.cost(&Prices::built_in())
    }

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-7, "{value} is not {expected}");
    }

    #[test]
    fn forty_five_thousand_copies_by_functions() {
        let fan_out = cost(Usage {
            copy_requests: OBJECTS,
            messages: OBJECTS,
            deliveries: OBJECTS,
            invocations: OBJECTS,
            x86_gb_s: gigabyte_seconds(OBJECTS as f64, 30.0, 128),
            ..Usage::default()
        });
        let usd = |service: &str, what: &str| {
            let item = fan_out
                .items
                .iter()
                .find(|item| (item.service.as_str(), item.what.as_str()) == (service, what));
            item.unwrap().usd
        };
        let duration = fan_out.items.iter().find(|item| item.unit == "GB-s").unwrap();
        assert_eq!(duration.quantity, 168_750.0);
        close(duration.usd, 2.812_506);
        close(usd("Lambda", "requests"), 0.009);
        close(usd("SNS", "messages"), 0.0225);
        close(usd("S3", "COPY requests"), 0.225);
        close(fan_out.total_usd, 3.069_006);
    }

    #[test]
    fn transfer_between_regions_dominates() {
        close(
            cost(Usage { bytes_between_regions: OBJECTS * 700_000_000, ..Usage::default() }).total_usd,
            630.0,
        );
    }

    #[test]
    fn parts_are_billed_one_by_one() {
        let requests = requests_per_copy(700_000_000, 0, 64 << 20);
        assert_eq!(requests, 13);
        close(cost(Usage { copy_requests: OBJECTS * requests, ..Usage::default() }).total_usd, 2.925);
        assert_eq!(requests_per_copy(5 << 30, 5 << 30, 512 << 20), 1);
        assert_eq!(requests_per_copy((5 << 30) + 1, 5 << 30, 512 << 20), 13);
    }

    #[test]
    fn batch_operations_queues_and_machines() {
        let batch = Usage { batch_jobs: 1, batch_objects: OBJECTS, ..Usage::default() };
        close(cost(batch).total_usd, 0.25 + 0.045);
        close(cost(Usage { queue_requests: 3_000_000, ..Usage::default() }).total_usd, 1.2);
        let mut prices = Prices::built_in();
        prices.ec2.usd_per_hour = 0.4;
        close(Usage { machine_hours: 2.5, ..Usage::default() }.cost(&prices).total_usd, 1.0);
        assert_eq!(cost(Usage::default()), Cost::default());
    }
}
