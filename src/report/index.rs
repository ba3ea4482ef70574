//! The page that lists the runs, plans, audits, comparisons and checks of a folder.

use super::page::{Block, Link, Page, PagePart};
use super::plan::decision;
use super::{lead_sentence, run_sentences, run_words};
use planner_core::law::finding::Verdict;
use planner_core::measure::document::RunDocument;
use planner_core::units::human::{capitalised, count, counted, duration};
use planner_plan::decision::PlanState;
use planner_plan::plan_header::JobDescription;

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
        kind: ReportKind,
        /// What it comes to, in a sentence, where it has one.
        verdict: Option<String>,
        /// Whether what was asked for holds, where that was asked.
        holds: Option<bool>,
        /// How a recommendation stands.
        state: Option<PlanState>,
        /// What a plan is to copy, and by when.
        job: Option<JobDescription>,
    },
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
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
    let part = |heading: &str, wanted: Option<ReportKind>| {
        let kind = |entry: &Entry| match entry.kind {
            EntryKind::Run(_) => None,
            EntryKind::Answer { kind, .. } => Some(kind),
        };
        let links = entries.iter().filter(|entry| kind(entry) == wanted).map(link).collect();
        PagePart::new(heading, [Block::Links(links)])
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
            part("Plans", Some(ReportKind::Plan)),
            part("Audits", Some(ReportKind::Audit)),
            part("Comparisons", Some(ReportKind::Comparison)),
            part("Checks", Some(ReportKind::Check)),
            part("Runs", None),
        ],
        version: version.into(),
        ..Page::default()
    }
}

fn link(entry: &Entry) -> Link {
    let path = vec![entry.folder.clone(), entry.file.into()];
    let (name, folder) = (entry.folder.clone(), &entry.folder);
    match &entry.kind {
        EntryKind::Run(document) => {
            let (verdict, details) = (run_sentences::overall(document), run_details(document));
            Link { path, name, verdict, state: "", details }
        }
        EntryKind::Answer { verdict, holds, state, job, .. } => {
            let mark = match (state, holds) {
                (Some(state), _) => stands(*state),
                (None, Some(true)) => Verdict::Pass,
                (None, Some(false)) => Verdict::Fail,
                (None, None) => Verdict::NotAvailable,
            };
            let details = verdict.clone().unwrap_or_else(|| "Without a verdict.".into());
            let (name, details) = match job {
                Some(job) => (goal(job), format!("{details} · {folder}")),
                None => (name, details),
            };
            Link { path, name, verdict: mark, state: state.map_or("", decision::word), details }
        }
    }
}

/// Only what is proven on a real account is a yes.
fn stands(state: PlanState) -> Verdict {
    match state {
        PlanState::Ready => Verdict::Pass,
        PlanState::Rehearsed | PlanState::Assumed | PlanState::Unproven => Verdict::Inconclusive,
        PlanState::Blocked => Verdict::Fail,
    }
}

/// What a plan is for: `45,000 in 10m`.
fn goal(job: &JobDescription) -> String {
    let objects = count(job.objects);
    if job.deadline_s > 0.0 {
        format!("{objects} in {}", duration(job.deadline_s))
    } else {
        objects + " objects"
    }
}

fn run_details(document: &RunDocument) -> String {
    let state = (!document.complete).then(|| "INCOMPLETE".to_owned());
    let kind = if document.rehearsal { "rehearsal" } else { "real" };
    let rest = [kind.to_owned(), document.name.clone(), run_words::date(&document.started_at)];
    let facts: Vec<_> = state.into_iter().chain(run_words::verdicts(document)).chain(rest).collect();
    format!("{} {}", lead_sentence::done(document), capitalised(&facts.join(" · ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use crate::sample_run::SampleRun;

    #[test]
    fn runs_and_answers_are_listed_with_their_verdicts_and_their_links_stay_links() {
        let run = |sample: SampleRun, folder: &str| Entry {
            folder: folder.into(),
            file: "report.html",
            kind: EntryKind::Run(Box::new(sample.document)),
        };
        let answer = |kind, holds, folder: &str| Entry {
            folder: folder.into(),
            file: "report.html",
            kind: EntryKind::Answer {
                kind,
                verdict: Some("Set it to 600.".into()),
                holds,
                state: None,
                job: None,
            },
        };
        let plan = |state, folder: &str| {
            let mut entry = answer(ReportKind::Plan, Some(true), folder);
            if let EntryKind::Answer { state: of_plan, job, .. } = &mut entry.kind {
                *of_plan = Some(state);
                let size_range_bytes = [600_000_000, 800_000_000];
                *job = Some(JobDescription {
                    objects_at_least: None,
                    clock: None,
                    objects: 45_000,
                    size_bytes: 1,
                    size_range_bytes,
                    deadline_s: 600.0,
                });
            }
            entry
        };
        let entries = [
            run(SampleRun::one_level(), "20260302-daily"),
            run(SampleRun::hostile(), "javascript:\"<b>"),
            answer(ReportKind::Comparison, None, "compare-1"),
            answer(ReportKind::Audit, Some(false), "audit-1"),
            answer(ReportKind::Plan, Some(true), "plan-1"),
            plan(PlanState::Rehearsed, "plan-2"),
            plan(PlanState::Blocked, "plan-3"),
        ];
        let html = html::render(&page(&entries, "0.1.0")).unwrap();
        assert!(
            html.contains("Set it to 600.") && html.contains("href=\"./20260302%2Ddaily/report%2Ehtml\"")
        );
        assert!(html.contains("./javascript%3A%22%3Cb%3E/") && !html.contains("<script"));
        let marks = |class: &str| html.matches(&format!("<span class=\"{class}\"")).count();
        assert_eq!((marks("pass"), marks("fail"), marks("open")), (1, 4, 2), "a rehearsed plan is no yes");
        let state = |word: &str| html.contains(&format!("45,000 in 10m</a> <b class=\"state {word}"));
        assert!(state("open\">rehearsed<") && state("fail\">blocked<"));
        let headings =
            ["Plans", "Audits", "Comparisons", "Runs"].map(|name| html.find(&format!(">{name}</h2>")));
        assert!(headings.is_sorted() && headings[0].is_some(), "{headings:?}");
    }

    #[test]
    fn an_empty_folder_says_so() {
        assert!(html::render(&page(&[], "0.1.0")).unwrap().contains("no run and no plan"));
    }
}
