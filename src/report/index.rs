//! The page that lists the runs, plans, audits, comparisons and checks of a folder.

use super::page::{Block, Link, Page, Part};
use super::{lead, sentences, words};
use planner_core::law::finding::Verdict;
use planner_core::measure::document::RunDocument;
use planner_core::units::human::capitalised;
use planner_core::units::human::counted;

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
    /// An answer.
    Answer {
        /// To what.
        kind: AnswerKind,
        /// What it comes to, in a sentence, where it has one.
        verdict: Option<String>,
        /// Whether what was asked for holds, where that was asked.
        holds: Option<bool>,
    },
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// What to set, what a choice comes to, or which strategy to take.
    Plan,
    /// What arrived of a backup.
    Audit,
    /// Whether two runs differ.
    Comparison,
    /// Whether N = X·R holds in somebody's file.
    Check,
}

/// The entries as a page, plans first, those of a kind in the order given.
#[must_use]
pub fn page(entries: &[Entry], version: &str) -> Page {
    let part = |heading: &str, wanted: Option<AnswerKind>| {
        let kind = |entry: &Entry| match entry.kind {
            EntryKind::Run(_) => None,
            EntryKind::Answer { kind, .. } => Some(kind),
        };
        let links = entries.iter().filter(|entry| kind(entry) == wanted).map(link).collect();
        Part::new(heading, [Block::Links(links)])
    };
    Page {
        kind: "Reports".into(),
        title: "Runs and plans".into(),
        lead: if entries.is_empty() {
            "There is no run and no plan here yet.".into()
        } else {
            format!("{}, the newest of a kind first.", counted(entries.len() as u64, "report"))
        },
        parts: vec![
            part("Plans", Some(AnswerKind::Plan)),
            part("Audits", Some(AnswerKind::Audit)),
            part("Comparisons", Some(AnswerKind::Comparison)),
            part("Checks", Some(AnswerKind::Check)),
            part("Runs", None),
        ],
        version: version.into(),
        ..Page::default()
    }
}

fn link(entry: &Entry) -> Link {
    let (verdict, details) = match &entry.kind {
        EntryKind::Run(document) => (sentences::overall(document), run_details(document)),
        EntryKind::Answer { verdict, holds, .. } => {
            let mark = match holds {
                Some(true) => Verdict::Pass,
                Some(false) => Verdict::Fail,
                None => Verdict::NotAvailable,
            };
            (mark, verdict.clone().unwrap_or_else(|| "Without a verdict.".into()))
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
    format!("{} {}", lead::done(document), capitalised(&facts.join(" · ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use crate::sample::Sample;

    #[test]
    fn runs_and_answers_are_listed_with_their_verdicts_and_their_links_stay_links() {
        let run = |sample: Sample, folder: &str| Entry {
            folder: folder.into(),
            file: "report.html",
            kind: EntryKind::Run(Box::new(sample.document)),
        };
        let answer = |kind, holds, folder: &str| Entry {
            folder: folder.into(),
            file: "report.html",
            kind: EntryKind::Answer { kind, verdict: Some("Set it to 600.".into()), holds },
        };
        let entries = [
            run(Sample::one_level(), "20260302-daily"),
            run(Sample::hostile(), "javascript:\"<b>"),
            answer(AnswerKind::Comparison, None, "compare-1"),
            answer(AnswerKind::Audit, Some(false), "audit-1"),
            answer(AnswerKind::Plan, Some(true), "plan-1"),
        ];
        let html = html::render(&page(&entries, "0.1.0")).unwrap();
        assert!(
            html.contains("Set it to 600.") && html.contains("href=\"./20260302%2Ddaily/report%2Ehtml\"")
        );
        assert!(html.contains("./javascript%3A%22%3Cb%3E/") && !html.contains("<script"));
        let marks = |class: &str| html.matches(&format!("<span class=\"{class}\"")).count();
        assert_eq!((marks("pass"), marks("fail"), marks("open")), (1, 3, 1));
        let headings =
            ["Plans", "Audits", "Comparisons", "Runs"].map(|name| html.find(&format!(">{name}</h2>")));
        assert!(headings.is_sorted() && headings[0].is_some(), "{headings:?}");
    }

    #[test]
    fn an_empty_folder_says_so() {
        assert!(html::render(&page(&[], "0.1.0")).unwrap().contains("no run and no plan"));
    }
}
