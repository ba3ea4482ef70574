//! How a topic hands a message on to what subscribes to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random;
use crate::units::quantity::nanoseconds;

/// Words that set this file's draws apart from all others.
const LATENCY: u64 = 0x6465_6c61;
const DUPLICATE: u64 = 0x6475_706c;
const REFUSAL: u64 = 0x7265_6675;

/// What a topic does with a message: when it hands it on, how often twice, and how often in vain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryProfile {
    /// Mean seconds from the publishing to the delivery.
    pub latency_s: f64,
    /// Coefficient of variation of its lognormal time.
    pub latency_noise_cv: f64,
    /// Probability that a message is delivered twice.
    pub duplicate_rate: f64,
    /// Probability that the subscriber's API does not take a delivery, which is then retried.
    pub refusal_rate: f64,
}

impl Default for DeliveryProfile {
    fn default() -> Self {
        Self { latency_s: 0.05, latency_noise_cv: 0.5, duplicate_rate: 0.0, refusal_rate: 0.0 }
    }
}

impl DeliveryProfile {
    /// The wait before retry number `retry` (from 1), in seconds; None after the last.
    ///
    /// 3 at once, 2 after 1 s, 10 backing off from 1 to 20 s, 100,000 after 20 s (Amazon SNS Developer Guide,
    /// "Message delivery retries", AWS managed endpoints). The growth of the third phase is taken as geometric.
    pub(crate) fn retry_wait_s(retry: u32) -> Option<f64> {
        match retry {
            0..=3 => Some(0.0),
            4..=5 => Some(1.0),
            6..=15 => Some(20f64.powf(f64::from(retry - 6) / 9.0)),
            16..=100_015 => Some(20.0),
            _ => None,
        }
    }

    /// Nanoseconds until copy `copy` (0 or 1) of a message is delivered.
    pub(in crate::service) fn latency_ns(&self, seed: u64, key: u64, copy: u64) -> u64 {
        if self.latency_s == 0.0 {
            return 0;
        }
        let purpose = [LATENCY, key, copy];
        nanoseconds(random::lognormal(seed, &purpose, self.latency_s, self.latency_noise_cv))
    }

    pub(in crate::service) fn is_duplicated(&self, seed: u64, key: u64) -> bool {
        self.duplicate_rate > 0.0 && random::uniform(seed, &[DUPLICATE, key]) < self.duplicate_rate
    }

    pub(in crate::service) fn is_refused(&self, seed: u64, key: u64, copy: u64, retry: u32) -> bool {
        self.refusal_rate > 0.0
            && random::uniform(seed, &[REFUSAL, key, copy, u64::from(retry)]) < self.refusal_rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_go_on_for_23_days() {
        let waits = |from, to| (from..=to).map(|retry| DeliveryProfile::retry_wait_s(retry).unwrap());
        assert_eq!(waits(1, 5).collect::<Vec<_>>(), [0.0, 0.0, 0.0, 1.0, 1.0]);
        assert!(waits(6, 15).is_sorted());
        assert_eq!((waits(6, 6).sum::<f64>(), waits(15, 16).sum::<f64>()), (1.0, 40.0));
        assert_eq!(DeliveryProfile::retry_wait_s(100_016), None);
        let days = waits(1, 100_015).sum::<f64>() / 86_400.0;
        assert!((23.0..24.0).contains(&days), "{days}");
    }
}
