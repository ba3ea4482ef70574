//! Capped exponential back-off with full jitter.

use crate::random;

/// Words that set this file's draws apart from all others.
const BACK_OFF: u64 = 0x6261_636b;

/// When and how often a failed attempt is made again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all; 1 means never again.
    pub max_attempts: u32,
    /// Upper end of the first back-off.
    pub base_ns: u64,
    /// Upper end of every back-off.
    pub cap_ns: u64,
}

impl RetryPolicy {
    /// For the requests of a function: the deadline ends the tries, not their number.
    pub const UNTIL_THE_DEADLINE: Self =
        Self { max_attempts: u32::MAX, base_ns: 100_000_000, cap_ns: 20_000_000_000 };

    /// The back-off after attempt number `attempt` (from 1): uniform between 0 and
    /// min(cap, base·2^(attempt−1)) ("full jitter"; Brooker, AWS Architecture Blog, 2015).
    /// None when no further attempt is allowed.
    #[must_use]
    pub fn back_off_ns(&self, seed: u64, job: u64, part: u32, attempt: u32) -> Option<u64> {
        if attempt >= self.max_attempts {
            return None;
        }
        let doubled = 1u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
        let ceiling = self.base_ns.saturating_mul(doubled).min(self.cap_ns);
        let jitter = random::uniform(seed, &[BACK_OFF, job, u64::from(part), u64::from(attempt)]);
        Some((ceiling as f64 * jitter) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn back_off_stays_under_its_ceiling_and_ends(seed: u64, job: u64, attempt in 1u32..80) {
            let policy = RetryPolicy { max_attempts: 70, base_ns: 100, cap_ns: 20_000 };
            match policy.back_off_ns(seed, job, 0, attempt) {
                Some(wait) => {
                    prop_assert!(attempt < 70);
                    prop_assert!(wait <= 20_000.min(100u64.saturating_mul(1 << (attempt - 1).min(40))));
                }
                None => prop_assert!(attempt >= 70),
            }
        }
    }

    #[test]
    fn full_jitter_fills_the_whole_range() {
        let policy = RetryPolicy { max_attempts: 9, base_ns: 1_000_000, cap_ns: 1 << 40 };
        let waits: Vec<u64> = (0..10_000).filter_map(|job| policy.back_off_ns(3, job, 0, 3)).collect();
        let mean = waits.iter().sum::<u64>() as f64 / waits.len() as f64;
        assert!((mean - 2_000_000.0).abs() < 50_000.0, "mean {mean}");
        assert!(waits.iter().min() < Some(&10_000) && waits.iter().max() > Some(&3_990_000));
    }
}
