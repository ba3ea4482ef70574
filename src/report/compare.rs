//! The page of two runs compared.

use super::chart::{Changed, change};
use super::drawing::Chart;
use super::page::{Block, Fact, Page, PagePart, Sentence};
use super::run_words;
use super::table::Table;
use planner_core::law::finding::Verdict;
use planner_core::law::tolerance::APART_FACTOR;
use planner_core::measure::latency_shift::LatencyShift;
use planner_core::measure::run_comparison::{
    ComparisonDocument, ComparisonOutcome, LevelComparison, MeasureChange,
};
use planner_core::numeric::interval::Interval;
use planner_core::units::human::{capitalised, count, duration, percent, rate, shortest, signed_percent};

/// The measure that people call slow or fast.
const RESIDENCE: &str = "residence R";

/// The answer as a page: what changed, level by level, and what to know when reading it.
#[must_use]
pub fn page(document: &ComparisonDocument, version: &str) -> Page {
    let mut parts: Vec<PagePart> = document.levels.iter().enumerate().map(part).collect();
    parts.push(PagePart::new("In one run only", [Block::List(document.unmatched.clone())]));
    let notes = document.notes.iter().map(|note| format!("{}.", capitalised(note)));
    parts.push(PagePart::new("Doubts", [Block::List(notes.collect())]));
    parts.push(PagePart::new("How to make it again", [Block::Code(run_words::quoted(&document.command))]));
    Page {
        kind: "Comparison of two runs".into(),
        title: title(document),
        lead: document.verdict.clone(),
        bullets: rehearsal(document).into_iter().collect(),
        sentences: held(document).into_iter().collect(),
        provenance: vec![format!("seed {} of the resampling", document.seed), format!("planner {version}")],
        parts,
        version: version.into(),
        ..Page::default()
    }
}

/// A level: what changed as a chart and in numbers.
fn part((index, level): (usize, &LevelComparison)) -> PagePart {
    let shift = |(name, change): (&str, &MeasureChange)| {
        let ratio = change.ratio?;
        Some(Changed {
            name: name.to_owned(),
            change: change.after / change.before - 1.0,
            low: ratio.low - 1.0,
            high: ratio.high - 1.0,
            outcome: change.outcome,
        })
    };
    let shifts: Vec<Changed> = level.changes().into_iter().filter_map(shift).collect();
    let named = |chart: Chart| Chart {
        id: format!("change-{}", index + 1).into(),
        title: format!("{} with {}", chart.title, level.level),
        ..chart
    };
    let chart = change(&shifts).map(|chart| Block::from(named(chart)));
    let reason = level.too_short.clone().map(|reason| format!("{}.", capitalised(&reason)));
    let paragraphs = [reason, level.apart.as_ref().map(apart)].map(|text| text.map(Block::Paragraph));
    let blocks = [chart].into_iter().chain(paragraphs).chain([Some(measures(level).into())]);
    PagePart::new(capitalised(&level.level), blocks.flatten())
}

/// What single jobs say, by which method, and what that assumes.
fn apart(apart: &LatencyShift) -> String {
    let LatencyShift { ratio, confidence, jobs: [before, after], worth } = apart;
    let [low, high] = [ratio.low, ratio.high].map(|factor| shortest(factor, 3));
    let [first, second] = worth.map(|jobs| count(jobs.round() as u64));
    format!(
        "All the same, the latency of single jobs is {low} to {high} times that of before ({} confidence), by a \
         Mann–Whitney test of {} and {} jobs, which are worth {first} and {second} independent ones. It assumes no \
         distribution, but that jobs depend on each other no longer than the runs show, and so it says nothing below a \
         factor of {}.",
        percent(*confidence),
        count(*before as u64),
        count(*after as u64),
        shortest(APART_FACTOR, 2)
    )
}

/// Whether nothing got worse by more than was allowed, where that was asked.
fn held(document: &ComparisonDocument) -> Option<Sentence> {
    let limit = percent(document.limit?);
    let (verdict, text) = match (regressions(document), document.holds) {
        (Some(text), _) => (Verdict::Fail, text),
        (None, Some(_)) => (Verdict::Pass, format!("No measure is worse by more than {limit}.")),
        (None, None) => (
            Verdict::Inconclusive,
            format!("Not decided whether worse by more than {limit}: {}.", document.undecided.join(", ")),
        ),
    };
    Some(Sentence { verdict, text })
}

/// The verdict: by how much copies got slower or faster, else the largest change of another measure, the worse first.
fn title(document: &ComparisonDocument) -> String {
    let all = || document.levels.iter().flat_map(|level| level.changes().map(|it| (level, it)));
    let gravest = |outcome: ComparisonOutcome| {
        let of_outcome = all().filter(|(_, (_, change))| change.outcome == outcome);
        of_outcome.max_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)))
    };
    let is_same =
        all().next().is_some() && all().all(|(_, (_, change))| change.outcome == ComparisonOutcome::Same);
    let apart = document.levels.iter().find_map(|level| Some((level, level.apart.as_ref()?.ratio)));
    let is_short = all().any(|(_, (_, change))| change.outcome == ComparisonOutcome::TooShort);
    let (worse, better) = (gravest(ComparisonOutcome::Worse), gravest(ComparisonOutcome::Better));
    let in_part = if worse.is_some() && better.is_some() { ", and better in part" } else { "" };
    let (state, verdict) = match (worse.or(better), apart) {
        (Some((level, it)), _) => (None, format!("{} with {}{in_part}", told(&it), level.level)),
        (None, _) if is_same => (None, "the same".to_owned()),
        (None, Some((level, Interval { low, high }))) => {
            let [low, high] = [low, high].map(|factor| shortest(factor, 3));
            (None, format!("latency {low} to {high} times that of before with {}", level.level))
        }
        (None, None) if is_short => (Some("undecided"), "too short to compare".to_owned()),
        (None, None) => (None, "no difference is shown".to_owned()),
    };
    run_words::titled(document.rehearsal, state, &verdict)
}

/// How much a change says: how long copies take before all else.
fn weight((name, change): &(&str, &MeasureChange)) -> f64 {
    let size = (change.after / change.before).ln().abs();
    if *name == RESIDENCE { 1.0 + size } else { size.min(1.0) }
}

/// `12.2 % slower (11.2 % to 13.1 %)`.
fn told((name, change): &(&str, &MeasureChange)) -> String {
    let by = change.after / change.before - 1.0;
    let size = |share: f64| signed_percent(share).trim_start_matches(['+', '−']).to_owned();
    match change.ratio.filter(|_| *name == RESIDENCE) {
        Some(Interval { low, high }) => {
            let mut ends = [(low - 1.0).abs(), (high - 1.0).abs()];
            ends.sort_by(f64::total_cmp);
            let word = if by > 0.0 { "slower" } else { "faster" };
            format!("{} {word} ({} to {})", size(by), size(ends[0]), size(ends[1]))
        }
        None => format!("{name} {} ({})", signed_percent(by), interval(change)),
    }
}

/// Says that a comparison with a rehearsal is one.
fn rehearsal(document: &ComparisonDocument) -> Option<Fact> {
    let text = "A run against an emulator says nothing about a real account.";
    document.rehearsal.then(|| Fact::new("Not known", text))
}

fn regressions(document: &ComparisonDocument) -> Option<String> {
    let limit = document.limit.filter(|_| !document.regressions.is_empty())?;
    Some(format!("Worse by more than {}: {}.", percent(limit), document.regressions.join(", ")))
}

fn measures(level: &LevelComparison) -> Table {
    let head = [level.level.as_str(), "before", "after", "change", "95 % interval", "verdict"];
    let mut table = Table::new(&level.level, &head).words_from(5);
    let confidence = level.apart.map_or_else(String::new, |it| format!(" ({})", percent(it.confidence)));
    for (index, (name, change)) in level.changes().into_iter().enumerate() {
        let show = if index == 0 { rate } else { duration };
        table.row([
            name.into(),
            show(change.before),
            show(change.after),
            relative(change),
            interval(change) + if change.low.is_none() && change.ratio.is_some() { &confidence } else { "" },
            change.outcome.words().into(),
        ]);
    }
    table
}

fn relative(change: &MeasureChange) -> String {
    if change.before > 0.0 { signed_percent(change.after / change.before - 1.0) } else { "–".into() }
}

fn interval(change: &MeasureChange) -> String {
    change.ratio.map_or_else(
        || "–".into(),
        |ratio| format!("{} to {}", signed_percent(ratio.low - 1.0), signed_percent(ratio.high - 1.0)),
    )
}
