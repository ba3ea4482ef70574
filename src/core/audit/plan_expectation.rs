//! What a plan promised: the few numbers of `plan.json` that a backup can be held to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::function::PipelineShape;

/// The promises of a plan; each may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct PlanExpectation {
    /// Objects that it was made for.
    pub objects: Option<f64>,
    /// The deadline.
    pub deadline_s: Option<f64>,
    /// Finishing time that half of all backups stay below.
    pub finish_p50_s: Option<f64>,
    /// Finishing time that 95 of 100 stay below.
    pub finish_p95_s: Option<f64>,
    /// Finishing time that 99 of 100 stay below.
    pub finish_p99_s: Option<f64>,
    /// Concurrency that it set aside for the function.
    pub reserved_concurrency: Option<f64>,
    /// Mean time of one copy, in seconds.
    pub residence_mean_s: Option<f64>,
    /// What lies between the topic and the function.
    pub shape: Option<PipelineShape>,
}

impl PlanExpectation {
    /// Reads the JSON of `planner recommend`, or of anything that names its numbers alike. A plan may say when workers
    /// finish and when a function does: of which the times count is up to `of_function`.
    ///
    /// # Errors
    /// Where the text is no JSON, or promises nothing that can be looked at.
    pub fn read(text: &str, of_function: bool) -> Result<Self, String> {
        let plan: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let own = plan.pointer("/lambda/finish_s").filter(|_| of_function);
        let finish = own.or_else(|| plan.pointer("/finish_s"));
        let finish_s = |share: &str| finish.and_then(|finish| amount(finish.get(share)?));
        let number = |paths: &[&str]| paths.iter().find_map(|path| amount(plan.pointer(path)?));
        let promise = Self {
            objects: number(&["/objects", "/jobs", "/job/objects"]),
            deadline_s: number(&["/deadline_s", "/job/deadline_s", "/goal/deadline_s"]),
            finish_p50_s: finish_s("p50"),
            finish_p95_s: finish_s("p95"),
            finish_p99_s: finish_s("p99"),
            reserved_concurrency: number(&["/reserved_concurrency", "/reserved_concurrency/value"]),
            residence_mean_s: number(&["/residence/mean_s"]),
            shape: plan.pointer("/lambda/shape").and_then(|shape| PipelineShape::deserialize(shape).ok()),
        };
        if !promise.is_anything() {
            return Err(
                "it has neither deadline_s nor finish_s nor reserved_concurrency, as plans have".into()
            );
        }
        Ok(promise)
    }

    fn is_anything(&self) -> bool {
        let Self { deadline_s, finish_p50_s, finish_p95_s, finish_p99_s, reserved_concurrency, .. } = self;
        let promised = [deadline_s, finish_p50_s, finish_p95_s, finish_p99_s, reserved_concurrency];
        promised.into_iter().any(Option::is_some)
    }
}

fn amount(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_may_lack_any_number() {
        let whole = r#"{"schema": "planner/plan/1", "objects": 250, "deadline_s": 600, "reserved_concurrency": 55,
            "finish_s": {"p50": 150.5, "p95": 160, "p99": 170}, "publish": {"rate_per_s": 20}}"#;
        let expected = PlanExpectation {
            objects: Some(250.0),
            deadline_s: Some(600.0),
            finish_p50_s: Some(150.5),
            finish_p95_s: Some(160.0),
            finish_p99_s: Some(170.0),
            reserved_concurrency: Some(55.0),
            ..PlanExpectation::default()
        };
        assert_eq!(PlanExpectation::read(whole, true), Ok(expected));
        let alone =
            PlanExpectation::read(r#"{"reserved_concurrency": {"value": 7}, "finish_s": null}"#, false);
        assert_eq!(
            alone,
            Ok(PlanExpectation { reserved_concurrency: Some(7.0), ..PlanExpectation::default() })
        );
        for (wrong, hint) in [
            ("", "not JSON"),
            ("{}", "deadline_s"),
            (r#"{"deadline_s": -1}"#, "deadline_s"),
            (r#"{"objects": 250, "lambda": {"shape": "queue"}}"#, "deadline_s"),
        ] {
            assert!(PlanExpectation::read(wrong, false).unwrap_err().contains(hint), "{wrong}");
        }
    }

    #[test]
    fn a_function_is_held_to_its_own_finishing_times() {
        let both = r#"{"finish_s": {"p50": 100, "p95": 110, "p99": 120}, "residence": {"mean_s": 25.2},
            "lambda": {"shape": "queue", "finish_s": {"p50": 200, "p95": 220, "p99": null}}}"#;
        let times = |of_function: bool| {
            let promise = PlanExpectation::read(both, of_function).unwrap();
            [promise.finish_p50_s, promise.finish_p95_s, promise.finish_p99_s]
        };
        assert_eq!(times(true), [Some(200.0), Some(220.0), None]);
        assert_eq!(times(false), [Some(100.0), Some(110.0), Some(120.0)]);
        let promise = PlanExpectation::read(both, true).unwrap();
        assert_eq!((promise.residence_mean_s, promise.shape), (Some(25.2), Some(PipelineShape::Queue)));
    }
}
