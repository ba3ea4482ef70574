//! Groups of cases in a line each, and every case in a line of its own.

use std::fmt::Write;

use planner_plan::evidence::ConditionKind;

use super::judge::{CaseResult, Plan};
use super::standing::{ListedCondition, PlanStanding, words};
use super::trial::mean;

pub(crate) const HEADER: &str = "cases | plans | exit 0 / 7 / 4 | proven | mean stated | mean estimate | mean realised | estimate − realised | s.e. \
                                 | short by > 3 points | refused wrongly | refused rightly | planned, out of reach";

/// A group: what its plans said and what came of them.
pub(crate) fn group(cases: &[&CaseResult]) -> String {
    let plans: Vec<Plan> = cases.iter().filter_map(|it| it.plan).collect();
    let difference = MeanDifference::of(&plans);
    let shown = |value: f64| if value.is_nan() { "–".into() } else { format!("{value:.4}") };
    let refused = |is_feasible| {
        let is_so =
            |it: &&&CaseResult| it.standing == PlanStanding::Refused && it.is_feasible() == is_feasible;
        cases.iter().filter(is_so).count()
    };
    let missed = cases.iter().filter(|it| it.plan.is_some() && it.is_far()).count();
    format!(
        "{} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {missed}",
        cases.len(),
        plans.len(),
        [0, 7, 4].map(|exit| cases.iter().filter(|it| it.exit == exit).count().to_string()).join(" / "),
        share(cases.iter().filter(|it| it.standing == PlanStanding::Proven).count(), plans.len()),
        shown(mean(plans.iter().map(|plan| plan.stated))),
        shown(mean(plans.iter().map(|plan| plan.estimate))),
        shown(mean(plans.iter().map(|plan| plan.realised))),
        shown(difference.mean),
        shown(difference.error),
        share(plans.iter().filter(|plan| plan.is_short()).count(), plans.len()),
        refused(true),
        refused(false),
    )
}

/// What plans state less what comes true, with its standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeanDifference {
    pub mean: f64,
    pub error: f64,
}

impl MeanDifference {
    pub(crate) fn of(plans: &[Plan]) -> Self {
        let differences = || plans.iter().map(|plan| plan.estimate - plan.realised);
        let (average, count) = (mean(differences()), plans.len() as f64);
        let squares: f64 = differences().map(|one| (one - average).powi(2)).sum();
        Self { mean: average, error: (squares / (count - 1.0) / count).sqrt() }
    }
}

/// So many of so many, with their percentage.
pub(crate) fn share(part: usize, whole: usize) -> String {
    match whole {
        0 => "–".into(),
        _ => format!("{part} of {whole} ({:.1} %)", 100.0 * part as f64 / whole as f64),
    }
}

/// The value that a share of all lies below.
pub(crate) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The conditions that a plan is not sure of, in words, except those that no plan can be sure of.
pub(crate) fn flagged(it: &CaseResult) -> String {
    let open = it.conditions.iter().filter(|listed| listed.condition.is_open());
    let one = |listed: &ListedCondition| {
        let ListedCondition { condition, .. } = listed;
        format!("{} {:?} {:.3}", words(condition.kind), condition.status, condition.value).to_lowercase()
    };
    open.map(one).collect::<Vec<String>>().join("; ")
}

/// All cases, comma-separated.
pub(crate) fn csv(judged: &[CaseResult]) -> String {
    let mut text = String::from(
        "case,truth,kind,jobs,n,p,deadline_s,mean_s,cv,measured_workers,standing,exit,flags,falsehoods,warned,tolerance,workers,estimate,stated,realised,\
         beyond_measured,best_possible,least_workers,ratio,allowance\n",
    );
    let shown = |value: Option<f64>| value.map(|value| format!("{value:.5}")).unwrap_or_default();
    for it in judged {
        let plan = |value: fn(Plan) -> f64| shown(it.plan.map(value));
        let workers = it.plan.map(|plan| plan.workers.to_string()).unwrap_or_default();
        let least = it.oracle.least.map(|least| least.to_string()).unwrap_or_default();
        let is_false = it.conditions.iter().filter(|listed| listed.is_false);
        let falsehoods: Vec<&str> = is_false.map(|listed| words(listed.condition.kind)).collect();
        let unseen = |listed: &&ListedCondition| listed.condition.kind == ConditionKind::UnseenSlowWay;
        let tolerance = it.conditions.iter().find(unseen).map(|listed| listed.condition.value);
        let line = [
            it.number.to_string(),
            it.name.words().into(),
            it.kind.words().into(),
            it.jobs.to_string(),
            it.measured.to_string(),
            it.probability.to_string(),
            format!("{:.3}", it.deadline_s),
            format!("{:.3}", it.mean_s),
            format!("{:.4}", it.cv),
            it.measured_workers.to_string(),
            it.standing.words().into(),
            it.exit.to_string(),
            flagged(it),
            falsehoods.join("; "),
            it.is_warned().to_string(),
            shown(tolerance),
            workers,
            plan(|plan| plan.estimate),
            plan(|plan| plan.stated),
            plan(|plan| plan.realised),
            it.plan.map(|plan| plan.is_beyond.to_string()).unwrap_or_default(),
            format!("{:.5}", it.oracle.best),
            least,
            shown(it.ratio()),
            format!("{:.5}", it.allowance()),
        ];
        // Writing to a string does not fail.
        let _written = writeln!(text, "{}", line.join(","));
    }
    text
}
