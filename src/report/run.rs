//! The page of a run.

use super::chart;
use super::drawing::Chart;
use super::merged_rows::merged;
use super::page::{Block, Fact, Page, PagePart, Sentence};
use super::plan::verify;
use super::sparkline::Sparkline;
use super::table::Table;
use super::{RunView, fan_out, lead_sentence, run_limitations, run_sentences, run_tables, run_words};
use planner_core::law::finding::Verdict;
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::SeriesSecond;
use planner_core::units::human::{capitalised, count, length, number};
use planner_core::units::quantity::NS_PER_S;

/// What stands above the scenario.
const SCENARIO: &str = "The scenario of this run, with what it left to the defaults:";

/// Bins in which the talk that the tool follows counted completions.
const BIN_S: u64 = 2;

/// A run as a page: what it came to, then the charts with their numbers, then every reason to doubt it.
#[must_use]
pub fn page(view: &RunView) -> Page {
    let document = view.document;
    let sentences = sentences(view);
    let failure = sentences.iter().find(|sentence| sentence.verdict == Verdict::Fail);
    // A title with the rates below it says as much as the sentence with both.
    let told_by_title = failure.is_none() && view.verification.is_none();
    let rates = capitalised(&lead_sentence::rates(document));
    Page {
        kind: format!("Load run · {}", document.name),
        title: title(view, failure),
        banners: banners(view),
        lead: match (told_by_title, rates.is_empty()) {
            (true, true) => String::new(),
            (true, false) => rates + ".",
            (false, _) => lead_sentence::done(document),
        },
        bullets: rehearsal(document).into_iter().collect(),
        sentences,
        provenance: run_words::provenance(document),
        parts: parts(view),
        version: document.version.clone(),
    }
}

/// The verdict: on a plan where the run was driven for one, else what failed first, else what was done.
fn title(view: &RunView, failure: Option<&Sentence>) -> String {
    let document = view.document;
    let state = match (failure, document.complete) {
        (Some(_), _) => Some("FAIL"),
        (None, false) => Some("incomplete"),
        (None, true) => None,
    };
    match (view.verification, failure) {
        (Some(found), _) => verify::title(found),
        (None, Some(failure)) => {
            run_words::titled(document.rehearsal, state, failure.text.trim_end_matches('.'))
        }
        (None, None) => run_words::titled(document.rehearsal, state, &lead_sentence::what(document)),
    }
}

/// What it came to, first of all whether a plan keeps.
fn sentences(view: &RunView) -> Vec<Sentence> {
    let verdict = view.verification.map(verify::sentence);
    verdict.into_iter().chain(run_sentences::sentences(view.document)).collect()
}

/// Says that a rehearsal is one.
fn rehearsal(document: &RunDocument) -> Option<Fact> {
    let against = run_words::rehearsal(document)?;
    Some(Fact::new("Not known", format!("A rehearsal {against} says nothing about a real account.")))
}

/// What must not be overlooked.
fn banners(view: &RunView) -> Vec<String> {
    let document = view.document;
    [run_words::cut_off(view), run_words::saturation(document)].into_iter().flatten().collect()
}

fn parts(view: &RunView) -> Vec<PagePart> {
    let document = view.document;
    // What a fan-out's attempts do is publish.
    let stage = if document.fan_out.is_some() { "Publish requests: " } else { "" };
    let part = |heading: &str, blocks: Vec<Option<Block>>| {
        PagePart::new(capitalised(&format!("{stage}{heading}")), blocks.into_iter().flatten())
    };
    let [pipeline, function] = fan_out::parts(view);
    vec![
        pipeline,
        function,
        part("over time", vec![drawn(chart::timeline(view)), completions(view).map(Block::Sparkline)]),
        part("Little’s law, N = X·R", law(view)),
        PagePart::detail("N = X·R in each level", several(document, run_tables::laws)),
        part("times", times(view)),
        part("scaling", vec![drawn(chart::sweep(view)), several(document, run_tables::levels)]),
        part("counts and errors", counts(document)),
        PagePart::new("The load generator", generator(document).map(Block::Paragraph)),
        PagePart::detail("Doubts", [Block::List(run_limitations::of_run(view))]),
        reproduce(document),
    ]
}

fn drawn(chart: Option<Chart>) -> Option<Block> {
    chart.map(Block::from)
}

/// A table of the only level.
fn one(document: &RunDocument, of: fn(&LevelSummary) -> Table) -> Option<Block> {
    match document.levels.as_slice() {
        [level] => Some(of(level).into()),
        _ => None,
    }
}

/// A table of all levels where there are several.
fn several(document: &RunDocument, of: fn(&RunDocument) -> Table) -> Option<Block> {
    (document.levels.len() > 1).then(|| of(document).into())
}

fn law(view: &RunView) -> Vec<Option<Block>> {
    let document = view.document;
    let terms = match document.levels.as_slice() {
        [] => Some(Block::Paragraph("Nothing was recorded.".into())),
        [level] => {
            let endpoint = level.endpoint_in_flight_mean.map(|mean| {
                let text = format!("{} in flight on average, counted at the endpoint", number(mean));
                Fact::new("endpoint", text)
            });
            let steady = level.steady.as_ref().map(|steady| Fact::new("steady", run_words::steady(steady)));
            let law = Fact::new("N = X·R", run_words::law(&level.littles_law));
            Some(Block::Facts([Some(law), endpoint, steady].into_iter().flatten().collect()))
        }
        _ => None,
    };
    let judgements = document.verdicts.as_ref().map(run_words::judgements);
    vec![drawn(chart::little(view)), terms, judgements, one(document, run_tables::stages)]
}

fn times(view: &RunView) -> Vec<Option<Block>> {
    let document = view.document;
    let intervals = match document.levels.as_slice() {
        [level] if level.jobs_done > 0 => {
            Some(Block::Paragraph(format!("From the intended start: {}.", run_words::intervals(level))))
        }
        _ => None,
    };
    let tables = match document.levels.as_slice() {
        [level] => run_tables::times(level),
        _ => Vec::new(),
    };
    let charts = [chart::spectrum(view), chart::size(view)].map(drawn);
    charts.into_iter().chain(tables.into_iter().map(|table| Some(table.into()))).chain([intervals]).collect()
}

fn counts(document: &RunDocument) -> Vec<Option<Block>> {
    vec![
        one(document, run_tables::measures),
        several(document, run_tables::outcomes),
        Some(run_tables::refusals(document).into()),
        Some(run_tables::thresholds(document).into()),
    ]
}

/// How many objects or messages were done in each bin.
fn completions(view: &RunView) -> Option<Sparkline> {
    let bins = merged(view.series, BIN_S * NS_PER_S);
    let is_whole = |bin: &&SeriesSecond| bin.window.length_ns == BIN_S * NS_PER_S;
    let mut whole: Vec<u64> = bins.iter().filter(is_whole).map(|bin| bin.items_done).collect();
    whole.sort_unstable();
    let [least, .., most] = *whole.as_slice() else { return None };
    // One object is no change over time.
    if bins.iter().map(|bin| bin.items_done).sum::<u64>() < 2 {
        return None;
    }
    // The last bin may be shorter, and yet hold the most.
    let most = bins.iter().map(|bin| bin.items_done).fold(most, u64::max);
    let [least, median, most] = [least, whole[(whole.len() - 1) / 2], most].map(count);
    Some(Sparkline {
        name: format!("done per {}", length(BIN_S)),
        values: bins.iter().map(|bin| bin.items_done as f64).collect(),
        note: format!("{least} at least, {median} at the median, {most} at most"),
    })
}

/// Where the run comes from, and the command and the scenario that make it again.
fn reproduce(document: &RunDocument) -> PagePart {
    let scenario = scenario(document);
    let blocks = [
        Some(Block::Facts(run_tables::provenance(document))),
        Some(Block::Code(run_words::quoted(&document.command))),
        scenario.as_ref().map(|_| Block::Paragraph(SCENARIO.into())),
        scenario.map(Block::Code),
    ];
    PagePart::detail("How to reproduce it", blocks.into_iter().flatten())
}

/// The scenario as a file that runs again; None where a number is too large for TOML.
fn scenario(document: &RunDocument) -> Option<String> {
    toml::to_string(&document.scenario).ok()
}

fn generator(document: &RunDocument) -> Option<String> {
    let generator = document.generator.as_ref()?;
    Some(capitalised(&run_words::generator(generator)) + ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};
    use crate::sample_run::SampleRun;
    use planner_core::scenario::file::File;

    #[test]
    fn the_scenario_that_is_shown_runs_again() {
        let document = SampleRun::one_level().document;
        let text = scenario(&document).unwrap();
        assert_eq!(toml::from_str::<File>(&text).unwrap(), document.scenario, "{text}");
    }

    fn ids(sample: &SampleRun) -> Vec<String> {
        page(&sample.view()).charts().map(|chart| chart.id.clone().into_owned()).collect()
    }

    #[test]
    fn one_object_has_no_sparkline_and_jobs_and_attempts_have_no_table_in_common() {
        assert!(completions(&SampleRun::one_attempt().view()).is_none());
        assert!(completions(&SampleRun::one_level().view()).is_some());
        let [one] = run_tables::times(&SampleRun::one_level().document.levels[0]).try_into().unwrap();
        assert_eq!(one.rows.len(), 3);
        let [jobs, attempts] =
            run_tables::times(&SampleRun::refused().document.levels[0]).try_into().unwrap();
        assert_eq!((jobs.rows.len(), attempts.rows[0][0].as_str()), (2, "from actual start"));
    }

    #[test]
    fn a_run_has_the_charts_that_it_has_data_for() {
        assert_eq!(ids(&SampleRun::empty()), [""; 0]);
        assert_eq!(ids(&SampleRun::one_attempt()), ["timeline", "littles-law"]);
        assert_eq!(ids(&SampleRun::one_level()), ["timeline", "littles-law", "latency"]);
        assert_eq!(ids(&SampleRun::sweep()), ["timeline", "littles-law", "latency", "sweep"]);
    }

    #[test]
    fn every_chart_of_every_run_can_be_drawn_and_says_that_it_is_a_rehearsal() {
        for sample in SampleRun::all() {
            for chart in page(&sample.view()).charts() {
                let drawing = svg(chart, Frame::Card).unwrap();
                assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
                assert_eq!(drawing.contains("REHEARSAL"), sample.document.rehearsal);
            }
        }
    }
}
