//! Services whose ways are known, for plans to be held against: most of them are not what a plan takes a service for.

use planner_core::load::retry::RetryPolicy;
use planner_core::random::{self, Keyed};

use super::law::FactorLaw;

/// What follows an attempt that fails.
pub(crate) const RETRY: RetryPolicy =
    RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };
/// Size of an object where all are alike, and the mean where they are not.
pub(crate) const SIZE_BYTES: f64 = 700e6;
/// Share of the time of a copy of that size that does not grow with it, where sizes vary.
const FIXED: f64 = 0.1;
/// Requests in flight from which on throughput grows no more, where it is capped.
pub(crate) const CAP: u64 = 32;
/// What times have grown by at the end of the measured run, where they drift.
const GROWN: f64 = 1.3;

/// What a draw is for.
const FACTOR: u64 = 1;
const FAILURE: u64 = 2;
const DAY: u64 = 3;
const SIZE: u64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Narrow,
    Lognormal,
    Gamma,
    Weibull,
    Wide,
    Wider,
    Exponential,
    SlowSeen,
    TwoHumps,
    SlowUnseen,
    PowerTail,
    Drift,
    Autocorrelation,
    BetweenDays,
    Contention,
    Cap,
    Failures,
    Sizes,
}

impl Name {
    pub(crate) const ALL: [Self; 18] = [
        Self::Narrow,
        Self::Lognormal,
        Self::Gamma,
        Self::Weibull,
        Self::Wide,
        Self::Wider,
        Self::Exponential,
        Self::SlowSeen,
        Self::TwoHumps,
        Self::SlowUnseen,
        Self::PowerTail,
        Self::Drift,
        Self::Autocorrelation,
        Self::BetweenDays,
        Self::Contention,
        Self::Cap,
        Self::Failures,
        Self::Sizes,
    ];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Narrow => "lognormal-0.2",
            Self::Lognormal => "lognormal-0.5",
            Self::Gamma => "gamma-0.35",
            Self::Weibull => "weibull-0.35",
            Self::Wide => "lognormal-1",
            Self::Wider => "lognormal-1.5",
            Self::Exponential => "exponential",
            Self::SlowSeen => "slow-5-percent",
            Self::TwoHumps => "slow-30-percent",
            Self::SlowUnseen => "slow-0.3-percent",
            Self::PowerTail => "pareto-2.5",
            Self::Drift => "drift",
            Self::Autocorrelation => "autocorrelation",
            Self::BetweenDays => "between-days",
            Self::Contention => "contention",
            Self::Cap => "cap",
            Self::Failures => "failures",
            Self::Sizes => "sizes",
        }
    }

    /// Whether times vary little, independently and always alike, so that a plan has no excuse.
    pub(crate) fn is_light(self) -> bool {
        matches!(self, Self::Narrow | Self::Lognormal | Self::Gamma | Self::Weibull)
    }

    fn law(self) -> FactorLaw {
        match self {
            Self::Narrow => FactorLaw::lognormal(0.2),
            Self::Gamma => FactorLaw::gamma(0.35),
            Self::Weibull => FactorLaw::weibull(0.35),
            Self::Wide => FactorLaw::lognormal(1.0),
            Self::Wider => FactorLaw::lognormal(1.5),
            Self::Exponential => FactorLaw::exponential(),
            Self::SlowSeen => FactorLaw::two_ways(0.05, 10.0, 0.2),
            Self::TwoHumps => FactorLaw::two_ways(0.3, 2.0, 0.2),
            Self::SlowUnseen => FactorLaw::two_ways(0.003, 10.0, 0.2),
            Self::PowerTail => FactorLaw::power_tail(0.4),
            Self::Drift | Self::BetweenDays | Self::Contention | Self::Cap | Self::Failures | Self::Sizes => {
                FactorLaw::lognormal(0.3)
            }
            Self::Lognormal | Self::Autocorrelation => FactorLaw::lognormal(0.5),
        }
    }
}

/// How copies slow each other down.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slowdown {
    None,
    /// The Universal Scalability Law without contention.
    Crosstalk {
        kappa: f64,
    },
    /// No more throughput from so many in flight on.
    Cap {
        n: u64,
    },
}

impl Slowdown {
    pub(crate) fn at(self, workers: u64) -> f64 {
        let n = workers as f64;
        match self {
            Self::None => 1.0,
            Self::Crosstalk { kappa } => 1.0 + kappa * n * (n - 1.0),
            Self::Cap { n: cap } => (n / cap as f64).max(1.0),
        }
    }

    /// The number of workers that do most; None where more always do more.
    pub(crate) fn peak(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Crosstalk { kappa } => Some(kappa.sqrt().recip() as u64),
            Self::Cap { n } => Some(n),
        }
    }
}

/// Attempts that fail, and how long each takes until it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FailureModel {
    pub rate: f64,
    pub lasts_s: f64,
}

/// A service.
#[derive(Debug)]
pub(crate) struct Truth {
    pub name: Name,
    pub law: FactorLaw,
    /// Mean time of a copy of [`SIZE_BYTES`] that is alone.
    pub mean_s: f64,
    pub slowdown: Slowdown,
    pub failure: Option<FailureModel>,
    /// Correlation of the logarithm of a time with the one before it.
    phi: f64,
    /// Coefficient of variation of the level of a day.
    day_cv: f64,
    size_cv: f64,
}

impl Truth {
    pub(crate) fn new(name: Name, mean_s: f64) -> Self {
        let failure = FailureModel { rate: 0.02, lasts_s: 3.0 * mean_s };
        let where_so = |is_so: bool, value: f64| if is_so { value } else { 0.0 };
        Self {
            name,
            law: name.law(),
            mean_s,
            slowdown: if name == Name::Cap { Slowdown::Cap { n: CAP } } else { Slowdown::None },
            failure: (name == Name::Failures).then_some(failure),
            phi: where_so(name == Name::Autocorrelation, 0.8),
            day_cv: where_so(name == Name::BetweenDays, 0.1),
            size_cv: where_so(name == Name::Sizes, 1.0),
        }
    }

    /// Sizes of so many objects.
    pub(crate) fn sizes_bytes(&self, seed: u64, count: u64) -> Vec<u64> {
        let size = |object| match self.size_cv {
            0.0 => SIZE_BYTES,
            cv => random::lognormal(seed, &[SIZE, object], SIZE_BYTES, cv),
        };
        (0..count).map(|object| size(object) as u64).collect()
    }

    /// Mean time of a copy that is alone.
    pub(crate) fn copy_s(&self, bytes: u64) -> f64 {
        let by_size = if self.size_cv > 0.0 { 1.0 - FIXED } else { 0.0 };
        self.mean_s * (1.0 - by_size + by_size * bytes as f64 / SIZE_BYTES)
    }

    /// What the time of the job that has `share` of the measured run before it has grown by; the planned ones begin
    /// where that ended.
    pub(crate) fn grown(&self, share: f64) -> f64 {
        if self.name == Name::Drift { 1.0 + (GROWN - 1.0) * share } else { 1.0 }
    }

    /// Mean time that a job spends on attempts that fail, the waits after them being short.
    pub(crate) fn mean_delay_s(&self) -> f64 {
        self.failure.map_or(0.0, |failure| failure.rate * (failure.lasts_s + 0.5))
    }

    /// Factors on the times of so many jobs that one day does one after the other.
    pub(crate) fn factors(&self, seed: u64, count: u64) -> impl Iterator<Item = f64> {
        let draws = Keyed::new(seed, &[FACTOR]);
        let day = if self.day_cv > 0.0 { random::lognormal(seed, &[DAY], 1.0, self.day_cv) } else { 1.0 };
        let fresh = (1.0 - self.phi * self.phi).sqrt();
        // The mean of the logarithms of a lognormal law lies half of their variance below 0.
        let middle = self.law.at(0.5).ln();
        let mut before = None;
        (0..count).map(move |job| {
            let factor = self.law.at(draws.uniform(job));
            if self.phi == 0.0 {
                return day * factor;
            }
            let own = factor.ln() - middle;
            let log = before.map_or(own, |before: f64| self.phi * before + fresh * own);
            before = Some(log);
            day * (log + middle).exp()
        })
    }

    /// Attempts of a job that fail before one succeeds; as many as are made in all where none does.
    pub(crate) fn failures(&self, seed: u64, job: u64) -> u32 {
        let Some(failure) = self.failure else { return 0 };
        let fails =
            |attempt: &u32| random::uniform(seed, &[FAILURE, job, u64::from(*attempt)]) < failure.rate;
        (1..=RETRY.max_attempts).take_while(fails).count() as u32
    }
}
