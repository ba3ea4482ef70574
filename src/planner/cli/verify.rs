//! `planner measure --plan`: drives the load at the setting of a plan, and says whether the plan is kept.

use std::path::Path;

use miette::IntoDiagnostic;

use super::args::{Accepted, PlannedDeployment, VerifyOptions};
use super::exit::{BadInput, Exit, bad_input, refuse};
use super::{report_plan, stdio};
use crate::runs::folder::{VERIFICATION, write_json};
use crate::runs::{attempts, fan_out};
use planner_aws::file_error::FileError;
use planner_core::load::attempt::Attempt;
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::scenario::Scenario;
use planner_core::scenario::file::{Arrivals, File, OperationKind, Stop};
use planner_core::service::function::PipelineShape;
use planner_core::units::human::number;
use planner_core::units::quantity::{MONTH, Rate, Span, nanoseconds};
use planner_plan::deployment::Deployment;
use planner_plan::fit::{self, FittedModel, ModelFitError, Observations};
use planner_plan::forecast::{ForecastSetting, FunctionSetting};
use planner_plan::plan_inputs::EXTRAPOLATION;
use planner_plan::sizing_document::Recommendation;
use planner_plan::verify::{PlanPromise, Verification, VerificationOutcome};
use planner_report::plan::verify;

/// A plan that a run is driven for.
pub(super) struct Verifying {
    promise: PlanPromise,
    /// Path of the plan.
    plan: String,
    accept: Option<Accepted>,
}

impl Verifying {
    /// What the options ask for, if they name a plan.
    ///
    /// # Errors
    /// Where the plan cannot be read, does not have the way, or has two and none is named.
    pub(super) fn of(options: &VerifyOptions) -> miette::Result<Option<Self>> {
        let Some(path) = &options.plan else { return Ok(None) };
        let plan = report_plan::recommendation(path)?;
        let way = way(&plan, options.way)?;
        let Some(promise) = PlanPromise::of(&plan, way) else {
            let reason = format!("failed to verify {}: it does not have this way", path.display());
            return bad_input(reason, "plan for it with `planner recommend --as workers` or `--as lambda`");
        };
        Ok(Some(Self { promise, plan: path.display().to_string(), accept: options.accept }))
    }

    /// Puts the setting of the plan in the place of a scenario's load.
    ///
    /// # Errors
    /// Where the scenario does something else than the plan, or with another function.
    pub(super) fn drive(&self, file: &mut File) -> miette::Result<()> {
        let (operation, named) = match self.promise.setting {
            ForecastSetting::Pool(_) => (OperationKind::Copy, "copy"),
            ForecastSetting::Function(_) => (OperationKind::FanOut, "fan-out"),
        };
        if file.operation != operation {
            let than = format!("scenario {}, which has another operation than \"{named}\"", file.name);
            let help = "choose another scenario, or another way with --as";
            return bad_input(format!("failed to verify {} with {than}", self.plan), help);
        }
        file.arrivals = match self.promise.setting {
            ForecastSetting::Pool(pool) => Arrivals::closed(u32::try_from(pool.workers).unwrap_or(u32::MAX)),
            ForecastSetting::Function(function) => {
                self.same_function(file, function)?;
                Arrivals::constant(Rate(function.rate_per_s.unwrap_or_default()))
            }
        };
        file.sweep = None;
        // The whole job takes no longer if the plan is kept.
        let duration = Span(nanoseconds(self.promise.deadline_s)).min(MONTH);
        file.stop = Stop { jobs: Some(self.promise.jobs()), duration: Some(duration), precise: None };
        Ok(())
    }

    /// Refuses a function that is not the planned one. What is deployed is never changed.
    fn same_function(&self, file: &File, planned: FunctionSetting) -> miette::Result<()> {
        if planned.shape == PipelineShape::Queue || file.pipeline().shape == PipelineShape::Queue {
            return bad_input(
                format!("failed to verify {}: behind a queue only the whole job shows it", self.plan),
                "copy everything as planned, and `planner audit` says whether the plan was kept",
            );
        }
        let (planned, service) = (planned.reserved, file.target.service.as_ref());
        match service.and_then(|service| service.function.reserved_concurrency) {
            Some(reserved) if reserved == planned => Ok(()),
            other => refuse(
                format!(
                    "the plan reserves a concurrency of {planned}, and the scenario's function has {}",
                    other.map_or_else(|| "none that is named".into(), |reserved| reserved.to_string())
                ),
                format!(
                    "deploy it so (`planner recommend --emit`) and write reserved_concurrency = {planned} under \
                     [target.service.function]"
                ),
            ),
        }
    }

    /// Refuses objects that are not like the planned ones.
    ///
    /// # Errors
    /// Where their mean size is another.
    pub(super) fn same_objects(&self, scenario: &Scenario) -> Result<(), BadInput> {
        let ratio = self.promise.size_ratio(&self.sizes_bytes(scenario));
        if (EXTRAPOLATION.recip()..=EXTRAPOLATION).contains(&ratio) {
            return Ok(());
        }
        let (plan, name, ratio) = (&self.plan, &scenario.file.name, number(ratio));
        let reason = format!(
            "failed to verify {plan}: the objects of scenario {name} are {ratio} times as large as the planned ones"
        );
        Err(BadInput::new(reason, "plan with --size or --manifest, or copy objects like the planned ones"))
    }

    /// What the run is for, in a line.
    pub(super) fn purpose(&self) -> String {
        format!("  {}\n", verify::purpose(&self.promise))
    }

    /// Judges a run that has ended and writes the verdict down; says why there is none.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub(super) fn judge(&self, folder: &Path, run: &RunDocument, scenario: &Scenario) -> miette::Result<()> {
        // Of a fan-out a late publisher spoils no more than the pace, but that is what is verified.
        if run.generator.as_ref().is_some_and(|generator| generator.saturated) {
            stdio::say("the plan is not verified: the generator was saturated");
            return Ok(());
        }
        let model = match self.fitted(folder, run, scenario)? {
            Ok(model) => model,
            Err(error) => {
                stdio::say(format_args!("the plan is not verified: {error}"));
                return Ok(());
            }
        };
        let sum = |of: fn(&LevelSummary) -> u64| run.levels.iter().map(of).sum::<u64>() as f64;
        let failed_share = sum(|level| level.jobs_failed) / sum(|level| level.jobs).max(1.0);
        let work = self.promise.work(&self.sizes_bytes(scenario), scenario.file.retry.policy());
        let verdict = self.promise.verified(self.plan.clone(), &model, &work, failed_share);
        Ok(write_json(&folder.join(VERIFICATION), &verify::document(&verdict).into_diagnostic()?)?)
    }

    /// The model of what the run did at the setting.
    fn fitted(
        &self,
        folder: &Path,
        run: &RunDocument,
        scenario: &Scenario,
    ) -> Result<Result<FittedModel, ModelFitError>, FileError> {
        let mut observations = Observations::of(run);
        let jobs: u64 = run.levels.iter().map(|level| level.jobs).sum();
        let skipped = self.promise.jobs_to_skip(jobs * scenario.workload.items_per_job());
        let mut add = |attempt: &Attempt| {
            if attempt.start.job >= skipped {
                observations.add(attempt);
            }
        };
        match self.promise.setting {
            ForecastSetting::Pool(_) => attempts::read(folder, |attempt| add(&attempt))?,
            ForecastSetting::Function(_) => {
                for record in fan_out::deliveries(folder)? {
                    record.whole_way().iter().for_each(&mut add);
                }
            }
        }
        Ok(fit::fit(run, &observations, scenario.file.seed))
    }

    fn sizes_bytes(&self, scenario: &Scenario) -> Vec<u64> {
        let objects = &scenario.workload.objects;
        (0..objects.len().min(self.promise.jobs())).map(|index| objects.size_bytes(index)).collect()
    }

    /// The exit code that the run deserves, with the verdict on the plan where there is one.
    pub(super) fn exit(&self, measured: Exit, verdict: Option<&Verification>) -> Exit {
        match (measured, verdict.map(|verdict| verdict.outcome)) {
            (Exit::Fine | Exit::ThresholdCrossed, None) => Exit::NotValid,
            (Exit::Fine | Exit::ThresholdCrossed, Some(VerificationOutcome::TooOptimistic)) => {
                Exit::DeadlineMissed
            }
            (Exit::Fine | Exit::ThresholdCrossed, Some(VerificationOutcome::Undecided))
                if self.accept.is_none() =>
            {
                Exit::Unproven
            }
            _ => measured,
        }
    }
}

/// The way to verify: the one that was named, or the only one.
fn way(plan: &Recommendation, named: Option<PlannedDeployment>) -> miette::Result<Deployment> {
    match (named, &plan.workers, &plan.lambda) {
        (Some(PlannedDeployment::Workers), ..) | (None, Some(_), None) => Ok(Deployment::Workers),
        (Some(PlannedDeployment::Lambda), ..) | (None, None, _) => Ok(Deployment::Lambda),
        (None, Some(_), Some(_)) => {
            bad_input("the plan has two ways, and a run drives one", "add --as workers or --as lambda")
        }
    }
}
