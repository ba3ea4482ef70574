//! A recommendation as a page and as a document, with what both say put in words once.

use serde_json::{Result, Value};

use super::decision::{self, DecisionText};
use super::json::{each, said, with_words};
use super::proposal::{Proposal, proposals};
use super::sizing_words::{self, Limiting};
use super::{cost_table, evidence, limitation, plan_header, quota};
use crate::chart::{
    self, Chance, Chances, ChoiceAxis, CostPoint, Costs, DeadlineCurve, Makespans, Sensitivities,
    SensitivityBar, ValueKind,
};
use crate::drawing::Chart;
use crate::page::{Block, Card, Fact, Page, PagePart};
use crate::table::Table;
use planner_core::units::human::{capitalised, count, counted, duration, probability, promised};
use planner_plan::decision::PlanState;
use planner_plan::deployment::Deployment;
use planner_plan::sizing_document::{CurvePoint, Recommendation, Rehearsal, SensitivityCase};

/// A recommendation with what it says.
#[derive(Debug)]
pub struct RecommendationText<'a> {
    plan: &'a Recommendation,
    /// Whether the goal is reached, on which evidence, with what.
    pub verdict: String,
    bullets: Vec<Fact>,
    cards: Vec<Card>,
    /// Which way to take and why, where there are two.
    choice: Option<String>,
    /// Why the deadline cannot be met, by any of the ways.
    infeasible: Option<String>,
    deployments: Vec<Proposal<'a>>,
    limits: Vec<Limiting>,
    /// Goals that can be reached: what gives way, the deadline, the probability, the way.
    nearest: Vec<[String; 4]>,
    sensitivities: Vec<SensitivityBar>,
    doubts: Vec<limitation::LimitationText>,
    /// The answer's objects and its deadline.
    objects: String,
    deadline: String,
}

impl<'a> RecommendationText<'a> {
    /// The recommendation in words.
    #[must_use]
    pub fn of(plan: &'a Recommendation) -> Self {
        let objects = plan_header::counts(&plan.preface.job);
        let deadline = duration(plan.preface.job.deadline_s);
        let (deployments, limits) = (proposals(plan), sizing_words::limits(plan));
        let (infeasible, nearest) = (sizing_words::infeasible(plan, &deadline), sizing_words::nearest(plan));
        let decided = DecisionText {
            plan,
            deployments: &deployments,
            limits: &limits,
            infeasible: infeasible.as_deref(),
            nearest: &nearest,
        };
        let (verdict, bullets, cards) = (decided.verdict(), decided.bullets(), decided.cards());
        let choice = decided.choice();
        let (sensitivities, doubts) = (sizing_words::sensitivities(plan), limitation::said(&plan.doubts));
        Self {
            plan,
            verdict,
            bullets,
            cards,
            choice,
            infeasible,
            deployments,
            limits,
            nearest,
            sensitivities,
            doubts,
            objects,
            deadline,
        }
    }

    /// For people: what to set, then what binds, then every reason to doubt it.
    #[must_use]
    pub fn page(&self) -> Page {
        let page = Page {
            kind: format!("Plan · {} within {}", self.objects, self.deadline),
            title: self.verdict.clone(),
            bullets: self.bullets.clone(),
            parts: vec![
                self.decision(),
                self.answer(),
                PagePart::new(
                    "When it is done, and how sure that is",
                    self.deployments.iter().flat_map(|deployment| self.finish(deployment)),
                ),
                self.rests_on(),
                PagePart::new("Limits that bind", [limits(&self.limits).into()]),
                quota::request(self.plan),
                self.what_if(),
                self.costs(),
            ],
            ..Page::default()
        };
        plan_header::framed(page, &self.plan.preface, &self.doubts, &self.plan.sources)
    }

    /// For programs: all that the recommendation holds, with its words.
    ///
    /// # Errors
    /// Where a number has no form in JSON.
    pub fn document(&self) -> Result<Value> {
        let plan = self.plan;
        let mut document = with_words(plan, &[("verdict", &self.verdict)])?;
        document["state"] = serde_json::to_value(plan.state())?;
        document["choice"] = serde_json::to_value(plan.choice())?;
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
            let low = |case: &SensitivityCase| with_words(case, &[("setting", &told.low_setting)]);
            value["low"] = row.low.as_ref().map(low).transpose()?.unwrap_or_default();
            value["high"] = with_words(&row.high, &[("setting", &told.high_setting)])?;
            Ok(value)
        })?;
        Ok(document)
    }

    /// What one run of the whole job came to.
    fn rehearsed(&self) -> Option<String> {
        let Rehearsal { deployment, makespan_s, objects_copied } = self.plan.rehearsed?;
        let deployment = match deployment {
            Deployment::Workers => "workers",
            Deployment::Lambda => "a function",
        };
        let missing = self.plan.preface.job.objects.saturating_sub(objects_copied);
        let missing =
            if missing == 0 { String::new() } else { format!(", without {}", counted(missing, "object")) };
        let makespan = duration(makespan_s);
        Some(format!("Rehearsed once with {deployment}: done in {makespan}{missing}. That is no evidence."))
    }

    /// The ways side by side and which to take, with what shows the risk; or what is within reach instead.
    fn decision(&self) -> PagePart {
        let sentences = self.choice.iter().cloned().chain(self.rehearsed()).map(Block::Paragraph);
        let taken = self.plan.choice().and_then(|choice| {
            self.deployments.iter().find(|deployment| deployment.deployment == choice.deployment)
        });
        let chart = self.reach(taken).or_else(|| self.risk(taken?));
        let blocks = std::iter::once(Block::Cards(self.cards.clone())).chain(sentences).chain(chart);
        PagePart::decision("The decision", blocks.chain([self.reachable().into()]))
    }

    /// What has to hold for the probability to be true.
    fn rests_on(&self) -> PagePart {
        let basis = &self.plan.preface.basis;
        let blocks = self.plan.evidence.iter().flat_map(|rests_on| {
            let survived = capitalised(&evidence::survived(&rests_on.tolerance));
            [Block::Paragraph(format!("{survived}.")), evidence::conditions(rests_on, basis).into()]
        });
        PagePart::new("What that probability rests on", blocks)
    }

    /// What is to be copied by when, what to set for it way by way, and what the mean alone would say.
    fn answer(&self) -> PagePart {
        let plan = self.plan;
        let wanted = plan.probability.goal.map_or_else(|| "unknown".into(), promised);
        let objects = capitalised(&plan_header::objects(&plan.preface));
        let job = format!("{objects}, within {} with probability {wanted}.", self.deadline);
        let mut head = vec!["answer"];
        head.extend(self.deployments.iter().map(|deployment| deployment.head));
        let mut table = Table::new("What to set, way by way", &head).words_from(1);
        let names = ["concurrency", "publish", "P(deadline)", "finish", "throttles", "cost"];
        for (index, name) in names.into_iter().enumerate().filter(|_| !self.deployments.is_empty()) {
            let cells = self.deployments.iter().map(|deployment| deployment.cells[index].clone());
            table.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
        let floor = match plan.mean_value_floor {
            Some(floor) => format!(
                "The average alone needs {}, by ⌈J/N⌉·R within the deadline; slow copies raise that.",
                counted(floor, "worker")
            ),
            None => "One copy of mean length takes longer than the deadline.".into(),
        };
        PagePart::new("The answer", [Block::Paragraph(job), table.into(), Block::Paragraph(floor)])
    }

    /// Goals that can be reached.
    fn reachable(&self) -> Table {
        let head = ["within reach", "deadline", "probability", "with"];
        let mut table = Table::new("Nearest goals within reach", &head);
        self.nearest.iter().for_each(|goal| table.row(goal.clone()));
        table
    }

    /// The risk of being late against the concurrency of a way.
    fn risk(&self, deployment: &Proposal) -> Option<Block> {
        let chance = |point: &CurvePoint| Chance {
            at: point.n,
            met: point.probability,
            low: point.interval[0],
            high: point.interval[1],
        };
        let chances: Vec<Chance> = deployment.curve.iter().map(chance).collect();
        let input = Chances { choice: self.axis(deployment), chances: &chances, wanted: self.wanted() };
        chart::chance(&input).map(|chart| of_way(chart, deployment))
    }

    /// How far today's limits reach, where the way to take goes beyond them.
    fn reach(&self, taken: Option<&Proposal>) -> Option<Block> {
        let deployment = taken.filter(|_| self.plan.state() == PlanState::Blocked)?;
        let today = self
            .plan
            .lambda
            .as_ref()
            .filter(|_| deployment.deployment == Deployment::Lambda)?
            .within_limits?;
        let tried: Vec<(f64, f64)> =
            deployment.curve.iter().map(|point| (point.n, point.finish_p99_s)).collect();
        let input = DeadlineCurve {
            name: deployment.axis,
            tried: &tried,
            today: (today.reserved_concurrency as f64, today.deadline_s),
            needed: (deployment.chosen, &deployment.number),
            deadline_s: self.plan.preface.job.deadline_s,
        };
        chart::reach(&input).map(|chart| of_way(chart, deployment))
    }

    /// When a way is done, and the risk of being late where that is not shown with the decision.
    fn finish(&self, deployment: &Proposal) -> Vec<Block> {
        let deadline_s = Some(self.plan.preface.job.deadline_s);
        let makespans = chart::makespan(&Makespans { makespans_s: deployment.makespans_s, deadline_s });
        let is_taken = self.plan.choice().is_some_and(|choice| choice.deployment == deployment.deployment);
        let is_shown = is_taken && self.reach(Some(deployment)).is_none();
        let risk = if is_shown { None } else { self.risk(deployment) };
        makespans.map(|chart| of_way(chart, deployment)).into_iter().chain(risk).collect()
    }

    /// What each way costs, against its concurrency and by service.
    fn costs(&self) -> PagePart {
        let chart = |deployment: &Proposal| {
            let cost = |point: &CurvePoint| CostPoint {
                at: point.n,
                cost_usd: point.cost_usd,
                finish_s: point.finish_p99_s,
            };
            let costs: Vec<CostPoint> = deployment.curve.iter().map(cost).collect();
            let (finish, deadline_s) = ("finishing time, p99", Some(self.plan.preface.job.deadline_s));
            let input = Costs { choice: self.axis(deployment), costs: &costs, finish, deadline_s };
            chart::cost(&input).map(|chart| of_way(chart, deployment))
        };
        let tables =
            self.deployments.iter().map(|deployment| cost_table(deployment.name, deployment.cost).into());
        PagePart::new("Cost", self.deployments.iter().filter_map(chart).chain(tables))
    }

    fn axis<'b>(&self, deployment: &'b Proposal) -> ChoiceAxis<'b> {
        ChoiceAxis {
            name: deployment.axis,
            chosen: Some((deployment.chosen, &deployment.number)),
            limits: &deployment.limits,
        }
    }

    fn wanted(&self) -> f64 {
        self.plan.probability.goal.unwrap_or(self.plan.probability.estimate)
    }

    /// What changes the answer by how much.
    fn what_if(&self) -> PagePart {
        let plan = self.plan;
        let answer = if plan.workers.is_some() { "workers needed" } else { "concurrency needed" };
        let chart = plan.concurrency.and_then(|chosen| {
            let (kind, base) = (ValueKind::Number, chosen.value as f64);
            let input = Sensitivities { answer, kind, base, sensitivities: &self.sensitivities };
            chart::sensitivity(&input).map(Block::from)
        });
        let mut table = Table::new(
            "Each case, and what the recommendation is worth in it",
            &["case", "concurrency needed", "P(deadline) as recommended"],
        );
        let mut row = |name: &str, setting: &str, case: &SensitivityCase| {
            let needed = case.concurrency.map_or_else(|| "none is enough".into(), count);
            table.row([format!("{name} {setting}"), needed, probability(case.probability)]);
        };
        for (cases, told) in plan.sensitivities.iter().zip(&self.sensitivities) {
            cases.low.iter().for_each(|low| row(&told.name, &told.low_setting, low));
            row(&told.name, &told.high_setting, &cases.high);
        }
        PagePart::new("What if", chart.into_iter().chain([table.into()]))
    }
}

fn limits(all: &[Limiting]) -> Table {
    let head = ["limit", "have", "need", "what to do"];
    let mut table = Table::new("What each limit has and needs", &head).words_from(3);
    for Limiting { name, have, need, remedy, .. } in all {
        table.row([(*name).into(), have.clone(), need.clone(), remedy.clone()]);
    }
    table
}

/// A chart that says which way it is about.
fn of_way(chart: Chart, deployment: &Proposal) -> Block {
    let id = format!("{}-{}", chart.id, deployment.name).into();
    let title = format!("{}: {}", decision::name(deployment.deployment), chart.title);
    Chart { id, title, ..chart }.into()
}
