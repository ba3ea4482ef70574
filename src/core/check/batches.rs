//! A window cut into batches that are long enough to be nearly independent.

use crate::check::document::Batches;
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES, LAG_1_SIGNIFICANCE};
use crate::numeric::batch_means::may_be_independent;
use crate::numeric::interval::{CONFIDENCE, Mean};

/// What was counted over a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Stint {
    /// Length.
    pub length_s: f64,
    /// Completions.
    pub completed: f64,
    /// Sum of their residence times.
    pub residence_s: f64,
}

impl Stint {
    /// All of them as one.
    pub(super) fn sum(stints: &[Self]) -> Self {
        stints.iter().fold(Self::default(), |sum, stint| Self {
            length_s: sum.length_s + stint.length_s,
            completed: sum.completed + stint.completed,
            residence_s: sum.residence_s + stint.residence_s,
        })
    }

    /// Completions per second.
    pub(super) fn x_per_s(&self) -> f64 {
        self.completed / self.length_s
    }

    /// Mean residence time; None without completions.
    pub(super) fn r_s(&self) -> Option<f64> {
        (self.completed > 0.0).then(|| self.residence_s / self.completed)
    }
}

/// Whether 20 batches of at least 10 mean residence times fit into a window.
pub(super) fn fit(window_s: f64, r_s: f64) -> bool {
    window_s >= BATCHES as f64 * BATCH_RESIDENCES * r_s
}

/// X and R with intervals over 20 batches of whole stints; None when they are too short or one is empty.
pub(super) fn batches(stints: &[Stint]) -> Option<Batches> {
    let per_batch = stints.len() / BATCHES;
    // The earliest stints that fill no batch are left out: they are the likeliest to be warm-up.
    let used = &stints[stints.len() - per_batch * BATCHES..];
    let whole = Stint::sum(used);
    if per_batch == 0 || !fit(whole.length_s, whole.r_s()?) {
        return None;
    }
    let batches: Vec<Stint> = used.chunks_exact(per_batch).map(Stint::sum).collect();
    let x_per_s: Vec<f64> = batches.iter().map(Stint::x_per_s).collect();
    let r_s = batches.iter().map(Stint::r_s).collect::<Option<Vec<f64>>>()?;
    let independent = [&x_per_s, &r_s].iter().all(|values| may_be_independent(values, LAG_1_SIGNIFICANCE));
    Some(Batches {
        length_s: whole.length_s / BATCHES as f64,
        x_per_s: Mean::of(&x_per_s, CONFIDENCE)?,
        r_s: Mean::of(&r_s, CONFIDENCE)?,
        independent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_batches_of_ten_residence_times_or_none() {
        let stint = |i: u32| Stint {
            length_s: 10.0,
            completed: 100.0 + f64::from(i * 7 % 5),
            residence_s: 90.0 + f64::from(i * 3 % 7),
        };
        let stints: Vec<Stint> = (0..47).map(stint).collect();
        let seen = batches(&stints).unwrap();
        assert_eq!((seen.length_s, seen.x_per_s.count), (20.0, 20));
        assert!(seen.x_per_s.interval().contains(10.2) && seen.independent);
        assert_eq!(batches(&stints[..19]), None);
        let slow: Vec<Stint> = stints.iter().map(|it| Stint { residence_s: 1e4, ..*it }).collect();
        assert_eq!(batches(&slow), None, "a batch is shorter than ten residence times");
        let growing: Vec<Stint> =
            (0..40).map(|i| Stint { completed: 100.0 + f64::from(i), ..stint(i) }).collect();
        assert!(!batches(&growing).unwrap().independent);
    }
}
