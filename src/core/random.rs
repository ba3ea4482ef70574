//! Randomness as a value: every draw is a function of a seed and of what the draw is for.
//!
//! A draw keyed by its purpose does not depend on the order in which draws are made, so the same
//! job meets the same luck under every concurrency (common random numbers), and a run is the same
//! for the same seed however its events interleave.

use statrs::function::erf::erfc_inv;

/// Mixes one word into a running hash (the finaliser of SplitMix64; Steele, Lea and Flood 2014).
fn mix(state: u64, word: u64) -> u64 {
    let mut z = state.wrapping_add(word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A uniform 64-bit word for `seed` and the words that say what the draw is for.
#[must_use]
pub fn word(seed: u64, purpose: &[u64]) -> u64 {
    purpose.iter().fold(mix(0, seed), |state, &part| mix(state, part))
}

/// A purpose whose first words stay the same: `Keyed::new(seed, &[a]).word(b)` is `word(seed, &[a, b])`, in a third
/// of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed(u64);

impl Keyed {
    /// The purposes that begin with these words.
    #[must_use]
    pub fn new(seed: u64, purpose: &[u64]) -> Self {
        Self(word(seed, purpose))
    }

    /// A uniform 64-bit word for the purpose that ends with `last`.
    #[must_use]
    pub fn word(self, last: u64) -> u64 {
        mix(self.0, last)
    }

    /// A uniform draw from the open interval (0, 1).
    #[must_use]
    pub fn uniform(self, last: u64) -> f64 {
        open_unit(self.word(last))
    }
}

/// A number for a name, for use among the words of a purpose (FNV-1a, then mixed).
#[must_use]
pub fn name(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(hash, 0)
}

/// A uniform draw from the open interval (0, 1).
#[must_use]
pub fn uniform(seed: u64, purpose: &[u64]) -> f64 {
    open_unit(word(seed, purpose))
}

/// A word as a number in the open interval (0, 1).
fn open_unit(word: u64) -> f64 {
    // 52 bits: with one more, the half added at the top would round up to 1.
    ((word >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

/// The standard normal value that a share `u` (0 to 1, both excluded) of all lies below.
#[must_use]
pub fn normal_at(u: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * u)
}

/// A standard normal draw, by inversion.
#[must_use]
pub fn normal(seed: u64, purpose: &[u64]) -> f64 {
    normal_at(uniform(seed, purpose))
}

/// A lognormal draw with the given mean and coefficient of variation (standard deviation / mean).
#[must_use]
pub fn lognormal(seed: u64, purpose: &[u64], mean: f64, cv: f64) -> f64 {
    let variance = (cv * cv).ln_1p();
    mean * (variance.sqrt() * normal(seed, purpose) - variance / 2.0).exp()
}

/// An exponential draw with mean 1.
#[must_use]
pub fn exponential(seed: u64, purpose: &[u64]) -> f64 {
    -uniform(seed, purpose).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(draw: impl Fn(u64) -> f64) -> (f64, f64) {
        let n = 200_000;
        let (sum, squares) = (0..n).map(draw).fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
        let mean = sum / n as f64;
        (mean, (squares / n as f64 - mean * mean).sqrt())
    }

    #[test]
    fn draws_have_their_stated_moments() {
        let (mean, sd) = moments(|i| uniform(7, &[i]));
        assert!((mean - 0.5).abs() < 0.003 && (sd - 12f64.sqrt().recip()).abs() < 0.003);
        let (mean, sd) = moments(|i| normal(7, &[i]));
        assert!(mean.abs() < 0.01 && (sd - 1.0).abs() < 0.01);
        let (mean, sd) = moments(|i| lognormal(7, &[i], 30.0, 0.5));
        assert!((mean - 30.0).abs() < 0.15 && (sd - 15.0).abs() < 0.3);
        let (mean, sd) = moments(|i| exponential(7, &[i]));
        assert!((mean - 1.0).abs() < 0.01 && (sd - 1.0).abs() < 0.02);
    }

    #[test]
    fn a_draw_depends_on_the_seed_and_on_every_word_of_its_purpose() {
        let base = word(1, &[2, 3]);
        assert_eq!(base, word(1, &[2, 3]));
        for other in [word(2, &[2, 3]), word(1, &[3, 2]), word(1, &[2, 3, 0]), word(1, &[2])] {
            assert_ne!(base, other);
        }
        assert_ne!(name("a/1"), name("a/2"));
        assert_eq!(Keyed::new(1, &[2]).word(3), base);
        assert_eq!(Keyed::new(1, &[2]).uniform(3), uniform(1, &[2, 3]));
    }
}
