//! What every plan says of its objects and of what it rests on.

use jiff::{RoundMode, SignedDuration, Unit, Zoned, ZonedRound};

use crate::page::{Block, Fact, Page, PagePart};
use crate::run_words;
use planner_core::units::human::capitalised;
use planner_core::units::human::{bytes, count, counted, duration, number};
use planner_plan::fit::BasisKind;
use planner_plan::limitation::Limitation;
use planner_plan::plan_header::{JobDescription, PlanHeader};

use super::limitation::{self, LimitationText};

/// The page with what every plan says: what nobody measured, where it and each of its charts come from, what to doubt, and
/// how to make it again.
pub(super) fn framed(
    page: Page,
    preface: &PlanHeader,
    doubts: &[LimitationText],
    sources: &[String],
) -> Page {
    let provenance = provenance(preface);
    let unmeasured = unmeasured(preface).map(|text| Fact::new("Not known", capitalised(text) + "."));
    let bullets = match page.bullets.is_empty() {
        true => unmeasured.into_iter().collect(),
        false => page.bullets,
    };
    let mut subtitle = vec![provenance.join(" · ")];
    if preface.basis.rehearsal {
        subtitle.push("REHEARSAL: says nothing about a real account".into());
    }
    let mut parts = page.parts;
    // A chart is also shown alone.
    for block in parts.iter_mut().flat_map(|part| &mut part.blocks) {
        if let Block::Chart(chart) = block {
            chart.subtitle.clone_from(&subtitle);
        }
    }
    let doubts = doubts.iter().map(|it| format!("{}: {}.", capitalised(&it.text), it.advice));
    parts.push(PagePart::new("Doubts", [Block::List(doubts.collect())]));
    parts.push(reproduce(preface, sources));
    Page { bullets, provenance, parts, version: preface.version.clone(), ..page }
}

/// A verdict behind what it rests on where that is not a proof by measurement on a real account.
pub(super) fn qualified(preface: &PlanHeader, doubts: &[Limitation], verdict: &str) -> String {
    let unproven = limitation::proviso(doubts).map(|_| "unproven");
    let basis = &preface.basis;
    match basis.kind {
        BasisKind::Assumed => run_words::titled(false, Some("assumed"), verdict),
        BasisKind::Measured => run_words::titled(basis.rehearsal, unproven, verdict),
    }
}

/// Why the times of a plan are not those of a real account; None where they are.
pub(super) fn unmeasured(preface: &PlanHeader) -> Option<&'static str> {
    match (preface.basis.rehearsal, preface.basis.kind) {
        (true, _) => Some("a rehearsal says nothing about a real account"),
        (false, BasisKind::Assumed) => Some("nothing was measured: times are as they were given"),
        (false, BasisKind::Measured) => None,
    }
}

/// Where the plan comes from, on one line.
fn provenance(preface: &PlanHeader) -> Vec<String> {
    let basis = &preface.basis;
    let rests_on = match basis.kind {
        BasisKind::Assumed => format!("assumed: {}", basis.source),
        BasisKind::Measured => format!("{} ({})", basis.source, counted(basis.jobs, "job")),
    };
    vec![
        rests_on,
        format!("seed {}", preface.seed),
        format!("planner {}", preface.version),
        run_words::date(&preface.created_at),
    ]
}

/// What is to be copied, in a sentence without an end.
pub(super) fn objects(preface: &PlanHeader) -> String {
    let job = &preface.job;
    let [smallest, largest] = job.size_range_bytes.map(bytes);
    let sizes = if smallest == largest { smallest } else { format!("{smallest} to {largest}") };
    format!("{} of {sizes}, {} in all", counts(job), bytes(job.size_bytes))
}

/// A time since the start: by the clock where the job has one, rounded up to a minute, which cannot promise too much.
pub(super) fn at(job: &JobDescription, time_s: f64) -> String {
    by_the_clock(job, time_s).unwrap_or_else(|| duration(time_s))
}

/// The deadline likewise.
pub(super) fn due(job: &JobDescription) -> String {
    at(job, job.deadline_s)
}

fn by_the_clock(job: &JobDescription, time_s: f64) -> Option<String> {
    let start: Zoned = job.clock.as_ref()?.start.parse().ok()?;
    // What is lost in a floating-point number is no second.
    let after = SignedDuration::try_from_secs_f64((time_s - 1e-6).max(0.0)).ok()?;
    let up = ZonedRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
    let at = start.checked_add(after).ok()?.round(up).ok()?;
    let is_near = at.date() == start.date() || time_s < 86_400.0;
    Some(at.strftime(if is_near { "%H:%M" } else { "%-d %B, %H:%M" }).to_string())
}

/// How many objects: "45,000 objects", "40,000 to 50,000 objects".
pub(super) fn counts(job: &JobDescription) -> String {
    let fewest = job.objects_at_least.map_or_else(String::new, |fewest| format!("{} to ", count(fewest)));
    format!("{fewest}{}", counted(job.objects, "object"))
}

/// What the answer rests on.
fn basis(preface: &PlanHeader) -> String {
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
            let at = basis
                .started_at
                .as_deref()
                .map_or_else(String::new, |at| format!(", {}", run_words::date(at)));
            let where_ = if basis.rehearsal { "an emulator" } else { "a real account" };
            let n = basis.measured_n_max.map_or_else(String::new, |n| format!(" at up to N = {}", number(n)));
            format!("{} on {where_}{at}, {}{n}; {times}", basis.source, counted(basis.jobs, "job"))
        }
    }
}

/// How the plan is made again.
fn reproduce(preface: &PlanHeader, sources: &[String]) -> PagePart {
    let basis = format!("{}.", capitalised(&basis(preface)));
    let lists = sources.iter().map(|source| format!("{}.", capitalised(source))).collect();
    PagePart::new(
        "What it rests on, and how to make it again",
        [Block::Paragraph(basis), Block::List(lists), Block::Code(run_words::quoted(&preface.command))],
    )
}
