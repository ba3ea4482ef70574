//! A forecast as a page and as a document, with what both say put in words once.

use serde_json::{Result, Value};

use super::json::{said, with_words};
use super::{cost_table, finish, limitation, plan_header, time};
use crate::chart::{Makespans, StageChart, StageCurves, makespan, stages};
use crate::page::{Block, Page, PagePart};
use crate::table::Table;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::Order;
use planner_core::units::human::{count, counted, duration, number, probability, usd};
use planner_plan::forecast::{Forecast, ForecastSetting, FunctionSetting, Moment, PoolSetting};

/// A deadline that is met more rarely is missed.
const LATE: f64 = 0.5;
/// Rows of the table over time.
const MOMENTS: usize = 12;

/// A forecast with what it says.
#[derive(Debug)]
pub struct ForecastText<'a> {
    plan: &'a Forecast,
    /// The way of copying.
    way: String,
    /// When it is done, and whether that is in time.
    verdict: String,
    /// When it finishes and what goes wrong, in a sentence or two.
    details: String,
    doubts: Vec<limitation::LimitationText>,
}

impl<'a> ForecastText<'a> {
    /// The forecast in words.
    #[must_use]
    pub fn of(plan: &'a Forecast) -> Self {
        let way = way(&plan.choice);
        let verdict = plan_header::qualified(&plan.preface, &plan.doubts, &title(plan));
        Self { plan, verdict, details: details(plan, &way), way, doubts: limitation::said(&plan.doubts) }
    }

    /// For people.
    #[must_use]
    pub fn page(&self) -> Page {
        let plan = self.plan;
        let job = Block::Paragraph(format!("{}.", plan_header::objects(&plan.preface)));
        let page = Page {
            kind: "Forecast".into(),
            title: self.verdict.clone(),
            lead: self.details.clone(),
            parts: vec![
                PagePart::decision(
                    "What happens",
                    [job, outcome(plan).into()].into_iter().chain(charts(plan)),
                ),
                PagePart::new("One run over time", [over_time(plan).into()]),
                PagePart::new("Cost", [cost_table("everything", &plan.cost).into()]),
            ],
            ..Page::default()
        };
        plan_header::framed(page, &plan.preface, &self.doubts, &plan.sources)
    }

    /// For programs: all that the forecast holds, with its words.
    ///
    /// # Errors
    /// Where a number has no form in JSON.
    pub fn document(&self) -> Result<Value> {
        let words = [("verdict", self.verdict.as_str()), ("details", &self.details), ("way", &self.way)];
        let mut document = with_words(self.plan, &words)?;
        document["doubts"] = said(&self.plan.doubts, &self.doubts)?;
        Ok(document)
    }
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

/// When a forecast is done, and one run of it over time.
fn charts(plan: &Forecast) -> impl Iterator<Item = Block> {
    let deadline_s = Some(plan.preface.job.deadline_s).filter(|deadline_s| *deadline_s > 0.0);
    let over_time =
        |of: fn(&Moment) -> f64| plan.timeline.iter().map(|moment| (moment.t_s, of(moment))).collect();
    let has_backlog = plan.timeline.iter().any(|moment| moment.backlog > 0.0);
    let stage = StageCurves {
        name: "copies".into(),
        in_flight: over_time(|moment| moment.in_flight),
        backlog: if has_backlog { over_time(|moment| moment.backlog) } else { Vec::new() },
        throttled_per_s: if has_backlog { over_time(|moment| moment.throttles_per_s) } else { Vec::new() },
        done_per_s: Vec::new(),
    };
    let end_s = plan.timeline.last().map_or(0.0, |moment| moment.t_s);
    let charts = [
        makespan(&Makespans { makespans_s: &plan.makespans_s, deadline_s }),
        stages(&StageChart { stages: &[stage], end_s, limit: None }),
    ];
    charts.into_iter().flatten().map(Block::from)
}

/// The way of copying.
fn way(choice: &ForecastSetting) -> String {
    match *choice {
        ForecastSetting::Pool(PoolSetting { workers, ramp, order }) => {
            let begin =
                ramp.per_s.map_or_else(String::new, |per_s| format!(", {}/s of them begin", number(per_s)));
            let order = if order == Order::LongestFirst { ", the largest object first" } else { "" };
            format!("a pool of {}{begin}{order}", counted(workers, "worker"))
        }
        ForecastSetting::Function(FunctionSetting { reserved, rate_per_s, threads, shape }) => {
            let pace = match rate_per_s {
                Some(per_s) => format!("published at {}/s", number(per_s)),
                None => format!("published by {} as fast as they can", counted(u64::from(threads), "thread")),
            };
            let queue = if shape == PipelineShape::Queue { " behind a queue" } else { "" };
            format!("a function with a reserved concurrency of {}{queue}, {pace}", count(u64::from(reserved)))
        }
    }
}

/// When it is done, and whether that is in time.
fn title(forecast: &Forecast) -> String {
    let objects = counted(forecast.preface.job.objects, "object");
    let done = match (forecast.makespan_s.p99, forecast.makespan_s.p50) {
        (Some(p99_s), _) => format!("{objects} done by {}", duration(p99_s)),
        (None, Some(p50_s)) => format!("{objects} done by {} at the median, or never", duration(p50_s)),
        (None, None) => format!("{objects} never done in most runs"),
    };
    let deadline = duration(forecast.preface.job.deadline_s);
    match (forecast.probability, forecast.probability_at_least) {
        (Some(1.0), Some(at_least)) => {
            format!("{done}, deadline {deadline}, {} or more", probability(at_least))
        }
        (Some(by), _) if by < LATE => {
            format!("late: {done}, deadline {deadline} met with {}", probability(by))
        }
        (Some(by), _) => format!("{done}, deadline {deadline}, {}", probability(by)),
        (None, _) => done,
    }
}

/// When it finishes and what goes wrong, in a sentence or two.
fn details(forecast: &Forecast, way: &str) -> String {
    let makespan = &forecast.makespan_s;
    let runs = count(forecast.replications);
    let by =
        forecast.probability.zip(forecast.probability_at_least).map_or_else(String::new, |(by, at_least)| {
            let how = match by {
                0.0 => format!("is met in none of {runs} simulated runs"),
                1.0 => format!(
                    "is met in all {runs} simulated runs: with probability {} or more",
                    probability(at_least)
                ),
                _ => format!("is met with probability {}", probability(by)),
            };
            format!(" The deadline of {} {how}.", duration(forecast.preface.job.deadline_s))
        });
    let throttles = (forecast.throttles > 0.0)
        .then(|| format!(" {} throttled attempts on average.", count(forecast.throttles.round() as u64)));
    let failed = (forecast.failed > 0.0)
        .then(|| format!(" {} objects are not copied in the end, on average.", number(forecast.failed)));
    let proviso = limitation::proviso(&forecast.doubts)
        .map_or_else(String::new, |proviso| format!(" This holds {proviso}."));
    // Fewer runs have no 99th percentile but their longest.
    let done = match (makespan.p50, makespan.p99, forecast.replications) {
        (None, ..) => format!("some are never copied in most of {runs} simulated runs"),
        (Some(p50_s), None, _) => {
            format!("done in {} at the median, but in some runs never", duration(p50_s))
        }
        (Some(p50_s), Some(p99_s), 0..100) => format!(
            "done in {} at the median, in {} in the longest of {runs} simulated runs",
            duration(p50_s),
            duration(p99_s)
        ),
        (Some(p50_s), Some(p99_s), _) => {
            format!("done in {} at the median, in {} with probability 99 %", duration(p50_s), duration(p99_s))
        }
    };
    format!(
        "{} by {}: {done}, at {}.{by}{}{}{proviso}",
        plan_header::counts(&forecast.preface.job),
        way,
        usd(forecast.cost.total_usd),
        throttles.unwrap_or_default(),
        failed.unwrap_or_default()
    )
}
