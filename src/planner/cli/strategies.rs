//! `planner strategies`: the ways of doing a job, side by side.

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::plan::StrategiesOptions;
use super::exit::Exit;
use super::progress::shown;
use super::{basis, ground, plan_answer};
use planner_plan::copier::Copier;
use planner_plan::strategies::{Wish, strategies};
use planner_report::plan::strategies::Told;

/// Runs the command.
pub(super) fn run(options: &StrategiesOptions) -> miette::Result<Exit> {
    let newest = basis::newest_valid_run(&options.answer.folder.out, &[Copier::Workers]);
    let mut ground = ground::ground(&options.job, &options.basis, newest.as_deref())?;
    ground::rate_is_possible(&ground, options.rate)?;
    if let Some(usd_per_hour) = options.machine_usd_per_hour {
        ground.prices.ec2.usd_per_hour = usd_per_hour;
    }
    let wish = Wish {
        deadline_s: options.deadline.map(|deadline| deadline.seconds()),
        threads: options.threads,
        pools: options.pools,
        rate_per_s: options.rate.map(|rate| rate.per_s()),
        observed_s: options.observed.map(|observed| observed.seconds()),
        runs: options.replications,
    };
    let mut comparison = shown("simulating", options.answer.folder.quiet, || strategies(&ground, &wish));
    let now = Timestamp::now();
    plan_answer::sign(&mut comparison.preface, now);
    let told = Told::of(&comparison);
    let document = told.document().into_diagnostic()?;
    plan_answer::give(&options.answer, "strategies", now, &document, &told.page())?;
    Ok(if comparison.some_way_meets_the_deadline() { Exit::Fine } else { Exit::DeadlineMissed })
}
