//! `planner compare`: whether two runs differ, and by how much.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::args::{Accepted, CompareOptions};
use super::exit::{Exit, InvalidRun};
use super::log_files::RunSource;
use super::report_output::ReportOutput;
use super::stdio;
use crate::runs::baseline;
use crate::runs::index::COMPARISON;
use crate::runs::read::{Run, read, read_document};
use crate::runs::{attempts, blocks, machine};
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::run_blocks::{self, BlockDivision};
use planner_core::measure::run_comparison::{self, ComparisonDocument, LevelComparison, SCHEMA};
use planner_core::measure::series::of_level;

/// Runs the command.
pub(super) fn run(options: &CompareOptions) -> miette::Result<Exit> {
    let out = &options.answer.folder.out;
    if let Some(name) = &options.save_baseline {
        let source = RunSource::of(&options.first)?;
        return save(source.folder(), out, name, options.answer.folder.quiet);
    }
    // The folder of a baseline lasts as long as this.
    let kept = options.baseline.as_ref().map(|name| baseline::read(out, name)).transpose()?;
    let folders = match (&kept, &options.second) {
        (Some(kept), _) => [kept.path(), &options.first],
        (None, second) => [options.first.as_path(), second.as_ref().unwrap_or(&options.first)],
    };
    let [before, after] = [RunSource::of(folders[0])?, RunSource::of(folders[1])?];
    let document = compare(options, [before.folder(), after.folder()])?;
    let page = &planner_report::compare::page(&document, env!("CARGO_PKG_VERSION"));
    let answer = ReportOutput { file: COMPARISON, document: &document, page, csv: None };
    answer.give(options.answer.format, &options.answer.folder, "compare", Timestamp::now())?;
    Ok(match (document.limit, document.holds) {
        (None, _) | (_, Some(true)) => Exit::Fine,
        (_, Some(false)) => Exit::ThresholdCrossed,
        (_, None) if options.accept == Some(Accepted::Undecided) => Exit::Fine,
        (_, None) => Exit::Unproven,
    })
}

/// Keeps a run as a baseline.
fn save(folder: &Path, out: &Path, name: &str, quiet: bool) -> miette::Result<Exit> {
    let help = "measure again, and save the run that is whole and valid";
    let document = read_document(folder)?;
    if !document.complete {
        return Err(InvalidRun::new(folder, "the run was cut off before its end", help).into());
    }
    if is_saturated(&document) {
        return Err(InvalidRun::new(folder, "its generator was saturated", help).into());
    }
    let path = baseline::save(folder, out, name, &document.run)?;
    if !quiet {
        stdio::say(format_args!("baseline {name}: {}", path.display()));
    }
    Ok(Exit::Fine)
}

fn compare(options: &CompareOptions, folders: [&Path; 2]) -> miette::Result<ComparisonDocument> {
    let [before, after] = [read(folders[0])?, read(folders[1])?];
    let limit = options.fail_on_regression.map(|share| share.0);
    let pairs = pairs(&before.document.levels, &after.document.levels);
    let levels = levels(options.seed, folders, [&before, &after], &pairs)?;
    let judged = |of: &dyn Fn(&LevelComparison, f64) -> Vec<String>| {
        limit.map_or_else(Vec::new, |limit| levels.iter().flat_map(|level| of(level, limit)).collect())
    };
    let regressions: Vec<String> = judged(&LevelComparison::regressions);
    let mut undecided: Vec<String> = judged(&LevelComparison::undecided);
    let [missing, added] =
        [(0, &before.document), (1, &after.document)].map(|(run, it)| alone(run, it, &pairs));
    if limit.is_some() {
        undecided.extend(missing.iter().cloned());
        let saturated = [&before, &after].into_iter().filter(|run| is_saturated(&run.document));
        undecided.extend(saturated.map(|run| format!("everything in {}", run.document.run)));
    }
    let holds = match (regressions.is_empty(), undecided.is_empty() && !levels.is_empty()) {
        (false, _) => Some(false),
        (true, is_decided) => is_decided.then_some(true),
    };
    let (first, second) = (&before.document.run, &after.document.run);
    Ok(ComparisonDocument {
        schema: SCHEMA,
        before: first.clone(),
        after: second.clone(),
        verdict: format!("{first} → {second}: {}.", ComparisonDocument::outcome(&levels)),
        holds: limit.and(holds),
        rehearsal: before.document.rehearsal || after.document.rehearsal,
        command: machine::command_line(),
        seed: options.seed,
        levels,
        unmatched: [missing, added].concat(),
        limit,
        regressions,
        undecided,
        notes: notes(&before.document, &after.document),
    })
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
    seed: u64,
    folders: [&Path; 2],
    runs: [&Run; 2],
    pairs: &[[usize; 2]],
) -> miette::Result<Vec<LevelComparison>> {
    let rows = |run: usize, level: usize| of_level(&runs[run].series, level as u32);
    let summary = |run: usize, level: usize| &runs[run].document.levels[level];
    let cuts: Vec<[BlockDivision; 2]> = pairs
        .iter()
        .map(|&[a, b]| run_blocks::cuts((summary(0, a), rows(0, a)), (summary(1, b), rows(1, b))))
        .collect();
    let blocks = |run: usize| {
        let of_run: Vec<_> = pairs.iter().zip(&cuts).map(|(pair, cuts)| (pair[run], &cuts[run])).collect();
        blocks::read(folders[run], &runs[run].series, &of_run)
    };
    let blocks = [blocks(0)?, blocks(1)?];
    // Single jobs are looked at only where whole blocks are too few.
    let is_short = cuts.iter().flatten().any(BlockDivision::is_short);
    let jobs = |run: usize| if is_short { attempts::latencies_ns(folders[run]) } else { Ok(BTreeMap::new()) };
    let jobs = [jobs(0)?, jobs(1)?];
    let compared = pairs.iter().zip(&cuts).enumerate().map(|(index, (&[a, b], cuts))| {
        let of_run = |run: usize, level: usize| (summary(run, level), blocks[run][index].as_slice());
        let jobs_of =
            |run: usize, level: usize| jobs[run].get(&(level as u32)).map_or(&[][..], Vec::as_slice);
        let level =
            run_comparison::level(of_run(0, a), of_run(1, b), cuts, [jobs_of(0, a), jobs_of(1, b)], seed);
        let is_same = summary(0, a) == summary(1, b) && rows(0, a) == rows(1, b);
        if is_same { level.same() } else { level }
    });
    Ok(compared.collect())
}

/// Levels that one run alone has.
fn alone(run: usize, document: &RunDocument, pairs: &[[usize; 2]]) -> Vec<String> {
    let is_alone = |index: &usize| pairs.iter().all(|pair| pair[run] != *index);
    let name = |index: usize| format!("{} in {}", document.levels[index].label(), document.run);
    (0..document.levels.len()).filter(is_alone).map(name).collect()
}

fn is_saturated(document: &RunDocument) -> bool {
    document.generator.as_ref().is_some_and(|it| it.saturated)
}

fn notes(before: &RunDocument, after: &RunDocument) -> Vec<String> {
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
        told(names(&is_saturated), "the generator was saturated, so differences may be its own"),
        told(names(&|document| !document.complete), "cut off before its end"),
        twins.then(|| format!("both runs are virtual and have seed {}: they share their luck", before.seed)),
        Some("each interval holds with 95 % confidence by itself: of 20 measures that did not change, one is expected to look changed".into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
