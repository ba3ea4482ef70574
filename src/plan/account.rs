//! A service as an account's limits let it be used.

use super::limits::{LambdaLimits, Limits};
use crate::service::Profile;
use crate::service::function::{FunctionProfile, QueueProfile};

/// The visibility timeout of a queue that feeds a function, in timeouts of the function, as AWS advises (AWS Lambda
/// Developer Guide, "Creating and configuring an Amazon SQS event source mapping").
const VISIBILITY_TIMEOUTS: f64 = 6.0;

impl Limits {
    /// `profile` with these quotas instead of its own, and a function of `memory_mb` that reserves all that can be
    /// reserved; where nothing can be, it takes what the account has.
    #[must_use]
    pub fn applied_to(&self, profile: &Profile, region: &str, memory_mb: u32) -> Profile {
        let mut profile = profile.clone();
        let lambda = &self.lambda;
        profile.request.prefix_rate_per_s = self.s3.requests_per_s_per_prefix;
        profile.publish.rate_per_s = self.publish_per_s(region);
        profile.queue = QueueProfile {
            pollers_added_per_minute: self.sqs.event_source_scaling_per_min,
            visibility_timeout_s: VISIBILITY_TIMEOUTS * lambda.timeout_s,
            ..profile.queue
        };
        let retries_s = &lambda.error_retries_after_s;
        profile.function = FunctionProfile {
            timeout_s: lambda.timeout_s,
            memory_mb,
            reserved_concurrency: Some(lambda.reservable_concurrency()).filter(|&reserved| reserved > 0),
            account_concurrency: lambda.account_concurrency,
            unreserved_minimum: lambda.unreserved_minimum,
            scaling_environments: lambda.scaling_environments,
            scaling_period_s: lambda.scaling_interval_s,
            retry_base_s: lambda.backoff_first_s,
            retry_cap_s: lambda.backoff_max_s,
            maximum_event_age_s: lambda.event_age_max_s,
            maximum_retry_attempts: retries_s.len() as u32,
            error_retry_s: retries_s.first().copied().unwrap_or(profile.function.error_retry_s),
            ..profile.function
        };
        profile
    }
}

impl LambdaLimits {
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
    fn the_built_in_limits_are_the_defaults_of_a_function() {
        let profile = Limits::built_in().applied_to(&Profile::default(), "us-east-1", 128);
        let reserved = FunctionProfile { reserved_concurrency: Some(900), ..FunctionProfile::default() };
        assert_eq!(profile, Profile { function: reserved, ..Profile::default() });
        assert_eq!(profile.validate(), Ok(()));
    }

    #[test]
    fn an_account_that_can_reserve_nothing_uses_what_it_has() {
        let limits =
            Limits::parse("[lambda]\naccount_concurrency = 10\nunreserved_minimum = 10\ntimeout_s = 60.0\n")
                .unwrap();
        let profile = limits.applied_to(&Profile::default(), "eu-north-1", 512);
        assert_eq!((profile.function.concurrency_limit(), limits.lambda.usable_concurrency()), (10, 10));
        assert_eq!((profile.publish.rate_per_s, profile.queue.visibility_timeout_s), (300.0, 360.0));
        assert_eq!((profile.function.memory_mb, profile.validate()), (512, Ok(())));
    }
}
