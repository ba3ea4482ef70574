//! Whether values rise or fall from the first to the last, whatever their distribution.

/// Mann's and Kendall's score of one or more series (Mann 1945, Econometrica 13:245; Kendall 1975, *Rank Correlation
/// Methods*): pairs in which the later value is larger less those in which it is smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MannKendall {
    score: f64,
    variance: f64,
}

impl MannKendall {
    /// Adds a series; several are summed as seasons are (Hirsch, Slack and Smith 1982).
    pub fn add(&mut self, values: &[f64]) {
        let mut sorted = values.to_vec();
        let falling = inversions(&mut sorted);
        let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|tied| spread(tied.len())).sum();
        let mut reversed: Vec<f64> = values.iter().rev().copied().collect();
        self.score += inversions(&mut reversed) as f64 - falling as f64;
        self.variance += (spread(values.len()) - ties) / 18.0;
    }

    /// The score in its standard errors if there is no trend, for values worth `dependence` times fewer independent
    /// ones; 0 where nothing varies.
    #[must_use]
    pub fn z(&self, dependence: f64) -> f64 {
        if self.variance > 0.0 { self.score / (self.variance * dependence).sqrt() } else { 0.0 }
    }
}

fn spread(count: usize) -> f64 {
    let n = count as f64;
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// Pairs whose earlier value is the larger one; sorts the values.
fn inversions(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut from_left = left.iter().peekable();
    for &value in right.iter() {
        while let Some(&smaller) = from_left.next_if(|&&one| one <= value) {
            merged.push(smaller);
        }
        count += from_left.len() as u64;
        merged.push(value);
    }
    merged.extend(from_left);
    values.copy_from_slice(&merged);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_score_counts_pairs(values in prop::collection::vec(0u8..9, 0..40)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let pairs = (0..values.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
            let sign = |(j, i): (usize, usize)| match values[i].total_cmp(&values[j]) {
                std::cmp::Ordering::Less => -1.0,
                std::cmp::Ordering::Equal => 0.0,
                std::cmp::Ordering::Greater => 1.0,
            };
            let score: f64 = pairs.map(sign).sum();
            let mut seen = MannKendall::default();
            seen.add(&values);
            prop_assert_eq!(seen.score, score);
        }
    }

    /// Gilbert 1987, *Statistical Methods for Environmental Pollution Monitoring*, ch. 16: Var(S) of 10 values without
    /// ties is 125.
    #[test]
    fn the_published_variance() {
        let mut seen = MannKendall::default();
        seen.add(&(0..10).map(f64::from).collect::<Vec<_>>());
        assert_eq!((seen.score, seen.variance), (45.0, 125.0));
    }

    #[test]
    fn chance_seldom_looks_like_a_trend_and_a_trend_does() {
        let z = |run: u64, slope: f64| {
            let value = |i: u64| random::lognormal(run, &[i], 1.0, 0.5) * (1.0 + slope * i as f64 / 250.0);
            let mut seen = MannKendall::default();
            seen.add(&(0..250).map(value).collect::<Vec<_>>());
            seen.z(1.0)
        };
        let false_alarms = (0..1000).filter(|&run| z(run, 0.0).abs() > 2.576).count();
        assert!((3..=20).contains(&false_alarms), "{false_alarms} of 1000");
        let found = (0..200).filter(|&run| z(run, 1.0) > 2.576).count();
        assert!(found > 180, "{found} of 200");
        assert_eq!(MannKendall::default().z(1.0), 0.0);
    }
}
