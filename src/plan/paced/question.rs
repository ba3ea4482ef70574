//! What is asked of a fan-out at a pace.

use planner_core::service::Profile;
use planner_core::simulate::work::Work;

/// A batch, what publishes it and the services that it may meet.
#[derive(Debug, Clone, Copy)]
pub struct RateQuestion<'a> {
    /// The batch, in the order of publishing.
    pub work: &'a Work,
    /// The service as it was measured or assumed, under the account's limits ([`Profile::under`]).
    pub central: &'a Profile,
    /// The service as resamples of the measurement show it, likewise; none for one that is assumed.
    pub resampled: &'a [Profile],
    /// Messages of a publish request, 1 to 10.
    pub batch_size: u32,
    /// Prefixes of the destination that the objects are spread over.
    pub prefixes: u32,
    /// The highest rate allowed, messages per second; None to see what a goal needs whatever the quotas are.
    pub most_per_s: Option<f64>,
    /// The largest concurrency allowed; None to see what a goal needs whatever the account has.
    pub most_concurrency: Option<u64>,
    /// Share of the runs in which the function may be throttled, between 0 and 1, both excluded.
    pub throttled_share: f64,
    /// Seed of all draws.
    pub seed: u64,
}
