//! What every plan says of its objects and of what it rests on.

use crate::page::{Block, Part};
use crate::words;
use planner_core::units::human::capitalised;
use planner_core::units::human::{bytes, count, counted, duration, number};
use planner_plan::doubt::Doubt;

use super::doubt;
use planner_plan::fit::BasisKind;
use planner_plan::preface::Preface;

/// What a plan from a rehearsal is worth.
const REHEARSAL: &str =
    "REHEARSAL: planned from a run against an emulator; says nothing about a real account.";

/// What a plan from nothing measured is worth.
const ASSUMED: &str =
    "ASSUMED: nothing was measured; the plan is as good as the residence time it was given.";

/// What must not be overlooked.
pub(super) fn banners(preface: &Preface) -> Vec<String> {
    let basis = &preface.basis;
    let assumed = (basis.kind == BasisKind::Assumed).then_some(ASSUMED);
    basis.rehearsal.then_some(REHEARSAL).into_iter().chain(assumed).map(str::to_owned).collect()
}

/// Where the plan comes from, on one line.
pub(super) fn provenance(preface: &Preface) -> Vec<String> {
    let basis = &preface.basis;
    let rests_on = match basis.kind {
        BasisKind::Assumed => format!("assumed: {}", basis.source),
        BasisKind::Measured => format!("{} ({})", basis.source, counted(basis.jobs, "job")),
    };
    vec![
        rests_on,
        format!("seed {}", preface.seed),
        format!("planner {}", preface.version),
        words::date(&preface.created_at),
    ]
}

/// What is to be copied, in a sentence without an end.
pub(super) fn objects(preface: &Preface) -> String {
    let job = &preface.job;
    let [smallest, largest] = job.size_range_bytes.map(bytes);
    let sizes = if smallest == largest { smallest } else { format!("{smallest} to {largest}") };
    format!("{} of {sizes}, {} in all", counted(job.objects, "object"), bytes(job.size_bytes))
}

/// What the answer rests on.
pub(super) fn basis(preface: &Preface) -> String {
    let basis = &preface.basis;
    let residence = &preface.residence;
    let among = residence.mean_at_most_in_flight_s.zip(basis.measured_n_max);
    let times = format!(
        "one copy takes {} on average{}, coefficient of variation {}",
        duration(residence.mean_s),
        among.map_or_else(String::new, |(mean_s, n)| {
            format!(" when alone and {} among {}", duration(mean_s), count(n.round() as u64))
        }),
        number(residence.cv)
    );
    match basis.kind {
        BasisKind::Assumed => format!("nothing measured, but assumed: {}; {times}", basis.source),
        BasisKind::Measured => {
            let at =
                basis.started_at.as_deref().map_or_else(String::new, |at| format!(", {}", words::date(at)));
            let where_ = if basis.rehearsal { "an emulator" } else { "a real account" };
            let n = basis.measured_n_max.map_or_else(String::new, |n| format!(" at up to N = {}", number(n)));
            format!("{} on {where_}{at}, {}{n}; {times}", basis.source, counted(basis.jobs, "job"))
        }
    }
}

/// Every doubt with what to do about it.
pub(super) fn doubts(doubts: &[Doubt]) -> Vec<String> {
    doubts
        .iter()
        .map(|doubt| format!("{}: {}.", capitalised(&doubt::text(doubt)), doubt::advice(doubt)))
        .collect()
}

/// How the plan is made again.
pub(super) fn reproduce(preface: &Preface, sources: &[String]) -> Part {
    let lists = sources.iter().map(|source| format!("{}.", capitalised(source))).collect();
    let basis = format!("{}.", capitalised(&basis(preface)));
    Part::new(
        "What it rests on, and how to make it again",
        [Block::Paragraph(basis), Block::List(lists), Block::Code(words::quoted(&preface.command))],
    )
}
