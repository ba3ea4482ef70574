//! What a plan promised: the few numbers of `plan.json` that a backup can be held to.

use serde::Serialize;
use serde_json::Value;

/// The promises of a plan; each may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Promise {
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
}

impl Promise {
    /// Reads the JSON of `planner recommend`, or of anything that names its numbers alike.
    ///
    /// # Errors
    /// Where the text is no JSON, or promises nothing that can be looked at.
    pub fn read(text: &str) -> Result<Self, String> {
        let plan: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let number = |paths: &[&str]| {
            let found = paths.iter().find_map(|path| plan.pointer(path)?.as_f64());
            found.filter(|number| number.is_finite() && *number >= 0.0)
        };
        let promise = Self {
            objects: number(&["/objects", "/jobs", "/job/objects"]),
            deadline_s: number(&["/deadline_s", "/job/deadline_s", "/goal/deadline_s"]),
            finish_p50_s: number(&["/finish_s/p50"]),
            finish_p95_s: number(&["/finish_s/p95"]),
            finish_p99_s: number(&["/finish_s/p99"]),
            reserved_concurrency: number(&["/reserved_concurrency", "/reserved_concurrency/value"]),
        };
        if promise == Self::default() {
            return Err(
                "it has neither deadline_s nor finish_s nor reserved_concurrency, as plans have".into()
            );
        }
        Ok(promise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_may_lack_any_number() {
        let whole = r#"{"schema": "planner/plan/1", "objects": 250, "deadline_s": 600, "reserved_concurrency": 55,
            "finish_s": {"p50": 150.5, "p95": 160, "p99": 170}, "publish": {"rate_per_s": 20}}"#;
        let expected = Promise {
            objects: Some(250.0),
            deadline_s: Some(600.0),
            finish_p50_s: Some(150.5),
            finish_p95_s: Some(160.0),
            finish_p99_s: Some(170.0),
            reserved_concurrency: Some(55.0),
        };
        assert_eq!(Promise::read(whole), Ok(expected));
        let alone = Promise::read(r#"{"reserved_concurrency": {"value": 7}, "finish_s": null}"#);
        assert_eq!(alone, Ok(Promise { reserved_concurrency: Some(7.0), ..Promise::default() }));
        for (wrong, hint) in [("", "not JSON"), ("{}", "deadline_s"), (r#"{"deadline_s": -1}"#, "deadline_s")]
        {
            assert!(Promise::read(wrong).unwrap_err().contains(hint), "{wrong}");
        }
    }
}
