//! A scenario file as it is written. Its doc comments become the descriptions of the JSON schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fan_out::FanOut;
use super::level_key::LevelKey;
use crate::account::{Limits, S3Limits};
use crate::load::arrival::Spacing;
use crate::load::retry::RetryPolicy;
use crate::service::Profile;
use crate::units::quantity::{Bytes, Rate, Share, Span};

/// A load to drive: what to do, to which objects, how fast, against what, and what to expect.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name of the scenario: letters, digits, `-` and `_`. It becomes part of the run folder's name.
    pub name: String,
    /// What to do with every object.
    pub operation: OperationKind,
    /// Seed of everything random in the run. The same seed gives the same virtual run.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The objects to copy, or the objects whose names are published.
    pub objects: Objects,
    /// When to start each job.
    pub arrivals: Arrivals,
    /// Repeats the scenario at several concurrencies or rates, one level after the other.
    pub sweep: Option<Sweep>,
    /// When to stop. Without it, every object is worked on once, or a ramp, steps or a trace ends.
    #[serde(default, skip_serializing_if = "Stop::is_empty")]
    pub stop: Stop,
    /// What follows a failed or throttled attempt.
    #[serde(default)]
    pub retry: Retry,
    /// How objects are copied.
    #[serde(default)]
    pub copy: Copy,
    /// How messages are published.
    #[serde(default)]
    pub publish: Publish,
    /// What copies the published objects, where the operation is a fan-out.
    pub fan_out: Option<FanOut>,
    /// Where the load goes.
    #[serde(default)]
    pub target: Target,
    /// Goals such as `p99 < 40s`, `throttles < 1%` or `verdict = "pass"`. One that is missed ends the command
    /// with exit code 99.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<String>,
}

impl File {
    /// Copies that this program did not make, by a log of this name.
    pub(crate) fn of_log(name: &str) -> Self {
        Self {
            name: name.into(),
            operation: OperationKind::Copy,
            seed: default_seed(),
            objects: Objects::default(),
            arrivals: Arrivals::closed(1),
            sweep: None,
            stop: Stop::default(),
            retry: Retry::default(),
            copy: Copy::default(),
            publish: Publish::default(),
            fan_out: None,
            target: Target { kind: TargetKind::Aws, ..Target::default() },
            thresholds: Vec::new(),
        }
    }

    /// The pipeline of a fan-out.
    #[must_use]
    pub fn pipeline(&self) -> FanOut {
        self.fan_out.clone().unwrap_or_default()
    }

    /// The topic that messages go to.
    #[must_use]
    pub fn topic(&self) -> String {
        match self.operation {
            OperationKind::FanOut => self.pipeline().names().topic,
            OperationKind::Copy | OperationKind::Publish => self.target.topic.clone(),
        }
    }

    /// What sets level number `index` apart.
    #[must_use]
    pub fn level_key(&self, index: usize) -> LevelKey {
        let arrivals = &self.arrivals;
        let swept = self.sweep.as_ref();
        match arrivals.kind {
            ArrivalKind::Closed => {
                let listed = swept.and_then(|sweep| sweep.workers.as_ref()?.get(index).copied());
                listed.or(arrivals.workers).map_or(LevelKey::Varying, LevelKey::Concurrency)
            }
            ArrivalKind::Nested => {
                let workers = arrivals.outer.unwrap_or(1).saturating_mul(arrivals.inner.unwrap_or(1));
                LevelKey::Concurrency(workers)
            }
            ArrivalKind::Constant | ArrivalKind::Poisson => {
                let listed = swept.and_then(|sweep| sweep.rates.as_ref()?.get(index).copied());
                listed.or(arrivals.rate).map_or(LevelKey::Varying, |rate| LevelKey::Rate(rate.per_s()))
            }
            ArrivalKind::Ramp | ArrivalKind::Steps | ArrivalKind::Trace => LevelKey::Varying,
        }
    }
}

fn default_seed() -> u64 {
    1
}

/// What to do with every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// Copy it from the source bucket to the destination bucket.
    Copy,
    /// Publish its name to a topic.
    Publish,
    /// Publish its name to a topic, behind which a function copies it, and follow it there.
    FanOut,
}

impl OperationKind {
    /// Whether it publishes messages, rather than asking S3 for something.
    #[must_use]
    pub fn publishes(self) -> bool {
        matches!(self, Self::Publish | Self::FanOut)
    }

    /// What an item is called, and what has been done with it.
    #[must_use]
    pub fn done(self) -> (&'static str, &'static str) {
        match self {
            Self::Copy => ("object", "copied"),
            Self::Publish | Self::FanOut => ("message", "published"),
        }
    }
}

/// The objects of a scenario: made up by count and size, or listed in a manifest.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    /// How many objects.
    pub count: Option<u64>,
    /// How large they are.
    pub size: Option<Size>,
    /// How many date prefixes they are spread over.
    pub prefixes: Option<u32>,
    /// A CSV file of `key,size` rows or an S3 Inventory list, instead of count, size and prefixes.
    pub manifest: Option<String>,
    /// Create the objects in the source bucket before the run (endpoint and aws targets only).
    #[serde(default)]
    pub prepare: bool,
}

/// A distribution of object sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Size {
    /// Every object has this size.
    Fixed(Bytes),
    /// Anything between two sizes, each as likely.
    Uniform(Bytes, Bytes),
    /// Lognormal with a mean and a coefficient of variation.
    Lognormal {
        /// Mean size.
        mean: Bytes,
        /// Standard deviation over mean.
        cv: f64,
    },
}

/// When jobs start. Each kind has its own fields.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrivals {
    /// Which process.
    pub kind: ArrivalKind,
    /// closed: workers, each of which takes the next job when it is free. 1 is a for loop.
    pub workers: Option<u32>,
    /// nested: pools beside each other; each takes the objects of one prefix at a time.
    pub outer: Option<u32>,
    /// nested: workers in each pool.
    pub inner: Option<u32>,
    /// constant, poisson: jobs (or messages) per second, over the whole program.
    pub rate: Option<Rate>,
    /// ramp: rate at the beginning.
    pub from: Option<Rate>,
    /// ramp: rate at the end.
    pub to: Option<Rate>,
    /// ramp: how long the ramp takes.
    pub over: Option<Span>,
    /// steps: rates, each held for a time.
    pub steps: Option<Vec<RateStep>>,
    /// trace: a CSV file whose first column is each job's start in seconds.
    pub file: Option<String>,
    /// ramp, steps: `even` (default) or `poisson` arrivals around the rate.
    pub spacing: Option<Spacing>,
    /// Open arrivals: jobs in progress beyond which an arrival is counted but not started.
    pub max_in_flight: Option<u64>,
}

/// An arrival process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalKind {
    /// Workers that take the next job when they are free.
    Closed,
    /// Pools inside a pool, each over one date prefix at a time.
    Nested,
    /// A fixed rate, evenly spaced.
    Constant,
    /// A fixed mean rate with Poisson arrivals.
    Poisson,
    /// A rate that changes linearly.
    Ramp,
    /// Rates held one after the other.
    Steps,
    /// Start times from a file.
    Trace,
}

/// A rate held for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateStep {
    /// Jobs per second.
    pub rate: Rate,
    /// For how long.
    #[serde(rename = "for")]
    pub length: Span,
}

/// Levels to run one after the other: a list of worker counts or a list of rates.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Worker counts, for closed arrivals.
    pub workers: Option<Vec<u32>>,
    /// Rates, for constant and Poisson arrivals.
    pub rates: Option<Vec<Rate>>,
}

/// How long a level runs at most to become precise, where its scenario does not say: an hour.
const DEFAULT_PRECISION_LIMIT: Span = Span(3_600_000_000_000);

/// When a level stops; whichever comes first.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// After so many jobs were started. More than there are objects goes round them again.
    pub jobs: Option<u64>,
    /// After so long; goes round the objects as often as needed.
    pub duration: Option<Span>,
    /// When throughput and latency are known to this share, such as `2%`, with 95 % confidence; at the latest after
    /// `duration`, by default an hour, and then the level says that it has not converged.
    pub precise: Option<Share>,
}

impl Stop {
    /// The time after which no job starts, if there is one. Waiting for precision never lasts for ever.
    #[must_use]
    pub fn limit(&self) -> Option<Span> {
        self.duration.or(self.precise.map(|_| DEFAULT_PRECISION_LIMIT))
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Capped exponential back-off with full jitter. Client errors are never retried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts in all; 1 means no retry.
    pub max_attempts: u32,
    /// Upper end of the first back-off; it doubles with every attempt.
    pub base: Span,
    /// Upper end of every back-off.
    pub cap: Span,
    /// Time limit of one attempt.
    pub attempt_timeout: Span,
}

impl Retry {
    /// What follows an attempt that fails.
    #[must_use]
    pub fn policy(&self) -> RetryPolicy {
        RetryPolicy { max_attempts: self.max_attempts, base_ns: self.base.ns(), cap_ns: self.cap.ns() }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base: Span(100_000_000),
            cap: Span(20_000_000_000),
            attempt_timeout: Span(900_000_000_000),
        }
    }
}

/// How objects are copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Copy {
    /// Objects above this size are copied in parts. CopyObject itself ends at 5GiB.
    pub multipart_above: Bytes,
    /// Size of a part, 5MiB to 5GiB.
    pub part_size: Bytes,
    /// Parts of one object in flight at once.
    pub parallel_parts: u32,
}

impl Default for Copy {
    fn default() -> Self {
        Self::of_account(&Limits::built_in().s3)
    }
}

impl Copy {
    /// How objects are copied on an account with these limits where nobody says: in one request if possible.
    #[must_use]
    pub fn of_account(limits: &S3Limits) -> Self {
        let part_size = Bytes((512 << 20).clamp(limits.part_min_bytes, limits.part_max_bytes));
        Self { multipart_above: Bytes(limits.copy_max_bytes), part_size, parallel_parts: 8 }
    }
}

/// How messages are published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// Messages in one request, 1 to 10. Above 1 the request is PublishBatch.
    pub batch: u32,
}

impl Default for Publish {
    fn default() -> Self {
        Self { batch: 1 }
    }
}

/// Where the load goes.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// `embedded` (default) rehearses in this process, `endpoint` is an emulator or another S3, `aws` is a
    /// real account.
    pub kind: TargetKind,
    /// URL of an endpoint target. `AWS_ENDPOINT_URL` overrides it, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL_SNS`
    /// override that, and the command line overrides all.
    pub endpoint_url: Option<String>,
    /// Region; the default chain applies where it is absent.
    pub region: Option<String>,
    /// The account that an aws target must turn out to be.
    pub account: Option<String>,
    /// Bucket to copy from.
    pub source_bucket: String,
    /// Bucket to copy to.
    pub destination_bucket: String,
    /// Topic to publish to; a fan-out names its own.
    pub topic: String,
    /// How the embedded endpoint behaves; its default is one copy of 700MB in 25.2 s.
    pub service: Option<Profile>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            kind: TargetKind::default(),
            endpoint_url: None,
            region: None,
            account: None,
            source_bucket: "planner-source".into(),
            destination_bucket: "planner-destination".into(),
            topic: "planner-copies".into(),
            service: None,
        }
    }
}

/// What stands at the other end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// The endpoint inside this program: a rehearsal.
    #[default]
    Embedded,
    /// An emulator or another S3 at a URL: a rehearsal.
    Endpoint,
    /// A real account.
    Aws,
}
