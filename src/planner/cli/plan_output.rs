//! How a plan is given.

use jiff::Timestamp;
use serde::Serialize;

use super::args::output::ReportOutputOptions;
use super::report_output::ReportOutput;
use crate::runs::index::PLAN;
use crate::runs::machine;
use planner_plan::plan_header::PlanHeader;
use planner_report::page::Page;

/// Adds when and by which command a plan was made.
pub(super) fn stamp(preface: &mut PlanHeader, now: Timestamp) {
    preface.created_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    preface.command = machine::command_line();
}

/// Prints a plan and leaves it in a folder of its own.
///
/// # Errors
/// Where either fails.
pub(super) fn write(
    options: &ReportOutputOptions,
    name: &str,
    now: Timestamp,
    document: &impl Serialize,
    page: &Page,
) -> miette::Result<()> {
    ReportOutput { file: PLAN, document, page, csv: None }.give(options.format, &options.folder, name, now)
}
