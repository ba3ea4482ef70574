//! `planner simulate`: what a given choice comes to.

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::plan::SimulateOptions;
use super::exit::Exit;
use super::progress::shown;
use super::{basis, ground, plan_answer};
use planner_core::simulate::pool::Ramp;
use planner_plan::copier::Copier;
use planner_plan::forecast::{Choice, FunctionChoice, PoolChoice, forecast};
use planner_report::plan::forecast::Told;

/// Runs the command.
pub(super) fn run(options: &SimulateOptions) -> miette::Result<Exit> {
    let newest = basis::newest_valid_run(&options.answer.folder.out, &[Copier::Workers]);
    let ground = ground::ground(&options.job, &options.basis, newest.as_deref())?;
    ground::rate_is_possible(&ground, options.rate)?;
    let choice = choice(options);
    let deadline_s = options.deadline.map(|deadline| deadline.seconds());
    let mut plan = shown("simulating", options.answer.folder.quiet, || {
        forecast(&ground, &choice, deadline_s, options.replications)
    });
    let now = Timestamp::now();
    plan_answer::sign(&mut plan.preface, now);
    let told = Told::of(&plan);
    let document = told.document().into_diagnostic()?;
    plan_answer::give(&options.answer, "simulate", now, &document, &told.page())?;
    Ok(Exit::Fine)
}

fn choice(options: &SimulateOptions) -> Choice {
    match (options.workers, options.reserved) {
        (_, Some(reserved)) => Choice::Function(FunctionChoice {
            reserved,
            rate_per_s: options.rate.map(|rate| rate.per_s()),
            threads: options.threads,
            shape: options.shape.into(),
        }),
        (workers, None) => Choice::Pool(PoolChoice {
            workers: workers.unwrap_or(1),
            ramp: Ramp { per_s: options.ramp.map(|rate| rate.per_s()) },
            order: options.order.into(),
        }),
    }
}
