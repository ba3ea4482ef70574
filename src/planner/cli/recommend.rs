//! `planner recommend`: how much concurrency a deadline needs, how sure that is, and why.

use std::path::Path;

use jiff::Zoned;
use miette::IntoDiagnostic;

use super::args::plan::{Accept, RecommendOptions, Require};
use super::exit::{BadInput, Exit};
use super::progress::shown;
use super::{clock_deadline, measured_runs, plan_inputs, plan_output, rehearsal, stdio};
use planner_core::simulate::pool::Ramp;
use planner_core::units::quantity::Span;
use planner_plan::copier::Copier;
use planner_plan::deployment::Deployment;
use planner_plan::evidence::{Beyond, EvidenceStatus, PlanEvidence};
use planner_plan::goal_outcome::GoalOutcome;
use planner_plan::plan_inputs::PlanInputs;
use planner_plan::sizing::{SizingRequest, recommend};
use planner_plan::sizing_document::Recommendation;
use planner_report::plan::emit::emit;
use planner_report::plan::sizing::RecommendationText;

/// Runs the command.
pub(super) fn run(options: &RecommendOptions) -> miette::Result<Exit> {
    let now = Zoned::now();
    let start = options.start.as_deref();
    let clock = options.by.as_ref().map(|by| clock_deadline::clock(by, start, &now)).transpose()?;
    let asked_s = options.deadline.map(Span::seconds);
    let request = SizingRequest {
        // One of the two is required.
        deadline_s: clock.as_ref().map(|clock| clock.length_s).or(asked_s).unwrap_or_default(),
        probability: options.confidence,
        deployments: options.way.planned(),
        shape: options.shape.into(),
        max_concurrency: options.max_concurrency,
        ramp: Ramp { per_s: options.ramp.map(|rate| rate.per_s()) },
        order: options.order.into(),
    };
    let (inputs, mut plan) = planned(options, &request)?;
    if options.rehearse {
        plan.rehearsed = rehearsal::rehearsed(&inputs, &plan, options.basis.limits.as_deref())?;
    }
    plan.preface.job.clock = clock;
    let now = now.timestamp();
    plan_output::stamp(&mut plan.preface, now);
    let texts = RecommendationText::of(&plan);
    if let Some(form) = options.emit {
        match emit(&plan, form.into()) {
            Ok(text) => stdio::print(&text).map(drop)?,
            Err(error) if plan.feasible => return Err(BadInput::new(error.to_string(), "").into()),
            Err(error) => stdio::say(format_args!("{error}: {}", texts.verdict)),
        }
    } else {
        let document = texts.document().into_diagnostic()?;
        plan_output::write(&options.answer, "recommend", now, &document, &texts.page())?;
    }
    Ok(exit(&plan, options))
}

/// The plan from what was named. Where nothing was, from the newest run if that reaches what the plan needs, and else
/// from what comes with the program.
fn planned(
    options: &RecommendOptions,
    request: &SizingRequest,
) -> miette::Result<(PlanInputs, Recommendation)> {
    let is_named = options.basis.is_named();
    // What a function did says less about workers than the sweep that comes with the program.
    let copiers = match request.deployments {
        [Deployment::Lambda] => &[Copier::Workers, Copier::Function][..],
        _ => &[Copier::Workers],
    };
    let newest = || measured_runs::newest_valid_run(&options.answer.folder.out, copiers);
    let newest = if is_named { None } else { newest() };
    let (inputs, plan) = recommended(options, request, newest.as_deref())?;
    let beyond = plan.evidence.as_ref().and_then(PlanEvidence::beyond).filter(|_| newest.is_some());
    let Some(kind) = beyond else { return Ok((inputs, plan)) };
    let what = match kind {
        Beyond::Concurrency => "does not reach the concurrency of this plan",
        Beyond::Sizes => "has no objects of such sizes",
    };
    stdio::say(format_args!(
        "{} {what}: planned from the sweep that comes with the program (`--from` takes the run)",
        plan.preface.basis.source
    ));
    recommended(options, request, None)
}

fn recommended(
    options: &RecommendOptions,
    request: &SizingRequest,
    newest: Option<&Path>,
) -> miette::Result<(PlanInputs, Recommendation)> {
    let inputs = plan_inputs::inputs(&options.job, &options.basis, newest)?;
    let plan = shown("planning", options.answer.folder.quiet, || recommend(&inputs, request));
    Ok((inputs, plan))
}

/// The exit code that a plan deserves.
fn exit(plan: &Recommendation, options: &RecommendOptions) -> Exit {
    let is_measured = plan
        .evidence
        .as_ref()
        .is_some_and(|evidence| evidence.status != EvidenceStatus::Assumed && !evidence.rehearsal);
    let is_accepted = plan.feasible && options.accept == Some(Accept::Unproven);
    match plan.outcome {
        GoalOutcome::Infeasible => Exit::DeadlineMissed,
        GoalOutcome::Unproven if !is_accepted => Exit::Unproven,
        _ if options.require == Some(Require::Measured) && !is_measured => Exit::Unproven,
        GoalOutcome::Reached | GoalOutcome::Unproven => Exit::Fine,
    }
}
