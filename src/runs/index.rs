//! What a folder of reports holds, and the page that lists it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::RunError;
use super::folder::DOCUMENT;
use super::read::{PAGE, read_document};
use crate::report::html::GENERATOR;
use crate::report::index::{Entry, EntryKind};

/// Name of the page.
pub const INDEX: &str = "index.html";
/// Name of the document in the folder of a plan.
pub const PLAN: &str = "plan.json";
/// How the schema of a plan begins.
const PLAN_SCHEMA: &str = "planner/recommend/";

/// What the index needs to know of a plan.
#[derive(Deserialize)]
struct Plan {
    schema: String,
    verdict: Option<String>,
    feasible: Option<bool>,
}

/// The runs and plans directly in a folder, the newest first by their names. What cannot be read is no entry: other
/// folders may lie beside them.
///
/// # Errors
/// Where the folder itself cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, RunError> {
    let failed = |error| RunError::new("read", folder, error);
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
    let (kind, document) = match read_plan(path) {
        Some(plan) => (EntryKind::Plan { verdict: plan.verdict, feasible: plan.feasible }, PLAN),
        None => (EntryKind::Run(Box::new(read_document(path).ok()?)), DOCUMENT),
    };
    let file = if path.join(PAGE).exists() { PAGE } else { document };
    Some(Entry { folder, file, kind })
}

fn read_plan(path: &Path) -> Option<Plan> {
    let plan: Plan = serde_json::from_slice(&fs::read(path.join(PLAN)).ok()?).ok()?;
    plan.schema.starts_with(PLAN_SCHEMA).then_some(plan)
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
    fn plans_are_known_by_their_schema_and_other_folders_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let plan = |name: &str, text: &str| {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join(PLAN), text).unwrap();
        };
        plan("1", r#"{"schema": "planner/recommend/1", "verdict": "Set it to 600.", "feasible": true}"#);
        plan("2", r#"{"schema": "planner/recommend/1"}"#);
        plan("3", r#"{"schema": "other/1"}"#);
        fs::create_dir(folder.path().join("empty")).unwrap();
        let found = entries(folder.path()).unwrap();
        let [second, first] = found.as_slice() else { panic!("{found:?}") };
        assert!(matches!(second.kind, EntryKind::Plan { verdict: None, feasible: None }));
        assert!(
            matches!(&first.kind, EntryKind::Plan { verdict: Some(text), .. } if text == "Set it to 600.")
        );
        assert_eq!((first.folder.as_str(), first.file), ("1", PLAN));
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
