//! `planner check`: the laws over a file that came from elsewhere.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::{Accepted, CheckOptions};
use super::exit::{BadInput, Exit};
use super::log_files::plain_or_compressed;
use super::report_output::ReportOutput;
use crate::runs::index::CHECK;
use crate::runs::{attempts, machine};
use planner_core::check::requests::Requests;
use planner_core::check::{self, CheckError, FORMS, FileContent, analysis};
use planner_core::law::finding::Verdict;
use planner_report::check as report;

/// Runs the command.
pub(super) fn run(options: &CheckOptions) -> miette::Result<Exit> {
    let unusable =
        |error: CheckError| BadInput::file("check", &options.file, error, format!("forms: {FORMS}"));
    let evidence = read(&options.file)?.map_err(unusable)?;
    let document = analysis::analyse(&evidence, options.window.as_ref()).map_err(unusable)?;
    let command = machine::command_line();
    let page = &report::page(&document, &name(&options.file), &command, env!("CARGO_PKG_VERSION"));
    let csv = report::csv(&document).into_diagnostic()?;
    let answer =
        ReportOutput { file: CHECK, document: &report::document(&document).into_diagnostic()?, page, csv };
    answer.give(options.format, &options.folder, "check", Timestamp::now())?;
    Ok(match document.verdict {
        Verdict::Fail => Exit::NotValid,
        Verdict::Inconclusive if options.accept != Some(Accepted::Undecided) => Exit::Unproven,
        _ => Exit::Fine,
    })
}

fn name(file: &Path) -> String {
    if file == Path::new("-") { "standard input".into() } else { file.display().to_string() }
}

/// The outer error is about reaching the file, the inner one about its content.
pub(super) fn read(path: &Path) -> miette::Result<Result<FileContent, CheckError>> {
    if path.is_dir() {
        return run_folder(path);
    }
    if path == Path::new("-") {
        return plain_or_compressed(io::stdin().lock(), |input| check::read(input));
    }
    let file = File::open(path)
        .map_err(|error| BadInput::file("open", path, error, "give a file, a run folder or -"))?;
    plain_or_compressed(BufReader::new(file), |input| check::read(input))
}

/// The attempts of a run, which may have been cut off in the middle of a row.
fn run_folder(folder: &Path) -> miette::Result<Result<FileContent, CheckError>> {
    let mut requests = Requests::default();
    attempts::read(folder, |attempt| {
        // A run's own clock starts at 0 and does not last for centuries.
        let signed = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
        requests.times_ns.push((signed(attempt.started_ns), signed(attempt.ended_ns)));
        *requests.outcomes.entry(attempt.outcome.name().to_owned()).or_default() += 1;
        requests.bytes = requests.bytes.saturating_add(attempt.start.bytes);
    })?;
    Ok(if requests.times_ns.is_empty() {
        Err(CheckError::File("the run has no attempt that ended".into()))
    } else {
        Ok(FileContent::Requests(requests))
    })
}
