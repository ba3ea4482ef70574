//! Prices as data, and what a load costs by them.

use serde::Deserialize;

use super::cost::{Usage, gigabyte_seconds};
use super::overlay::overlaid;
use planner_core::load::job::{Jobs, Shape};
use planner_core::scenario::file::OperationKind;
use planner_core::scenario::objects::Workload;
use planner_core::service::FunctionProfile;
use planner_core::service::Profile;
use planner_core::service::function;

/// Bytes in the gigabyte that transfer is billed by.
pub(super) const GB: f64 = 1e9;

/// How often a queue without a dead-letter queue is taken to hand a message out, which it would do for as long as it
/// keeps it.
const UNLIMITED_RECEIVES: u32 = 1000;

const BUILT_IN: &str = include_str!("prices.toml");

/// A price list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Month of the list.
    pub as_of: String,
    /// Region it is for.
    pub region: String,
    /// Where the numbers are from.
    pub source: String,
    /// S3.
    pub s3: S3Prices,
    /// SNS.
    pub sns: SnsPrices,
    /// SQS.
    pub sqs: SqsPrices,
    /// Lambda.
    pub lambda: LambdaPrices,
    /// S3 Batch Operations.
    pub batch_operations: BatchOperationsPrices,
    /// Rented machines.
    pub ec2: Ec2Prices,
}

/// Prices of S3.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Prices {
    /// COPY, PUT, POST and LIST requests.
    pub copy_usd_per_1000: f64,
    /// GET and HEAD requests.
    pub get_usd_per_1000: f64,
    /// Transfer at best, such as within a region.
    pub transfer_usd_per_gb_low: f64,
    /// Transfer at worst, between regions.
    pub transfer_usd_per_gb_high: f64,
}

/// Prices of SNS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsPrices {
    /// Messages.
    pub publish_usd_per_million: f64,
    /// Deliveries to a queue or a function.
    pub delivery_usd_per_million: f64,
}

/// Prices of SQS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqsPrices {
    /// Requests to standard queues.
    pub request_usd_per_million: f64,
}

/// Prices of Lambda.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaPrices {
    /// A gigabyte of memory for a second, on x86.
    pub x86_usd_per_gb_s: f64,
    /// The same on arm.
    pub arm_usd_per_gb_s: f64,
    /// Invocations.
    pub request_usd_per_million: f64,
}

/// Prices of S3 Batch Operations, beside those of the copies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchOperationsPrices {
    /// A job.
    pub usd_per_job: f64,
    /// Objects that it works on.
    pub object_usd_per_million: f64,
}

/// Prices of rented machines, which depend on the machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ec2Prices {
    /// An hour of the machine that would be rented.
    pub usd_per_hour: f64,
}

impl Prices {
    /// The list that is built in.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the built-in list is read by a test")
    }

    /// The built-in list with a user's own prices over it.
    ///
    /// # Errors
    /// Where the text is no price list, or a price is negative or no number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let prices: Self = overlaid(BUILT_IN, text)?;
        match prices.all().into_iter().find(|(_, usd)| !(usd.is_finite() && *usd >= 0.0)) {
            Some((field, usd)) => Err(format!("`{field}` is {usd}; give a price of zero or more")),
            None => Ok(prices),
        }
    }

    fn all(&self) -> [(&'static str, f64); 13] {
        let Self { s3, sns, sqs, lambda, batch_operations, ec2, .. } = self;
        [
            ("s3.copy_usd_per_1000", s3.copy_usd_per_1000),
            ("s3.get_usd_per_1000", s3.get_usd_per_1000),
            ("s3.transfer_usd_per_gb_low", s3.transfer_usd_per_gb_low),
            ("s3.transfer_usd_per_gb_high", s3.transfer_usd_per_gb_high),
            ("sns.publish_usd_per_million", sns.publish_usd_per_million),
            ("sns.delivery_usd_per_million", sns.delivery_usd_per_million),
            ("sqs.request_usd_per_million", sqs.request_usd_per_million),
            ("lambda.x86_usd_per_gb_s", lambda.x86_usd_per_gb_s),
            ("lambda.arm_usd_per_gb_s", lambda.arm_usd_per_gb_s),
            ("lambda.request_usd_per_million", lambda.request_usd_per_million),
            ("batch_operations.usd_per_job", batch_operations.usd_per_job),
            ("batch_operations.object_usd_per_million", batch_operations.object_usd_per_million),
            ("ec2.usd_per_hour", ec2.usd_per_hour),
        ]
    }

    /// What a plan uses of the list, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { s3, sns, sqs, lambda, .. } = self;
        format!(
            "S3 {} USD per 1,000 copies and {} per GB between regions; SNS {}, SQS {} and Lambda {} per million \
             requests, and {} per GB-s",
            s3.copy_usd_per_1000,
            s3.transfer_usd_per_gb_high,
            sns.publish_usd_per_million,
            sqs.request_usd_per_million,
            lambda.request_usd_per_million,
            lambda.x86_usd_per_gb_s
        )
    }

    /// Price of one request of an operation, a batch of messages being `items` of them.
    #[must_use]
    pub fn usd_per_request(&self, operation: OperationKind, items: u64) -> f64 {
        if operation.publishes() {
            self.sns.publish_usd_per_million / 1e6 * items as f64
        } else {
            self.s3.copy_usd_per_1000 / 1e3
        }
    }

    /// Price of what each message of a fan-out sets off behind its topic, the bytes aside.
    #[must_use]
    pub fn behind_topic(&self, shape: function::Shape, service: &Profile) -> BehindTopic {
        let FunctionProfile { timeout_s, memory_mb, maximum_retry_attempts, .. } = service.function;
        let (tries, queue_requests) = match shape {
            function::Shape::Direct => (maximum_retry_attempts + 1, 0),
            function::Shape::Queue => (service.queue.max_receive_count.unwrap_or(UNLIMITED_RECEIVES), 1),
        };
        let try_usage = Usage { copy_requests: 1, queue_requests, invocations: 1, ..Usage::default() };
        // To the queue and out of it at the end.
        let beside = Usage { deliveries: 1, queue_requests: 2 * queue_requests, ..Usage::default() };
        let longest = Usage { x86_gb_s: gigabyte_seconds(1.0, timeout_s, memory_mb), ..try_usage };
        let usd = |usage: Usage| usage.cost(self).total_usd;
        BehindTopic {
            low_usd: usd(try_usage) + usd(beside),
            high_usd: f64::from(tries) * usd(longest) + usd(beside),
        }
    }

    /// Price of one byte copied, at worst.
    #[must_use]
    pub fn usd_per_byte_high(&self) -> f64 {
        self.s3.transfer_usd_per_gb_high / GB
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

/// What a load comes to before it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
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

impl Estimate {
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
        let per_request = prices.usd_per_request(workload.operation, workload.items_per_job());
        let gigabytes = bytes as f64 / GB;
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
                Shape::Single(_) => 1,
                Shape::Multipart { parts, .. } => u64::from(parts) + 2,
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
        let estimate = Estimate::of(&workload, 45_000, 5, BehindTopic::default(), &Prices::built_in());
        assert!((estimate.cost_low_usd - 0.225).abs() < 1e-12);
        assert!((estimate.cost_high_usd - (5.0 * 0.225 + 630.0)).abs() < 1e-9, "31.5 TB at 0.02 per GB");
    }

    #[test]
    fn a_list_of_some_prices_takes_the_others_from_the_built_in_one() {
        // What a list held before there were prices of Lambda.
        let own = "as_of = \"x\"\nregion = \"r\"\nsource = \"s\"\n[s3]\ncopy_usd_per_1000 = 0.01\nget_usd_per_1000 = 0.0\n\
                   transfer_usd_per_gb_low = 0.0\ntransfer_usd_per_gb_high = 0.1\n[sns]\npublish_usd_per_million = 1.0\n";
        let prices = Prices::parse(own).unwrap();
        assert_eq!((prices.region.as_str(), prices.s3.copy_usd_per_1000), ("r", 0.01));
        assert_eq!(prices.lambda, Prices::built_in().lambda);
        for (own, told) in [
            ("[s3]\ncopy_usd_per_1000 = -1\n", "`s3.copy_usd_per_1000` is -1"),
            ("[lambda]\narm_usd_per_gb_s = nan\n", "`lambda.arm_usd_per_gb_s` is NaN"),
            ("[s3]\ncopy = 1\n", "unknown field `copy`"),
        ] {
            let error = Prices::parse(own).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn parts_are_billed_one_by_one_and_laps_add_up() {
        let copy = Copy { multipart_above: Bytes(0), part_size: Bytes(64 << 20), parallel_parts: 8 };
        let workload = copies(10, 700_000_000, copy);
        let estimate = Estimate::of(&workload, 25, 1, BehindTopic::default(), &Prices::built_in());
        assert_eq!(estimate.requests, 25 * 13, "11 parts, create and complete");
        assert_eq!(estimate.bytes, 25 * 700_000_000);
    }

    /// By hand from the list: a copy, a delivery, an invocation, three requests to a queue; 900 s of 128 MB each try.
    #[test]
    fn a_message_sets_off_a_copy_at_least_and_the_longest_tries_at_most() {
        let (prices, service) = (Prices::built_in(), Profile::default());
        let direct = prices.behind_topic(function::Shape::Direct, &service);
        let try_usd = 5e-6 + 0.2e-6;
        assert!((direct.low_usd - try_usd).abs() < 1e-12, "{direct:?}");
        let longest_usd = 900.0 * 0.125 * prices.lambda.x86_usd_per_gb_s;
        assert!((direct.high_usd - 3.0 * (try_usd + longest_usd)).abs() < 1e-12, "{direct:?}");
        let queue = prices.behind_topic(function::Shape::Queue, &service);
        assert!((queue.low_usd - (try_usd + 3.0 * 0.4e-6)).abs() < 1e-12, "{queue:?}");
    }
}
