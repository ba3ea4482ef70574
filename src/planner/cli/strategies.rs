//! `planner strategies`: the ways of doing a job, side by side.

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::plan::StrategiesOptions;
use super::exit::Exit;
use super::progress::shown;
use super::{measured_runs, plan_inputs, plan_output};
use planner_plan::copier::Copier;
use planner_plan::strategies::{StrategiesRequest, strategies};
use planner_report::plan::strategies::StrategiesText;

/// Runs the command.
pub(super) fn run(options: &StrategiesOptions) -> miette::Result<Exit> {
    let newest = measured_runs::newest_valid_run(&options.answer.folder.out, &[Copier::Workers]);
    let mut inputs = plan_inputs::inputs(&options.job, &options.basis, newest.as_deref())?;
    plan_inputs::rate_is_possible(&inputs, options.rate)?;
    if let Some(usd_per_hour) = options.machine_usd_per_hour {
        inputs.prices.ec2.usd_per_hour = usd_per_hour;
    }
    let request = StrategiesRequest {
        deadline_s: options.deadline.map(|deadline| deadline.seconds()),
        threads: options.threads,
        pools: options.pools,
        rate_per_s: options.rate.map(|rate| rate.per_s()),
        observed_s: options.observed.map(|observed| observed.seconds()),
        runs: options.replications,
    };
    let mut comparison = shown("simulating", options.answer.folder.quiet, || strategies(&inputs, &request));
    let now = Timestamp::now();
    plan_output::stamp(&mut comparison.preface, now);
    let texts = StrategiesText::of(&comparison);
    let document = texts.document().into_diagnostic()?;
    plan_output::write(&options.answer, "strategies", now, &document, &texts.page())?;
    Ok(if comparison.some_way_meets_the_deadline() { Exit::Fine } else { Exit::DeadlineMissed })
}
