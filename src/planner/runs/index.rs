//! What a folder of reports holds, and the page that lists it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::folder::DOCUMENT;
use super::read::{PAGE, read_document};
use planner_aws::file_error::FileError;
use planner_plan::decision::PlanState;
use planner_plan::plan_header::JobDescription;
use planner_report::html::GENERATOR;
use planner_report::index::{Entry, EntryKind, ReportKind};

/// Name of the page.
pub const INDEX: &str = "index.html";
/// Name of the document in the folder of a plan.
pub const PLAN: &str = "plan.json";
/// Name of the document in the folder of an audit.
pub const AUDIT: &str = "audit.json";
/// Name of the document in the folder of a comparison.
pub const COMPARISON: &str = "compare.json";

/// Name of the document in the folder of a check.
pub const CHECK: &str = "check.json";

/// The documents of answers: their names, and how their schemas begin.
const ANSWERS: [(&str, &str, ReportKind); 6] = [
    (PLAN, "planner/recommend/", ReportKind::Plan),
    (PLAN, "planner/simulate/", ReportKind::Plan),
    (PLAN, "planner/strategies/", ReportKind::Plan),
    (AUDIT, "planner/audit/", ReportKind::Audit),
    (COMPARISON, "planner/compare/", ReportKind::Comparison),
    (CHECK, "planner/check/", ReportKind::Check),
];

/// What the list needs to know of an answer.
#[derive(Deserialize)]
struct IndexedReport {
    schema: String,
    verdict: Option<String>,
    /// What holds of a plan is that it can be done.
    #[serde(alias = "feasible")]
    holds: Option<bool>,
    state: Option<PlanState>,
    job: Option<JobDescription>,
}

/// The runs and answers directly in a folder, the newest first by their names. What cannot be read is no entry: other
/// folders may lie beside them.
///
/// # Errors
/// Where the folder itself cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, FileError> {
    let failed = |error| FileError::new("read", folder, error);
    let mut entries = Vec::new();
    for place in fs::read_dir(folder).map_err(failed)? {
        let path = place.map_err(failed)?.path();
        entries.extend(entry(&path));
    }
    entries.sort_by(|a: &Entry, b| b.folder.cmp(&a.folder));
    Ok(entries)
}

fn entry(path: &Path) -> Option<Entry> {
    let folder = path.file_name()?.to_str()?.to_owned();
    let (kind, document) =
        match [PLAN, AUDIT, COMPARISON, CHECK].into_iter().find_map(|name| answer(path, name)) {
            Some(answer) => answer,
            None => (EntryKind::Run(Box::new(read_document(path).ok()?)), DOCUMENT),
        };
    let file = if path.join(PAGE).exists() { PAGE } else { document };
    Some(Entry { folder, file, kind })
}

/// The name and version of a document's form; None where it names none.
#[must_use]
pub fn schema(json: &str) -> Option<String> {
    serde_json::from_str(json).ok().map(|IndexedReport { schema, .. }| schema)
}

fn answer(path: &Path, name: &'static str) -> Option<(EntryKind, &'static str)> {
    let IndexedReport { schema, verdict, holds, state, job } =
        serde_json::from_slice(&fs::read(path.join(name)).ok()?).ok()?;
    let is_it = |(file, beginning, _): &(&str, &str, _)| *file == name && schema.starts_with(beginning);
    let (.., kind) = ANSWERS.into_iter().find(is_it)?;
    Some((EntryKind::Answer { kind, verdict, holds, state, job }, name))
}

/// Whether somebody else's page has the name of the list.
#[must_use]
pub fn is_taken(folder: &Path) -> bool {
    fs::read_to_string(folder.join(INDEX)).is_ok_and(|page| !page.contains(GENERATOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_by_their_schemas_and_other_folders_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let add = |name: &str, file: &str, text: &str| {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join(file), text).unwrap();
        };
        add("1", PLAN, r#"{"schema": "planner/recommend/1", "verdict": "Set it to 600.", "feasible": true}"#);
        add("2", PLAN, r#"{"schema": "planner/simulate/1"}"#);
        add("3", PLAN, r#"{"schema": "planner/audit/1"}"#);
        add("4", AUDIT, r#"{"schema": "planner/audit/1", "verdict": "1 missing.", "holds": false}"#);
        add("5", COMPARISON, r#"{"schema": "planner/compare/1", "verdict": "no difference", "holds": null}"#);
        add("6", PLAN, r#"{"schema": "other/1"}"#);
        fs::create_dir(folder.path().join("empty")).unwrap();
        let found = entries(folder.path()).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|entry| match &entry.kind {
                EntryKind::Answer { kind, verdict, holds, .. } => {
                    (entry.folder.as_str(), entry.file, *kind, verdict.as_deref(), *holds)
                }
                EntryKind::Run(_) => panic!("{entry:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                ("5", COMPARISON, ReportKind::Comparison, Some("no difference"), None),
                ("4", AUDIT, ReportKind::Audit, Some("1 missing."), Some(false)),
                ("2", PLAN, ReportKind::Plan, None, None),
                ("1", PLAN, ReportKind::Plan, Some("Set it to 600."), Some(true)),
            ]
        );
    }

    #[test]
    fn pages_are_known_by_who_made_them() {
        let folder = tempfile::tempdir().unwrap();
        let taken_by = |page: &str| {
            fs::write(folder.path().join(INDEX), page).unwrap();
            is_taken(folder.path())
        };
        assert!(!is_taken(folder.path()) && !taken_by(GENERATOR) && taken_by("mine"));
    }
}
