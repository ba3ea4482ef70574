//! `planner simulate`: what a given choice comes to.

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::plan::SimulateOptions;
use super::exit::Exit;
use super::progress::shown;
use super::{measured_runs, plan_inputs, plan_output};
use planner_core::simulate::pool::Ramp;
use planner_plan::copier::Copier;
use planner_plan::forecast::{ForecastSetting, FunctionSetting, PoolSetting, forecast};
use planner_report::plan::forecast::ForecastText;

/// Runs the command.
pub(super) fn run(options: &SimulateOptions) -> miette::Result<Exit> {
    let newest = measured_runs::newest_valid_run(&options.answer.folder.out, &[Copier::Workers]);
    let inputs = plan_inputs::inputs(&options.job, &options.basis, newest.as_deref())?;
    plan_inputs::rate_is_possible(&inputs, options.rate)?;
    let choice = choice(options);
    let deadline_s = options.deadline.map(|deadline| deadline.seconds());
    let mut plan = shown("simulating", options.answer.folder.quiet, || {
        forecast(&inputs, &choice, deadline_s, options.replications)
    });
    let now = Timestamp::now();
    plan_output::stamp(&mut plan.preface, now);
    let texts = ForecastText::of(&plan);
    let document = texts.document().into_diagnostic()?;
    plan_output::write(&options.answer, "simulate", now, &document, &texts.page())?;
    Ok(Exit::Fine)
}

fn choice(options: &SimulateOptions) -> ForecastSetting {
    match (options.workers, options.reserved) {
        (_, Some(reserved)) => ForecastSetting::Function(FunctionSetting {
            reserved,
            rate_per_s: options.rate.map(|rate| rate.per_s()),
            threads: options.threads,
            shape: options.shape.into(),
        }),
        (workers, None) => ForecastSetting::Pool(PoolSetting {
            workers: workers.unwrap_or(1),
            ramp: Ramp { per_s: options.ramp.map(|rate| rate.per_s()) },
            order: options.order.into(),
        }),
    }
}
