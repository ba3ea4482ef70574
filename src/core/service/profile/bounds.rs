//! What the numbers of a profile can be.

use std::borrow::Cow;

/// The longest time that anything in a profile takes: a week, in seconds.
pub(super) const LONGEST_S: f64 = 604_800.0;
/// The shortest wait, in seconds: simulated time would hardly go on between shorter ones.
const SHORTEST_S: f64 = 0.001;

/// A number in a profile that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("service profile: `{field}` is {}; give a {rule}", legible(*value))]
pub struct ProfileError {
    /// The field, with its table.
    pub field: &'static str,
    /// What it holds.
    pub value: f64,
    /// What it must be.
    pub rule: Cow<'static, str>,
}

/// A number without dozens of zeros.
fn legible(value: f64) -> String {
    if value == 0.0 || (1e-6..1e15).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// A time that may be 0.
pub(super) fn check_time(field: &'static str, value_s: f64) -> Result<(), ProfileError> {
    let holds = (0.0..=LONGEST_S).contains(&value_s);
    check(field, value_s, holds, "number of seconds from 0 to 604800, which is a week")
}

/// A wait that is repeated, or a time that limits something.
pub(super) fn check_wait(field: &'static str, value_s: f64) -> Result<(), ProfileError> {
    let holds = (SHORTEST_S..=LONGEST_S).contains(&value_s);
    check(field, value_s, holds, "number of seconds from 0.001 to 604800, which is a week")
}

pub(super) fn check(
    field: &'static str,
    value: f64,
    holds: bool,
    rule: impl Into<Cow<'static, str>>,
) -> Result<(), ProfileError> {
    if holds && value.is_finite() { Ok(()) } else { Err(ProfileError { field, value, rule: rule.into() }) }
}
