//! A rate limit with a burst.

/// Allowance for rounding, in tokens; it never adds up, because the debt itself is kept.
const ROUNDING_TOKENS: f64 = 1e-6;

/// A token bucket that refills at `rate_per_s`; it starts full.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TokenBucket {
    /// Tokens missing from a full bucket at `updated_ns`.
    debt: f64,
    updated_ns: u64,
}

impl TokenBucket {
    /// Takes `tokens` from a bucket that holds one second of its rate, at least one token.
    pub(crate) fn take(&mut self, now_ns: u64, tokens: f64, rate_per_s: f64) -> bool {
        self.take_from(now_ns, tokens, rate_per_s, rate_per_s.max(1.0))
    }

    /// Takes `tokens` from a bucket that holds `capacity` if they are there. More than a full bucket
    /// holds are taken from a full bucket and paid back later, so that no request is refused for ever.
    pub(crate) fn take_from(&mut self, now_ns: u64, tokens: f64, rate_per_s: f64, capacity: f64) -> bool {
        self.debt = self.debt_at(now_ns, rate_per_s);
        self.updated_ns = self.updated_ns.max(now_ns);
        let admitted = self.debt + tokens.min(capacity) <= capacity + ROUNDING_TOKENS;
        if admitted {
            self.debt += tokens;
        }
        admitted
    }

    /// Whether the bucket has filled up again, so that forgetting it changes nothing.
    pub(crate) fn is_full(&self, now_ns: u64, rate_per_s: f64) -> bool {
        self.debt_at(now_ns, rate_per_s) <= 0.0
    }

    fn debt_at(&self, now_ns: u64, rate_per_s: f64) -> f64 {
        let elapsed_s = now_ns.saturating_sub(self.updated_ns) as f64 / 1e9;
        (self.debt - elapsed_s * rate_per_s).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_greedy_client_gets_exactly_the_burst_and_the_rate(
            rate in 1u32..5000, step_ns in 100_000u64..5_000_000, steps in 1u64..200,
        ) {
            let mut bucket = TokenBucket::default();
            let rate_per_s = f64::from(rate);
            let mut admitted = 0u64;
            for step in 0..=steps {
                while bucket.take(step * step_ns, 1.0, rate_per_s) {
                    admitted += 1;
                }
            }
            let elapsed_s = (steps * step_ns) as f64 / 1e9;
            prop_assert_eq!(admitted, (rate_per_s * (1.0 + elapsed_s) + 1e-6).floor() as u64);
        }
    }

    #[test]
    fn a_batch_larger_than_the_bucket_waits_for_a_full_one_and_pays_back() {
        let mut bucket = TokenBucket::default();
        assert!(bucket.take(0, 10.0, 2.0));
        assert!(!bucket.take(4_000_000_000, 2.0, 2.0));
        assert!(!bucket.is_full(4_999_999_999, 2.0));
        assert!(bucket.is_full(5_000_000_000, 2.0));
        assert!(bucket.take(5_000_000_000, 2.0, 2.0));
    }
}
