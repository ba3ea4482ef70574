//! Arguments → settings → call → write.

mod args;
mod audit;
mod browser;
mod check;
mod cleanup;
mod clock_deadline;
mod cloud;
mod compare;
mod exit;
mod fan_out;
mod fit;
mod format;
mod interrupt;
mod levels;
mod load_scenario;
mod log_files;
mod measure;
mod measured_runs;
mod named_file;
mod pictures;
mod plan_inputs;
mod plan_output;
mod progress;
mod recommend;
mod rehearsal;
mod report;
mod report_index;
mod report_output;
mod report_plan;
mod run_target;
mod safety;
mod simulate;
mod stdio;
mod strategies;
mod verify;

use clap::{CommandFactory, Parser};
use miette::IntoDiagnostic;

use args::{Command, CommandLine};
pub use exit::Exit;
use planner_aws::file_error::FileError;
use planner_report::escape::escape_controls;
use planner_report::json;
use planner_report::schema::DOCUMENTS;
use stdio::OutputError;

/// Runs the program and says how it ended.
#[must_use]
pub fn main() -> Exit {
    let arguments = match CommandLine::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // The parser repeats what it does not understand.
            let escaped = std::env::args_os().map(|argument| escape_controls(&argument.to_string_lossy()));
            let shown = CommandLine::try_parse_from(escaped).err().unwrap_or(error);
            // Without a reader there is nobody to tell that there is none.
            let _ = shown.print();
            return if shown.use_stderr() { Exit::Usage } else { Exit::Fine };
        }
    };
    interrupt::report_file_size_limit();
    match run(arguments.command) {
        Ok(exit) => exit,
        Err(report) if report.downcast_ref::<OutputError>().is_some_and(OutputError::is_broken_pipe) => {
            Exit::Fine
        }
        Err(report) => {
            stdio::complain(&report);
            exit::of_error(&report)
        }
    }
}

fn run(command: Command) -> miette::Result<Exit> {
    // These listen for themselves, because they have something to put in order.
    let listens =
        matches!(command, Command::Measure(_) | Command::Audit(_) | Command::Cloud(_) | Command::Cleanup(_));
    if !listens {
        interrupt::end_when_interrupted().into_diagnostic()?;
    }
    match command {
        Command::Measure(options) => measure::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Recommend(options) => recommend::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Strategies(options) => strategies::run(&options),
        Command::Fit(options) => fit::run(&options),
        Command::Cloud(options) => cloud::run(&options),
        Command::Cleanup(options) => cleanup::run(&options),
        Command::Schema { kind } => match DOCUMENTS.into_iter().find(|(name, _)| *name == kind) {
            Some((_, schema)) => Ok(stdio::print(schema)?),
            None => Ok(stdio::print(&json::render(&planner_core::scenario::schema()).into_diagnostic()?)?),
        },
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "planner", &mut script);
            Ok(stdio::print(&String::from_utf8_lossy(&script))?)
        }
        Command::Man { out: Some(folder) } => {
            let failed = |error| FileError::new("write man pages into", &folder, error);
            std::fs::create_dir_all(&folder).map_err(failed)?;
            clap_mangen::generate_to(CommandLine::command(), &folder).map_err(failed)?;
            Ok(Exit::Fine)
        }
        Command::Man { out: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(CommandLine::command()).render(&mut page).into_diagnostic()?;
            Ok(stdio::print(&String::from_utf8_lossy(&page))?)
        }
    }
}
