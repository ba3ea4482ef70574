//! Limits of the services as data, each overridable by a user's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::overlay::overlaid;
use planner_core::service::Profile;
use planner_core::units::human::{count, counted, duration, number};
use planner_core::units::quantity::Bytes;

/// The visibility timeout of a queue that feeds a function, in timeouts of the function, as AWS advises (AWS Lambda
/// Developer Guide, "Creating and configuring an Amazon SQS event source mapping").
const VISIBILITY_TIMEOUTS: f64 = 6.0;

const BUILT_IN: &str = include_str!("limits.toml");

/// The limits of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Month of the list.
    pub as_of: String,
    /// Lambda.
    pub lambda: LambdaLimits,
    /// SQS as a source of events for Lambda.
    pub sqs: SqsLimits,
    /// SNS.
    pub sns: SnsLimits,
    /// S3.
    pub s3: S3Limits,
}

/// Limits of Lambda.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Executions at once of all functions in the account and region.
    pub account_concurrency: u32,
    /// How many of them reservations must leave for other functions.
    pub unreserved_minimum: u32,
    /// Execution environments that a function may add in every interval.
    pub scaling_environments: u32,
    /// The interval.
    pub scaling_interval_s: f64,
    /// Longest execution.
    pub timeout_s: f64,
    /// Threads and processes of one execution.
    pub threads_max: u32,
    /// Least memory of a function.
    pub memory_min_mb: u32,
    /// Most memory of a function.
    pub memory_max_mb: u32,
    /// How long throttled asynchronous events are retried.
    pub event_age_max_s: f64,
    /// Their first back-off.
    pub backoff_first_s: f64,
    /// Their longest back-off.
    pub backoff_max_s: f64,
    /// When a function's own errors are retried, after each failure.
    pub error_retries_after_s: Vec<f64>,
}

/// Limits of SQS as a source of events for Lambda.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqsLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Least maximum concurrency of an event source.
    pub event_source_concurrency_min: u32,
    /// Largest maximum concurrency of an event source.
    pub event_source_concurrency_max: u32,
    /// Executions that an event source adds in a minute.
    pub event_source_scaling_per_min: u32,
}

/// Limits of SNS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Messages per second in regions that are not listed.
    pub publish_per_s_elsewhere: f64,
    /// Messages per second by region; every message of a batch counts.
    pub publish_per_s: BTreeMap<String, f64>,
}

/// Limits of S3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Limits {
    /// Where the numbers are from.
    pub source: String,
    /// COPY, PUT, POST and DELETE requests per second and partitioned prefix.
    pub requests_per_s_per_prefix: f64,
    /// Largest object that one CopyObject request copies.
    pub copy_max_bytes: u64,
    /// Smallest part, the last one excepted.
    pub part_min_bytes: u64,
    /// Largest part.
    pub part_max_bytes: u64,
    /// Parts of one object.
    pub parts_max: u32,
}

/// A list of limits that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LimitsError {
    /// The text is no list, or names an unknown limit.
    #[error("{0}")]
    NotAList(String),
    /// A limit that cannot be.
    #[error("`{field}` is {value}; give a number above zero")]
    NotPositive {
        /// The limit, with its table.
        field: String,
        /// What the list says.
        value: f64,
    },
    /// Two limits that cannot both hold.
    #[error("`{smaller}` is larger than `{larger}`; correct one of them")]
    Contradiction {
        /// The limit that must be the smaller one.
        smaller: &'static str,
        /// The limit that must be the larger one.
        larger: &'static str,
    },
}

impl Limits {
    /// The list that is built in.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the built-in list is read by a test")
    }

    /// The built-in list with a user's own limits over it.
    ///
    /// # Errors
    /// Where the text is no list, names an unknown limit, or the limits contradict each other.
    pub fn parse(text: &str) -> Result<Self, LimitsError> {
        let limits: Self = overlaid(BUILT_IN, text).map_err(LimitsError::NotAList)?;
        limits.check()?;
        Ok(limits)
    }

    /// Messages per second that a region's SNS takes.
    #[must_use]
    pub fn publish_per_s(&self, region: &str) -> f64 {
        self.sns.publish_per_s.get(region).copied().unwrap_or(self.sns.publish_per_s_elsewhere)
    }

    /// What a plan in a region uses of the list, in words.
    #[must_use]
    pub fn in_words(&self, region: &str) -> String {
        let Self { lambda, sqs, s3, .. } = self;
        [
            format!(
                "Lambda runs {} at once in the account, keeps {} of them unreserved, adds {} environments every {} and \
                 ends each after {}",
                counted(lambda.account_concurrency.into(), "execution"),
                count(lambda.unreserved_minimum.into()),
                count(lambda.scaling_environments.into()),
                duration(lambda.scaling_interval_s),
                duration(lambda.timeout_s)
            ),
            format!(
                "a queue's source {} a minute, {} at most",
                count(sqs.event_source_scaling_per_min.into()),
                count(sqs.event_source_concurrency_max.into())
            ),
            format!("SNS takes {} messages/s", number(self.publish_per_s(region))),
            format!(
                "S3 {} copies/s for each prefix, of {} each",
                number(s3.requests_per_s_per_prefix),
                Bytes(s3.copy_max_bytes)
            ),
        ]
        .join("; ")
    }

    /// A service with this account's limits in a region. What is reserved for its function stays.
    #[must_use]
    pub fn on(&self, profile: &Profile, region: &str) -> Profile {
        let Self { lambda, sqs, s3, .. } = self;
        let mut profile = profile.clone();
        let function = &mut profile.function;
        function.timeout_s = function.timeout_s.min(lambda.timeout_s);
        function.account_concurrency = lambda.account_concurrency;
        function.unreserved_minimum = lambda.unreserved_minimum;
        function.scaling_environments = lambda.scaling_environments;
        function.scaling_period_s = lambda.scaling_interval_s;
        function.retry_base_s = lambda.backoff_first_s;
        function.retry_cap_s = lambda.backoff_max_s;
        function.maximum_event_age_s = function.maximum_event_age_s.min(lambda.event_age_max_s);
        if let Some(&first_s) = lambda.error_retries_after_s.first() {
            function.error_retry_s = first_s;
        }
        function.maximum_retry_attempts = lambda.error_retries_after_s.len() as u32;
        profile.queue.pollers_added_per_minute = sqs.event_source_scaling_per_min;
        profile.queue.visibility_timeout_s = VISIBILITY_TIMEOUTS * lambda.timeout_s;
        profile.publish.rate_per_s = self.publish_per_s(region);
        profile.request.prefix_rate_per_s = s3.requests_per_s_per_prefix;
        profile
    }

    fn check(&self) -> Result<(), LimitsError> {
        let (lambda, sqs, sns, s3) = (&self.lambda, &self.sqs, &self.sns, &self.s3);
        let positive = [
            ("lambda.account_concurrency", f64::from(lambda.account_concurrency)),
            ("lambda.scaling_environments", f64::from(lambda.scaling_environments)),
            ("lambda.scaling_interval_s", lambda.scaling_interval_s),
            ("lambda.timeout_s", lambda.timeout_s),
            ("lambda.threads_max", f64::from(lambda.threads_max)),
            ("lambda.memory_min_mb", f64::from(lambda.memory_min_mb)),
            ("lambda.event_age_max_s", lambda.event_age_max_s),
            ("lambda.backoff_first_s", lambda.backoff_first_s),
            ("sqs.event_source_concurrency_min", f64::from(sqs.event_source_concurrency_min)),
            ("sqs.event_source_scaling_per_min", f64::from(sqs.event_source_scaling_per_min)),
            ("sns.publish_per_s_elsewhere", sns.publish_per_s_elsewhere),
            ("s3.requests_per_s_per_prefix", s3.requests_per_s_per_prefix),
            ("s3.copy_max_bytes", s3.copy_max_bytes as f64),
            ("s3.part_min_bytes", s3.part_min_bytes as f64),
            ("s3.parts_max", f64::from(s3.parts_max)),
        ]
        .map(|(field, value)| (field.to_owned(), value));
        let regions =
            sns.publish_per_s.iter().map(|(region, &rate)| (format!("sns.publish_per_s.{region}"), rate));
        let retries = lambda
            .error_retries_after_s
            .iter()
            .map(|&after_s| ("lambda.error_retries_after_s".to_owned(), after_s));
        for (field, value) in positive.into_iter().chain(regions).chain(retries) {
            if !(value.is_finite() && value > 0.0) {
                return Err(LimitsError::NotPositive { field, value });
            }
        }
        for [(smaller, low), (larger, high)] in self.ordered() {
            if !high.is_finite() {
                return Err(LimitsError::NotPositive { field: larger.to_owned(), value: high });
            }
            if low > high {
                return Err(LimitsError::Contradiction { smaller, larger });
            }
        }
        Ok(())
    }

    /// Pairs of limits of which the first must not be above the second.
    fn ordered(&self) -> [[(&'static str, f64); 2]; 5] {
        let Self { lambda, sqs, s3, .. } = self;
        [
            [
                ("lambda.unreserved_minimum", f64::from(lambda.unreserved_minimum)),
                ("lambda.account_concurrency", f64::from(lambda.account_concurrency)),
            ],
            [
                ("lambda.memory_min_mb", f64::from(lambda.memory_min_mb)),
                ("lambda.memory_max_mb", f64::from(lambda.memory_max_mb)),
            ],
            [
                ("lambda.backoff_first_s", lambda.backoff_first_s),
                ("lambda.backoff_max_s", lambda.backoff_max_s),
            ],
            [
                ("sqs.event_source_concurrency_min", f64::from(sqs.event_source_concurrency_min)),
                ("sqs.event_source_concurrency_max", f64::from(sqs.event_source_concurrency_max)),
            ],
            [
                ("s3.part_min_bytes", s3.part_min_bytes as f64),
                ("s3.part_max_bytes", s3.part_max_bytes as f64),
            ],
        ]
    }
}

impl LambdaLimits {
    /// Executions at once that one function can reserve.
    #[must_use]
    pub fn reservable_concurrency(&self) -> u32 {
        self.account_concurrency.saturating_sub(self.unreserved_minimum)
    }

    /// Executions at once of a function that nothing else in the account hinders: what it can reserve, or all there
    /// are where nothing can be reserved.
    #[must_use]
    pub fn usable_concurrency(&self) -> u32 {
        match self.reservable_concurrency() {
            0 => self.account_concurrency,
            reservable => reservable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_limits_are_sound_and_known() {
        let limits = Limits::built_in();
        assert_eq!(limits.check(), Ok(()));
        assert_eq!(limits.lambda.reservable_concurrency(), 900);
        let rates = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "eu-north-1"];
        assert_eq!(
            rates.map(|region| limits.publish_per_s(region)),
            [30_000.0, 9000.0, 9000.0, 1500.0, 300.0]
        );
        assert_eq!(limits.sns.publish_per_s.values().filter(|&&rate| rate == 1500.0).count(), 8);
        assert_eq!(45_000.0 / limits.publish_per_s("eu-north-1"), 150.0);
        assert_eq!(limits.s3.copy_max_bytes, 5 << 30);
        assert_eq!((limits.s3.part_min_bytes, limits.s3.part_max_bytes), (5 << 20, 5 << 30));
    }

    #[test]
    fn a_part_of_the_list_overrides_that_part() {
        let own = "[lambda]\naccount_concurrency = 5000\n[sns.publish_per_s]\neu-north-1 = 4000.0\n";
        let limits = Limits::parse(own).unwrap();
        assert_eq!(limits.lambda.reservable_concurrency(), 4900);
        assert_eq!(
            (limits.publish_per_s("eu-north-1"), limits.publish_per_s("us-east-1")),
            (4000.0, 30_000.0)
        );
        assert_eq!(Limits::parse("").unwrap(), Limits::built_in());
    }

    #[test]
    fn the_built_in_limits_of_the_largest_region_are_those_of_the_built_in_service() {
        let profile = Profile::default();
        let limits = Limits::built_in();
        assert_eq!(limits.on(&profile, "us-east-1"), profile);
        assert_eq!(limits.on(&profile, "eu-north-1").publish.rate_per_s, 300.0);
        let raised = Limits::parse("[lambda]\naccount_concurrency = 5000\n").unwrap();
        assert_eq!(raised.on(&profile, "us-east-1").function.account_concurrency, 5000);
        let nothing =
            Limits::parse("[lambda]\naccount_concurrency = 10\nunreserved_minimum = 10\ntimeout_s = 60.0\n");
        let nothing = nothing.unwrap();
        assert_eq!(nothing.lambda.usable_concurrency(), 10);
        assert_eq!(nothing.on(&profile, "us-east-1").queue.visibility_timeout_s, 360.0);
    }

    #[test]
    fn limits_that_cannot_be_are_named() {
        for (own, told) in [
            (
                "[lambda]\nunreserved_minimum = 1001\n",
                "`lambda.unreserved_minimum` is larger than `lambda.account",
            ),
            ("[lambda]\naccount_concurrency = 50\n", "`lambda.unreserved_minimum` is larger"),
            ("[lambda]\naccount_concurrency = -1\n", "account_concurrency"),
            ("[lambda]\naccount_concurrency = 0\n", "`lambda.account_concurrency` is 0"),
            ("[lambda]\ntimeout_s = nan\n", "`lambda.timeout_s` is NaN"),
            ("[lambda]\nbackoff_max_s = nan\n", "`lambda.backoff_max_s` is NaN"),
            ("[lambda]\nerror_retries_after_s = [-1.0]\n", "lambda.error_retries_after_s"),
            ("[lambda]\ntimeout = 900\n", "unknown field `timeout`"),
            ("[lamda]\ntimeout_s = 900.0\n", "unknown field `lamda`"),
            ("[sns.publish_per_s]\neu-west-9 = -3.0\n", "`sns.publish_per_s.eu-west-9` is -3"),
            ("[s3]\npart_max_bytes = 3\n", "`s3.part_min_bytes` is larger than `s3.part_max_bytes`"),
            ("lambda = 3\n", "lambda"),
            ("[lambda\n", "line 1"),
        ] {
            let error = Limits::parse(own).unwrap_err().to_string();
            assert!(error.contains(told), "{own}: {error}");
        }
    }
}
