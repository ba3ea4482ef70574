//! `planner fit`: the service that runs showed, as a profile for rehearsals and simulations.

use miette::IntoDiagnostic;

use super::args::{FitOptions, ProfileFormat};
use super::exit::Exit;
use super::{measured_runs, stdio};
use crate::runs::folder::replace;
use planner_report::plan::{limitation, profile};

/// The profile itself does not depend on it.
const SEED: u64 = 1;

/// Runs the command.
pub(super) fn run(options: &FitOptions) -> miette::Result<Exit> {
    let model = measured_runs::of_runs(&measured_runs::runs_or_newest(&options.runs)?, SEED)?.model;
    let text = match options.format {
        ProfileFormat::Toml => profile::toml(&model).into_diagnostic()?,
        ProfileFormat::Json => profile::json(&model).into_diagnostic()?,
    };
    for one in limitation::said(&model.doubts) {
        stdio::say(format_args!("doubt: {}; {}", one.text, one.advice));
    }
    match &options.out {
        None => Ok(stdio::print(&text)?),
        Some(path) => {
            replace(path, text.as_bytes())?;
            Ok(Exit::Fine)
        }
    }
}
