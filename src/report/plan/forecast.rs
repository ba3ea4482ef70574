//! A forecast as a page.

use super::words::time;
use super::{charts, cost_table, finish, forecast_words, preface};
use crate::page::{Block, Fact, Page, Part};
use crate::table::Table;
use planner_core::units::human::{count, counted, duration, number};
use planner_core::units::human::{probability, usd};
use planner_plan::forecast::{Forecast, Moment};

/// Rows of the table over time.
const MOMENTS: usize = 12;

/// The forecast as a page.
#[must_use]
pub fn page(plan: &Forecast) -> Page {
    let table = |table: Table| Block::from(table);
    let job = Block::Paragraph(format!("{}.", preface::objects(&plan.preface)));
    let charts = charts::of_forecast(plan).into_iter().map(Block::from);
    Page {
        kind: "Forecast".into(),
        title: format!(
            "{} by {}",
            counted(plan.preface.job.objects, "object"),
            forecast_words::way(&plan.choice)
        ),
        banners: preface::banners(&plan.preface),
        lead: forecast_words::verdict(plan),
        sentences: Vec::new(),
        tiles: tiles(plan),
        provenance: preface::provenance(&plan.preface),
        parts: vec![
            Part::new("What happens", [job, table(outcome(plan))].into_iter().chain(charts)),
            Part::new("One run over time", [table(over_time(plan))]),
            Part::new("Cost", [table(cost_table("everything", &plan.cost))]),
            Part::new("Doubts", [Block::List(preface::doubts(&plan.doubts))]),
            preface::reproduce(&plan.preface, &plan.sources),
        ],
        version: plan.preface.version.clone(),
    }
}

fn tiles(plan: &Forecast) -> Vec<Fact> {
    let mut tiles = vec![
        Fact::new("done, median", time(plan.makespan_s.p50)),
        Fact::new(
            if plan.replications < 100 { "done, longest" } else { "done, 99 %" },
            time(plan.makespan_s.p99),
        ),
        Fact::new("most at once", count(plan.in_flight_peak.round() as u64)),
        Fact::new("throttled", number(plan.throttles)),
        Fact::new("cost", usd(plan.cost.total_usd)),
    ];
    tiles.extend(plan.probability.zip(plan.probability_at_least).map(|(by, at_least)| match by {
        1.0 => Fact::new("P(deadline) at least", probability(at_least)),
        _ => Fact::new("P(deadline)", probability(by)),
    }));
    tiles
}

fn outcome(plan: &Forecast) -> Table {
    let mut table = Table::new("What it comes to", &["outcome", "value"]).words_from(1);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("done", format!("{}, mean {}", finish(&plan.makespan_s), time(plan.makespan_s.mean)));
    if let (Some(by), Some(at_least)) = (plan.probability, plan.probability_at_least) {
        let deadline = duration(plan.preface.job.deadline_s);
        let text = format!("{} (at least {} with 95 % confidence)", probability(by), probability(at_least));
        row(&format!("P(done within {deadline})"), text);
    }
    row("most at once", number(plan.in_flight_peak));
    row("throttled", number(plan.throttles));
    row("attempts again", number(plan.retries));
    row("not copied", number(plan.failed));
    row("simulated runs", count(plan.replications));
    table
}

fn over_time(plan: &Forecast) -> Table {
    let mut table = Table::new("At a few moments", &["time", "in flight", "waiting", "throttles /s", "done"]);
    let step = plan.timeline.len().div_ceil(MOMENTS).max(1);
    let last = plan.timeline.last().filter(|_| !(plan.timeline.len() - 1).is_multiple_of(step));
    for moment in plan.timeline.iter().step_by(step).chain(last) {
        let Moment { t_s, in_flight, backlog, throttles_per_s, done } = *moment;
        let [in_flight, backlog, done] = [in_flight, backlog, done].map(|value| count(value.round() as u64));
        table.row([duration(t_s), in_flight, backlog, number(throttles_per_s), done]);
    }
    table
}
