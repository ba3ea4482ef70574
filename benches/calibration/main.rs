//! Are the probabilities that plans state true? Random jobs on services that are known, each planned from 250 measured
//! jobs and then run on the true service many times: the probability that came true against the one that was stated,
//! and the number of workers against the smallest that would have done.
//!
//! `scripts/calibrate [JOBS [SEED]]` prints the tables.

mod case;
mod judge;
mod truth;

use case::Case;
use judge::{Judgement, Outcome, judge};
use rayon::prelude::*;
use truth::Family;

/// Edges of the groups of stated probabilities.
const STATED: [f64; 6] = [0.0, 0.95, 0.98, 0.99, 0.995, 1.0];
/// Cases shown one by one.
const WORST: usize = 6;

fn main() {
    // Cargo adds `--bench`.
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (count, seed) = (numbers.first().copied().unwrap_or(100), numbers.get(1).copied().unwrap_or(1));
    println!("{count} random jobs, seed {seed}, each planned from 250 measured jobs\n");
    let judged: Vec<Judgement> =
        (0..count).into_par_iter().map(|number| judge(Case::new(number, seed))).collect();
    println!(
        "{:14} {:>5} {:>8} {:>9} {:>9} {:>7} {:>9} {:>7} {:>7}",
        "", "jobs", "kept", "wanted", "stated >=", "stated", "realised", "N/N*", "p90"
    );
    for family in Family::ALL {
        plans(family.name(), judged.iter().filter(|it| it.case.family == family));
    }
    plans("all", judged.iter());
    naive("mean-value floor", &judged, |it| it.floor);
    naive("measured times only", &judged, |it| it.plain);
    by_stated(&judged);
    worst(&judged);
}

/// The plans of some cases: how many kept what was wanted, and at what excess.
fn plans<'a>(name: &str, judged: impl Iterator<Item = &'a Judgement>) {
    let judged: Vec<&Judgement> = judged.collect();
    let planned: Vec<_> = judged.iter().filter_map(|it| it.plan.map(|plan| (*it, plan))).collect();
    let kept = planned.iter().filter(|(it, plan)| plan.0.realised >= it.case.goal.probability).count();
    let ratios = ratios(planned.iter().map(|(it, plan)| (it.oracle, plan.0)));
    println!(
        "{name:14} {:5} {kept:3}/{:<4} {:9.4} {:9.4} {:7.4} {:9.4} {:7.3} {:7.3}{}",
        judged.len(),
        planned.len(),
        mean(planned.iter().map(|(it, _)| it.case.goal.probability)),
        mean(planned.iter().map(|(_, plan)| plan.1.at_least)),
        mean(planned.iter().map(|(_, plan)| plan.1.estimate)),
        mean(planned.iter().map(|(_, plan)| plan.0.realised)),
        quantile(&ratios, 0.5),
        quantile(&ratios, 0.9),
        match judged.len() - planned.len() {
            0 => String::new(),
            refused => format!("  {refused} said to be out of reach"),
        }
    );
}

fn naive(name: &str, judged: &[Judgement], plan: impl Fn(&Judgement) -> Option<Outcome>) {
    let planned: Vec<_> = judged.iter().filter_map(|it| plan(it).map(|plan| (it, plan))).collect();
    let kept = planned.iter().filter(|(it, plan)| plan.realised >= it.case.goal.probability).count();
    let ratios = ratios(planned.iter().map(|(it, plan)| (it.oracle, *plan)));
    println!(
        "{name:20} {kept:3}/{:<4} {:9.4} {:>17} {:9.4} {:7.3} {:7.3}",
        planned.len(),
        mean(planned.iter().map(|(it, _)| it.case.goal.probability)),
        "",
        mean(planned.iter().map(|(_, plan)| plan.realised)),
        quantile(&ratios, 0.5),
        quantile(&ratios, 0.9),
    );
}

/// Whether what was stated came true, by what was stated.
fn by_stated(judged: &[Judgement]) {
    println!("\n{:16} {:>5} {:>8} {:>9}", "stated", "jobs", "mean", "realised");
    let all: Vec<(f64, f64)> = judged
        .iter()
        .filter_map(|it| it.plan)
        .map(|(outcome, stated)| (stated.estimate, outcome.realised))
        .collect();
    for edges in STATED.windows(2) {
        let within = |stated: f64| edges[0] <= stated && (stated < edges[1] || edges[1] == 1.0);
        let group: Vec<_> = all.iter().filter(|one| within(one.0)).collect();
        if !group.is_empty() {
            println!(
                "{:16} {:5} {:8.4} {:9.4}",
                format!("{:.3} to {:.3}", edges[0], edges[1]),
                group.len(),
                mean(group.iter().map(|one| one.0)),
                mean(group.iter().map(|one| one.1)),
            );
        }
    }
    let squares = mean(all.iter().map(|one| (one.0 - one.1).powi(2)));
    println!("root mean square of stated - realised: {:.4}", squares.sqrt());
}

/// The cases whose probability was most below the one that was wanted.
fn worst(judged: &[Judgement]) {
    let mut short: Vec<_> = judged.iter().filter_map(|it| it.plan.map(|plan| (it, plan))).collect();
    short.sort_by(|a, b| {
        let short_of = |it: &(&Judgement, _)| it.0.case.goal.probability;
        (a.1.0.realised - short_of(a)).total_cmp(&(b.1.0.realised - short_of(b)))
    });
    println!("\nworst cases");
    for (it, (outcome, stated)) in short.into_iter().take(WORST) {
        let case = &it.case;
        println!(
            "{:3} {:14} cv {:.2}, {} jobs in {:.0} s, errors {:.3}, ramp {:?}: wanted {}, stated {:.4}, realised {:.4} \
             with {} of {}",
            case.number,
            case.family.name(),
            case.cv,
            case.work.jobs(),
            case.goal.deadline_s,
            case.truth.request.error_rate,
            case.ramp.per_s.map(f64::round),
            case.goal.probability,
            stated.estimate,
            outcome.realised,
            outcome.workers,
            it.oracle.map_or("?".into(), |n| n.to_string()),
        );
    }
}

/// Planned workers over the fewest that would have done, ascending.
fn ratios(plans: impl Iterator<Item = (Option<u64>, Outcome)>) -> Vec<f64> {
    let mut ratios: Vec<f64> =
        plans.filter_map(|(oracle, plan)| oracle.map(|oracle| plan.workers as f64 / oracle as f64)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}
