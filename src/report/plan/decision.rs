//! The decision of a recommendation in words: the verdict, what to set, what blocks, what is not known, and which way to
//! take.

use planner_core::units::human::{capitalised, count, counted, duration, probability, promised, usd};
use planner_plan::decision::{ChoiceReason, PlanState, StrategyChoice};
use planner_plan::deployment::Deployment;
use planner_plan::fit::BasisKind;
use planner_plan::plan_header::{Finish, Probability};
use planner_plan::sizing_document::{Recommendation, WithinLimits};

use super::proposal::Proposal;
use super::sizing_words::Limiting;
use super::{evidence, plan_header};
use crate::page::{Card, Fact};

/// Jobs for each copy in flight that a measurement for a plan has.
const JOBS_EACH: u64 = 10;

/// What a decision is told from.
pub(super) struct DecisionText<'a> {
    pub plan: &'a Recommendation,
    pub deployments: &'a [Proposal<'a>],
    pub limits: &'a [Limiting],
    /// Why a way cannot do it at all.
    pub infeasible: Option<&'a str>,
    /// Goals within reach: what gives way, the deadline, the probability, the way.
    pub nearest: &'a [[String; 4]],
}

/// A state in a word.
pub(crate) fn word(state: PlanState) -> &'static str {
    match state {
        PlanState::Ready => "ready",
        PlanState::Rehearsed => "rehearsed",
        PlanState::Assumed | PlanState::Unproven => "unproven",
        PlanState::Blocked => "blocked",
    }
}

impl<'a> DecisionText<'a> {
    /// The verdict: whether the goal is reached, on which evidence, with what.
    pub(super) fn verdict(&self) -> String {
        let plan = self.plan;
        let Some((choice, deployment)) = self.taken() else { return self.out_of_reach() };
        let steps = match plan.limits_of(choice.deployment).count() {
            0 => String::new(),
            steps => format!(", with {} first", counted(steps as u64, "step")),
        };
        match plan.state() {
            PlanState::Ready => format!("Yes{steps}: {}", self.finishes(deployment, "finish")),
            PlanState::Rehearsed => {
                format!("Rehearsed{steps}: {}", self.finishes(deployment, "would finish"))
            }
            PlanState::Assumed => format!("Assumed{steps}: {}", self.finishes(deployment, "would finish")),
            PlanState::Unproven => self.unproven(deployment),
            PlanState::Blocked => {
                let needs = format!("{} needs {}", self.deadline(), deployment.number);
                let basis = self.basis();
                match self.today() {
                    Some(today) => {
                        format!("Not today{basis}: {} within your quota; {needs}", duration(today.deadline_s))
                    }
                    None => format!("Not today{basis}: {needs}"),
                }
            }
        }
    }

    /// At most three: what to set, what blocks, what is not known.
    pub(super) fn bullets(&self) -> Vec<Fact> {
        let rests_on = self.taken().map(|(_, deployment)| deployment.evidence);
        let unknown = rests_on.map(|rests_on| evidence::not_known(rests_on, &self.plan.preface.basis));
        let unknown = unknown.or_else(|| plan_header::unmeasured(&self.plan.preface).map(str::to_owned));
        [("Set", self.set()), ("Blocks", self.blocks()), ("Not known", unknown)]
            .into_iter()
            .filter_map(|(name, text)| Some(Fact::new(name, capitalised(&text?) + ".")))
            .collect()
    }

    /// The ways side by side.
    pub(super) fn cards(&self) -> Vec<Card> {
        let taken = self.plan.choice().map(|choice| choice.deployment);
        let card = |deployment: &Proposal| {
            let blocked = self
                .limits_of(deployment.deployment)
                .map(|it| format!("{} {} of {}", it.short, it.have, it.need));
            let blocked: Vec<String> = blocked.collect();
            let finish = deployment.finish;
            let (number, unit) = deployment.number.split_once(' ').unwrap_or((&deployment.number, ""));
            Card {
                name: name(deployment.deployment).into(),
                number: number.into(),
                unit: unit.into(),
                is_taken: taken == Some(deployment.deployment),
                facts: vec![
                    Fact::new("p50, p99", spread(finish)),
                    Fact::new("in time", probability(deployment.probability.estimate)),
                    Fact::new("cost", &deployment.price),
                    Fact::new(
                        "blocked by",
                        if blocked.is_empty() { "nothing".into() } else { blocked.join("; ") },
                    ),
                    Fact::new("evidence", evidence::word(deployment.evidence)),
                ],
            }
        };
        self.deployments.iter().map(card).collect()
    }

    /// Which way to take and why, in a sentence.
    pub(super) fn choice(&self) -> Option<String> {
        let (choice, deployment) = self.taken()?;
        let because = match (choice.reason, choice.deployment) {
            (ChoiceReason::Only, _) => return None,
            (ChoiceReason::WithinLimits, Deployment::Workers) => {
                "they need no limit raised, and Lambda does".into()
            }
            (ChoiceReason::WithinLimits, Deployment::Lambda) => {
                "it needs no limit raised, and workers do".into()
            }
            (ChoiceReason::Proven, Deployment::Workers) => {
                "what they rest on was tested, and for Lambda it was not".into()
            }
            (ChoiceReason::Proven, Deployment::Lambda) => {
                "what it rests on was tested, and for workers it was not".into()
            }
            (ChoiceReason::Cheaper, _) => {
                let other = self.deployments.iter().find(|other| other.deployment != choice.deployment)?;
                format!("both stand alike, for {} against {}", deployment.price, other.price)
            }
        };
        let this = match choice.deployment {
            Deployment::Workers => "workers",
            Deployment::Lambda => "Lambda",
        };
        Some(format!("Take {this}: {because}."))
    }

    fn taken(&self) -> Option<(StrategyChoice, &'a Proposal<'a>)> {
        let choice = self.plan.choice()?;
        Some((choice, self.deployments.iter().find(|deployment| deployment.deployment == choice.deployment)?))
    }

    fn deadline(&self) -> String {
        plan_header::due(&self.plan.preface.job)
    }

    fn goal(&self) -> f64 {
        self.plan.probability.goal.unwrap_or_default()
    }

    fn today(&self) -> Option<WithinLimits> {
        self.plan.lambda.as_ref()?.within_limits
    }

    fn limits_of(&self, deployment: Deployment) -> impl Iterator<Item = &Limiting> {
        let is_of = move |(binding, _): &(&planner_plan::limit::BindingLimit, &Limiting)| {
            binding.limit.is_of(deployment)
        };
        self.plan.binding_limits.iter().zip(self.limits).filter(is_of).map(|(_, told)| told)
    }

    /// `2,951 workers finish by 9m 59s, deadline 10m, 99.09 %`.
    fn finishes(&self, deployment: &Proposal, verb: &str) -> String {
        let Probability { estimate, .. } = *deployment.probability;
        let verb = if deployment.number.starts_with("1 ") && verb == "finish" { "finishes" } else { verb };
        match at(deployment.finish, self.goal()) {
            Some(time_s) => format!(
                "{} {verb} by {}, deadline {}, {}",
                deployment.number,
                plan_header::at(&self.plan.preface.job, time_s),
                self.deadline(),
                promised(estimate)
            ),
            None => {
                format!("{} {verb} within {} with {}", deployment.number, self.deadline(), promised(estimate))
            }
        }
    }

    /// What to measure before there is an answer; where nothing is to be measured, how little is reached.
    fn unproven(&self, taken: &Proposal) -> String {
        let open = std::iter::once(taken)
            .chain(self.deployments)
            .find(|deployment| deployment.evidence.next_measurement.is_some());
        let Some((deployment, next)) =
            open.and_then(|deployment| Some((deployment, deployment.evidence.next_measurement?)))
        else {
            let [met, wanted] = [taken.probability.estimate, self.goal()].map(promised);
            return format!(
                "Unproven: {} meet {} with {met}, where {wanted} is wanted",
                taken.number,
                self.deadline()
            );
        };
        let job = &self.plan.preface.job;
        let price = |jobs: u64| usd(deployment.cost.total_usd * jobs as f64 / job.objects.max(1) as f64);
        let Some(n) = next.concurrency.filter(|n| *n > 0) else {
            let jobs = counted(next.jobs, "job");
            return format!("Unproven: measure {jobs} first (about {})", price(next.jobs));
        };
        let residence = &self.plan.preface.residence;
        let mean_s = residence.mean_at_most_in_flight_s.unwrap_or(residence.mean_s);
        let jobs = next.jobs.max(JOBS_EACH * n);
        let rounds = (jobs as f64 / n as f64).ceil();
        let time = duration((rounds + 1.0) * mean_s);
        format!("Unproven: measure at N = {} first (about {time}, {})", count(n), price(jobs))
    }

    /// Whose times they are, after a word that is not a yes.
    fn basis(&self) -> &'static str {
        let basis = &self.plan.preface.basis;
        match (basis.rehearsal, basis.kind) {
            (true, _) => ", as rehearsed",
            (false, BasisKind::Assumed) => ", as assumed",
            (false, BasisKind::Measured) => "",
        }
    }

    fn out_of_reach(&self) -> String {
        let goal = self.nearest.first();
        let within = goal.map(|[_, deadline, sure, deployment]| {
            format!("; {deadline} is within reach with {deployment}, {sure}")
        });
        let within = within.unwrap_or_default();
        match self.plan.state() {
            PlanState::Blocked => format!("No{}: {} cannot be met{within}", self.basis(), self.deadline()),
            _ => format!("Unproven: {} is neither shown to be met nor out of reach{within}", self.deadline()),
        }
    }

    fn set(&self) -> Option<String> {
        let (choice, deployment) = self.taken()?;
        let other = self.deployments.iter().find(|other| other.deployment != choice.deployment);
        let other = other.map_or_else(String::new, |other| format!("; or {}", other.clause));
        let set = format!("{}{other}", deployment.clause);
        let next = deployment.evidence.next_measurement.as_ref();
        Some(match next {
            Some(next) => {
                let named = Some(choice.deployment).filter(|_| self.deployments.len() > 1);
                format!("{}; until then perhaps {set}", evidence::measurement(next, named))
            }
            None => set,
        })
    }

    /// Limits with their remedies, what can be done without, and ways that cannot do it at all.
    fn blocks(&self) -> Option<String> {
        let remedy = |it: &Limiting| format!("{} ({} {} of {})", it.remedy, it.short, it.have, it.need);
        let remedies = self.limits.iter().map(remedy);
        let today = self.today().map(|today| format!("today Lambda takes {}", duration(today.deadline_s)));
        let cannot = self.infeasible.map(|reason| match (&self.plan.workers, &self.plan.lambda) {
            (Some(_), None) => format!("with a function {reason}"),
            (None, Some(_)) => format!("with workers {reason}"),
            _ => reason.to_owned(),
        });
        let all: Vec<String> = remedies.chain(today).chain(cannot).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// What a way is called.
pub(super) fn name(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::Workers => "Workers",
        Deployment::Lambda => "Lambda",
    }
}

/// The finishing time at the largest known percentile that the goal reaches.
fn at(finish: &Finish, goal: f64) -> Option<f64> {
    match goal {
        goal if goal >= 0.99 => finish.p99,
        goal if goal >= 0.95 => finish.p95,
        _ => finish.p50,
    }
}

/// Median and 99th percentile, which may be alike.
fn spread(finish: &Finish) -> String {
    let [p50, p99] = [finish.p50, finish.p99].map(super::time);
    if p50 == p99 { p50 } else { format!("{p50}, {p99}") }
}
