//! What a sweep says about scaling: the fitted law or why there is none, and simpler explanations beside it.

use serde::{Deserialize, Serialize};

use crate::law::candidate_models::{self, ModelComparison};
use crate::law::intervals::Intervals;
use crate::law::tolerance::RESAMPLES;
use crate::law::usl::Usl;
use crate::law::usl_fit::{self, Point, UslFit, UslFitError};

/// Seed of the resampling: the same measurements give the same intervals.
const BOOTSTRAP_SEED: u64 = 1;
/// Measurements below which nothing is said about scaling.
const POINTS_AT_LEAST: usize = 3;

/// The Universal Scalability Law fitted to a sweep, for documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UslSummary {
    /// λ: completions per second of one worker alone; None, like all numbers here, when no law could be fitted.
    pub lambda: Option<f64>,
    /// σ: contention.
    pub sigma: Option<f64>,
    /// κ: crosstalk.
    pub kappa: Option<f64>,
    /// Concurrency N* of the largest throughput; None also when the fit has no peak.
    pub peak_n: Option<f64>,
    /// Throughput there, per second.
    pub peak_x_per_s: Option<f64>,
    /// The throughput that contention alone would allow, λ/σ per second.
    pub ceiling_per_s: Option<f64>,
    /// Where the parameters and the peak lie with 95 % confidence.
    pub intervals: Option<Intervals>,
    /// The same by resampling the residuals, which follows the curvature of the law when noise is large.
    pub bootstrap_intervals: Option<Intervals>,
    /// Why the fit must not be used; None for a sound one.
    pub refused: Option<String>,
    /// What to do with it, or what to measure next.
    pub advice: String,
    /// Simpler models of the same measurements, and the bound that no closed system exceeds.
    pub rivals: Option<ModelComparison>,
}

/// What the measurements of a sweep say about scaling; None for fewer than three.
///
/// A fit that fails or must not be used is an answer here, with its reason in `refused`, not an error.
#[must_use]
pub fn scaling(points: &[Point]) -> Option<UslSummary> {
    if points.len() < POINTS_AT_LEAST {
        return None;
    }
    let rivals = candidate_models::compare(points).ok();
    Some(match usl_fit::fit(points) {
        Ok(fit) => fitted(points, &fit, rivals),
        Err(error) => not_fitted(&error, rivals),
    })
}

fn fitted(points: &[Point], fit: &UslFit, rivals: Option<ModelComparison>) -> UslSummary {
    let usl = &fit.usl;
    let reasons: Vec<String> = fit.refusals.iter().map(ToString::to_string).collect();
    let advice = match (fit.refusals.first(), usl.peak_n()) {
        (Some(gravest), _) => gravest.advice(),
        (None, Some(peak_n)) => format!(
            "more than N = {:.0} in flight costs throughput; confirm the peak with a run of its own before relying on it",
            whole_peak(usl, peak_n)
        ),
        (None, None) => "the fit shows no peak in the measured range; plan within that range".into(),
    };
    UslSummary {
        lambda: Some(usl.lambda),
        sigma: Some(usl.sigma),
        kappa: Some(usl.kappa),
        peak_n: usl.peak_n(),
        peak_x_per_s: usl.peak_x_per_s(),
        ceiling_per_s: usl.ceiling_per_s(),
        intervals: Some(fit.intervals).filter(is_finite),
        bootstrap_intervals: usl_fit::bootstrap(points, fit, RESAMPLES, BOOTSTRAP_SEED).filter(is_finite),
        refused: (!reasons.is_empty()).then(|| reasons.join("; ")),
        advice,
        rivals,
    }
}

/// The whole concurrency beside the peak with the larger throughput.
fn whole_peak(usl: &Usl, peak_n: f64) -> f64 {
    let (below, above) = (peak_n.floor(), peak_n.ceil());
    if usl.x_per_s(above) > usl.x_per_s(below) { above } else { below }
}

/// Infinite ends have no place in JSON, and say nothing.
fn is_finite(intervals: &Intervals) -> bool {
    let required = [intervals.lambda, intervals.sigma, intervals.kappa];
    let all = required.into_iter().chain(intervals.peak_n).chain(intervals.peak_x_per_s);
    all.into_iter().all(|it| it.low.is_finite() && it.high.is_finite())
}

fn not_fitted(error: &UslFitError, rivals: Option<ModelComparison>) -> UslSummary {
    let text = error.to_string();
    // These errors say what is wrong, a semicolon, and what to do.
    let (reason, advice) = text.split_once("; ").unwrap_or((&text, ""));
    UslSummary {
        refused: Some(reason.to_owned()),
        advice: advice.to_owned(),
        rivals,
        ..UslSummary::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::usl_fit::tests::raytracer;

    fn points(pairs: &[(f64, f64)]) -> Vec<Point> {
        pairs.iter().map(|&(n, x_per_s)| Point::new(n, x_per_s)).collect()
    }

    #[test]
    fn a_table_without_a_peak_is_refused_and_keeps_its_numbers() {
        let seen = scaling(&raytracer()).unwrap();
        assert!(seen.refused.as_deref().unwrap().starts_with("no peak identifiable"), "{seen:?}");
        assert!((seen.lambda.unwrap() / 21.848843 - 1.0).abs() < 1e-5);
        assert_eq!((seen.kappa, seen.peak_n), (Some(0.0), None));
        let resampled = seen.bootstrap_intervals.unwrap().lambda;
        assert!(resampled.contains(seen.lambda.unwrap()), "{resampled:?}");
        assert!(seen.advice.contains("96") && seen.rivals.unwrap().rivals.len() == 4);
    }

    #[test]
    fn what_cannot_be_fitted_says_why_and_what_to_do() {
        assert_eq!(scaling(&points(&[(1.0, 1.0), (2.0, 2.0)])), None);
        let few = scaling(&points(&[(1.0, 1.0), (2.0, 1.8), (4.0, 3.0)])).unwrap();
        assert!(few.refused.unwrap().starts_with("3 measurements") && few.advice.contains("6 or more"));
        let wrong = scaling(&points(&[(0.5, 1.0), (2.0, 1.8), (4.0, 3.0)])).unwrap();
        assert!(wrong.refused.unwrap().contains("below 1") && wrong.rivals.is_none());
        assert!(wrong.advice.starts_with("leave it out"));
    }
}
