//! The page of several runs, side by side and one by one.

use super::page::{Block, Page, PagePart, Sentence};
use super::table::Table;
use super::{RunView, lead_sentence, run, run_sentences};
use planner_core::measure::level::LevelSummary;
use planner_core::units::human::{count, counted, duration, number, rate};

/// Runs whose charts are on the page; those of more would make it large and slow to read.
const CHARTED_AT_MOST: usize = 4;
/// The same for levels.
const CHARTED_LEVELS_AT_MOST: usize = 100;

/// Several runs as one page: an overview, then each by itself.
#[must_use]
pub fn page(views: &[RunView], version: &str) -> Page {
    let levels: usize = views.iter().map(|view| view.document.levels.len()).sum();
    let charted = views.len() <= CHARTED_AT_MOST && levels <= CHARTED_LEVELS_AT_MOST;
    let overview = PagePart::new(
        "Side by side",
        [
            Block::Table(overview(views)),
            Block::Paragraph(if charted {
                String::new()
            } else {
                "So many runs or levels are shown without charts; each run's own report has them.".into()
            }),
        ],
    );
    let each = (1..).zip(views).map(|(number, view)| part(number, view, charted));
    Page {
        kind: "Load runs".into(),
        title: "Runs side by side".into(),
        banners: rehearsals(views).into_iter().collect(),
        lead: format!("{}.", counted(views.len() as u64, "run")),
        sentences: (1..).zip(views).map(|(number, view)| sentence(number, view)).collect(),
        parts: std::iter::once(overview).chain(each).collect(),
        version: version.into(),
        ..Page::default()
    }
}

/// Says how many of the runs are rehearsals, where one is.
fn rehearsals(views: &[RunView]) -> Option<String> {
    match views.iter().filter(|view| view.document.rehearsal).count() {
        0 => None,
        some if some == views.len() => {
            Some("All are rehearsals on an emulated endpoint: they say nothing about a real account.".into())
        }
        some => Some(format!(
            "{some} of them rehearsals on an emulated endpoint, which say nothing about a real account."
        )),
    }
}

/// A run by its number, in a sentence behind its verdict.
fn sentence(number: usize, view: &RunView) -> Sentence {
    let document = view.document;
    Sentence {
        verdict: run_sentences::overall(document),
        text: format!("{number}. {}: {}", document.run, lead_sentence::done(document)),
    }
}

fn overview(views: &[RunView]) -> Table {
    let head = ["run", "level", "X", "N", "R", "makespan", "p99", "throttled"];
    let mut table = Table::new("All levels of all runs; p99 from the intended start", &head);
    for (place, view) in (1..).zip(views) {
        for level in &view.document.levels {
            table.row([
                count(place),
                level.label(),
                rate(level.throughput_per_s),
                number(level.in_flight_mean),
                duration(level.residence_mean_s),
                duration(level.makespan_s),
                p99(level),
                count(level.throttles),
            ]);
        }
    }
    table
}

fn p99(level: &LevelSummary) -> String {
    if level.jobs_done > 0 { duration(level.latency_s.p99) } else { "–".into() }
}

/// What the page of one run says, under one heading; names of charts get the run's number.
fn part(number: usize, view: &RunView, charted: bool) -> PagePart {
    let page = run::page(view);
    let mut blocks: Vec<Block> = page.banners.into_iter().map(Block::Banner).collect();
    blocks.extend([
        Block::Paragraph(page.title),
        Block::Paragraph(page.lead),
        Block::Facts(page.bullets),
        Block::Sentences(page.sentences),
        Block::Paragraph(page.provenance.join(" · ")),
    ]);
    let kept = |block: &Block| match block {
        Block::Chart(_) => charted,
        Block::Judgements(_) | Block::List(_) => true,
        // Commands, and not whole files.
        Block::Code(text) => !text.contains('\n'),
        _ => false,
    };
    for mut block in page.parts.into_iter().flat_map(|part| part.blocks).filter(kept) {
        if let Block::Chart(chart) = &mut block {
            chart.id = format!("run-{number}-{}", chart.id).into();
        }
        blocks.push(block);
    }
    PagePart::detail(format!("{number}. {}", view.document.run), blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use crate::sample_run::SampleRun;

    #[test]
    fn every_run_has_its_row_its_part_and_charts_of_its_own() {
        let samples = [SampleRun::one_level(), SampleRun::refused(), SampleRun::empty()];
        let views: Vec<_> = samples.iter().map(SampleRun::view).collect();
        let page = page(&views, "0.1.0");
        assert_eq!(page.parts.len(), 4);
        let html = html::render(&page).unwrap();
        assert!(html.contains("id=\"run-1-timeline\"") && html.contains("id=\"run-2-timeline\""));
    }

    #[test]
    fn a_hundred_levels_stay_one_small_page() {
        let sample = SampleRun::many_levels();
        let html = html::render(&run::page(&sample.view())).unwrap();
        assert!(html.len() < 500_000 && html.contains("Of 100 levels, 11 are drawn"), "{}", html.len());
        assert!(html::render(&page(&[sample.view(); 2], "0.1.0")).unwrap().contains("shown without charts"));
    }

    #[test]
    fn many_runs_stay_one_small_page_that_says_what_is_left_out() {
        let sample = SampleRun::refused();
        let html = html::render(&page(&vec![sample.view(); 50], "0.1.0")).unwrap();
        assert!(html.len() < 1_000_000 && !html.contains("<svg"), "{}", html.len());
        assert!(html.contains("shown without charts"));
    }
}
