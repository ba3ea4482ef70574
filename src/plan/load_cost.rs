//! What a load comes to before it runs.

use super::cost::{Usage, gigabyte_seconds};
use planner_core::account::{BYTES_PER_GB, Prices};
use planner_core::load::job::{JobShape, Jobs};
use planner_core::scenario::file::OperationKind;
use planner_core::scenario::objects::Workload;
use planner_core::service::{FunctionProfile, Profile, function};

/// How often a queue without a dead-letter queue is taken to hand a message out, which it would do for as long as it
/// keeps it.
const UNLIMITED_RECEIVES: u32 = 1000;

/// Price of one request of an operation, a batch of messages being `items` of them.
#[must_use]
pub fn usd_per_request(prices: &Prices, operation: OperationKind, items: u64) -> f64 {
    if operation.publishes() {
        prices.sns.publish_usd_per_million / 1e6 * items as f64
    } else {
        prices.s3.copy_usd_per_1000 / 1e3
    }
}

/// What a message sets off behind its topic, in dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BehindTopic {
    /// At best: it is tried once, in no time.
    pub low_usd: f64,
    /// At worst: it is tried as often as may be, and each try lasts until the function's timeout.
    pub high_usd: f64,
}

impl BehindTopic {
    /// What each message of a fan-out sets off by a price list, the bytes aside.
    #[must_use]
    pub fn of(shape: function::PipelineShape, service: &Profile, prices: &Prices) -> Self {
        let FunctionProfile { timeout_s, memory_mb, maximum_retry_attempts, .. } = service.function;
        let (tries, queue_requests) = match shape {
            function::PipelineShape::Direct => (maximum_retry_attempts + 1, 0),
            function::PipelineShape::Queue => {
                (service.queue.max_receive_count.unwrap_or(UNLIMITED_RECEIVES), 1)
            }
        };
        let try_usage = Usage { copy_requests: 1, queue_requests, invocations: 1, ..Usage::default() };
        // To the queue and out of it at the end.
        let beside = Usage { deliveries: 1, queue_requests: 2 * queue_requests, ..Usage::default() };
        let longest = Usage { x86_gb_s: gigabyte_seconds(1.0, timeout_s, memory_mb), ..try_usage };
        let usd = |usage: Usage| usage.cost(prices).total_usd;
        Self {
            low_usd: usd(try_usage) + usd(beside),
            high_usd: f64::from(tries) * usd(longest) + usd(beside),
        }
    }
}

/// What a load comes to before it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LoadEstimate {
    /// Jobs.
    pub jobs: u64,
    /// Requests when nothing fails.
    pub requests: u64,
    /// Requests when every attempt but the last permitted one fails.
    pub requests_at_most: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Cost at best: nothing fails, one region.
    pub cost_low_usd: f64,
    /// Cost at worst: every retry, two regions.
    pub cost_high_usd: f64,
}

impl LoadEstimate {
    /// The estimate for `jobs` jobs of a workload that may make `max_attempts` attempts at each request, and whose
    /// messages set `behind` off.
    #[must_use]
    pub fn of(
        workload: &Workload,
        jobs: u64,
        max_attempts: u32,
        behind: BehindTopic,
        prices: &Prices,
    ) -> Self {
        let lap = workload.jobs_per_lap().max(1);
        let whole = Self::of_first(workload, lap.min(jobs));
        let rest = Self::of_first(workload, if jobs > lap { jobs % lap } else { 0 });
        let laps = (jobs / lap).max(1);
        let requests = whole.requests.saturating_mul(laps).saturating_add(rest.requests);
        let bytes = whole.bytes.saturating_mul(laps).saturating_add(rest.bytes);
        let requests_at_most = requests.saturating_mul(u64::from(max_attempts));
        let per_request = usd_per_request(prices, workload.operation, workload.items_per_job());
        let gigabytes = bytes as f64 / BYTES_PER_GB;
        let items = jobs as f64 * workload.items_per_job() as f64;
        Self {
            jobs,
            requests,
            requests_at_most,
            bytes,
            cost_low_usd: requests as f64 * per_request
                + items * behind.low_usd
                + gigabytes * prices.s3.transfer_usd_per_gb_low,
            cost_high_usd: requests_at_most as f64 * per_request
                + items * behind.high_usd
                + gigabytes * prices.s3.transfer_usd_per_gb_high,
        }
    }

    fn of_first(workload: &Workload, jobs: u64) -> Self {
        (0..jobs).fold(Self::default(), |sum, number| {
            let job = workload.job(number);
            let requests = match job.shape {
                JobShape::Single(_) => 1,
                JobShape::Multipart { parts, .. } => u64::from(parts) + 2,
            };
            let bytes = match workload.operation {
                OperationKind::FanOut => (job.object..job.object + u64::from(job.items))
                    .map(|object| workload.objects.size_bytes(object))
                    .fold(0, u64::saturating_add),
                _ => job.bytes,
            };
            Self { requests: sum.requests + requests, bytes: sum.bytes.saturating_add(bytes), ..sum }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::scenario::file::{Copy, Size};
    use planner_core::scenario::objects::ObjectSet;
    use planner_core::units::quantity::Bytes;

    fn copies(count: u64, size: u64, copy: Copy) -> Workload {
        let objects = ObjectSet::Generated { count, size: Size::Fixed(Bytes(size)), prefixes: 1, seed: 1 };
        Workload { objects, operation: OperationKind::Copy, copy, batch: 1 }
    }

    #[test]
    fn forty_five_thousand_copies_cost_what_the_list_says() {
        let workload = copies(45_000, 700_000_000, Copy::default());
        let estimate = LoadEstimate::of(&workload, 45_000, 5, BehindTopic::default(), &Prices::built_in());
        assert!((estimate.cost_low_usd - 0.225).abs() < 1e-12);
        assert!((estimate.cost_high_usd - (5.0 * 0.225 + 630.0)).abs() < 1e-9, "31.5 TB at 0.02 per GB");
    }

    #[test]
    fn parts_are_billed_one_by_one_and_laps_add_up() {
        let copy = Copy { multipart_above: Bytes(0), part_size: Bytes(64 << 20), parallel_parts: 8 };
        let workload = copies(10, 700_000_000, copy);
        let estimate = LoadEstimate::of(&workload, 25, 1, BehindTopic::default(), &Prices::built_in());
        assert_eq!(estimate.requests, 25 * 13, "11 parts, create and complete");
        assert_eq!(estimate.bytes, 25 * 700_000_000);
    }

    /// By hand from the list: a copy, a delivery, an invocation, three requests to a queue; 900 s of 128 MB each try.
    #[test]
    fn a_message_sets_off_a_copy_at_least_and_the_longest_tries_at_most() {
        let (prices, service) = (Prices::built_in(), Profile::default());
        let direct = BehindTopic::of(function::PipelineShape::Direct, &service, &prices);
        let try_usd = 5e-6 + 0.2e-6;
        assert!((direct.low_usd - try_usd).abs() < 1e-12, "{direct:?}");
        let longest_usd = 900.0 * 0.125 * prices.lambda.x86_usd_per_gb_s;
        assert!((direct.high_usd - 3.0 * (try_usd + longest_usd)).abs() < 1e-12, "{direct:?}");
        let queue = BehindTopic::of(function::PipelineShape::Queue, &service, &prices);
        assert!((queue.low_usd - (try_usd + 3.0 * 0.4e-6)).abs() < 1e-12, "{queue:?}");
    }
}
