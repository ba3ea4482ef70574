//! Whether a plan keeps its promise, in words.

use serde_json::{Result, Value};

use super::json::with_words;
use crate::page::Sentence;
use crate::run_words;
use planner_core::law::finding::Verdict;
use planner_core::units::human::{count, counted, duration, percent, probability, rate, signed_percent};
use planner_plan::forecast::ForecastSetting;
use planner_plan::verify::{PlanPromise, Verification, VerificationOutcome};

/// The verdict as it stands above a run.
#[must_use]
pub fn sentence(found: &Verification) -> Sentence {
    let (verdict, outcome) = match found.outcome {
        VerificationOutcome::Kept => (Verdict::Pass, "kept"),
        VerificationOutcome::TooOptimistic => (Verdict::Fail, "too optimistic"),
        VerificationOutcome::Undecided => (Verdict::Inconclusive, "undecided"),
    };
    let promise = &found.promise;
    let rehearsed = if found.rehearsal { "Rehearsed, plan" } else { "Plan" };
    let text = format!(
        "{rehearsed} {outcome}: {} are done within {} with a probability of {}, and {} is wanted.{}",
        setting(promise),
        duration(promise.deadline_s),
        between(found.interval),
        probability(promise.probability),
        consequence(found)
    );
    Sentence { verdict, text }
}

/// The verdict as the title of a run.
#[must_use]
pub fn title(found: &Verification) -> String {
    let state = match found.outcome {
        VerificationOutcome::Kept => "kept",
        VerificationOutcome::TooOptimistic => "too optimistic",
        VerificationOutcome::Undecided => "undecided",
    };
    let PlanPromise { deadline_s, probability: wanted, .. } = found.promise;
    let verdict = format!(
        "{} within {} with {}, {} wanted",
        setting(&found.promise),
        duration(deadline_s),
        between(found.interval),
        probability(wanted)
    );
    run_words::titled(found.rehearsal, Some(state), &verdict)
}

/// What a run is driven for, before it begins.
#[must_use]
pub fn purpose(promise: &PlanPromise) -> String {
    format!("verifies a plan for {} within {}", setting(promise), duration(promise.deadline_s))
}

/// For programs: the verdict with its sentence.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn document(found: &Verification) -> Result<Value> {
    with_words(found, &[("verdict", &sentence(found).text)])
}

fn setting(promise: &PlanPromise) -> String {
    let objects = counted(promise.objects, "object");
    match promise.setting {
        ForecastSetting::Pool(pool) => format!("{objects} with {}", counted(pool.workers, "worker")),
        ForecastSetting::Function(function) => {
            let pace =
                function.rate_per_s.map_or_else(|| "at once".into(), |per_s| format!("at {}", rate(per_s)));
            format!("{objects} published {pace} with {} reserved", count(function.reserved.into()))
        }
    }
}

fn between([low, high]: [f64; 2]) -> String {
    let [low, high] = [low, high].map(probability);
    if low == high { low } else { format!("{low} to {high}") }
}

/// By how much a plan is off, or what to do where that is open.
fn consequence(found: &Verification) -> String {
    let Verification { promise, finish_s, failed_share, residence_mean_s, .. } = found;
    match (found.outcome, promise.setting) {
        (VerificationOutcome::Kept, _) => String::new(),
        (VerificationOutcome::Undecided, ForecastSetting::Pool(_)) => {
            " `planner recommend --from` this run plans with what is known now.".into()
        }
        (VerificationOutcome::Undecided, ForecastSetting::Function(_)) => {
            " Verify it again, or plan with a higher --confidence.".into()
        }
        (VerificationOutcome::TooOptimistic, _) if *failed_share > 0.0 => format!(
            " {} of the jobs failed for good, and nothing is done that lacks an object.",
            percent(*failed_share)
        ),
        (VerificationOutcome::TooOptimistic, _) => format!(
            " With that probability it takes {}, {} more: a copy takes {} where {} were planned ({}).",
            duration(*finish_s),
            duration((finish_s - promise.deadline_s).max(0.0)),
            duration(*residence_mean_s),
            duration(promise.residence_mean_s),
            signed_percent(residence_mean_s / promise.residence_mean_s - 1.0)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_what_is_so_and_by_how_much() {
        let mut found: Verification = serde_json::from_value(serde_json::json!({
            "schema": "planner/verify/1", "plan": "plan.json", "outcome": "kept", "rehearsal": false, "jobs": 750,
            "failed_share": 0.0, "residence_mean_s": 30.0, "probability": 0.5, "interval": [0.996, 0.999],
            "finish_s": 720.0,
            "promise": {
                "setting": { "kind": "pool", "workers": 75, "ramp": { "per_s": null }, "order": "fifo" },
                "objects": 45000, "size_bytes": 45000, "deadline_s": 600.0, "probability": 0.99,
                "in_flight": 75.0, "residence_mean_s": 25.0, "basis_jobs": 250,
            },
        }))
        .unwrap();
        let mut told = |outcome, interval| {
            (found.outcome, found.interval) = (outcome, interval);
            sentence(&found).text
        };
        let job = "45,000 objects with 75 workers are done within 10m with a probability of";
        assert_eq!(
            told(VerificationOutcome::Kept, [0.996, 0.999]),
            format!("Plan kept: {job} 99.6 % to 99.9 %, and 99 % is wanted.")
        );
        assert_eq!(
            told(VerificationOutcome::TooOptimistic, [0.0, 0.0]),
            format!(
                "Plan too optimistic: {job} 0 %, and 99 % is wanted. With that probability it takes 12m, 2m more: a \
                 copy takes 30.0 s where 25.0 s were planned (+20 %)."
            )
        );
        assert!(
            told(VerificationOutcome::Undecided, [0.4, 0.999]).ends_with("plans with what is known now.")
        );
        (found.failed_share, found.rehearsal, found.outcome) =
            (0.02, true, VerificationOutcome::TooOptimistic);
        let text = sentence(&found).text;
        assert!(
            text.starts_with("Rehearsed, plan too optimistic: ") && text.contains("2 % of the jobs failed")
        );
    }
}
