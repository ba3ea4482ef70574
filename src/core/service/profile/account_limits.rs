//! A service under the limits of an account.

use super::{FunctionProfile, Profile, QueueProfile};
use crate::account::Limits;

impl Profile {
    /// The service that is assumed in a region of an account with these limits.
    #[must_use]
    pub fn of_account(limits: &Limits, region: &str) -> Self {
        let mut profile = Self::default();
        profile.request.prefix_rate_per_s = limits.s3.requests_per_s_per_prefix;
        profile.publish.rate_per_s = limits.publish_per_s(region);
        profile.queue = QueueProfile::of_account(limits);
        profile.function = FunctionProfile::of_account(&limits.lambda);
        profile
    }

    /// The same service in a region of an account with these limits. What is reserved for its function stays.
    #[must_use]
    pub fn under(&self, limits: &Limits, region: &str) -> Self {
        let account = Self::of_account(limits, region);
        let mut profile = self.clone();
        profile.request.prefix_rate_per_s = account.request.prefix_rate_per_s;
        profile.publish.rate_per_s = account.publish.rate_per_s;
        profile.queue.pollers_added_per_minute = account.queue.pollers_added_per_minute;
        profile.queue.visibility_timeout_s = account.queue.visibility_timeout_s;
        let (own, account) = (profile.function, account.function);
        profile.function = FunctionProfile {
            timeout_s: own.timeout_s.min(account.timeout_s),
            account_concurrency: account.account_concurrency,
            unreserved_minimum: account.unreserved_minimum,
            scaling_environments: account.scaling_environments,
            scaling_period_s: account.scaling_period_s,
            retry_base_s: account.retry_base_s,
            retry_cap_s: account.retry_cap_s,
            maximum_event_age_s: own.maximum_event_age_s.min(account.maximum_event_age_s),
            maximum_retry_attempts: account.maximum_retry_attempts,
            error_retry_s: account.error_retry_s,
            ..own
        };
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::DEFAULT_REGION;

    #[test]
    fn the_built_in_limits_of_the_largest_region_are_those_of_the_built_in_service() {
        let profile = Profile::default();
        let limits = Limits::built_in();
        assert_eq!(profile.under(limits, DEFAULT_REGION), profile);
        assert_eq!(Profile::of_account(limits, DEFAULT_REGION), profile);
        assert_eq!(profile.under(limits, "eu-north-1").publish.rate_per_s, 300.0);
        let raised = Limits::parse("[lambda]\naccount_concurrency = 5000\n").unwrap();
        assert_eq!(profile.under(&raised, DEFAULT_REGION).function.account_concurrency, 5000);
        let nothing =
            Limits::parse("[lambda]\naccount_concurrency = 10\nunreserved_minimum = 10\ntimeout_s = 60.0\n");
        let nothing = nothing.unwrap();
        assert_eq!(nothing.lambda.usable_concurrency(), 10);
        assert_eq!(profile.under(&nothing, DEFAULT_REGION).queue.visibility_timeout_s, 360.0);
    }
}
