//! What plans must keep to, and whether they do.

use planner_plan::evidence::ConditionStatus;

use super::case::{CaseKind, MEASURED, WANTED};
use super::judge::{CaseResult, Plan};
use super::rows::{MeanDifference, quantile, share};
use super::standing::{ALL, PlanStanding, words};

/// What a mean may state too much, beside two standard errors.
const OFF: f64 = 0.01;
/// Share of the samples for which a condition is true that may say it failed.
const FALSE_ALARMS: f64 = 0.1;
/// Share of light-tailed plans within what was measured that must be proven, and from how many measured jobs on.
const PROVEN: f64 = 0.8;
const ENOUGH: u64 = 250;
/// Share of goals far out of reach that must be refused, and from how many measured jobs on.
const REFUSED: f64 = 0.9;
const MANY: u64 = 1000;
/// Share of feasible goals that may be refused.
const WRONG: f64 = 0.001;

pub(crate) fn print(judged: &[CaseResult]) {
    println!("### Bounds\n\n| of | must be | is | |\n|---|---|---|---|");
    for probability in WANTED {
        for measured in MEASURED {
            let is_so = |it: &&CaseResult| it.probability == probability && it.measured == measured;
            let proven: Vec<&CaseResult> =
                judged.iter().filter(is_so).filter(|it| it.standing == PlanStanding::Proven).collect();
            if !proven.is_empty() {
                goal(&proven, probability, &format!("proven, p = {probability}, n = {measured}"));
                let met: Vec<&CaseResult> = proven.into_iter().filter(|it| it.meets_all()).collect();
                let label = format!("proven, p = {probability}, n = {measured}, all conditions true");
                goal(&met, probability, &label);
            }
        }
    }
    unexplained(judged);
    conditions(judged);
    proven(judged);
    refusals(judged);
}

fn line(of: &str, must_be: &str, is: &str, holds: bool) {
    println!("| {of} | {must_be} | {is} | {} |", if holds { "kept" } else { "**missed**" });
}

/// The bounds of the proven plans of one probability and one number of measured jobs.
fn goal(proven: &[&CaseResult], probability: f64, label: &str) {
    let plans: Vec<Plan> = proven.iter().filter_map(|it| it.plan).collect();
    if plans.len() > 1 {
        let MeanDifference { mean, error } = MeanDifference::of(&plans);
        let most = OFF + 2.0 * error;
        line(
            &format!("{label}: estimate − realised"),
            &format!("±{most:.4}"),
            &format!("{mean:+.4}"),
            mean.abs() <= most,
        );
    }
    let short = plans.iter().filter(|plan| plan.is_short());
    at_most(&format!("{label}: short by > 3 points"), 2.0 * (1.0 - probability), short.count(), plans.len());
    let bound: Vec<&&CaseResult> = proven.iter().filter(|it| it.ratio().is_some()).collect();
    let beyond = bound.iter().filter_map(|it| it.ratio().map(|ratio| ratio - it.allowance())).collect();
    let beyond = quantile(beyond, 0.5);
    if !bound.is_empty() {
        let label = format!("{label}: median of N/N* less its allowance");
        line(&label, "≤ 0", &format!("{beyond:+.3} of {}", bound.len()), beyond <= 0.0);
    }
}

fn at_most(of: &str, most: f64, part: usize, whole: usize) {
    if whole == 0 {
        return;
    }
    let must_be = format!("≤ {:.1} %", 100.0 * most);
    line(of, &must_be, &share(part, whole), part as f64 <= most * whole as f64);
}

fn at_least(of: &str, least: f64, part: usize, whole: usize) {
    if whole == 0 {
        return;
    }
    let must_be = format!("≥ {:.1} %", 100.0 * least);
    line(of, &must_be, &share(part, whole), part as f64 >= least * whole as f64);
}

/// Short plans of services that do not meet every condition name one that is not met.
fn unexplained(judged: &[CaseResult]) {
    let short: Vec<&CaseResult> =
        judged.iter().filter(|it| !it.meets_all() && it.plan.is_some_and(|plan| plan.is_short())).collect();
    let warned = short.iter().filter(|it| it.is_warned()).count();
    at_least("short plans where a condition is false: one of those is listed", 1.0, warned, short.len());
}

fn conditions(judged: &[CaseResult]) {
    for kind in ALL {
        let listed = judged.iter().flat_map(|it| &it.conditions);
        let holds: Vec<_> =
            listed.filter(|listed| listed.condition.kind == kind && !listed.is_false).collect();
        let failed = holds.iter().filter(|listed| listed.condition.status == ConditionStatus::Failed);
        let of = format!("{}: said to fail where it is true", words(kind));
        at_most(&of, FALSE_ALARMS, failed.count(), holds.len());
    }
}

fn proven(judged: &[CaseResult]) {
    let within: Vec<&CaseResult> = judged
        .iter()
        .filter(|it| it.name.is_light() && it.measured >= ENOUGH)
        .filter(|it| it.plan.is_some_and(|plan| !plan.is_beyond))
        .collect();
    let count = within.iter().filter(|it| it.standing == PlanStanding::Proven).count();
    at_least("light tails, n ≥ 250, within 1.25 N: proven", PROVEN, count, within.len());
}

fn refusals(judged: &[CaseResult]) {
    let refused = |it: &&&CaseResult| it.exit == 4;
    let feasible: Vec<&CaseResult> = judged.iter().filter(|it| it.is_feasible()).collect();
    at_most(
        "feasible goals: proven out of reach",
        WRONG,
        feasible.iter().filter(refused).count(),
        feasible.len(),
    );
    let far: Vec<&CaseResult> = judged.iter().filter(|it| it.is_far() && it.measured >= MANY).collect();
    let of = "goals out of reach by 10 points, n ≥ 1,000: proven so";
    at_least(of, REFUSED, far.iter().filter(refused).count(), far.len());
    let too_slow: Vec<&&CaseResult> = far.iter().filter(|it| it.kind == CaseKind::TooSlow).collect();
    let count = too_slow.iter().filter(|it| it.standing == PlanStanding::Refused).count();
    at_least("of these, because the slowest jobs take too long", REFUSED, count, too_slow.len());
}
