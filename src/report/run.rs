//! The page of a run.

use super::chart::{self, Chart};
use super::page::{Block, Fact, Judgement, Page, Part};
use super::table::Table;
use super::{RunView, doubts, fan_out, lead, tables, words};
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::units::human::capitalised;

/// What stands above the scenario.
const SCENARIO: &str = "The scenario of this run, with what it left to the defaults:";

/// A run as a page: what it came to, then the charts with their numbers, then every reason to doubt it.
#[must_use]
pub fn page(view: &RunView) -> Page {
    let document = view.document;
    Page {
        kind: "Load run".into(),
        title: document.name.clone(),
        banners: banners(view),
        lead: lead::done(document),
        sentences: words::sentences(document),
        tiles: tiles(document),
        provenance: words::provenance(document),
        parts: parts(view),
        version: document.version.clone(),
    }
}

/// What must not be overlooked.
fn banners(view: &RunView) -> Vec<String> {
    let document = view.document;
    [words::rehearsal(document), words::cut_off(view), words::saturation(document)]
        .into_iter()
        .flatten()
        .collect()
}

/// The numbers that a reader looks for first; a sweep has them in its table.
fn tiles(document: &RunDocument) -> Vec<Fact> {
    if let Some(found) = &document.fan_out {
        return fan_out::headlines(found);
    }
    let [level] = document.levels.as_slice() else { return Vec::new() };
    tables::headlines(level).into_iter().map(|(name, value)| Fact::new(name, value)).collect()
}

fn parts(view: &RunView) -> Vec<Part> {
    let document = view.document;
    let levels = document.levels.as_slice();
    let scenario = scenario(document);
    let chart = |chart: Option<Chart>| chart.map(Block::from);
    let one = |of: fn(&LevelSummary) -> Table| match levels {
        [level] => Some(Block::Table(of(level))),
        _ => None,
    };
    let several = |of: fn(&RunDocument) -> Table| (levels.len() > 1).then(|| Block::Table(of(document)));
    let together =
        |heading: &str, blocks: Vec<Option<Block>>| Part::new(heading, blocks.into_iter().flatten());
    // What a fan-out's attempts do is publish.
    let over_time = if document.fan_out.is_some() { "Publishing over time" } else { "Over time" };
    vec![
        fan_out::part(view),
        together(over_time, vec![chart(chart::timeline(view))]),
        together(
            "Little’s law, N = X·R",
            vec![
                chart(chart::little(view)),
                Some(Block::Judgements(judgements(document))),
                law_sentence(levels).map(Block::Paragraph),
                several(tables::laws),
                one(tables::stages),
            ],
        ),
        together(
            "Times",
            vec![
                chart(chart::spectrum(view)),
                one(tables::times),
                intervals(levels).map(Block::Paragraph),
                chart(chart::size(view)),
            ],
        ),
        together("Scaling", vec![chart(chart::sweep(view)), several(tables::levels)]),
        together(
            "Counts and errors",
            vec![
                one(tables::measures),
                several(tables::outcomes),
                Some(tables::refusals(document).into()),
                Some(tables::thresholds(document).into()),
            ],
        ),
        together("The load generator", vec![generator(document).map(Block::Paragraph)]),
        together("Doubts", vec![Some(Block::List(doubts::of_run(view)))]),
        together(
            "How to reproduce it",
            vec![
                Some(Block::Facts(facts(document))),
                Some(Block::Code(words::quoted(&document.command))),
                scenario.as_ref().map(|_| Block::Paragraph(SCENARIO.into())),
                scenario.map(Block::Code),
            ],
        ),
    ]
}

fn judgements(document: &RunDocument) -> Vec<Judgement> {
    let Some(verdicts) = &document.verdicts else { return Vec::new() };
    vec![
        Judgement::new("Accounting", &verdicts.accounting),
        Judgement::new("Independent", &verdicts.independent),
        Judgement::new("Raw", &verdicts.raw),
    ]
}

/// The scenario as a file that runs again; None where a number is too large for TOML.
fn scenario(document: &RunDocument) -> Option<String> {
    toml::to_string(&document.scenario).ok()
}

fn law_sentence(levels: &[LevelSummary]) -> Option<String> {
    match levels {
        [] => Some("Nothing was recorded.".into()),
        [level] => Some(format!("{}.", words::law(&level.littles_law))),
        _ => None,
    }
}

fn intervals(levels: &[LevelSummary]) -> Option<String> {
    match levels {
        [level] if level.jobs_done > 0 => {
            Some(format!("Latency from the intended start: {}.", words::intervals(level)))
        }
        _ => None,
    }
}

fn generator(document: &RunDocument) -> Option<String> {
    let generator = document.generator.as_ref()?;
    Some(capitalised(&words::generator(generator)) + ".")
}

fn facts(document: &RunDocument) -> Vec<Fact> {
    let facts = tables::provenance(document).rows;
    facts.into_iter().filter_map(|row| Some(Fact::new(row.first()?, row.get(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use planner_core::scenario::file::File;

    #[test]
    fn the_scenario_that_is_shown_runs_again() {
        let document = Sample::one_level().document;
        let text = scenario(&document).unwrap();
        assert_eq!(toml::from_str::<File>(&text).unwrap(), document.scenario, "{text}");
    }
}
