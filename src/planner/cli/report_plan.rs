//! The folder of a plan, written down again.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::output::DetailOptions;
use super::exit::{BadInput, bad_input};
use super::format::Format;
use super::pictures;
use crate::runs::folder::replace;
use crate::runs::index::{self, PLAN};
use crate::runs::read::PAGE;
use crate::runs::report_folder::MARKDOWN;
use planner_plan::sizing_document::Recommendation;
use planner_plan::{forecast, sizing_document, strategies_document};
use planner_report::page::Page;
use planner_report::{markdown, plan};

/// Whether a folder holds a plan.
pub(super) fn is_plan(folder: &Path) -> bool {
    folder.join(PLAN).is_file()
}

/// The recommendation in a folder or a file.
///
/// # Errors
/// Where it cannot be read or is another kind of plan.
pub(super) fn recommendation(path: &Path) -> miette::Result<Recommendation> {
    let path = if path.is_dir() { path.join(PLAN) } else { path.to_owned() };
    let help = "give a folder or plan.json that `planner recommend` made";
    let unreadable = |error: &dyn Display| BadInput::file("read the plan", &path, error, help);
    let json = std::fs::read_to_string(&path).map_err(|error| unreadable(&error))?;
    match index::schema(&json).as_deref() {
        Some(sizing_document::SCHEMA) => {}
        Some(other) => {
            let reason = format!("its schema is `{other}`, and a plan has `{}`", sizing_document::SCHEMA);
            return Err(unreadable(&reason).into());
        }
        None => return Err(unreadable(&"it is no plan").into()),
    }
    Ok(serde_json::from_str(&json).map_err(|error| unreadable(&error))?)
}

/// Writes the report of a plan; gives the path of its page and what is to be printed.
pub(super) fn rendered(
    folder: &Path,
    format: Format,
    extent: DetailOptions,
) -> miette::Result<(Option<PathBuf>, Option<String>)> {
    let path = folder.join(PLAN);
    let json = std::fs::read_to_string(&path).map_err(|error| BadInput::file("read", &path, error, ""))?;
    let text = match index::schema(&json).as_deref() {
        Some(sizing_document::SCHEMA) => {
            text(folder, &json, |plan| plan::sizing::RecommendationText::of(plan).page(), format, extent)
        }
        Some(forecast::SCHEMA) => {
            text(folder, &json, |plan| plan::forecast::ForecastText::of(plan).page(), format, extent)
        }
        Some(strategies_document::SCHEMA) => {
            text(folder, &json, |plan| plan::strategies::StrategiesText::of(plan).page(), format, extent)
        }
        _ => Err(unreadable(&path, "it is not of a form that this version makes")),
    };
    Ok((Some(folder.join(PAGE)), Some(text?)))
}

fn text<D: DeserializeOwned>(
    folder: &Path,
    json: &str,
    page: fn(&D) -> Page,
    format: Format,
    extent: DetailOptions,
) -> miette::Result<String> {
    let unreadable = |error| unreadable(&folder.join(PLAN), error);
    let page = page(&serde_json::from_str(json).map_err(unreadable)?);
    // With its sentences, which are in the file beside the kinds.
    let document: Value = serde_json::from_str(json).map_err(unreadable)?;
    let written = pictures::write(folder, &page, format, extent.print.into()).and_then(|files| {
        replace(&folder.join(MARKDOWN), markdown::render(&page).as_bytes())?;
        Ok(files)
    });
    let files = format.without_files(written)?;
    let csv = || bad_input("a plan has no levels to list", "choose another --format");
    format.text(&page, &document, csv, &files, extent.long)
}

fn unreadable(path: &Path, reason: impl std::fmt::Display) -> miette::Report {
    let help = "give a folder that recommend, simulate or strategies made, or make the plan anew";
    BadInput::file("read", path, reason, help).into()
}
