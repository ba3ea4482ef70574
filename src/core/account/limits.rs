//! The limits of an account.

use std::sync::LazyLock;

use super::overlay::{numbers, overlaid};
use super::table::{LambdaLimits, Limits};
use crate::units::human::{count, counted, duration, number};
use crate::units::quantity::Bytes;

/// The region that is used where none is named.
pub const DEFAULT_REGION: &str = "us-east-1";

static BUILT_IN: LazyLock<Limits> =
    LazyLock::new(|| Limits::parse("").expect("the built-in list is read by a test"));

/// An account need not keep anything unreserved; everything else is above zero.
const MAY_BE_ZERO: &str = "lambda.unreserved_minimum";

/// Pairs of which the first must not be above the second, beside those that differ in `_min` and `_max`.
const ORDERED: [[&str; 2]; 2] =
    [[MAY_BE_ZERO, "lambda.account_concurrency"], ["lambda.backoff_first_s", "lambda.backoff_max_s"]];

impl Limits {
    /// The list that is built in.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The built-in list with a user's own limits over it.
    ///
    /// # Errors
    /// Where the text is no list, names an unknown limit, or the limits contradict each other.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table = overlaid(include_str!("limits.toml"), text)?;
        check(&numbers(&table))?;
        table.try_into().map_err(|error: toml::de::Error| error.to_string())
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
}

/// Whether every number can be, and none contradicts another.
fn check(numbers: &[(String, f64)]) -> Result<(), String> {
    let cannot_be =
        |field: &str, value: f64| !value.is_finite() || value < 0.0 || (value == 0.0 && field != MAY_BE_ZERO);
    if let Some((field, value)) = numbers.iter().find(|(field, value)| cannot_be(field, *value)) {
        return Err(format!("`{field}` is {value}; give a number above zero"));
    }
    let value = |name: &str| numbers.iter().find(|(field, _)| field == name).map(|&(_, value)| value);
    let named = numbers.iter().map(|(field, _)| [field.clone(), field.replace("_min", "_max")]);
    for [smaller, larger] in named.chain(ORDERED.map(|pair| pair.map(str::to_owned))) {
        if value(&smaller).zip(value(&larger)).is_some_and(|(low, high)| low > high) {
            return Err(format!("`{smaller}` is larger than `{larger}`; correct one of them"));
        }
    }
    Ok(())
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
        assert_eq!(Limits::parse("").as_ref(), Ok(limits));
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
            let error = Limits::parse(own).unwrap_err();
            assert!(error.contains(told), "{own}: {error}");
        }
    }
}
