//! A recommendation as a page and as a document, with what both say put in words once.

use serde_json::{Result, Value};

use super::json::{each, said, with_words};
use super::proposal::{Proposal, proposals};
use super::words::{self, Limiting};
use super::{cost_table, doubt, evidence, preface, quota};
use crate::chart::{
    self, AnswerKind, Chance, Chances, Choice, Cost, Costs, Makespans, Sensitivities, Sensitivity,
};
use crate::drawing::Chart;
use crate::page::{Block, Fact, Page, Part, Sentence};
use crate::table::Table;
use planner_core::law::finding::Verdict;
use planner_core::units::human::{capitalised, count, counted, duration, probability, promised};
use planner_plan::outcome::Outcome;
use planner_plan::recommendation::{Case, CurvePoint, Recommendation, Rehearsal};
use planner_plan::way::Way;

/// A recommendation with what it says.
#[derive(Debug)]
pub struct Told<'a> {
    plan: &'a Recommendation,
    /// What to set, how sure, when it finishes, what it costs and what binds; or why nothing does it.
    pub verdict: String,
    /// Why the deadline cannot be met, by any of the ways.
    infeasible: Option<String>,
    ways: Vec<Proposal<'a>>,
    limits: Vec<Limiting>,
    /// Goals that can be reached: what gives way, the deadline, the probability, the way.
    nearest: Vec<[String; 4]>,
    sensitivities: Vec<Sensitivity>,
    doubts: Vec<doubt::Said>,
    /// The answer's objects and its deadline.
    objects: String,
    deadline: String,
}

impl<'a> Told<'a> {
    /// The recommendation in words.
    #[must_use]
    pub fn of(plan: &'a Recommendation) -> Self {
        let objects = preface::counts(&plan.preface.job);
        let deadline = duration(plan.preface.job.deadline_s);
        let (ways, limits) = (proposals(plan), words::limits(plan));
        let (infeasible, nearest) = (words::infeasible(plan, &deadline), words::nearest(plan));
        let verdict = match &infeasible {
            None => words::feasible(plan, &ways, &limits, &deadline),
            Some(reason) if plan.feasible => {
                let feasible = words::feasible(plan, &ways, &limits, &deadline);
                let other = if plan.workers.is_some() { "a function" } else { "workers" };
                format!("{feasible} With {other} it cannot be met: {reason}.")
            }
            Some(reason) => {
                let within = nearest.first().map_or_else(String::new, |[_, deadline, probability, way]| {
                    format!(" Within reach: {deadline} with {way}, with probability {probability}.")
                });
                let cannot = match plan.outcome {
                    Outcome::Infeasible => "cannot be met",
                    Outcome::Reached | Outcome::Unproven => {
                        "is not shown to be possible at any concurrency, nor to be impossible"
                    }
                };
                format!("{objects} within {deadline} {cannot}: {reason}.{within}")
            }
        };
        let (sensitivities, doubts) = (words::sensitivities(plan), doubt::said(&plan.doubts));
        Self { plan, verdict, infeasible, ways, limits, nearest, sensitivities, doubts, objects, deadline }
    }

    /// For people: what to set, then what binds, then every reason to doubt it.
    #[must_use]
    pub fn page(&self) -> Page {
        let page = Page {
            kind: "Plan".into(),
            title: format!("{} within {}", self.objects, self.deadline),
            lead: self.verdict.clone(),
            sentences: self.rehearsed().into_iter().chain(self.limits.iter().map(binding)).collect(),
            tiles: self.tiles(),
            parts: vec![
                self.answer(),
                self.reachable(),
                Part::new(
                    "When it is done, and how sure that is",
                    self.ways.iter().flat_map(|way| self.finish(way)),
                ),
                self.rests_on(),
                Part::new("Limits that bind", [limits(&self.limits).into()]),
                quota::request(self.plan),
                self.what_if(),
                self.costs(),
            ],
            ..Page::default()
        };
        preface::framed(page, &self.plan.preface, &self.doubts, &self.plan.sources)
    }

    /// For programs: all that the recommendation holds, with its words.
    ///
    /// # Errors
    /// Where a number has no form in JSON.
    pub fn document(&self) -> Result<Value> {
        let plan = self.plan;
        let mut document = with_words(plan, &[("verdict", &self.verdict)])?;
        if let Some(reasons) = &self.infeasible {
            document["infeasible"] = reasons.as_str().into();
        }
        document["doubts"] = said(&plan.doubts, &self.doubts)?;
        document["binding_limits"] = each(&plan.binding_limits, &self.limits, |limit, told| {
            with_words(limit, &[("limit", told.name), ("remedy", &told.remedy)])
        })?;
        document["nearest"] =
            each(&plan.nearest, &self.nearest, |goal, [relaxed, ..]| with_words(goal, &[("goal", relaxed)]))?;
        document["sensitivities"] = each(&plan.sensitivities, &self.sensitivities, |row, told| {
            let mut value = with_words(row, &[("name", &told.name)])?;
            let low = |case: &Case| with_words(case, &[("setting", &told.low_setting)]);
            value["low"] = row.low.as_ref().map(low).transpose()?.unwrap_or_default();
            value["high"] = with_words(&row.high, &[("setting", &told.high_setting)])?;
            Ok(value)
        })?;
        Ok(document)
    }

    /// What one run of the whole job came to.
    fn rehearsed(&self) -> Option<Sentence> {
        let Rehearsal { way, makespan_s, objects_copied } = self.plan.rehearsed?;
        let way = match way {
            Way::Workers => "workers",
            Way::Lambda => "a function",
        };
        let missing = self.plan.preface.job.objects.saturating_sub(objects_copied);
        let missing =
            if missing == 0 { String::new() } else { format!(", without {}", counted(missing, "object")) };
        let text = format!(
            "Rehearsed once with {way}: done in {}{missing}. That is no evidence.",
            duration(makespan_s)
        );
        Some(Sentence { verdict: Verdict::NotAvailable, text })
    }

    /// The numbers that a reader looks for first.
    fn tiles(&self) -> Vec<Fact> {
        let mut tiles = vec![Fact::new("P(deadline)", probability(self.plan.predicted()))];
        for way in &self.ways {
            let of_way = if self.ways.len() == 1 { String::new() } else { format!("{}: ", way.name) };
            tiles.extend(way.settings.iter().cloned());
            tiles.push(Fact::new(format!("{of_way}done, median"), way.median.as_str()));
            tiles.push(Fact::new(format!("{of_way}cost"), way.price.as_str()));
        }
        tiles
    }

    /// What has to hold for the probability to be true.
    fn rests_on(&self) -> Part {
        let basis = &self.plan.preface.basis;
        let blocks = self.plan.evidence.iter().flat_map(|rests_on| {
            let survived = capitalised(&evidence::survived(&rests_on.tolerance));
            [Block::Paragraph(format!("{survived}.")), evidence::conditions(rests_on, basis).into()]
        });
        Part::new("What that probability rests on", blocks)
    }

    /// What is to be copied by when, what to set for it way by way, and what the mean alone would say.
    fn answer(&self) -> Part {
        let plan = self.plan;
        let wanted = plan.probability.goal.map_or_else(|| "unknown".into(), promised);
        let objects = capitalised(&preface::objects(&plan.preface));
        let job = format!("{objects}, within {} with probability {wanted}.", self.deadline);
        let mut head = vec!["answer"];
        head.extend(self.ways.iter().map(|way| way.head));
        let mut table = Table::new("What to set, way by way", &head).words_from(1);
        let names = ["concurrency", "publish", "P(deadline)", "finish", "throttles", "cost"];
        for (index, name) in names.into_iter().enumerate().filter(|_| !self.ways.is_empty()) {
            let cells = self.ways.iter().map(|way| way.cells[index].clone());
            table.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
        let floor = match plan.mean_value_floor {
            Some(floor) => format!(
                "{} is what the mean alone asks for, ⌈J/N⌉·R within the deadline; the tail lifts it.",
                counted(floor, "worker")
            ),
            None => "One copy of mean length takes longer than the deadline.".into(),
        };
        Part::new("The answer", [Block::Paragraph(job), table.into(), Block::Paragraph(floor)])
    }

    /// Why the deadline cannot be met, and goals that can be reached.
    fn reachable(&self) -> Part {
        let head = ["can be reached", "deadline", "probability", "with"];
        let mut table = Table::new("Nearest goals within reach", &head);
        self.nearest.iter().for_each(|goal| table.row(goal.clone()));
        let reasons = self.infeasible.iter().map(|reason| format!("{}.", capitalised(reason)));
        Part::new("What can be reached", reasons.map(Block::Paragraph).chain([table.into()]))
    }

    /// When a way is done, and P(deadline) against its concurrency.
    fn finish(&self, way: &Proposal) -> Vec<Block> {
        let chance = |point: &CurvePoint| Chance {
            at: point.n,
            met: point.probability,
            low: point.interval[0],
            high: point.interval[1],
        };
        let chances: Vec<Chance> = way.curve.iter().map(chance).collect();
        let deadline_s = Some(self.plan.preface.job.deadline_s);
        let charts = [
            chart::makespan(&Makespans { makespans_s: way.makespans_s, deadline_s }),
            chart::chance(&Chances { choice: self.choice(way), chances: &chances, wanted: self.wanted() }),
        ];
        charts.into_iter().flatten().map(|chart| of_way(chart, way)).collect()
    }

    /// What each way costs, against its concurrency and by service.
    fn costs(&self) -> Part {
        let chart = |way: &Proposal| {
            let cost = |point: &CurvePoint| Cost {
                at: point.n,
                cost_usd: point.cost_usd,
                finish_s: point.finish_p99_s,
                margin: point.probability - self.wanted(),
            };
            let costs: Vec<Cost> = way.curve.iter().map(cost).collect();
            let (finish, deadline_s) = ("finishing time, p99", Some(self.plan.preface.job.deadline_s));
            let input = Costs { choice: self.choice(way), costs: &costs, finish, deadline_s };
            chart::cost(&input).map(|chart| of_way(chart, way))
        };
        let tables = self.ways.iter().map(|way| cost_table(way.name, way.cost).into());
        Part::new("Cost", self.ways.iter().filter_map(chart).chain(tables))
    }

    fn choice<'b>(&self, way: &'b Proposal) -> Choice<'b> {
        let floor = self.plan.mean_value_floor.map(|floor| floor as f64);
        Choice { name: way.axis, chosen: Some(way.chosen), floor, limits: &way.limits }
    }

    fn wanted(&self) -> f64 {
        self.plan.probability.goal.unwrap_or(self.plan.probability.estimate)
    }

    /// What changes the answer by how much.
    fn what_if(&self) -> Part {
        let plan = self.plan;
        let answer = if plan.workers.is_some() { "workers needed" } else { "concurrency needed" };
        let chart = plan.concurrency.and_then(|chosen| {
            let (kind, base) = (AnswerKind::Number, chosen.value as f64);
            let input = Sensitivities { answer, kind, base, sensitivities: &self.sensitivities };
            chart::sensitivity(&input).map(Block::from)
        });
        let mut table = Table::new(
            "Each case, and what the recommendation is worth in it",
            &["case", "concurrency needed", "P(deadline) as recommended"],
        );
        let mut row = |name: &str, setting: &str, case: &Case| {
            let needed = case.concurrency.map_or_else(|| "none is enough".into(), count);
            table.row([format!("{name} {setting}"), needed, probability(case.probability)]);
        };
        for (cases, told) in plan.sensitivities.iter().zip(&self.sensitivities) {
            cases.low.iter().for_each(|low| row(&told.name, &told.low_setting, low));
            row(&told.name, &told.high_setting, &cases.high);
        }
        Part::new("What if", chart.into_iter().chain([table.into()]))
    }
}

/// A limit that binds, as a sentence.
fn binding(limit: &Limiting) -> Sentence {
    let Limiting { name, have, need, .. } = limit;
    let text = format!("{} binds: {have} where {need} is needed.", capitalised(name));
    Sentence { verdict: Verdict::Fail, text }
}

fn limits(all: &[Limiting]) -> Table {
    let head = ["limit", "have", "need", "what to do"];
    let mut table = Table::new("What each limit has and needs", &head).words_from(3);
    for Limiting { name, have, need, remedy } in all {
        table.row([(*name).into(), have.clone(), need.clone(), remedy.clone()]);
    }
    table
}

/// A chart that says which way it is about.
fn of_way(chart: Chart, way: &Proposal) -> Block {
    let id = format!("{}-{}", chart.id, way.name).into();
    let title = format!("{}: {}", chart.title, way.title);
    Chart { id, title, ..chart }.into()
}
