//! The numbers that describe a service, as a user writes them.

mod account_limits;
pub(super) mod bounds;
mod delivery;
mod function;
pub(super) mod queue;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use delivery::DeliveryProfile;
pub use function::FunctionProfile;
pub use queue::QueueProfile;

use super::noise::{Factor, Noise};
use crate::account::{DEFAULT_REGION, Limits};

/// What a service is like; the defaults stand for copies inside one busy region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Server-side copies, whole or in parts.
    pub copy: CopyProfile,
    /// Limits and times that all object requests share.
    pub request: RequestProfile,
    /// Publishing to a topic.
    pub publish: PublishProfile,
    /// What the topic does with a message.
    pub delivery: DeliveryProfile,
    /// The queue between topic and function, where there is one.
    pub queue: QueueProfile,
    /// The function that takes the messages.
    pub function: FunctionProfile,
}

/// How long a server-side copy takes.
///
/// By default 700 MB take 0.2 + 25.0 = 25.2 s, as in a loop that copied 250 such objects in 6300 s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CopyProfile {
    /// Seconds a copy takes whatever its size.
    pub base_s: f64,
    /// Bytes per second of one copy running alone.
    pub bandwidth_bytes_per_s: f64,
    /// Coefficient of variation of the lognormal factor (mean 1) on every duration.
    pub noise_cv: f64,
    /// Noise of another shape, instead of `noise_cv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// Contention σ of Gunther's Universal Scalability Law.
    pub sigma: f64,
    /// Crosstalk κ of Gunther's Universal Scalability Law.
    pub kappa: f64,
    /// Bytes per second of all copies together, if something caps them.
    pub aggregate_bandwidth_bytes_per_s: Option<f64>,
}

impl Default for CopyProfile {
    fn default() -> Self {
        Self {
            base_s: 0.2,
            bandwidth_bytes_per_s: 28e6,
            noise_cv: 0.25,
            noise: None,
            sigma: 1e-4,
            kappa: 1e-8,
            aggregate_bandwidth_bytes_per_s: None,
        }
    }
}

impl CopyProfile {
    /// A bandwidth so large that a copy takes `base_s` whatever its size, and that every file format can hold.
    pub const NO_LIMIT_BYTES_PER_S: f64 = 1e18;

    /// Mean seconds that a copy of `bytes` takes with `in_flight` copies running, itself included.
    ///
    /// R(N) = R(1)·(1 + σ(N−1) + κN(N−1)) (Gunther, *Guerrilla Capacity Planning*), and never less
    /// than N·bytes/B, which holds the throughput N/R to B/bytes.
    #[must_use]
    pub fn mean_s(&self, bytes: u64, in_flight: u64) -> f64 {
        let bytes = bytes as f64;
        let n = in_flight.max(1) as f64;
        let alone_s = self.base_s + bytes / self.bandwidth_bytes_per_s;
        let contended_s = alone_s * self.slowdown(in_flight);
        let capped_s = self.aggregate_bandwidth_bytes_per_s.map_or(0.0, |cap| n * bytes / cap);
        contended_s.max(capped_s)
    }

    /// How many times longer a copy takes with `in_flight` copies running than alone, whatever its size.
    #[must_use]
    pub fn slowdown(&self, in_flight: u64) -> f64 {
        let n = in_flight.max(1) as f64;
        1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0)
    }

    /// Whether copies take longer when more of them are running.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.sigma > 0.0 || self.kappa > 0.0 || self.aggregate_bandwidth_bytes_per_s.is_some()
    }

    /// The factor on every duration.
    #[must_use]
    pub fn factor(&self) -> Factor {
        Factor::of(self.noise.as_ref(), self.noise_cv)
    }
}

/// Limits and times that all object requests share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequestProfile {
    /// Copies and parts per second into one prefix, with a burst of one second; more get 503 `SlowDown`.
    pub prefix_rate_per_s: f64,
    /// Probability that a copy or part is answered with 500 `InternalError`.
    pub error_rate: f64,
    /// Seconds until a refusal is answered.
    pub refusal_s: f64,
    /// Mean seconds of a small request: HEAD, LIST, starting and completing a multipart upload.
    pub metadata_s: f64,
    /// Coefficient of variation of the lognormal time of a small request.
    pub metadata_noise_cv: f64,
}

impl Default for RequestProfile {
    fn default() -> Self {
        Self {
            prefix_rate_per_s: Limits::built_in().s3.requests_per_s_per_prefix,
            error_rate: 0.0,
            refusal_s: 0.02,
            metadata_s: 0.02,
            metadata_noise_cv: 0.3,
        }
    }
}

/// How long publishing takes and how much of it a region takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PublishProfile {
    /// Mean seconds of a publish request.
    pub base_s: f64,
    /// Coefficient of variation of its lognormal time.
    pub noise_cv: f64,
    /// Messages per second, with a burst of one second; more are answered `Throttled`. A batch
    /// counts its messages. The default is the quota of us-east-1.
    pub rate_per_s: f64,
}

impl Default for PublishProfile {
    fn default() -> Self {
        Self { base_s: 0.015, noise_cv: 0.3, rate_per_s: Limits::built_in().publish_per_s(DEFAULT_REGION) }
    }
}

#[cfg(test)]
impl CopyProfile {
    /// Copies that take the same time on average whatever their size, and do not slow each other down.
    pub(crate) fn uncontended(base_s: f64, noise_cv: f64) -> Self {
        let bandwidth_bytes_per_s = Self::NO_LIMIT_BYTES_PER_S;
        Self { base_s, bandwidth_bytes_per_s, noise_cv, sigma: 0.0, kappa: 0.0, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_copies_700_mb_in_25_point_2_seconds() {
        assert!((CopyProfile::default().mean_s(700_000_000, 1) - 25.2).abs() < 1e-9);
        assert_eq!(Profile::default().validate(Limits::built_in()), Ok(()));
    }

    #[test]
    fn the_aggregate_bandwidth_caps_the_throughput() {
        let cap = 1e9;
        let copy = CopyProfile { aggregate_bandwidth_bytes_per_s: Some(cap), ..CopyProfile::default() };
        let bytes = 700_000_000;
        for in_flight in [1, 10, 35, 36, 100, 1000] {
            let throughput_per_s = in_flight as f64 / copy.mean_s(bytes, in_flight);
            assert!(throughput_per_s <= cap / bytes as f64 * (1.0 + 1e-12), "at {in_flight}");
        }
        assert!((copy.mean_s(bytes, 100) - 70.0).abs() < 1e-9);
    }

    #[test]
    fn a_partial_profile_keeps_the_other_defaults_and_refuses_unknown_names() {
        let profile: Profile = toml::from_str("[copy]\nnoise_cv = 0.0\n").unwrap();
        assert_eq!(profile.copy, CopyProfile { noise_cv: 0.0, ..CopyProfile::default() });
        assert_eq!(profile.request, RequestProfile::default());
        assert!(toml::from_str::<Profile>("[copy]\nnoise = 0.0\n").is_err());
        let text = toml::to_string(&profile).unwrap();
        assert_eq!(toml::from_str::<Profile>(&text).unwrap(), profile);
    }
}
