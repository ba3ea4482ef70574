//! From a scenario file and the command line to a scenario.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use miette::Diagnostic;

use super::args::Overrides;
use super::exit::BadInput;
use super::{named_file, safety};
use planner_aws::clients::url_from_environment;
use planner_core::account::Limits;
use planner_core::scenario::error::ScenarioText;
use planner_core::scenario::file::{Stop, TargetKind};
use planner_core::scenario::{self, Scenario};

/// Reads a scenario with the overrides of the command line, for an account whose limits another file may hold.
///
/// # Errors
/// Where a file cannot be read or used, or the scenario does not go with the options or the limits.
pub(super) fn load(
    path: &Path,
    overrides: Option<&Overrides>,
    limits: Option<&Path>,
) -> miette::Result<Scenario> {
    load_changed(path, limits, |file| Ok(overrides.map_or(Ok(()), |overrides| apply(overrides, file))?))
}

/// The same with a scenario that is changed as the command line says.
///
/// # Errors
/// As for [`load`], and where it cannot be changed.
pub(super) fn load_changed(
    path: &Path,
    limits: Option<&Path>,
    change: impl FnOnce(&mut scenario::file::File) -> miette::Result<()>,
) -> miette::Result<Scenario> {
    let text = fs::read_to_string(path)
        .map_err(|error| BadInput::file("read", path, error, "the folder scenarios/ has examples"))?;
    let source = ScenarioText { name: path.display().to_string(), text };
    let written = scenario::parse(&source)?;
    let mut file = written.clone();
    change(&mut file)?;
    file.target.endpoint_url.as_deref().map_or(Ok(()), safety::check_url)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let beside = |name: &str| open(&folder.join(name));
    let own = named_file::limits(limits)?;
    let by = |file: &scenario::file::File, limits: &Limits| {
        Scenario::resolve(file.clone(), &source, &beside, limits)
    };
    let resolve = |file: &scenario::file::File| match limits {
        None => by(file, &own),
        Some(_) => by(&file.clone().on_account(&source, &own)?, &own),
    };
    resolve(&file).map_err(|error| {
        // A line of the scenario would be the wrong place to point at for what an option or another file says.
        let cause = match limits {
            _ if file != written && resolve(&written).is_ok() => {
                format!("the options do not go with {}", source.name)
            }
            Some(limits) if by(&written, Limits::built_in()).is_ok() => {
                format!("{} does not go with the limits in {}", source.name, limits.display())
            }
            _ => return error.into(),
        };
        let help = error.help().map(|help| help.to_string()).unwrap_or_default();
        BadInput::new(format!("{cause}: {error}"), help).into()
    })
}

/// Opens a file; one that ends in `.gz` is decompressed, as S3 Inventory lists are.
pub(super) fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let file = BufReader::new(File::open(path)?);
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if is_compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Puts what the options say in the place of what the scenario says.
///
/// # Errors
/// Where they mean nothing for its target.
pub(super) fn apply(overrides: &Overrides, file: &mut scenario::file::File) -> Result<(), BadInput> {
    if let Some(seed) = overrides.seed {
        file.seed = seed;
    }
    // One level instead of a sweep.
    if overrides.workers.is_some() || overrides.rate.is_some() {
        file.sweep = None;
    }
    file.arrivals.workers = overrides.workers.or(file.arrivals.workers);
    file.arrivals.rate = overrides.rate.or(file.arrivals.rate);
    if overrides.duration.is_some() || overrides.jobs.is_some() {
        file.stop = Stop { jobs: overrides.jobs, duration: overrides.duration, precise: None };
    }
    file.objects.count = overrides.objects.or(file.objects.count);
    let target = &mut file.target;
    if let Some(kind) = overrides.target {
        target.kind = kind.into();
    }
    if target.kind == TargetKind::Endpoint {
        let found = overrides.endpoint_url.clone().or_else(|| url_from_environment(file.operation));
        target.endpoint_url = found.or(target.endpoint_url.take());
    } else if overrides.endpoint_url.is_some() {
        return Err(BadInput::new(
            "--endpoint-url means nothing for this target",
            "add --target endpoint to send the load there",
        ));
    }
    target.region = overrides.region.clone().or(target.region.take());
    target.account = overrides.account.clone().or(target.account.take());
    if let Some(bucket) = &overrides.source_bucket {
        target.source_bucket.clone_from(bucket);
    }
    if let Some(bucket) = &overrides.destination_bucket {
        target.destination_bucket.clone_from(bucket);
    }
    Ok(())
}
