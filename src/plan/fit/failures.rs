//! Attempts that fail: how often, and how long they take, with what is not known about either.

use statrs::distribution::{Beta, ContinuousCDF};

use super::observations::{Moments, Observations};
use planner_core::random;
use planner_core::service::Profile;

/// Words that set this file's draws apart from all others.
const FAILURES: u64 = 0x6661_696c;

/// The failed attempts of a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failures {
    failed: u64,
    admitted: u64,
    refusals: Moments,
}

impl Failures {
    pub(super) fn of(observations: &Observations) -> Self {
        let Observations { attempts, throttled, failed, refusals, .. } = *observations;
        Self { failed, admitted: attempts - throttled, refusals }
    }

    /// A service whose share of failures, and whose time of one, could have given this sample (Jeffreys' interval; the
    /// error of a mean). Where none failed it stays without.
    pub(super) fn drawn(&self, mut profile: Profile, seed: u64, number: u64) -> Profile {
        let succeeded = (self.admitted - self.failed) as f64;
        if let (true, Ok(beta)) = (self.failed > 0, Beta::new(self.failed as f64 + 0.5, succeeded + 0.5)) {
            profile.request.error_rate = beta.inverse_cdf(random::uniform(seed, &[FAILURES, number]));
            let errors = random::normal(seed, &[FAILURES, number, 1]);
            let times = (errors * self.refusals.cv() / (self.refusals.count as f64).sqrt()).exp();
            profile.request.refusal_s *= if times.is_finite() { times } else { 1.0 };
        }
        profile
    }
}
