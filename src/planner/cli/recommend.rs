//! `planner recommend`: how much concurrency a deadline needs, how sure that is, and why.

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::plan::{RecommendOptions, Way};
use super::exit::{BadInput, Exit};
use super::{ground, plan_answer, tell};
use planner_core::simulate::pool::Ramp;
use planner_core::units::human::{count, counted};
use planner_plan::recommend::{Wish, recommend};
use planner_report::plan::emit::emit;
use planner_report::plan::recommendation::Told;

/// From so many objects on the answer takes so long that one wants to know it.
const MANY_OBJECTS: u64 = 1_000_000;
/// Objects of both ways that two cores plan for in a minute: 450,000 took 25 s.
const OBJECTS_PER_MINUTE: u64 = 1_000_000;

/// Runs the command.
pub(super) fn run(options: &RecommendOptions) -> miette::Result<Exit> {
    let ground = ground::ground(&options.job, &options.basis, &options.answer.folder.out)?;
    let wish = Wish {
        deadline_s: options.deadline.seconds(),
        probability: options.confidence,
        workers: options.way != Way::Lambda,
        lambda: options.way != Way::Workers,
        shape: options.shape.into(),
        max_concurrency: options.max_concurrency,
        ramp: Ramp { per_s: options.ramp.map(|rate| rate.per_s()) },
        order: options.order.into(),
    };
    let objects = ground.batch.objects();
    if objects >= MANY_OBJECTS && !options.answer.folder.quiet {
        let minutes = count(objects.div_ceil(OBJECTS_PER_MINUTE));
        tell::say(format_args!(
            "simulates {} many times over, which takes some {minutes} min on two cores; `--as workers` or \
             `--as lambda` alone is sooner",
            counted(objects, "object")
        ));
    }
    let mut plan = recommend(&ground, &wish);
    let now = Timestamp::now();
    plan_answer::sign(&mut plan.preface, now);
    let told = Told::of(&plan);
    if let Some(form) = options.emit {
        match emit(&plan, form.into()) {
            Ok(text) => tell::print(&text).map(drop)?,
            Err(error) if plan.feasible => return Err(BadInput::new(error.to_string(), "").into()),
            Err(error) => tell::say(format_args!("{error}: {}", told.verdict)),
        }
    } else {
        let document = told.document().into_diagnostic()?;
        plan_answer::give(&options.answer, "recommend", now, &document, &told.page())?;
    }
    Ok(if plan.feasible { Exit::Fine } else { Exit::DeadlineMissed })
}
