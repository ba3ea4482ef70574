//! From measured factors to noise: the body as it was measured, the tail as its family has it.

use super::family::{Family, FamilyMember, SlowPart};
use planner_core::service::{Noise, Tailed};

/// Values of the body.
const BODY: usize = 129;
/// Halvings of the tail: the last value is exceeded once in 2³² times the tail's own share.
const HALVINGS: i32 = 32;
/// Below this coefficient of variation there is no noise to speak of.
const NO_NOISE_CV: f64 = 1e-6;

/// The slowest of a sample in shares of its tail.
const SLOWEST: f64 = 1.5;
/// Parameters of a fit of their own for the slowest.
const MORE_PARAMETERS: f64 = 2.0;

/// The noise of a sample.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// None where it does not vary.
    pub noise: Option<Noise>,
    /// Whether the slowest follow a law of their own.
    pub is_apart: bool,
}

/// Share of a sample that the fitted tail replaces: 25 of 250, 160 of 10,000.
fn tail_share(count: usize) -> f64 {
    (1.6 / (count as f64).sqrt()).clamp(0.01, 0.5)
}

/// Share of a sample that the tail is fitted to, which has to show more than the tail's beginning.
fn fitted_share(count: usize) -> f64 {
    (5.0 * tail_share(count)).min(1.0)
}

/// Share of a sample that counts as the slowest.
fn slowest_share(count: usize) -> f64 {
    SLOWEST * tail_share(count)
}

fn part_size(count: usize, share: f64) -> usize {
    ((count as f64 * share).ceil() as usize).clamp(2.min(count), count)
}

/// The noise that a sample of factors, all above 0, shows.
///
/// `luck` chooses among the families: None takes the likeliest; a number from 0 to 1 takes each as often as its
/// Akaike weight says (Burnham and Anderson 2002, ch. 4), so that resampled fits show that it is not known.
pub(super) fn noise(factors: &mut [f64], draw: Option<f64>) -> Fitted {
    factors.sort_by(f64::total_cmp);
    let count = factors.len();
    let mean = factors.iter().sum::<f64>() / count as f64;
    let squares = factors.iter().map(|factor| (factor - mean).powi(2)).sum::<f64>();
    let cv = (squares / count as f64).sqrt() / mean;
    if cv < NO_NOISE_CV {
        return Fitted { noise: None, is_apart: false };
    }
    let (tail, is_apart) = tail(factors, cv, draw);
    Fitted { noise: Some(Noise::Tailed(joined(factors, &tail).with_mean_1())), is_apart }
}

/// The tail of a sample: of a family fitted to its slow part, or to its slowest alone where the two differ by more
/// than two more parameters explain (Akaike's criterion), as where one request in twenty goes another way; and which it
/// is. Of 200 samples of 250 lognormal times this was said of 4, and of 30 to 90 where one in twenty went another way.
fn tail(sorted: &[f64], cv: f64, draw: Option<f64>) -> (FamilyMember, bool) {
    let part = |share: f64| SlowPart::of(sorted, part_size(sorted.len(), share));
    let (slow, slowest) = (part(fitted_share(sorted.len())), part(slowest_share(sorted.len())));
    let mut fits = Family::ALL.map(|family| FamilyMember::fit(family, &slow, cv)).to_vec();
    let together = fits.len();
    let bulk = likeliest(&fits);
    let without_slowest = bulk.1 - slowest.log_likelihood(&bulk.0);
    fits.extend(Family::ALL.map(|family| {
        let (tail, log_likelihood) = FamilyMember::fit(family, &slowest, cv);
        (tail, without_slowest + log_likelihood - MORE_PARAMETERS)
    }));
    let alone_log_likelihood = likeliest(&fits[together..]).1;
    let tail = match draw {
        None => likeliest(&fits).0,
        Some(draw) => by_weight(&fits, draw),
    };
    (tail, alone_log_likelihood > bulk.1)
}

fn likeliest(fits: &[(FamilyMember, f64)]) -> (FamilyMember, f64) {
    fits.iter().copied().fold(fits[0], |best, fit| if fit.1 > best.1 { fit } else { best })
}

/// One of the fits, each as often as its likelihood says.
fn by_weight(fits: &[(FamilyMember, f64)], draw: f64) -> FamilyMember {
    let (likeliest, highest) = likeliest(fits);
    let weight = |fit: &(FamilyMember, f64)| (fit.1 - highest).exp();
    let mut left = draw * fits.iter().map(weight).sum::<f64>();
    let chosen = fits.iter().find(|fit| {
        left -= weight(fit);
        left < 0.0
    });
    chosen.map_or(likeliest, |fit| fit.0)
}

/// The sample up to where the tail begins, then the tail.
fn joined(sorted: &[f64], tail: &FamilyMember) -> Tailed {
    let share = tail_share(sorted.len());
    let begin = tail.exceeded_by(share);
    let last = (sorted.len() - 1) as f64;
    let body = (0..BODY).map(|index| {
        if index + 1 == BODY {
            return begin;
        }
        let place = (1.0 - share) * index as f64 / (BODY - 1) as f64 * last;
        let below = place as usize;
        let above = (below + 1).min(sorted.len() - 1);
        let value = sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64);
        value.min(begin)
    });
    let halved = (1..=HALVINGS).map(|halvings| tail.exceeded_by(share * 0.5f64.powi(halvings)));
    Tailed { above: 1.0 - share, body: body.collect(), tail: halved.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::account::Limits;
    use planner_core::service::Profile;
    use proptest::prelude::*;

    fn is_valid(factors: &[f64], draw: Option<f64>) -> bool {
        let mean = factors.iter().sum::<f64>() / factors.len() as f64;
        let mut factors: Vec<f64> = factors.iter().map(|factor| factor / mean).collect();
        let mut profile = Profile::default();
        profile.copy.noise = noise(&mut factors, draw).noise;
        profile.validate(Limits::built_in()).is_ok()
    }

    proptest! {
        #[test]
        fn whatever_was_measured_gives_noise_that_can_be(
            factors in prop::collection::vec(
                prop_oneof![Just(1e-6), Just(1.0), Just(1.001), 1e-3f64..2.0, 10.0f64..1e4], 2..80,
            ),
            draw in prop::option::of(0.0f64..1.0),
        ) {
            prop_assert!(is_valid(&factors, draw));
        }
    }

    /// One in twenty takes ten times as long, or none does.
    #[test]
    fn slowest_that_go_another_way_are_told() {
        let is_apart = |slow: f64| {
            let factor = |job: u64| {
                let way = if job.is_multiple_of(20) { slow } else { 1.0 };
                way * planner_core::random::lognormal(3, &[job], 1.0, 0.2)
            };
            noise(&mut (0..250).map(factor).collect::<Vec<f64>>(), None).is_apart
        };
        assert_eq!((is_apart(1.0), is_apart(10.0)), (false, true));
    }

    #[test]
    fn samples_that_hardly_vary_or_vary_once_are_no_trouble() {
        let with_one = |count: usize, other: f64| {
            let mut factors = vec![1.0; count];
            factors[0] = other;
            factors
        };
        for count in [2, 3, 30] {
            for other in [1e-9, 0.5, 0.999_999, 1.000_01, 3.0, 1e6] {
                for draw in [None, Some(0.5)] {
                    assert!(is_valid(&with_one(count, other), draw), "{count} with {other}, luck {draw:?}");
                }
            }
        }
    }
}
