//! Factors of requests of which a share goes a slower way, with a speed and a spread of its own.
//!
//! A tail that is fitted to both ways together says that a single request may take for ever; two ways say how often it
//! goes the slower one.

/// Even cells of probability of each way in the table of quantiles.
const CELLS: u32 = 256;
/// Beyond them each probability is this share of the one before, down to the last.
const TAIL_RATIO: f64 = 0.7;
const LAST_TAIL: f64 = 1e-12;
/// What lies below a value by so small a share of it is the same value, before a step.
const HAIR: f64 = 1e-9;

/// Factors of requests that go one of two ways, with mean 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// Probabilities of a value of at most `values`, both ascending.
    shares: Vec<f64>,
    values: Vec<f64>,
    cv: f64,
}

/// A distribution with mean 1.
#[derive(Clone, Copy)]
pub(super) struct Curve<'a> {
    /// The value that a share of all lies below.
    pub at: &'a dyn Fn(f64) -> f64,
    /// P(value ≤ x).
    pub cdf: &'a dyn Fn(f64) -> f64,
    /// Standard deviation.
    pub cv: f64,
}

/// One of the ways: how many go it, how long they take in the mean, and how that spreads.
struct MixturePath<'a> {
    share: f64,
    mean: f64,
    curve: Curve<'a>,
}

impl Mixed {
    /// Of a share `slow_share` that takes `slow_times` as long as the others.
    pub(super) fn new(slow_share: f64, slow_times: f64, usual: Curve<'_>, slow: Curve<'_>) -> Self {
        let scale = (1.0 + slow_share * (slow_times - 1.0)).recip();
        let ways = [
            MixturePath { share: 1.0 - slow_share, mean: scale, curve: usual },
            MixturePath { share: slow_share, mean: scale * slow_times, curve: slow },
        ];
        let mut values: Vec<f64> = ways.iter().flat_map(MixturePath::values).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let cdf = |x: f64| ways.iter().map(|way| way.share * (way.curve.cdf)(x / way.mean)).sum();
        let shares = values.iter().map(|&x| cdf(x)).collect();
        let square = |way: &MixturePath| way.share * way.mean.powi(2) * (1.0 + way.curve.cv.powi(2));
        let cv = (ways.iter().map(square).sum::<f64>() - 1.0).max(0.0).sqrt();
        Self { shares, values, cv }
    }

    /// The value that a share `u` (0 to 1, both excluded) of all lies below.
    pub(super) fn at(&self, u: f64) -> f64 {
        between(&self.shares, &self.values, u)
    }

    /// P(value ≤ x).
    pub(super) fn cdf(&self, x: f64) -> f64 {
        match self.values.last() {
            Some(&largest) if x < largest => between(&self.values, &self.shares, x).min(1.0),
            _ => 1.0,
        }
    }

    /// Standard deviation; the mean is 1.
    pub(super) fn cv(&self) -> f64 {
        self.cv
    }
}

/// What belongs to `at` on the straight lines between ascending places.
fn between(places: &[f64], values: &[f64], at: f64) -> f64 {
    let above = places.partition_point(|&place| place < at).min(places.len() - 1);
    let Some(below) = above.checked_sub(1) else { return values[0] };
    let (from, to) = (places[below], places[above]);
    let share = if to > from { ((at - from) / (to - from)).min(1.0) } else { 1.0 };
    values[below] + (values[above] - values[below]) * share
}

impl MixturePath<'_> {
    /// Values from the smallest to the largest that anybody will meet.
    fn values(&self) -> Vec<f64> {
        let body = (1..CELLS).rev().map(|cell| f64::from(cell) / f64::from(CELLS));
        let last = f64::from(CELLS).recip();
        let tail = std::iter::successors(Some(last * TAIL_RATIO), |share| Some(share * TAIL_RATIO));
        let beyond = body.chain(tail.take_while(|share| *share > LAST_TAIL));
        let least = self.mean * (self.curve.at)(LAST_TAIL);
        let values = beyond.map(|share| self.mean * (self.curve.at)(1.0 - share));
        [least * (1.0 - HAIR), least].into_iter().chain(values).collect()
    }
}
