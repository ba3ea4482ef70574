//! What a stated probability rests on, in words.

use planner_core::units::human::{capitalised, count, counted, number, probability};
use planner_plan::deployment::Deployment;
use planner_plan::evidence::{
    Bracket, Condition, ConditionKind, ConditionStatus, EvidenceStatus, NextMeasurement, PlanEvidence,
};
use planner_plan::fit::Basis;
use planner_plan::tolerance::Tolerance;

use crate::table::Table;

/// What a reader has to know beside the answer: the open condition, or what no sample can test, and whose times they are.
#[must_use]
pub fn not_known(evidence: &PlanEvidence, basis: &Basis) -> String {
    let open = evidence.first_open().map(|open| unknown(open, basis));
    let bracket = evidence.bracket.as_ref().map(needed);
    let whose = match (evidence.rehearsal, evidence.status) {
        (true, _) => Some("a rehearsal says nothing about a real account".to_owned()),
        (false, EvidenceStatus::Assumed) => {
            Some("nothing was measured: times are as they were given".to_owned())
        }
        (false, EvidenceStatus::Proven | EvidenceStatus::Unproven) => None,
    };
    let all = open.into_iter().chain(bracket).chain(whose).chain([tolerated(evidence)]);
    all.map(|text| capitalised(&text)).collect::<Vec<_>>().join(". ")
}

/// How far the promise is covered, in a word or two.
#[must_use]
pub fn word(evidence: &PlanEvidence) -> &'static str {
    match (evidence.rehearsal, evidence.status) {
        (false, EvidenceStatus::Proven) => "proven",
        (false, EvidenceStatus::Unproven) => "unproven",
        (true, EvidenceStatus::Proven) => "rehearsed",
        (true, EvidenceStatus::Unproven) => "rehearsed, unproven",
        (_, EvidenceStatus::Assumed) => "assumed",
    }
}

/// What it takes, by how bad that is which is not known.
fn needed(bracket: &Bracket) -> String {
    let harmless = count(bracket.harmless);
    match bracket.worst {
        Some(worst) => {
            format!("{harmless} are enough if that is harmless, {} if as bad as the data allow", count(worst))
        }
        None => format!("{harmless} are enough if that is harmless; if not, no data say"),
    }
}

/// What the sample cannot test and has to be so.
fn tolerated(evidence: &PlanEvidence) -> String {
    let tolerance = &evidence.tolerance;
    let day = match evidence.status {
        EvidenceStatus::Assumed => "the plan holds for",
        EvidenceStatus::Proven | EvidenceStatus::Unproven => {
            "the plan holds for times as on the measured day and"
        }
    };
    let slow = match tolerance.ten_times_share {
        share if share > 0.0 => format!("at most {}", copies(share)),
        _ => "no copy".into(),
    };
    let excluded = tolerance.excluded_share.map_or_else(String::new, |excluded| {
        format!("; the sample only excludes more than {}", share(excluded))
    });
    format!("{day} {slow} ten times slower than the mean{excluded}")
}

/// What the plan survives of a slow way that nobody has seen, and what the sample says of it.
#[must_use]
pub fn survived(tolerance: &Tolerance) -> String {
    let survives = format!(
        "the chance to be late at most doubles with {} three times slower than the mean, or {} ten times slower",
        copies(tolerance.three_times_share),
        copies(tolerance.ten_times_share)
    );
    let Some((excluded, at_excluded)) = tolerance.excluded_share.zip(tolerance.at_excluded) else {
        return survives;
    };
    let enough = match tolerance.jobs_to_exclude {
        0 => String::new(),
        jobs => format!("; it takes {} without one to exclude more than is survived", counted(jobs, "job")),
    };
    format!(
        "{survives}. The sample excludes a share above {}{enough}. If {} go ten times slower, the deadline is met with \
         probability {}",
        share(excluded),
        share(excluded),
        probability(at_excluded)
    )
}

/// Every condition with its number and whether it holds.
#[must_use]
pub fn conditions(evidence: &PlanEvidence, basis: &Basis) -> Table {
    let mut table =
        Table::new("What has to hold, and whether it was tested", &["condition", "tested", "what is so"])
            .words_from(1);
    for condition in &evidence.conditions {
        let status = match condition.status {
            ConditionStatus::Held => "holds",
            ConditionStatus::Untested => "not tested",
            ConditionStatus::Failed => "fails",
        };
        table.row([required(condition.kind).into(), status.into(), found(condition, basis)]);
    }
    table
}

fn required(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::Contention => "times grow with concurrency as they did where it was measured",
        ConditionKind::Sizes => "objects are as large as measured ones",
        ConditionKind::SteadyTimes => "times do not drift",
        ConditionKind::IndependentTimes => "times do not depend on those before",
        ConditionKind::SlowWayShare => "the share of slow copies is known",
        ConditionKind::JobsForSkewness => "the jobs are enough to know how skewed times are",
        ConditionKind::MeasuredDay => "times are as on the measured day",
        ConditionKind::UnseenSlowWay => "few copies go a slow way that the sample does not show",
    }
}

/// What is known of a condition.
fn found(condition: &Condition, basis: &Basis) -> String {
    let value = condition.value;
    match condition.kind {
        ConditionKind::Contention => {
            format!("{} times the N = {} that was measured", number(value), measured(basis))
        }
        ConditionKind::Sizes if value < 1.005 => "all within the measured sizes".into(),
        ConditionKind::Sizes => format!("{} times beyond the measured sizes", number(value)),
        ConditionKind::SteadyTimes if condition.status == ConditionStatus::Untested => {
            format!("less than {} times the mean at the end would not show", number(value))
        }
        ConditionKind::SteadyTimes => format!("recent times are {} of all", number(value)),
        ConditionKind::IndependentTimes => format!("correlation {}", number(value)),
        ConditionKind::SlowWayShare => format!("{} stood apart", count(value as u64)),
        ConditionKind::JobsForSkewness if condition.status == ConditionStatus::Held => {
            format!("{} are enough", counted(value as u64, "job"))
        }
        ConditionKind::JobsForSkewness => format!("{} needed", counted(value as u64, "job")),
        ConditionKind::MeasuredDay if value > 1.0 => {
            format!("{} days were measured, and their spread is in the probability", count(value as u64))
        }
        ConditionKind::MeasuredDay => "one day was measured".into(),
        ConditionKind::UnseenSlowWay => {
            format!("up to {} may take ten times as long", share(value))
        }
    }
}

/// What is not known, as the end of "not proven: ".
fn unknown(condition: &Condition, basis: &Basis) -> String {
    let value = condition.value;
    match condition.kind {
        ConditionKind::Contention => {
            let planned = value * basis.measured_n_max.unwrap_or(1.0);
            format!(
                "how long copies take with more than {} in flight; here are {}",
                measured(basis),
                count(planned.round() as u64)
            )
        }
        ConditionKind::Sizes => {
            format!("objects are {} times beyond the sizes that were measured", number(value))
        }
        ConditionKind::SteadyTimes if condition.status == ConditionStatus::Untested => format!(
            "{} are too few to show whether times drift, unless the last ones are {} times the mean",
            counted(basis.jobs, "job"),
            number(value)
        ),
        ConditionKind::SteadyTimes => format!(
            "times drifted while they were measured, and the last ones are {} times the mean",
            number(value)
        ),
        ConditionKind::IndependentTimes => format!(
            "times depend on those before them (correlation {}), so {} say less than they seem to",
            number(value),
            counted(basis.jobs, "job")
        ),
        ConditionKind::SlowWayShare => format!(
            "{} of {} took far longer than all others, too few to know how often that happens",
            count(value as u64),
            counted(basis.jobs, "job")
        ),
        ConditionKind::JobsForSkewness => format!(
            "times are so skewed that it takes {} to know their mean, and {} were measured",
            counted(value as u64, "job"),
            count(basis.jobs)
        ),
        ConditionKind::MeasuredDay | ConditionKind::UnseenSlowWay => required(condition.kind).into(),
    }
}

/// The one command that settles what is open; of a plan with several ways, for one of them.
pub(super) fn measurement(next: &NextMeasurement, way: Option<Deployment>) -> String {
    let way = match way {
        None => "",
        Some(Deployment::Workers) => " --as workers",
        Some(Deployment::Lambda) => " --as lambda",
    };
    match next.concurrency {
        Some(concurrency) => {
            format!("`planner measure SCENARIO --plan PLAN{way}`, or a sweep to N = {}", count(concurrency))
        }
        None => format!("`planner measure SCENARIO` with {} or more", counted(next.jobs, "job")),
    }
}

fn measured(basis: &Basis) -> String {
    count(basis.measured_n_max.unwrap_or_default().round() as u64)
}

/// A share of the copies.
fn copies(of_all: f64) -> String {
    match share(of_all) {
        small if small.starts_with("one in ") => format!("{small} copies"),
        other => format!("{other} of the copies"),
    }
}

/// A share with two digits that count: as a percentage, or where it is small as one in so many.
fn share(share: f64) -> String {
    match 100.0 * share {
        percent if percent >= 1.0 => format!("{percent:.1} %"),
        percent if percent >= 0.1 => format!("{percent:.2} %"),
        _ if share > 0.0 => {
            let unit = 10f64.powf(share.recip().log10().floor() - 1.0);
            format!("one in {}", count(((share.recip() / unit).round() * unit) as u64))
        }
        _ => "none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_two_digits_that_count() {
        for (value, text) in
            [(0.5, "50.0 %"), (0.012, "1.2 %"), (0.0035, "0.35 %"), (0.000_48, "one in 2,100"), (0.0, "none")]
        {
            assert_eq!(share(value), text);
        }
    }
}
