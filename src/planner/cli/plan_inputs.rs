//! What a plan starts from, by the command line: the objects, a model, limits and prices.

use std::path::Path;
use std::sync::Arc;

use super::args::plan::{BasisOptions, JobOptions};
use super::exit::BadInput;
use super::load_scenario::open;
use super::measured_runs::{self, FittedRuns};
use super::named_file::{self, text, unreadable, unusable};
use planner_core::account::{Limits, Prices};
use planner_core::scenario::file::{Copy, Retry, Size};
use planner_core::scenario::manifest::Manifest;
use planner_core::scenario::objects::ObjectSet;
use planner_core::service::CopyProfile;
use planner_core::units::human::{count, duration};
use planner_core::units::quantity::{Bytes, MONTH, Rate, WEEK};
use planner_plan::fit::reference::reference;
use planner_plan::fit::{FittedModel, model_file};
use planner_plan::plan_inputs::{ObjectBatch, PlanInputs};
use planner_plan::residence::Residence;

/// A century, in seconds.
const MOST_WORK_S: f64 = 100.0 * 365.25 * 86_400.0;
/// Sizes of the objects where nobody says.
const USUAL_SIZES: Size = Size::Uniform(Bytes(600_000_000), Bytes(800_000_000));

/// Reads what the options name; where they name nothing, `newest` is planned from, or else what comes with the program.
///
/// # Errors
/// Where a file cannot be read or used, or a run is not valid.
pub(super) fn inputs(
    job: &JobOptions,
    options: &BasisOptions,
    newest: Option<&Path>,
) -> miette::Result<PlanInputs> {
    let found = resolve(options, newest)?;
    let copy = found.run.as_ref().map_or_else(Copy::default, |run| run.copy.clone());
    let mut retry = found.run.as_ref().map_or_else(Retry::default, |run| run.retry.clone());
    retry.max_attempts = options.max_attempts.unwrap_or(retry.max_attempts);
    let prices = match &options.prices {
        None => Prices::built_in(),
        Some(path) => Prices::parse(&text(path)?).map_err(|error| unusable(path, "price list", error))?,
    };
    let mut limits = named_file::limits(options.limits.as_deref())?;
    if let Some(executions) = options.account_concurrency {
        limits.lambda.account_concurrency = executions;
    }
    memory_is_possible(options.memory, &limits)?;
    let measured = found.run.as_ref().and_then(|run| run.objects.size.as_ref());
    let (sizes_bytes, archived) = objects(job, options.seed, measured)?;
    let fewest = job.objects.filter(|counts| counts.least < counts.most).map(|counts| counts.least);
    let batch = ObjectBatch {
        sizes_bytes,
        fewest,
        archived,
        prefixes: job.prefixes,
        multipart_above_bytes: job
            .multipart_above
            .unwrap_or(copy.multipart_above)
            .0
            .min(limits.s3.copy_max_bytes),
        part_size_bytes: part_size(job, &copy, &limits)?,
    };
    let model = found.times.model(&batch.sizes_bytes);
    work_is_possible(&batch, &model.profile.copy)?;
    Ok(PlanInputs {
        batch,
        model,
        retry: retry.policy(),
        region: options.region.clone().unwrap_or_else(|| prices.region.clone()),
        between_regions: job.between_regions,
        limits,
        prices,
        memory_mb: options.memory,
        seed: options.seed,
    })
}

/// Refuses a rate at which the last object would be published after more than 31 days: every second of a fan-out is
/// simulated.
///
/// # Errors
/// Where the rate is so low.
pub(super) fn rate_is_possible(inputs: &PlanInputs, rate: Option<Rate>) -> Result<(), BadInput> {
    let objects = inputs.batch.objects();
    match rate {
        Some(rate) if objects as f64 > MONTH.seconds() * rate.per_s() => {
            let reason = format!(
                "at {rate} the last of {} objects would be published after more than 31 days",
                count(objects)
            );
            Err(BadInput::new(reason, "give a higher --rate"))
        }
        _ => Ok(()),
    }
}

/// What is known of times, and the scenario that they were measured with.
struct ResolvedModel {
    times: JobTimes,
    run: Option<planner_core::scenario::file::File>,
}

enum JobTimes {
    Fitted(Box<FittedModel>),
    Given(Residence),
}

impl JobTimes {
    /// The service that objects of these sizes meet.
    fn model(self, sizes_bytes: &[u64]) -> FittedModel {
        match self {
            Self::Fitted(model) => *model,
            Self::Given(residence) => residence.model(median(sizes_bytes)),
        }
    }
}

/// What was named; else the newest run; else the model that comes with the program.
fn resolve(options: &BasisOptions, newest: Option<&Path>) -> miette::Result<ResolvedModel> {
    if let Some(residence) = &options.residence {
        return Ok(ResolvedModel { times: JobTimes::Given(*residence), run: None });
    }
    if let Some(path) = &options.profile {
        let source = format!("the profile {}", path.display());
        let model = model_file::parse(&text(path)?, &source)
            .map_err(|error| unusable(path, "service profile", error))?;
        return Ok(ResolvedModel { times: JobTimes::Fitted(Box::new(model)), run: None });
    }
    let runs = match options.from.as_slice() {
        [] => newest.into_iter().map(Path::to_owned).collect(),
        given => given.to_vec(),
    };
    if runs.is_empty() {
        let model = reference().map_err(|error| BadInput::new(error, ""))?;
        return Ok(ResolvedModel { times: JobTimes::Fitted(Box::new(model)), run: None });
    }
    let FittedRuns { document, model } = measured_runs::of_runs(&runs, options.seed)?;
    Ok(ResolvedModel { times: JobTimes::Fitted(Box::new(model)), run: Some(document.scenario) })
}

/// Sizes of the objects, and how many of them must be restored from an archive.
fn objects(job: &JobOptions, seed: u64, measured: Option<&Size>) -> miette::Result<(Arc<[u64]>, u64)> {
    let mut archived = 0;
    let objects = match &job.manifest {
        Some(path) => {
            let list = open(path).map_err(|error| unreadable(path, error))?;
            let manifest = Manifest::read(list).map_err(|error| unusable(path, "list of objects", error))?;
            archived = manifest.archived();
            ObjectSet::Listed(Arc::new(manifest))
        }
        None => ObjectSet::Generated {
            count: job.objects.map_or(0, |counts| counts.most),
            size: job.size.as_ref().or(measured).unwrap_or(&USUAL_SIZES).clone(),
            prefixes: job.prefixes,
            seed,
        },
    };
    Ok(((0..objects.len()).map(|index| objects.size_bytes(index)).collect(), archived))
}

fn median(sizes_bytes: &[u64]) -> Bytes {
    let mut sizes_bytes = sizes_bytes.to_vec();
    let middle = sizes_bytes.len() / 2;
    Bytes(if sizes_bytes.is_empty() { 0 } else { *sizes_bytes.select_nth_unstable(middle).1 })
}

fn part_size(job: &JobOptions, copy: &Copy, limits: &Limits) -> Result<u64, BadInput> {
    let part_bytes = job.part_size.unwrap_or(copy.part_size).0;
    let (least, most) = (limits.s3.part_min_bytes, limits.s3.part_max_bytes);
    if (least..=most).contains(&part_bytes) {
        return Ok(part_bytes);
    }
    let reason = format!("parts of {} are not possible", Bytes(part_bytes));
    Err(BadInput::new(reason, format!("give --part-size between {} and {}", Bytes(least), Bytes(most))))
}

/// Refuses copies that would take centuries, which is a slip of the pen in a size or a bandwidth.
fn work_is_possible(batch: &ObjectBatch, copy: &CopyProfile) -> Result<(), BadInput> {
    let help = "check the sizes, and the time or the bandwidth of a copy";
    let mut total_s = 0.0;
    for &bytes in &*batch.sizes_bytes {
        let alone_s = copy.mean_s(bytes, 1);
        // Residence times of up to a week may be assumed, to which a size adds nothing that counts.
        if alone_s > 1.001 * WEEK.seconds() {
            let reason =
                format!("one copy of {} would take {}, more than a week", Bytes(bytes), duration(alone_s));
            return Err(BadInput::new(reason, help));
        }
        total_s += alone_s;
    }
    if total_s > MOST_WORK_S {
        let reason = format!(
            "{} copies one after the other would take {}, more than a century",
            count(batch.objects()),
            duration(total_s)
        );
        return Err(BadInput::new(reason, help));
    }
    Ok(())
}

fn memory_is_possible(memory_mb: u32, limits: &Limits) -> Result<(), BadInput> {
    let (least, most) = (limits.lambda.memory_min_mb, limits.lambda.memory_max_mb);
    if (least..=most).contains(&memory_mb) {
        return Ok(());
    }
    let reason = format!("a function cannot have {memory_mb} MB of memory");
    Err(BadInput::new(reason, format!("give --memory between {least} and {most}")))
}
