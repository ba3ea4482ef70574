//! `planner report`: run folders, or the folder of a plan, written down again.

use std::path::{Path, PathBuf};

use miette::IntoDiagnostic;

use super::args::ReportOptions;
use super::exit::Exit;
use super::format::Format;
use super::interrupt::uninterrupted;
use super::{browser, pictures, report_index, report_plan, stdio};
use crate::runs::folder::replace;
use crate::runs::read::{self, Run};
use planner_core::measure::document::RunDocument;
use planner_report::page::Page;
use planner_report::{RunView, csv, html, runs};

/// Name of the page of several runs.
const RUNS_PAGE: &str = "runs.html";

/// Runs the command.
pub(super) fn run(options: &ReportOptions) -> miette::Result<Exit> {
    let (page, text) = match options.runs.as_slice() {
        [folder] if report_plan::is_plan(folder) => {
            report_plan::rendered(folder, options.format, options.extent)?
        }
        folders => rendered(folders, options)?,
    };
    let listed = options.index.as_deref().map(report_index::write).transpose()?;
    let page = page.or(listed);
    if options.format.is_asked(options.quiet) {
        // Where nothing but the list was asked for, its path is the answer.
        stdio::print(
            &text.unwrap_or_else(|| page.iter().map(|path| format!("{}\n", path.display())).collect()),
        )?;
    }
    if let Some(page) = page.filter(|_| options.open) {
        browser::open(&page)?;
    }
    Ok(Exit::Fine)
}

/// Writes the reports of runs; gives the path of the page and what is to be printed, where there is a run.
fn rendered(
    folders: &[PathBuf],
    options: &ReportOptions,
) -> miette::Result<(Option<PathBuf>, Option<String>)> {
    let format = options.format;
    let runs: Vec<Run> = folders.iter().map(|folder| read::read(folder)).collect::<Result<_, _>>()?;
    let views: Vec<RunView> = runs.iter().map(Run::view).collect();
    let pages: Vec<Page> = views.iter().map(planner_report::run::page).collect();
    let mut written = Vec::new();
    for (folder, page) in folders.iter().zip(&pages) {
        let files = uninterrupted(|| pictures::write(folder, page, format, options.extent.print.into()));
        written.extend(format.without_files(files)?);
    }
    match (folders, views.as_slice()) {
        ([folder, ..], [view]) => {
            let text = text(&pages[0], view.document, format, &written)?;
            Ok((Some(folder.join(read::PAGE)), Some(text)))
        }
        ([first, ..], views) => {
            let page = runs::page(views, env!("CARGO_PKG_VERSION"));
            let path = write_runs(first, &page, options.out.as_deref());
            let path = if options.out.is_some() { path? } else { format.without_files(path)? };
            let documents: Vec<_> = views.iter().map(|view| view.document).collect();
            let files = if format == Format::Html { vec![path.clone()] } else { written };
            let csv = || csv::render(documents.iter().copied()).into_diagnostic();
            let text = format.text(&page, &documents, csv, &files, true)?;
            Ok((Some(path), Some(text)))
        }
        ([], _) => Ok((None, None)),
    }
}

/// What is printed of a run and its page.
pub(super) fn text(
    page: &Page,
    document: &RunDocument,
    format: Format,
    files: &[PathBuf],
) -> miette::Result<String> {
    let csv = || csv::render([document]).into_diagnostic();
    format.text(page, document, csv, files, true)
}

/// The page of several runs.
fn write_runs(first: &Path, page: &Page, out: Option<&Path>) -> miette::Result<PathBuf> {
    let path = out.map_or_else(|| first.parent().unwrap_or(first).join(RUNS_PAGE), Path::to_owned);
    replace(&path, html::render(page).into_diagnostic()?.as_bytes())?;
    Ok(path)
}
