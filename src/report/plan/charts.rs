//! The charts of a plan.

use super::{way, words};
use crate::chart::{
    self, AnswerKind, Chance, Chances, Choice, Cost, Costs, Makespans, Sensitivities, Sensitivity, Stage,
    Stages, chance, cost, makespan, sensitivity, stages,
};
use crate::drawing::Chart;
use planner_core::service::function::Shape;
use planner_plan::forecast::{Forecast, Moment};
use planner_plan::preface::Preface;
use planner_plan::recommendation::{CurvePoint, Recommendation};
use planner_plan::strategy::{Strategies, Strategy};

/// One way of copying, as charts need it.
struct Way<'a> {
    /// Ending of the charts' names.
    name: &'static str,
    /// The way in words.
    title: &'static str,
    /// What the horizontal axis counts.
    axis: &'static str,
    chosen: f64,
    curve: &'a [CurvePoint],
    makespans_s: &'a [f64],
    limits: Vec<(String, f64)>,
}

/// When it is done, and P(deadline) against the concurrency, for each way.
pub(super) fn of_finish(plan: &Recommendation) -> Vec<Chart> {
    ways(plan).iter().flat_map(|way| finish(plan, way)).collect()
}

/// Cost and finishing time against the concurrency, for each way.
pub(super) fn of_cost(plan: &Recommendation) -> Vec<Chart> {
    ways(plan).iter().filter_map(|way| costs(plan, way)).collect()
}

fn ways(plan: &Recommendation) -> Vec<Way<'_>> {
    let workers = plan.workers.as_ref().map(|it| Way {
        name: "workers",
        title: "a pool of workers",
        axis: "N, workers",
        chosen: it.concurrency.value as f64,
        curve: &it.curve,
        makespans_s: &it.makespans_s,
        limits: Vec::new(),
    });
    let lambda = plan.lambda.as_ref().map(|it| {
        let (title, axis) = match it.shape {
            Shape::Direct => ("a function, published at a pace", "N, executions at once on average"),
            Shape::Queue => ("a function behind a queue", "N, executions at once"),
        };
        let today = it.within_limits.iter();
        let limits = today.map(|today| ("today's limit".to_owned(), today.reserved_concurrency as f64));
        Way {
            name: "lambda",
            title,
            axis,
            chosen: it.in_flight_mean,
            curve: &it.curve,
            makespans_s: &it.makespans_s,
            limits: limits.collect(),
        }
    });
    [workers, lambda].into_iter().flatten().collect()
}

fn choice<'a>(plan: &Recommendation, way: &'a Way<'_>) -> Choice<'a> {
    Choice {
        name: way.axis,
        chosen: Some(way.chosen),
        floor: plan.mean_value_floor.map(|floor| floor as f64),
        limits: &way.limits,
    }
}

fn finish(plan: &Recommendation, way: &Way<'_>) -> Vec<Chart> {
    let chances: Vec<Chance> = way
        .curve
        .iter()
        .map(|point| Chance {
            at: point.n,
            met: point.probability,
            low: point.interval[0],
            high: point.interval[1],
        })
        .collect();
    let deadline_s = Some(plan.preface.job.deadline_s);
    let wanted = wanted(plan);
    let charts = [
        makespan(&Makespans { makespans_s: way.makespans_s, deadline_s }),
        chance(&Chances { choice: choice(plan, way), chances: &chances, wanted }),
    ];
    charts.into_iter().flatten().map(|chart| named(chart, way, &plan.preface)).collect()
}

fn wanted(plan: &Recommendation) -> f64 {
    plan.probability.goal.unwrap_or(plan.probability.estimate)
}

fn costs(plan: &Recommendation, way: &Way<'_>) -> Option<Chart> {
    let wanted = wanted(plan);
    let costs: Vec<Cost> = way
        .curve
        .iter()
        .map(|point| Cost {
            at: point.n,
            cost_usd: point.cost_usd,
            finish_s: point.finish_p99_s,
            margin: point.probability - wanted,
        })
        .collect();
    let (finish, deadline_s) = ("finishing time, p99", Some(plan.preface.job.deadline_s));
    let chart = cost(&Costs { choice: choice(plan, way), costs: &costs, finish, deadline_s })?;
    Some(named(chart, way, &plan.preface))
}

/// A chart that says which way it is about.
fn named(chart: Chart, way: &Way<'_>, preface: &Preface) -> Chart {
    signed(Chart { title: format!("{}: {}", chart.title, way.title), ..chart }, way.name, preface)
}

/// What moves the answer most.
pub(super) fn of_sensitivities(plan: &Recommendation) -> Option<Chart> {
    let base = plan.concurrency?.value as f64;
    let rows: Vec<Sensitivity> = plan
        .sensitivities
        .iter()
        .map(|row| Sensitivity {
            name: words::changed(row.high.change).into(),
            low_setting: row
                .low
                .as_ref()
                .map_or_else(|| "as planned".into(), |low| words::setting(low.change)),
            low: row.low.as_ref().map_or(Some(base), |low| low.concurrency.map(|n| n as f64)),
            high_setting: words::setting(row.high.change),
            high: row.high.concurrency.map(|n| n as f64),
        })
        .collect();
    let answer = if plan.workers.is_some() { "workers needed" } else { "concurrency needed" };
    let input = Sensitivities { answer, kind: AnswerKind::Number, base, sensitivities: &rows };
    sensitivity(&input).map(|chart| signed(chart, "", &plan.preface))
}

/// When a forecast is done, and one run of it over time.
pub(super) fn of_forecast(plan: &Forecast) -> Vec<Chart> {
    let deadline_s = Some(plan.preface.job.deadline_s).filter(|deadline_s| *deadline_s > 0.0);
    let over_time =
        |of: fn(&Moment) -> f64| plan.timeline.iter().map(|moment| (moment.t_s, of(moment))).collect();
    let has_backlog = plan.timeline.iter().any(|moment| moment.backlog > 0.0);
    let stage = Stage {
        name: "copies".into(),
        in_flight: over_time(|moment| moment.in_flight),
        backlog: if has_backlog { over_time(|moment| moment.backlog) } else { Vec::new() },
        throttled_per_s: if has_backlog { over_time(|moment| moment.throttles_per_s) } else { Vec::new() },
        done_per_s: Vec::new(),
    };
    let end_s = plan.timeline.last().map_or(0.0, |moment| moment.t_s);
    let charts = [
        makespan(&Makespans { makespans_s: &plan.makespans_s, deadline_s }),
        stages(&Stages { stages: &[stage], end_s, limit: None }),
    ];
    charts.into_iter().flatten().map(|chart| signed(chart, "", &plan.preface)).collect()
}

/// When each way of doing a job is done.
pub(super) fn of_strategies(comparison: &Strategies) -> Option<Chart> {
    let deadline_s = Some(comparison.preface.job.deadline_s).filter(|deadline_s| *deadline_s > 0.0);
    let way = |way: &Strategy| chart::Way {
        name: format!("{}: {}", way::name(&way.way), way::setting(&way.way)),
        finish_s: way.finish_p50_s.zip(way.finish_p99_s).map(<[f64; 2]>::from),
        meets: deadline_s.map(|_| way.meets_the_deadline()),
    };
    let ways: Vec<chart::Way> = comparison.strategies.iter().map(way).collect();
    chart::ways(&ways, deadline_s).map(|chart| signed(chart, "", &comparison.preface))
}

/// A chart that says where it comes from, for when it is shown alone.
fn signed(chart: Chart, ending: &str, preface: &Preface) -> Chart {
    let id = if ending.is_empty() { chart.id.to_string() } else { format!("{}-{ending}", chart.id) };
    let mut subtitle = vec![super::preface::provenance(preface).join(" · ")];
    if preface.basis.rehearsal {
        subtitle.push("REHEARSAL: says nothing about a real account".into());
    }
    Chart { id: id.into(), subtitle, ..chart }
}
