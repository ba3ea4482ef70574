//! Services whose ways are known, for plans to be held against.

use planner_core::service::{Factor, Noise, Profile, Tailed};
use statrs::distribution::{ContinuousCDF, Gamma, Weibull};
use statrs::function::gamma::gamma;

/// How the time of a request is distributed around its mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Lognormal,
    Gamma,
    Weibull,
    /// Three requests in ten go a slower way.
    TwoHumps,
    /// One request in twenty goes a much slower way, of which 250 jobs show about twelve.
    SlowPath,
}

impl Family {
    pub(crate) const ALL: [Self; 5] =
        [Self::Lognormal, Self::Gamma, Self::Weibull, Self::TwoHumps, Self::SlowPath];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lognormal => "lognormal",
            Self::Gamma => "gamma",
            Self::Weibull => "Weibull",
            Self::TwoHumps => "two humps",
            Self::SlowPath => "1 in 20 slow",
        }
    }

    /// Noise with mean 1 and about this coefficient of variation.
    pub(crate) fn noise(self, cv: f64) -> Noise {
        let mixed = |parts: [(f64, f64, f64); 2]| {
            tailed(|x| {
                let beyond = |(share, mean, cv)| share * (1.0 - Factor::lognormal(cv).cdf(x / mean));
                parts.into_iter().map(beyond).sum()
            })
        };
        match self {
            Self::Lognormal => tailed(|x| 1.0 - Factor::lognormal(cv).cdf(x)),
            Self::Gamma => {
                let shape = (cv * cv).recip();
                let law = Gamma::new(shape, shape).expect("shape and rate are positive");
                tailed(|x| law.sf(x))
            }
            Self::Weibull => {
                let shape = cv.powf(-1.086);
                let law = Weibull::new(shape, gamma(1.0 + shape.recip()).recip()).expect("both are positive");
                tailed(|x| law.sf(x))
            }
            Self::TwoHumps => mixed([(0.7, 1.0 - 0.6 * cv, cv / 2.0), (0.3, 1.0 + 1.4 * cv, cv / 2.0)]),
            Self::SlowPath => {
                let slow = 1.0 + 2.0 * cv;
                let mean = 0.95 + 0.05 * slow;
                mixed([(0.95, 1.0 / mean, 0.7 * cv), (0.05, slow / mean, cv)])
            }
        }
    }
}

/// A service whose copies of 700 MB take `mean_s`, `base_s` of it whatever the size.
pub(crate) fn service(noise: Noise, mean_s: f64, base_s: f64) -> Profile {
    let mut profile = Profile::default();
    profile.copy.base_s = base_s;
    profile.copy.bandwidth_bytes_per_s = 700e6 / (mean_s - base_s);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile.copy.noise = Some(noise);
    profile
}

/// The distribution of which `beyond(x)` is larger than x.
fn tailed(beyond: impl Fn(f64) -> f64) -> Noise {
    let at = |share| exceeded_by(share, &beyond);
    let body = (0..=400).map(|i| at(1.0 - 0.9 * f64::from(i).max(1e-3) / 400.0)).collect();
    let tail = (1..=28).map(|halvings| at(0.1 * 0.5f64.powi(halvings))).collect();
    Noise::Tailed(Tailed { above: 0.9, body, tail }.with_mean_1())
}

fn exceeded_by(share: f64, beyond: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > share { low = middle } else { high = middle }
    }
    high
}
