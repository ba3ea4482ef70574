//! Execution environments: how many run, how fast more are started, and which are still warm.

use std::collections::VecDeque;

use crate::service::TokenBucket;
use crate::service::profile::FunctionProfile;
use crate::units::quantity::nanoseconds;

/// The execution environments of a function.
///
/// A limit on how many run at once, and a bucket of new ones that holds 1000 and is refilled with 100 a second
/// (AWS Lambda Developer Guide, "Understanding Lambda function scaling"). Warm ones are used first, the latest first.
#[derive(Clone, Debug)]
pub(super) struct Environments {
    limit: u32,
    running: u32,
    /// When each idle environment became idle, ascending.
    idle_since_ns: VecDeque<u64>,
    warm_ns: u64,
    new: TokenBucket,
    new_capacity: f64,
    new_per_s: f64,
}

impl Environments {
    /// None started yet.
    pub(super) fn new(profile: &FunctionProfile) -> Self {
        let new_capacity = f64::from(profile.scaling_environments);
        Self {
            limit: profile.concurrency_limit(),
            running: 0,
            idle_since_ns: VecDeque::new(),
            warm_ns: nanoseconds(profile.warm_s),
            new: TokenBucket::default(),
            new_capacity,
            new_per_s: new_capacity / profile.scaling_period_s,
        }
    }

    /// Starts an execution; the answer says whether it needs a cold start, None that it is throttled.
    pub(super) fn start(&mut self, now_ns: u64) -> Option<bool> {
        if self.running >= self.limit {
            return None;
        }
        let cooled_ns = now_ns.saturating_sub(self.warm_ns);
        while self.idle_since_ns.front().is_some_and(|&since_ns| since_ns < cooled_ns) {
            self.idle_since_ns.pop_front();
        }
        let cold = self.idle_since_ns.pop_back().is_none();
        if cold && !self.new.take_from(now_ns, 1.0, self.new_per_s, self.new_capacity) {
            return None;
        }
        self.running += 1;
        Some(cold)
    }

    /// Ends an execution; its environment stays warm.
    pub(super) fn end(&mut self, now_ns: u64) {
        self.running -= 1;
        self.idle_since_ns.push_back(now_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn profile(limit: u32) -> FunctionProfile {
        FunctionProfile { account_concurrency: limit, ..FunctionProfile::default() }
    }

    proptest! {
        #[test]
        fn new_environments_never_exceed_the_allowance(
            steps in prop::collection::vec((0u64..500_000_000, 0u32..300), 1..60),
        ) {
            let mut environments = Environments::new(&profile(1_000_000));
            let (mut now_ns, mut started) = (0, 0u64);
            for (step_ns, wanted) in steps {
                now_ns += step_ns;
                started += (0..wanted).filter(|_| environments.start(now_ns).is_some()).count() as u64;
                prop_assert!(started as f64 <= 1000.0 + 100.0 * now_ns as f64 / 1e9 + 1e-3);
            }
        }
    }

    #[test]
    fn a_greedy_caller_gets_a_thousand_and_then_a_hundred_a_second() {
        let mut environments = Environments::new(&profile(3380));
        let mut at = |now_ns| (0..5000).filter(|_| environments.start(now_ns).is_some()).count();
        assert_eq!((at(0), at(1_000_000_000), at(11_000_000_000)), (1000, 100, 1000));
        assert_eq!((at(100_000_000_000), at(200_000_000_000)), (1000, 280));
    }

    #[test]
    fn warm_environments_are_used_first_and_cool_down() {
        let mut environments = Environments::new(&profile(10));
        assert_eq!((environments.start(0), environments.start(0)), (Some(true), Some(true)));
        environments.end(1_000_000_000);
        environments.end(2_000_000_000);
        let cooled_ns = 601_500_000_000;
        assert_eq!(environments.start(cooled_ns), Some(false));
        assert_eq!(environments.start(cooled_ns), Some(true));
    }
}
