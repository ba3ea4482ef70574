//! Why verdicts came out as they did, in words, and what to know beside them.

pub mod audit;
pub mod check;
pub mod run;

use planner_core::law::gauge_verdict::GaugeAgreement;
use planner_core::law::tolerance::LONGEST_EXTENSION;
use planner_core::units::human::length;

/// What a count that does not share the client's events says of it.
fn gauge(gauge: GaugeAgreement) -> String {
    match gauge {
        GaugeAgreement::Agrees => "the independent count agrees with the client's within 2 %".into(),
        GaugeAgreement::Above => {
            "the endpoint holds more requests than the client recorded: look for work that was never logged or has not finished, retries inside a client library, and connections kept open".into()
        }
        GaugeAgreement::Below => {
            "the endpoint holds fewer requests than the client counts: part of what is recorded as service is waiting in the client, for a connection, a thread or a permit".into()
        }
        GaugeAgreement::TooShort(more_s) => format!(
            "run {} longer: the interval still reaches across a limit of 2 %, or has fewer than 20 batches of 10 mean residence times",
            length(more_s.ceil() as u64)
        ),
        GaugeAgreement::OnTheLimit => {
            "the ratio lies on the limit of 2 %: a longer run will not decide; find what makes up the difference".into()
        }
        GaugeAgreement::Uneven => format!(
            "the counts vary so much that no run of up to {LONGEST_EXTENSION} times the length is sure to decide: find out why they vary, or measure a steadier load"
        ),
        GaugeAgreement::Nothing => {
            "no independent count, or nothing in flight: N and X·R rest on the client's events alone".into()
        }
    }
}
