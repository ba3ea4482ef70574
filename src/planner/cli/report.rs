//! `planner report`: the renderers over run folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use miette::IntoDiagnostic;
use rayon::prelude::*;

use super::args::{Format, ReportFormat, ReportOptions};
use super::exit::{Exit, Refusal};
use super::interrupt::uninterrupted;
use super::{report_plan, tell};
use crate::runs::folder::replace;
use crate::runs::index;
use crate::runs::read::{self, Run};
use planner_report::chart::{Chart, Frame};
use planner_report::{RunView, html};

/// Name of the page of several runs.
const RUNS_PAGE: &str = "runs.html";

/// Runs the command.
pub(super) fn run(options: &ReportOptions) -> miette::Result<Exit> {
    if let [folder] = options.runs.as_slice()
        && report_plan::is_plan(folder)
    {
        report_plan::run(folder, options)?;
        options.index.as_deref().map(write_index).transpose()?;
        return Ok(Exit::Fine);
    }
    let runs: Vec<Run> = options.runs.iter().map(|folder| read::read(folder)).collect::<Result<_, _>>()?;
    let mut pictures = Vec::new();
    for (folder, run) in options.runs.iter().zip(&runs) {
        pictures.extend(uninterrupted(|| write_files(folder, run, options.format))?);
    }
    let listed = options.index.as_deref().map(write_index).transpose()?;
    let page = match options.runs.as_slice() {
        [] => listed,
        [folder] => Some(folder.join(read::PAGE)),
        [first, ..] => Some(write_runs(first, &runs, options.out.as_deref())?),
    };
    let written = match options.format {
        ReportFormat::Svg | ReportFormat::Png if !runs.is_empty() => pictures,
        _ => page.iter().cloned().collect(),
    };
    if !options.quiet {
        print(&runs, options.format, &written)?;
    }
    if let Some(page) = page.filter(|_| options.open) {
        open(&page)?;
    }
    Ok(Exit::Fine)
}

/// Writes `report.html` and the charts into a run folder; gives the paths of the pictures that are wanted.
pub(super) fn write_files(folder: &Path, run: &Run, format: ReportFormat) -> miette::Result<Vec<PathBuf>> {
    let page = html::render(&planner_report::run::page(&view(run))).into_diagnostic()?;
    replace(&folder.join(read::PAGE), page.as_bytes())?;
    let charts = planner_report::chart::charts(&view(run));
    written(folder, &charts.iter().collect::<Vec<_>>(), format)
}

/// Lists the runs and answers of a folder in its `index.html`, unless somebody else's page has that name.
fn write_index(folder: &Path) -> miette::Result<PathBuf> {
    let path = folder.join(index::INDEX);
    if index::is_taken(folder) {
        let reason = format!("{} is a page that planner did not make", path.display());
        return Err(Refusal::new(reason, "choose another folder, or move that page away").into());
    }
    let page = planner_report::index::page(&index::entries(folder)?, env!("CARGO_PKG_VERSION"));
    replace(&path, html::render(&page).into_diagnostic()?.as_bytes())?;
    Ok(path)
}

/// Brings the list of a folder up to date. What it lists is whole without, so a list that cannot be written is only told.
pub(super) fn list(folder: &Path) {
    if let Err(error) = write_index(folder) {
        tell::say(format_args!("the list of reports is not up to date: {error}"));
    }
}

/// The page of several runs.
fn write_runs(first: &Path, runs: &[Run], out: Option<&Path>) -> miette::Result<PathBuf> {
    let views: Vec<RunView> = runs.iter().map(view).collect();
    let page = planner_report::runs::page(&views, env!("CARGO_PKG_VERSION"));
    let path = out.map_or_else(|| first.parent().unwrap_or(first).join(RUNS_PAGE), Path::to_owned);
    replace(&path, html::render(&page).into_diagnostic()?.as_bytes())?;
    Ok(path)
}

/// Writes charts as PNG, and as SVG where these are wanted; gives the paths of the pictures that are wanted.
pub(super) fn written(
    folder: &Path,
    charts: &[&Chart],
    format: ReportFormat,
) -> miette::Result<Vec<PathBuf>> {
    let write = |chart: &&Chart| -> miette::Result<Option<PathBuf>> {
        let svg = planner_report::chart::svg(chart, Frame::Card).into_diagnostic()?;
        let [png_path, svg_path] = ["png", "svg"].map(|ending| folder.join(format!("{}.{ending}", chart.id)));
        replace(&png_path, &planner_report::png::render(&svg).into_diagnostic()?)?;
        match format {
            ReportFormat::Svg => {
                replace(&svg_path, svg.as_bytes())?;
                Ok(Some(svg_path))
            }
            ReportFormat::Png => Ok(Some(png_path)),
            _ => Ok(None),
        }
    };
    let paths: Vec<_> = charts.par_iter().map(write).collect::<miette::Result<_>>()?;
    Ok(paths.into_iter().flatten().collect())
}

/// Prints the summary of a run that was just measured.
pub(super) fn print_measured(run: &Run, format: Format) -> miette::Result<()> {
    let format = match format {
        Format::Table => ReportFormat::Table,
        Format::Json => ReportFormat::Json,
        Format::Markdown => ReportFormat::Markdown,
        Format::Csv => ReportFormat::Csv,
    };
    print(std::slice::from_ref(run), format, &[])
}

/// Prints runs in the wanted form, or the paths of what was written for them.
fn print(runs: &[Run], format: ReportFormat, written: &[PathBuf]) -> miette::Result<()> {
    let views: Vec<RunView> = runs.iter().map(view).collect();
    let text = match (format, views.as_slice()) {
        (ReportFormat::Html | ReportFormat::Svg | ReportFormat::Png, _) | (_, []) => {
            written.iter().map(|path| format!("{}\n", path.display())).collect()
        }
        (ReportFormat::Table, [one]) => {
            planner_report::text::render(one, tell::width(), tell::wants_colour())
        }
        (ReportFormat::Table, several) => {
            planner_report::runs::text(several, tell::width(), tell::wants_colour())
        }
        (ReportFormat::Json, [one]) => planner_report::json::render(one.document).into_diagnostic()?,
        (ReportFormat::Json, several) => {
            planner_report::json::render(&several.iter().map(|view| view.document).collect::<Vec<_>>())
                .into_diagnostic()?
        }
        (ReportFormat::Markdown, [one]) => planner_report::markdown::render(&planner_report::run::page(one)),
        (ReportFormat::Markdown, several) => {
            planner_report::markdown::render(&planner_report::runs::page(several, env!("CARGO_PKG_VERSION")))
        }
        (ReportFormat::Csv, views) => {
            planner_report::csv::render(views.iter().map(|view| view.document)).into_diagnostic()?
        }
    };
    Ok(tell::print(&text).map(drop)?)
}

/// No browser could be told to open the page.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to open {} with `{opener}`: {reason}", path.display())]
#[diagnostic(help("the page is written; open it yourself"))]
struct NotOpened {
    path: PathBuf,
    opener: &'static str,
    reason: String,
}

/// Opens a page with whatever the desktop opens pages with.
pub(super) fn open(path: &Path) -> miette::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let failed = |reason| NotOpened { path: path.to_owned(), opener, reason };
    let mut command = Command::new(opener);
    let status = command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string()).into()),
        Err(error) => Err(failed(error.to_string()).into()),
    }
}

fn view(run: &Run) -> RunView<'_> {
    RunView { document: &run.document, series: &run.series, levels: &run.levels, function: &run.function }
}
