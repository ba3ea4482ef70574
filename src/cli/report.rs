//! `planner report`: the renderers over a run folder.

use std::path::Path;

use miette::IntoDiagnostic;

use super::args::{Format, ReportOptions};
use super::exit::Exit;
use super::tell;
use crate::report::chart::Frame;
use crate::report::{self, RunView};
use crate::runs::folder::replace;
use crate::runs::read::{self, Run};

/// Runs the command.
pub fn run(options: &ReportOptions) -> miette::Result<Exit> {
    let run = read::read(&options.run)?;
    write_files(&options.run, &run)?;
    if !options.quiet {
        print(&run, options.format)?;
    }
    Ok(Exit::Fine)
}

/// Writes `report.html` and the charts into a run folder.
pub fn write_files(folder: &Path, run: &Run) -> miette::Result<()> {
    let view = view(run);
    replace(
        &folder.join("report.html"),
        report::html::render(&report::run::page(&view)).into_diagnostic()?.as_bytes(),
    )?;
    for chart in report::chart::charts(&view) {
        let svg = report::chart::svg(&chart, Frame::Card).into_diagnostic()?;
        let png = report::png::render(&svg).into_diagnostic()?;
        replace(&folder.join(format!("{}.png", chart.id)), &png)?;
    }
    Ok(())
}

/// Prints the summary of a run.
pub fn print(run: &Run, format: Format) -> miette::Result<()> {
    tell::print_run(&view(run), format)
}

fn view(run: &Run) -> RunView<'_> {
    RunView { document: &run.document, series: &run.series, levels: &run.levels }
}
