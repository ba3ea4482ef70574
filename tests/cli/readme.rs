//! The README and the manual: their examples are what the program prints, and their links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The pages at the top and those of the manual, relative to the root.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_folder = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let pages = entries.map(|name| folder.join(name));
        pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
    };
    let mut pages = [of_folder(Path::new("")), of_folder(Path::new("docs"))].concat();
    pages.sort();
    pages
}

fn text(page: &Path) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap()
}

/// Runs the examples of a page in their order, with a folder of reports of the page's own.
fn run_examples(page: &Path) {
    let reports = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("PLANNER_OUT", reports.path().to_string_lossy()).case(page);
}

#[test]
fn the_readme_is_true() {
    run_examples(Path::new("README.md"));
}

#[test]
fn the_manual_is_true() {
    let pages = pages();
    let has_examples = |page: &&PathBuf| page.starts_with("docs") && text(page).contains("```console\n");
    let pages: Vec<&PathBuf> = pages.iter().filter(has_examples).collect();
    assert!(pages.len() >= 5, "{pages:?}");
    for page in pages {
        run_examples(page);
    }
}

/// The lines of a page outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence && !line.starts_with("    ")
    })
}

/// The anchors of a page, as GitHub makes them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
    };
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// The relative targets of a line: of `[text](target)` and of `src="target"`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let after = |mark: &'static str, end: char| {
        line.split(mark).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
    };
    after("](", ')').chain(after("src=\"", '"')).filter(|target| !target.contains("://"))
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut seen, mut broken) = (0, Vec::new());
    for page in pages() {
        let own = text(&page);
        for target in prose(&own).flat_map(targets) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = page.parent().unwrap().join(file);
            let leads = match (file, anchor) {
                ("", anchor) => anchors(&own).contains(anchor),
                (_, "") => root.join(&path).exists(),
                (_, anchor) => root.join(&path).exists() && anchors(&text(&path)).contains(anchor),
            };
            seen += 1;
            if !leads {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty() && seen > 20, "{seen} links, of which broken: {broken:#?}");
}
