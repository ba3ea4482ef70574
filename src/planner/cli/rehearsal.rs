//! `planner recommend --rehearse`: runs the whole job once as planned, on the embedded service.

use std::fmt::Write;
use std::path::Path;

use clap::Parser;
use miette::IntoDiagnostic;

use super::args::{Command, CommandLine};
use super::exit::BadInput;
use super::measure;
use crate::runs::folder::replace;
use crate::runs::read;
use planner_core::measure::document::RunDocument;
use planner_core::scenario::fan_out::FanOut;
use planner_core::scenario::file::{Arrivals, File, OperationKind};
use planner_core::units::quantity::{Bytes, Rate, Span, WEEK};
use planner_plan::deployment::Deployment;
use planner_plan::plan_inputs::PlanInputs;
use planner_plan::sizing_document::{Recommendation, Rehearsal};

/// What every rehearsal has.
const SCENARIO: &str = "name = \"rehearsal\"\noperation = \"copy\"\nobjects = { manifest = \"objects.csv\" }\n\
                        arrivals = { kind = \"closed\" }";
/// Name of the list of objects beside the scenario.
const MANIFEST: &str = "objects.csv";

/// What the whole job came to with the plan's workers, or with its function where it has none; None where it has
/// neither.
///
/// # Errors
/// Where the embedded service cannot be driven so, such as with more workers than a scenario may have.
pub(super) fn rehearsed(
    inputs: &PlanInputs,
    plan: &Recommendation,
    limits: Option<&Path>,
) -> miette::Result<Option<Rehearsal>> {
    let Some((deployment, scenario)) = scenario(inputs, plan)? else { return Ok(None) };
    let folder = tempfile::tempdir().into_diagnostic()?;
    replace(&folder.path().join(MANIFEST), manifest(inputs, plan).as_bytes())?;
    let path = folder.path().join("rehearsal.toml");
    replace(&path, toml::to_string(&scenario).into_diagnostic()?.as_bytes())?;
    let out = folder.path().join("runs");
    let mut command = vec!["planner".into(), "measure".into(), path.into_os_string()];
    command.extend(["--quiet".into(), "--out".into(), out.clone().into_os_string()]);
    if let Some(limits) = limits {
        command.extend(["--limits".into(), limits.as_os_str().to_owned()]);
    }
    let Command::Measure(options) = CommandLine::try_parse_from(command).into_diagnostic()?.command else {
        return Ok(None);
    };
    measure::run(&options)?;
    let made = std::fs::read_dir(&out).into_diagnostic()?.filter_map(Result::ok);
    let document = made.map(|run| run.path()).find_map(|run| read::read_document(&run).ok());
    let lost = || BadInput::new("failed to rehearse the plan: the run left nothing behind", "");
    Ok(Some(rehearsal_of(deployment, &document.ok_or_else(lost)?)))
}

fn rehearsal_of(deployment: Deployment, document: &RunDocument) -> Rehearsal {
    let (makespan_s, objects_copied) = match (&document.fan_out, document.levels.first()) {
        (Some(found), _) => (found.finish_s.unwrap_or_default(), found.copied),
        (None, Some(level)) => (level.makespan_s, level.items_done),
        (None, None) => (0.0, 0),
    };
    Rehearsal { deployment, makespan_s, objects_copied }
}

/// The job as a scenario for the service that the plan rests on.
fn scenario(inputs: &PlanInputs, plan: &Recommendation) -> miette::Result<Option<(Deployment, File)>> {
    let mut file: File = toml::from_str(SCENARIO).into_diagnostic()?;
    let profile = &inputs.model.profile;
    let (deployment, service) = match (&plan.workers, &plan.lambda) {
        (Some(workers), _) => {
            file.arrivals = Arrivals::closed(u32::try_from(workers.concurrency.value).unwrap_or(u32::MAX));
            (Deployment::Workers, inputs.on_account(profile))
        }
        (None, Some(function)) => {
            file.operation = OperationKind::FanOut;
            file.arrivals = Arrivals::constant(Rate(function.publish.rate_per_s));
            file.fan_out = Some(FanOut { shape: function.shape, wait: WEEK, ..FanOut::default() });
            let reserved = u32::try_from(function.reserved_concurrency.value).unwrap_or(u32::MAX);
            (Deployment::Lambda, inputs.deployed(profile, reserved))
        }
        (None, None) => return Ok(None),
    };
    let (batch, retry) = (&inputs.batch, &inputs.retry);
    file.seed = inputs.seed;
    file.retry.max_attempts = retry.max_attempts;
    (file.retry.base, file.retry.cap, file.retry.attempt_timeout) =
        (Span(retry.base_ns), Span(retry.cap_ns), WEEK);
    file.copy.multipart_above = Bytes(batch.multipart_above_bytes);
    file.copy.part_size = Bytes(batch.part_size_bytes);
    (file.target.region, file.target.service) = (Some(inputs.region.clone()), Some(service));
    Ok(Some((deployment, file)))
}

/// The objects in the order in which they are started.
fn manifest(inputs: &PlanInputs, plan: &Recommendation) -> String {
    let work = inputs.work(plan.workers.as_ref().map(|plan| plan.order).unwrap_or_default());
    let (jobs, prefixes) = (work.jobs().max(1), u64::from(inputs.batch.prefixes));
    let mut rows = String::from("key,size\n");
    for (job, bytes) in (0..).zip(work.sizes_bytes()) {
        // Writing to a string cannot fail.
        let _ = writeln!(rows, "{}/object-{job},{bytes}", job * prefixes / jobs);
    }
    rows
}
