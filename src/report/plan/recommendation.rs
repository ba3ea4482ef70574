//! A recommendation as a page.

use super::words::{self, pool_cost, time};
use super::{bound, charts, cost_table, finish, preface, stated};
use crate::page::{Block, Fact, Page, Part, Sentence};
use crate::table::Table;
use planner_core::law::finding::Verdict;
use planner_core::service::function::Shape;
use planner_core::units::human::capitalised;
use planner_core::units::human::{count, counted, duration, number, rate, shortest};
use planner_core::units::human::{probability, usd};
use planner_plan::recommendation::{LambdaPlan, Recommendation, WorkerPlan};

/// The recommendation as a page: what to set, then what binds, then every reason to doubt it.
#[must_use]
pub fn page(plan: &Recommendation) -> Page {
    let table = |table: Table| Block::from(table);
    let costs = costs(plan).map(table);
    Page {
        kind: "Plan".into(),
        title: format!(
            "{} within {}",
            counted(plan.preface.job.objects, "object"),
            duration(plan.preface.job.deadline_s)
        ),
        banners: preface::banners(&plan.preface),
        lead: words::verdict(plan),
        sentences: binding(plan),
        tiles: tiles(plan),
        provenance: preface::provenance(&plan.preface),
        parts: vec![
            Part::new(
                "The answer",
                [
                    Block::Paragraph(format!("{}.", capitalised(&job(plan)))),
                    table(ways(plan)),
                    Block::Paragraph(format!("{}.", capitalised(&floor(plan)))),
                ],
            ),
            Part::new(
                "What can be reached",
                words::infeasible(plan)
                    .iter()
                    .map(|reason| Block::Paragraph(format!("{}.", capitalised(reason))))
                    .chain([table(nearest(plan))]),
            ),
            Part::new(
                "When it is done, and how sure that is",
                charts::of_finish(plan).into_iter().map(Block::from),
            ),
            Part::new("Limits that bind", [table(limits(plan))]),
            Part::new(
                "What if",
                charts::of_sensitivities(plan)
                    .map(Block::from)
                    .into_iter()
                    .chain([table(sensitivities(plan))]),
            ),
            Part::new("Cost", charts::of_cost(plan).into_iter().map(Block::from).chain(costs)),
            Part::new("Doubts", [Block::List(preface::doubts(&plan.doubts))]),
            preface::reproduce(&plan.preface, &plan.sources),
        ],
        version: plan.preface.version.clone(),
    }
}

/// What stands in the way.
fn binding(plan: &Recommendation) -> Vec<Sentence> {
    let told = plan.binding_limits.iter().map(|limit| {
        let [have, need] = [limit.have, limit.need].map(|value| shortest(value, 4));
        format!("{} binds: {have} where {need} is needed.", capitalised(words::limit(limit)))
    });
    told.map(|text| Sentence { verdict: Verdict::Fail, text }).collect()
}

/// The numbers that a reader looks for first.
fn tiles(plan: &Recommendation) -> Vec<Fact> {
    let mut tiles = vec![Fact::new("P(deadline) at least", probability(plan.stated()))];
    let is_one = plan.workers.is_none() || plan.lambda.is_none();
    let name = |way: &str, what: &str| if is_one { what.to_owned() } else { format!("{way}: {what}") };
    if let Some(workers) = &plan.workers {
        tiles.push(Fact::new("workers", count(workers.concurrency.value)));
        tiles.push(Fact::new(name("workers", "done, median"), time(workers.finish_s.p50)));
        tiles.push(Fact::new(name("workers", "cost"), pool_cost(&workers.cost)));
    }
    if let Some(lambda) = &plan.lambda {
        tiles.push(Fact::new("reserved concurrency", count(lambda.reserved_concurrency.value)));
        tiles.push(Fact::new("publish", rate(lambda.publish.rate_per_s)));
        tiles.push(Fact::new(name("lambda", "done, median"), time(lambda.finish_s.p50)));
        tiles.push(Fact::new(name("lambda", "cost"), usd(lambda.cost.total_usd)));
    }
    tiles
}

/// What the mean alone would say.
fn floor(plan: &Recommendation) -> String {
    match plan.mean_value_floor {
        Some(floor) => format!(
            "{} is what the mean alone asks for, ⌈J/N⌉·R within the deadline; the tail lifts it",
            counted(floor, "worker")
        ),
        None => "one copy of mean length takes longer than the deadline".into(),
    }
}

/// What is to be copied, by when.
fn job(plan: &Recommendation) -> String {
    format!(
        "{}, within {} with probability {}",
        preface::objects(&plan.preface),
        duration(plan.preface.job.deadline_s),
        plan.probability.goal.map_or_else(|| "unknown".into(), probability)
    )
}

/// The ways of copying beside each other.
fn ways(plan: &Recommendation) -> Table {
    let columns = [plan.workers.as_ref().map(worker_cells), plan.lambda.as_ref().map(lambda_cells)];
    let is_queued = plan.lambda.as_ref().is_some_and(|plan| plan.shape == Shape::Queue);
    let function = if is_queued { "lambda behind a queue" } else { "lambda" };
    let names = [(plan.workers.is_some(), "workers"), (plan.lambda.is_some(), function)];
    let head: Vec<&str> =
        ["answer"].into_iter().chain(names.iter().filter(|way| way.0).map(|way| way.1)).collect();
    let mut table = Table::new("What to set, way by way", &head).words_from(1);
    let names = ["concurrency", "publish", "P(deadline)", "finish", "throttles", "cost"];
    for (index, name) in names.into_iter().enumerate() {
        let mut row = vec![name.to_owned()];
        row.extend(columns.iter().flatten().map(|cells| cells[index].clone()));
        if row.len() > 1 {
            table.rows.push(row);
        }
    }
    table
}

fn worker_cells(plan: &WorkerPlan) -> [String; 6] {
    [
        bound(&plan.concurrency),
        "–".into(),
        stated(&plan.probability),
        finish(&plan.finish_s),
        "–".into(),
        pool_cost(&plan.cost),
    ]
}

fn lambda_cells(plan: &LambdaPlan) -> [String; 6] {
    [
        format!("reserve {}", bound(&plan.reserved_concurrency)),
        format!("{} with {}", rate(plan.publish.rate_per_s), counted(plan.publish.threads, "thread")),
        stated(&plan.probability),
        finish(&plan.finish_s),
        if plan.lost_mean > 0.0 {
            format!("{} expected, {} objects lost", number(plan.throttles_mean), number(plan.lost_mean))
        } else {
            format!("{} expected", number(plan.throttles_mean))
        },
        usd(plan.cost.total_usd),
    ]
}

/// What each way costs.
fn costs(plan: &Recommendation) -> impl Iterator<Item = Table> {
    let workers = plan.workers.iter().map(|it| cost_table("workers", &it.cost));
    workers.chain(plan.lambda.iter().map(|it| cost_table("lambda", &it.cost)))
}

/// Limits that stand in the way.
fn limits(plan: &Recommendation) -> Table {
    let mut table =
        Table::new("What each limit has and needs", &["limit", "have", "need", "what to do"]).words_from(3);
    for limit in &plan.binding_limits {
        let [have, need] = [limit.have, limit.need].map(|value| shortest(value, 4));
        table.row([words::limit(limit).into(), have, need, words::remedy(limit)]);
    }
    table
}

/// What changes the answer by how much.
fn sensitivities(plan: &Recommendation) -> Table {
    let mut table = Table::new(
        "Each case, and what the recommendation is worth in it",
        &["case", "concurrency needed", "P(deadline) as recommended"],
    );
    for row in &plan.sensitivities {
        for case in row.low.iter().chain([&row.high]) {
            let needed = case.concurrency.map_or_else(|| "none is enough".into(), count);
            table.row([
                format!("{} {}", words::changed(case.change), words::setting(case.change)),
                needed,
                probability(case.probability),
            ]);
        }
    }
    table
}

/// Goals that can be reached.
fn nearest(plan: &Recommendation) -> Table {
    let mut table =
        Table::new("Nearest goals within reach", &["can be reached", "deadline", "probability", "with"]);
    for goal in &plan.nearest {
        table.row([
            words::relaxed(goal.kind).into(),
            duration(goal.deadline_s),
            probability(goal.probability),
            words::with(goal.way, goal.concurrency),
        ]);
    }
    table
}
