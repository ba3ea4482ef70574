//! `planner recommend`: how much concurrency a deadline needs, how sure that is, and why.

use std::path::Path;

use jiff::Zoned;
use miette::IntoDiagnostic;

use super::args::plan::{Accept, RecommendOptions, Require};
use super::exit::{BadInput, Exit};
use super::progress::shown;
use super::{basis, ground, plan_answer, rehearse, tell, when};
use planner_core::simulate::pool::Ramp;
use planner_core::units::quantity::Span;
use planner_plan::copier::Copier;
use planner_plan::evidence::{Beyond, Evidence, Standing};
use planner_plan::ground::Ground;
use planner_plan::outcome::Outcome;
use planner_plan::recommend::{Wish, recommend};
use planner_plan::recommendation::Recommendation;
use planner_plan::way::Way;
use planner_report::plan::emit::emit;
use planner_report::plan::recommendation::Told;

/// Runs the command.
pub(super) fn run(options: &RecommendOptions) -> miette::Result<Exit> {
    let now = Zoned::now();
    let start = options.start.as_deref();
    let clock = options.by.as_ref().map(|by| when::clock(by, start, &now)).transpose()?;
    let asked_s = options.deadline.map(Span::seconds);
    let wish = Wish {
        // One of the two is required.
        deadline_s: clock.as_ref().map(|clock| clock.length_s).or(asked_s).unwrap_or_default(),
        probability: options.confidence,
        ways: options.way.planned(),
        shape: options.shape.into(),
        max_concurrency: options.max_concurrency,
        ramp: Ramp { per_s: options.ramp.map(|rate| rate.per_s()) },
        order: options.order.into(),
    };
    let (ground, mut plan) = planned(options, &wish)?;
    if options.rehearse {
        plan.rehearsed = rehearse::rehearsed(&ground, &plan, options.basis.limits.as_deref())?;
    }
    plan.preface.job.clock = clock;
    let now = now.timestamp();
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
    Ok(exit(&plan, options))
}

/// The plan from what was named. Where nothing was, from the newest run if that reaches what the plan needs, and else
/// from what comes with the program.
fn planned(options: &RecommendOptions, wish: &Wish) -> miette::Result<(Ground, Recommendation)> {
    let is_named = options.basis.is_named();
    // What a function did says less about workers than the sweep that comes with the program.
    let copiers = match wish.ways {
        [Way::Lambda] => &[Copier::Workers, Copier::Function][..],
        _ => &[Copier::Workers],
    };
    let newest = || basis::newest_valid_run(&options.answer.folder.out, copiers);
    let newest = if is_named { None } else { newest() };
    let (ground, plan) = recommended(options, wish, newest.as_deref())?;
    let beyond = plan.evidence.as_ref().and_then(Evidence::beyond).filter(|_| newest.is_some());
    let Some(kind) = beyond else { return Ok((ground, plan)) };
    let what = match kind {
        Beyond::Concurrency => "does not reach the concurrency of this plan",
        Beyond::Sizes => "has no objects of such sizes",
    };
    tell::say(format_args!(
        "{} {what}: planned from the sweep that comes with the program (`--from` takes the run)",
        plan.preface.basis.source
    ));
    recommended(options, wish, None)
}

fn recommended(
    options: &RecommendOptions,
    wish: &Wish,
    newest: Option<&Path>,
) -> miette::Result<(Ground, Recommendation)> {
    let ground = ground::ground(&options.job, &options.basis, newest)?;
    let plan = shown("planning", options.answer.folder.quiet, || recommend(&ground, wish));
    Ok((ground, plan))
}

/// The exit code that a plan deserves.
fn exit(plan: &Recommendation, options: &RecommendOptions) -> Exit {
    let is_measured = plan
        .evidence
        .as_ref()
        .is_some_and(|evidence| evidence.status != Standing::Assumed && !evidence.rehearsal);
    let is_accepted = plan.feasible && options.accept == Some(Accept::Unproven);
    match plan.outcome {
        Outcome::Infeasible => Exit::DeadlineMissed,
        Outcome::Unproven if !is_accepted => Exit::Unproven,
        _ if options.require == Some(Require::Measured) && !is_measured => Exit::Unproven,
        Outcome::Reached | Outcome::Unproven => Exit::Fine,
    }
}
