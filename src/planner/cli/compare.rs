//! `planner compare`: whether two runs differ, and by how much.

use jiff::Timestamp;

use super::answer::Answer;
use super::args::CompareOptions;
use super::exit::Exit;
use crate::runs::index::COMPARISON;
use crate::runs::read::{Run, read};
use crate::runs::{blocks, machine};
use planner_core::measure::comparison::{self, ComparisonDocument, Cut, LevelComparison, SCHEMA};
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::Row;

/// Runs the command.
pub(super) fn run(options: &CompareOptions) -> miette::Result<Exit> {
    let (before, after) = (read(&options.before)?, read(&options.after)?);
    let limit = options.fail_on_regression.map(|share| share.0);
    let pairs = pairs(&before.document.levels, &after.document.levels);
    let levels = levels(options, [&before, &after], &pairs)?;
    let regressions = limit
        .map_or_else(Vec::new, |limit| levels.iter().flat_map(|level| level.regressions(limit)).collect());
    let document = ComparisonDocument {
        schema: SCHEMA,
        before: before.document.run.clone(),
        after: after.document.run.clone(),
        verdict: format!(
            "{} → {}: {}.",
            before.document.run,
            after.document.run,
            ComparisonDocument::outcome(&levels)
        ),
        holds: limit.filter(|_| ComparisonDocument::tells(&levels)).map(|_| regressions.is_empty()),
        rehearsal: before.document.rehearsal || after.document.rehearsal,
        command: machine::command_line(),
        seed: options.seed,
        levels,
        unmatched: unmatched(&before.document, &after.document, &pairs),
        limit,
        regressions,
        notes: notes(&before.document, &after.document),
    };
    let page = &planner_report::comparison::page(&document, env!("CARGO_PKG_VERSION"));
    let answer = Answer { file: COMPARISON, document: &document, page, csv: None };
    answer.give(options.answer.format, &options.answer.folder, "compare", Timestamp::now())?;
    Ok(if document.regressions.is_empty() { Exit::Fine } else { Exit::ThresholdCrossed })
}

/// Places of the levels that both runs have: with as many workers or the same rate, in the order of the first run.
fn pairs(before: &[LevelSummary], after: &[LevelSummary]) -> Vec<[usize; 2]> {
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for (first, level) in before.iter().enumerate() {
        let is_same = |other: &LevelSummary| {
            (level.concurrency, level.rate_per_s) == (other.concurrency, other.rate_per_s)
        };
        let free = |index: usize| pairs.iter().all(|pair| pair[1] != index);
        let found = (0..after.len()).find(|&second| is_same(&after[second]) && free(second));
        pairs.extend(found.map(|second| [first, second]));
    }
    pairs
}

fn levels(
    options: &CompareOptions,
    runs: [&Run; 2],
    pairs: &[[usize; 2]],
) -> miette::Result<Vec<LevelComparison>> {
    let rows = |run: usize, level: usize| -> Vec<Row> {
        runs[run].series.iter().filter(|row| row.level as usize == level).cloned().collect()
    };
    let summary = |run: usize, level: usize| &runs[run].document.levels[level];
    let cuts: Vec<[Cut; 2]> = pairs
        .iter()
        .map(|&[a, b]| comparison::cuts((summary(0, a), &rows(0, a)), (summary(1, b), &rows(1, b))))
        .collect();
    let of_run = |run: usize| -> Vec<(usize, &Cut)> {
        pairs.iter().zip(&cuts).map(|(pair, cuts)| (pair[run], &cuts[run])).collect()
    };
    let before = blocks::read(&options.before, &runs[0].series, &of_run(0))?;
    let after = blocks::read(&options.after, &runs[1].series, &of_run(1))?;
    let compared =
        pairs.iter().zip(&cuts).zip(before.iter().zip(&after)).map(|((pair, cuts), (before, after))| {
            comparison::level((summary(0, pair[0]), before), (summary(1, pair[1]), after), cuts, options.seed)
        });
    Ok(compared.collect())
}

fn unmatched(before: &RunDocument, after: &RunDocument, pairs: &[[usize; 2]]) -> Vec<String> {
    let alone = |run: usize, document: &RunDocument| {
        let is_alone = |index: &usize| pairs.iter().all(|pair| pair[run] != *index);
        let name = |index: usize| format!("{} in {}", document.levels[index].label(), document.run);
        (0..document.levels.len()).filter(is_alone).map(name).collect::<Vec<_>>()
    };
    [alone(0, before), alone(1, after)].concat()
}

fn notes(before: &RunDocument, after: &RunDocument) -> Vec<String> {
    let saturated = |document: &RunDocument| document.generator.as_ref().is_some_and(|it| it.saturated);
    let names = |is: &dyn Fn(&RunDocument) -> bool| {
        [before, after]
            .into_iter()
            .filter(|document| is(document))
            .map(|document| document.run.clone())
            .collect::<Vec<_>>()
    };
    let told =
        |names: Vec<String>, text: &str| (!names.is_empty()).then(|| format!("{}: {text}", names.join(", ")));
    let twins = before.seed == after.seed && before.virtual_time && after.virtual_time;
    [
        told(names(&|document| document.rehearsal), "a rehearsal, which says nothing about a real account"),
        told(names(&saturated), "the generator was saturated, so differences may be its own"),
        told(names(&|document| !document.complete), "cut off before its end"),
        twins.then(|| format!("both runs are virtual and have seed {}: they share their luck", before.seed)),
        Some("each interval holds with 95 % confidence by itself: of 20 measures that did not change, one is expected to look changed".into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
