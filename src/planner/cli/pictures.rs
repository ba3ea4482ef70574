//! The charts of a page as files.

use std::path::{Path, PathBuf};

use miette::IntoDiagnostic;
use rayon::prelude::*;

use super::format::Format;
use crate::runs::folder::replace;
use crate::runs::read::PAGE;

use planner_report::drawing::{Chart, Frame, svg};
use planner_report::page::Page;
use planner_report::{html, png};

/// The charts as PNG by the names of their files, and as SVG too where that is wanted.
///
/// # Errors
/// Where a chart cannot be drawn.
pub(super) fn pictures(page: &Page, format: Format) -> miette::Result<Vec<(String, Vec<u8>)>> {
    let drawn = |chart: &&Chart| -> miette::Result<Vec<(String, Vec<u8>)>> {
        let svg = svg(chart, Frame::Card).into_diagnostic()?;
        let png = (format!("{}.png", chart.id), png::render(&svg).into_diagnostic()?);
        let svg = (format == Format::Svg).then(|| (format!("{}.svg", chart.id), svg.into_bytes()));
        Ok(std::iter::once(png).chain(svg).collect())
    };
    let charts: Vec<&Chart> = page.charts().collect();
    let drawn: Vec<_> = charts.par_iter().map(drawn).collect::<miette::Result<_>>()?;
    Ok(drawn.into_iter().flatten().collect())
}

/// Writes `report.html` and the charts into a folder; gives the paths of what the format is about: the pictures of that
/// kind, or the page.
///
/// # Errors
/// Where a chart cannot be drawn or a file cannot be written.
pub(super) fn write(
    folder: &Path,
    page: &Page,
    format: Format,
    paper: html::PrintScope,
) -> miette::Result<Vec<PathBuf>> {
    let path = folder.join(PAGE);
    replace(&path, html::render_for(page, paper).into_diagnostic()?.as_bytes())?;
    let pictures = pictures(page, format)?;
    for (name, picture) in &pictures {
        replace(&folder.join(name), picture)?;
    }
    let ending = match format {
        Format::Svg => ".svg",
        Format::Png => ".png",
        _ => return Ok(vec![path]),
    };
    Ok(pictures
        .iter()
        .filter(|(name, _)| name.ends_with(ending))
        .map(|(name, _)| folder.join(name))
        .collect())
}
