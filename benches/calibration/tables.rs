//! The tables.

use planner_plan::evidence::ConditionStatus;

use super::case::{MEASURED, WANTED};
use super::judge::CaseResult;
use super::rows::{self, flagged, quantile, share};
use super::standing::{ALL, ListedCondition, PlanStanding, words};
use super::truth::Name;

/// Cases shown one by one.
const WORST: usize = 10;

pub(crate) fn print(judged: &[CaseResult], seed: u64) {
    for (title, is_in) in [
        ("All plans", (|_| true) as fn(&CaseResult) -> bool),
        ("Proven plans", |it| it.standing == PlanStanding::Proven),
        ("Proven plans of services that meet every condition", |it| {
            it.standing == PlanStanding::Proven && it.meets_all()
        }),
        ("Unproven plans", |it| it.standing == PlanStanding::Unproven),
    ] {
        let chosen: Vec<&CaseResult> = judged.iter().filter(|it| is_in(it)).collect();
        header(title, "p, n", rows::HEADER);
        by_goal(&chosen, rows::group);
    }
    header("By truth", "truth", rows::HEADER);
    for name in Name::ALL {
        let chosen: Vec<&CaseResult> = judged.iter().filter(|it| it.name == name).collect();
        row(name.words(), &chosen, rows::group);
    }
    conditions(judged);
    header(
        "Workers over the fewest that do, where throughput decides",
        "p, n",
        "plans | median | nine in ten below | 1.03 + 1.25·z·cv/√n",
    );
    let bound: Vec<&CaseResult> = judged.iter().filter(|it| it.ratio().is_some()).collect();
    by_goal(&bound, ratios);
    worst(judged, seed);
}

fn header(title: &str, first: &str, columns: &str) {
    println!("### {title}\n");
    println!("| {first} | {columns} |");
    println!("|---|{}", "---:|".repeat(columns.split('|').count()));
}

fn row(label: &str, cases: &[&CaseResult], show: fn(&[&CaseResult]) -> String) {
    if !cases.is_empty() {
        println!("| {label} | {} |", show(cases));
    }
}

/// A line for each probability and number of measured jobs, and one for all.
fn by_goal(cases: &[&CaseResult], show: fn(&[&CaseResult]) -> String) {
    for probability in WANTED {
        for measured in MEASURED {
            let is_so = |it: &&&CaseResult| it.probability == probability && it.measured == measured;
            let chosen: Vec<&CaseResult> = cases.iter().filter(is_so).copied().collect();
            row(&format!("{probability}, {measured}"), &chosen, show);
        }
    }
    println!("| all | {} |\n", if cases.is_empty() { "none".into() } else { show(cases) });
}

fn ratios(cases: &[&CaseResult]) -> String {
    let ratios: Vec<f64> = cases.iter().filter_map(|it| it.ratio()).collect();
    format!(
        "{} | {:.3} | {:.3} | {:.3}",
        ratios.len(),
        quantile(ratios.clone(), 0.5),
        quantile(ratios, 0.9),
        quantile(cases.iter().map(|it| it.allowance()).collect(), 0.5)
    )
}

/// How often each condition is flagged where it is false and where it is true.
fn conditions(judged: &[CaseResult]) {
    println!();
    header(
        "Conditions of plans",
        "condition",
        "false: failed | false: untested | false: held | true: failed | true: untested | true: held",
    );
    for kind in ALL {
        let of_kind = |it: &CaseResult| it.conditions.iter().find(|it| it.condition.kind == kind).copied();
        let all: Vec<ListedCondition> = judged.iter().filter_map(of_kind).collect();
        let cells = [true, false].map(|is_false| {
            let of: Vec<&ListedCondition> = all.iter().filter(|listed| listed.is_false == is_false).collect();
            let count = |status| of.iter().filter(|listed| listed.condition.status == status).count();
            [ConditionStatus::Failed, ConditionStatus::Untested, ConditionStatus::Held]
                .map(|status| share(count(status), of.len()))
                .join(" | ")
        });
        println!("| {} | {} |", words(kind), cells.join(" | "));
    }
    println!();
}

/// The plans that came out most below what they state.
fn worst(judged: &[CaseResult], seed: u64) {
    let mut short: Vec<_> = judged.iter().filter_map(|it| it.plan.map(|plan| (it, plan))).collect();
    short.sort_by(|(_, a), (_, b)| (a.realised - a.estimate).total_cmp(&(b.realised - b.estimate)));
    println!("### The worst; `scripts/calibrate 1 {seed} --case NUMBER` repeats one\n");
    println!(
        "| case | truth | decided by | jobs | n | p | D / mean | stated | realised | N | measured N | N* | standing | flags |"
    );
    println!("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|");
    for (it, plan) in short.into_iter().take(WORST) {
        println!(
            "| {} | {} | {} | {} | {} | {} | {:.1} | {:.4} | {:.4} | {} | {} | {} | {} | {} |",
            it.number,
            it.name.words(),
            it.kind.words(),
            it.jobs,
            it.measured,
            it.probability,
            it.deadline_s / it.mean_s,
            plan.estimate,
            plan.realised,
            plan.workers,
            it.measured_workers,
            it.oracle.least.map_or("–".into(), |least| least.to_string()),
            it.standing.words(),
            flagged(it),
        );
    }
    println!();
}
