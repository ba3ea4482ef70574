//! Why the verdicts on a run came out as they did, and how its generator did, in words.

use planner_core::law::tolerance::{BATCH_RESIDENCES, BATCHES};
use planner_core::measure::judgement::{GeneratorTime, Health, Lateness};
use planner_core::measure::verdict_reason::RunReason;
use planner_core::units::human::{grouped, length};

/// Why a verdict came out as it did.
#[must_use]
pub fn words(why: &RunReason) -> String {
    match why {
        RunReason::NothingEnded => "no attempt ended".into(),
        RunReason::Accounted => {
            "the departure form N·T = ΣR + E(T) − E(0) holds to the nanosecond: no event was lost or doubled"
                .into()
        }
        RunReason::EventLost(level) => {
            format!("level {level} lost or doubled an event, or a clock went backwards: do not use this run")
        }
        RunReason::NoGauge => {
            "the target has no gauge of its own; N and X·R rest on the client's events alone".into()
        }
        RunReason::LevelTooShort(needed_s) => format!(
            "the level was never under full load long enough: a verdict takes {BATCHES} batches of {BATCH_RESIDENCES} mean residence times, {}",
            length(needed_s.ceil() as u64)
        ),
        RunReason::Gauge(gauge) => super::gauge(*gauge),
        RunReason::Said(said) => said.clone(),
        RunReason::OfLevel(label, why) => format!("{label}: {}", words(why)),
        RunReason::NothingInFlight => "no attempt was in flight".into(),
        RunReason::Near => "X·R is within 2 % of N".into(),
        RunReason::Off { ratio, explained } => format!(
            "X·R is off N by {} %; requests older at one edge of the window than at the other explain {} % of that, as a ramp or a drift does: use a longer or a steadier window",
            grouped(100.0 * (ratio - 1.0), 1),
            grouped(100.0 * explained, 0)
        ),
        RunReason::NothingInStage => "nothing was in this stage".into(),
        RunReason::StageNotAccounted => {
            "the departure form does not hold: an event is missing, or two clocks disagree".into()
        }
        RunReason::StageGaugeOff => "the function's own gauge differs by more than 2 %".into(),
        RunReason::StageGaugeNear => "the departure form holds and the gauge agrees".into(),
        RunReason::StageAccounted => "the departure form holds".into(),
    }
}

/// Why the publish stage is not valid where the generator set its pace.
#[must_use]
pub fn late_publisher(reason: &str) -> String {
    format!("the publisher was late, so its times are its own: {reason}")
}

/// Why the generator counts as saturated or late, or why it does not.
#[must_use]
pub fn generator(health: &Health) -> String {
    let cpu = match health.pace {
        GeneratorTime::Virtual => return "virtual time: the generator always keeps up".into(),
        GeneratorTime::Own(share) => format!("the process used {share:.2} CPU seconds a second"),
        GeneratorTime::Shared => "the endpoint shares the process, so its CPU is not counted".into(),
    };
    match &health.lateness {
        Some(late) if health.saturated => format!("{}: lower the rate or use a faster machine", starts(late)),
        None if health.saturated => format!("{cpu}, and has one thread to use them"),
        Some(late) => format!("{}; {cpu}", starts(late)),
        None => format!("starts were on time; {cpu}"),
    }
}

fn starts(late: &Lateness) -> String {
    let kept = match late.missed {
        None => String::new(),
        Some(_) if late.kept_rate() => ", and the rate was kept within 1 %".into(),
        Some(missed) => format!(", and {:.1} % of the rate was missed", 100.0 * missed),
    };
    let grows = if late.grows { ", more and more" } else { "" };
    format!(
        "at {} starts were late by {:.4} s at p99{grows}, beside a median of {:.4} s on the wire{kept}",
        late.label, late.p99_s, late.service_p50_s,
    )
}
