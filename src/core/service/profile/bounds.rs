//! What the numbers of a profile can be.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use toml::Table;

use super::Profile;
use super::queue::MAX_BATCH;
use crate::account::Limits;
use crate::account::overlay::numbers;
use crate::service::noise::{self, Noise};
use crate::units::quantity::{MILLISECOND, WEEK};

/// Retries of an event beyond which more are a mistake.
const MOST_RETRIES: f64 = 1000.0;

/// A number in a profile that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("service profile: `{field}` is {}; give a {rule}", legible(*value))]
pub struct ProfileError {
    /// The field, with its table.
    pub field: String,
    /// What it holds.
    pub value: f64,
    /// What it must be.
    pub rule: Cow<'static, str>,
}

/// A number without dozens of zeros.
fn legible(value: f64) -> String {
    if value == 0.0 || (1e-6..1e15).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

impl Profile {
    /// Checks that every number is one that a service on an account with these limits can have.
    ///
    /// # Errors
    /// Names the first field that is not finite, is negative, is zero where it divides, or contradicts another.
    ///
    /// # Panics
    /// Never: what is read from TOML can be written as TOML.
    pub fn validate(&self, limits: &Limits) -> Result<(), ProfileError> {
        let table = Table::try_from(self).expect("a profile is a table of numbers");
        // The numbers of a noise make sense together only.
        for (field, value) in
            numbers(&table).into_iter().filter(|(field, _)| !field.starts_with("copy.noise."))
        {
            let (range, rule) = bounds(&field, limits);
            check(&field, value, range.contains(&value), rule)?;
        }
        check_noise(self.copy.noise.as_ref())?;
        let function = &self.function;
        let most = function.account_concurrency.saturating_sub(function.unreserved_minimum);
        let reserved = function.reserved_concurrency.unwrap_or(0);
        let rule =
            "number of at most `account_concurrency` − `unreserved_minimum`, or raise the account's quota";
        check("function.reserved_concurrency", f64::from(reserved), reserved <= most, rule)?;
        let visibility_s = self.queue.visibility_timeout_s;
        let rule =
            "number of seconds from `function.timeout_s`, as Lambda demands, to 604800, which is a week";
        check("queue.visibility_timeout_s", visibility_s, visibility_s >= function.timeout_s, rule)
    }
}

fn check_noise(noise: Option<&Noise>) -> Result<(), ProfileError> {
    match noise {
        Some(Noise::Factors(values)) => {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let rule = "list of two or more ascending factors whose mean is 1";
            check("copy.noise.factors", mean, noise::are_factors(values), rule)
        }
        Some(Noise::Tailed(tailed)) => {
            let rule =
                "`above` between 0 and 1, two or more values as body and one as tail, ascending, with mean 1";
            check("copy.noise.tailed", tailed.above, noise::are_tailed_factors(tailed), rule)
        }
        Some(Noise::Paths(paths)) => {
            let rule = "`slow_share` between 0 and 1, `slow_times` above 1 and `slow_cv` of 0 or more";
            check("copy.noise.paths", paths.slow_share, paths.are_possible(), rule)?;
            check_noise(paths.usual.as_deref())
        }
        Some(Noise::Exponential) | None => Ok(()),
    }
}

/// Between which numbers a field must lie, and how that is said. Most are told by the unit in the name.
fn bounds(field: &str, limits: &Limits) -> (RangeInclusive<f64>, Cow<'static, str>) {
    let (lambda, sqs) = (&limits.lambda, &limits.sqs);
    let name = field.rsplit('.').next().unwrap_or(field);
    match field {
        "function.cold_start_s" => {
            let most_s = lambda.timeout_s;
            let rule =
                format!("number of seconds from 0 to {most_s}, after which Lambda ends an initialisation");
            (0.0..=most_s, rule.into())
        }
        "function.maximum_retry_attempts" => (0.0..=MOST_RETRIES, "number from 0 to 1000".into()),
        "function.unreserved_minimum" => (0.0..=f64::MAX, "number".into()),
        "queue.batch_size" => (1.0..=MAX_BATCH as f64, format!("number from 1 to {MAX_BATCH}").into()),
        "queue.maximum_concurrency" => {
            let (least, most) = (sqs.event_source_concurrency_min, sqs.event_source_concurrency_max);
            (least.into()..=most.into(), format!("number from {least} to {most}").into())
        }
        "queue.retention_s" => {
            let (most_s, days) = (sqs.retention_max_s, sqs.retention_max_s / 86_400.0);
            let rule =
                format!("positive number of seconds up to {most_s}, which is SQS's limit of {days} days");
            (f64::MIN_POSITIVE..=most_s, rule.into())
        }
        "function.timeout_s"
        | "function.scaling_period_s"
        | "function.retry_base_s"
        | "function.retry_cap_s"
        | "queue.throttle_base_s"
        | "queue.throttle_cap_s" => {
            let rule = "number of seconds from 0.001 to 604800, which is a week";
            (MILLISECOND.seconds()..=WEEK.seconds(), rule.into())
        }
        _ if name.ends_with("_s") && !name.ends_with("_per_s") => {
            (0.0..=WEEK.seconds(), "number of seconds from 0 to 604800, which is a week".into())
        }
        _ if name.ends_with("_rate") || name.ends_with("_jitter") => (0.0..=1.0, "number from 0 to 1".into()),
        _ if name.ends_with("_cv") || matches!(name, "sigma" | "kappa") => {
            (0.0..=f64::MAX, "finite, non-negative number".into())
        }
        _ => (f64::MIN_POSITIVE..=f64::MAX, "finite, positive number".into()),
    }
}

fn check(
    field: &str,
    value: f64,
    holds: bool,
    rule: impl Into<Cow<'static, str>>,
) -> Result<(), ProfileError> {
    if holds { Ok(()) } else { Err(ProfileError { field: field.to_owned(), value, rule: rule.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validated(text: &str) -> Result<(), ProfileError> {
        toml::from_str::<Profile>(text).unwrap().validate(Limits::built_in())
    }

    #[test]
    fn impossible_numbers_are_named() {
        assert_eq!(validated(""), Ok(()));
        assert_eq!(
            validated("[copy]\nbandwidth_bytes_per_s = 0\n").unwrap_err().to_string(),
            "service profile: `copy.bandwidth_bytes_per_s` is 0; give a finite, positive number"
        );
        for (field, value, rule) in [
            ("publish.base_s", "nan", "from 0 to 604800"),
            ("request.error_rate", "1.5", "from 0 to 1"),
            ("function.retry_jitter", "-0.1", "from 0 to 1"),
            ("copy.aggregate_bandwidth_bytes_per_s", "inf", "finite, positive"),
            ("copy.sigma", "-1.0", "non-negative"),
            ("delivery.latency_noise_cv", "-1.0", "non-negative"),
            ("function.retry_cap_s", "0.0", "from 0.001 to 604800"),
            ("function.reserved_concurrency", "0", "finite, positive"),
            ("queue.batch_size", "0", "from 1 to 10"),
            ("queue.batch_size", "11", "from 1 to 10"),
            ("queue.maximum_concurrency", "1", "from 2 to 1000"),
            ("queue.visibility_timeout_s", "30.0", "as Lambda demands"),
            ("queue.throttle_base_s", "nan", "from 0.001"),
        ] {
            let (table, name) = field.split_once('.').unwrap();
            let error = validated(&format!("[{table}]\n{name} = {value}\n")).unwrap_err();
            assert_eq!(error.field, field);
            assert!(error.rule.contains(rule), "{error}");
        }
    }

    #[test]
    fn what_an_account_cannot_reserve_is_refused() {
        let reserved = |count: u32| validated(&format!("[function]\nreserved_concurrency = {count}\n"));
        assert_eq!(reserved(900), Ok(()));
        let error = reserved(901).unwrap_err();
        assert_eq!((&*error.field, error.value), ("function.reserved_concurrency", 901.0));
        assert!(error.rule.contains("account's quota"), "{error}");
    }
}
