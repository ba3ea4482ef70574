//! The page that lists the runs and plans of a folder.

use super::human::counted;
use super::page::{Block, Link, Page, Part};
use super::words;
use crate::stats::summary::{RunDocument, Verdict};

/// A folder of reports, as the index shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name of the folder.
    pub folder: String,
    /// Name of the file in it that the link leads to.
    pub file: &'static str,
    /// What it is.
    pub kind: EntryKind,
}

/// What a folder holds.
#[derive(Debug, Clone)]
pub enum EntryKind {
    /// A run.
    Run(Box<RunDocument>),
    /// A plan.
    Plan {
        /// Its verdict in a sentence, where it has one.
        verdict: Option<String>,
        /// Whether the goal can be reached, where that is known.
        feasible: Option<bool>,
    },
}

/// The entries as a page, plans first, in the order given.
#[must_use]
pub fn page(entries: &[Entry], version: &str) -> Page {
    let links = |is_plan: bool| {
        let of_kind = move |entry: &&Entry| matches!(entry.kind, EntryKind::Plan { .. }) == is_plan;
        Block::Links(entries.iter().filter(of_kind).map(link).collect())
    };
    Page {
        kind: "Reports".into(),
        title: "Runs and plans".into(),
        lead: if entries.is_empty() {
            "There is no run and no plan here yet.".into()
        } else {
            format!("{}, the newest first.", counted(entries.len() as u64, "report"))
        },
        parts: vec![Part::new("Plans", [links(true)]), Part::new("Runs", [links(false)])],
        version: version.into(),
        ..Page::default()
    }
}

fn link(entry: &Entry) -> Link {
    let (verdict, details) = match &entry.kind {
        EntryKind::Run(document) => (words::overall(document), run_details(document)),
        EntryKind::Plan { verdict, feasible } => {
            let mark = match feasible {
                Some(true) => Verdict::Pass,
                Some(false) => Verdict::Fail,
                None => Verdict::NotAvailable,
            };
            (mark, verdict.clone().unwrap_or_else(|| "A plan.".into()))
        }
    };
    let path = vec![entry.folder.clone(), entry.file.into()];
    Link { path, name: entry.folder.clone(), verdict, details }
}

fn run_details(document: &RunDocument) -> String {
    let state = (!document.complete).then(|| "INCOMPLETE".to_owned());
    let kind = if document.rehearsal { "rehearsal" } else { "real" };
    let rest = [kind.to_owned(), document.name.clone(), words::date(&document.started_at)];
    let facts: Vec<_> = state.into_iter().chain(words::verdicts(document)).chain(rest).collect();
    format!("{} {}", words::done(document), words::capitalised(&facts.join(" · ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html;
    use crate::report::sample::Sample;

    #[test]
    fn runs_and_plans_are_listed_with_their_verdicts_and_their_links_stay_links() {
        let run = |sample: Sample, folder: &str| Entry {
            folder: folder.into(),
            file: "report.html",
            kind: EntryKind::Run(Box::new(sample.document)),
        };
        let plan = Entry {
            folder: "plan-1".into(),
            file: "report.html",
            kind: EntryKind::Plan { verdict: Some("Set it to 600.".into()), feasible: Some(true) },
        };
        let entries =
            [plan, run(Sample::one_level(), "20260302-daily"), run(Sample::hostile(), "javascript:\"<b>")];
        let html = html::render(&page(&entries, "0.1.0")).unwrap();
        assert!(
            html.contains("Set it to 600.") && html.contains("href=\"./20260302%2Ddaily/report%2Ehtml\"")
        );
        assert!(html.contains("./javascript%3A%22%3Cb%3E/") && !html.contains("<script"));
        let marks = |class: &str| html.matches(&format!("<span class=\"{class}\"")).count();
        assert_eq!((marks("pass"), marks("fail")), (1, 2));
    }

    #[test]
    fn an_empty_folder_says_so() {
        assert!(html::render(&page(&[], "0.1.0")).unwrap().contains("no run and no plan"));
    }
}
