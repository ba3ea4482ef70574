//! A fitted model as a file: TOML that ends a scenario or is given to a simulation, JSON for programs.

use std::collections::BTreeMap;

use planner_plan::fit::FittedModel;
use planner_plan::fit::model_file::{Document, SCHEMA};

use super::json::said;
use super::limitation;

/// The profile as the end of a scenario, under comments that say what it rests on.
///
/// # Errors
/// Where a number has no form in TOML.
pub fn toml(model: &FittedModel) -> Result<String, toml::ser::Error> {
    let part = BTreeMap::from([("target", BTreeMap::from([("service", &model.profile)]))]);
    let lines: Vec<String> = header(model).into_iter().map(|line| format!("# {line}\n")).collect();
    Ok(format!("{}\n{}", lines.concat(), toml::to_string(&part)?))
}

/// The model as JSON, with all that a plan needs of it.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn json(model: &FittedModel) -> serde_json::Result<String> {
    let mut document = serde_json::to_value(Document { schema: SCHEMA.into(), model })?;
    document["doubts"] = said(&model.doubts, &limitation::said(&model.doubts))?;
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

fn header(model: &FittedModel) -> Vec<String> {
    let basis = &model.basis;
    let mut lines = vec![format!("A service profile from {}.", basis.source)];
    if let Some(started_at) = &basis.started_at {
        lines.push(format!("Measured on {} jobs, {} copies, from {started_at}.", basis.jobs, basis.attempts));
    }
    lines.extend(
        limitation::said(&model.doubts).iter().map(|it| format!("Doubt: {}; {}.", it.text, it.advice)),
    );
    lines.push("Put it at the end of a scenario, or give it to `planner simulate --profile`.".into());
    // A name from elsewhere must not end the comment.
    lines.into_iter().map(|line| line.replace(char::is_control, " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::service::Profile;
    use planner_plan::fit::model_file::parse;
    use planner_plan::fit::{Basis, BasisKind};
    use planner_plan::limitation::Limitation;

    fn model() -> FittedModel {
        let basis = Basis {
            kind: BasisKind::Measured,
            source: "run a\nb = 1".into(),
            started_at: Some("2026-11-23T00:00:00Z".into()),
            rehearsal: true,
            jobs: 250,
            attempts: 251,
            measured_n_max: Some(100.0),
            measured_size_bytes: None,
            copier: None,
        };
        let doubts = vec![Limitation::Rehearsal, Limitation::SmallSample { jobs: 3 }];
        let mut profile = Profile::default();
        profile.copy.base_s = 1.0 / 3.0;
        FittedModel {
            profile,
            resampled: vec![Profile::default()],
            basis,
            doubts,
            findings: None,
            slowest: None,
        }
    }

    #[test]
    fn a_profile_reads_back_from_either_form() {
        let text = toml(&model()).unwrap();
        assert!(text.contains("\n[target.service.copy]\n"), "{text}");
        assert!(text.lines().take_while(|line| line.starts_with("# ")).count() == 5, "{text}");
        assert_eq!(parse(&text, "a file").unwrap().profile, model().profile);
        assert_eq!(parse(&json(&model()).unwrap(), "a file").unwrap(), model());
    }

    #[test]
    fn the_json_form_says_what_the_model_rests_on() {
        let value: serde_json::Value = serde_json::from_str(&json(&model()).unwrap()).unwrap();
        assert_eq!(value["schema"], SCHEMA);
        assert_eq!((&value["basis"]["kind"], &value["basis"]["jobs"]), (&"measured".into(), &250.into()));
        assert_eq!(value["doubts"][1]["kind"], "small_sample");
        assert!(value["doubts"][1]["advice"].as_str().unwrap().contains("250"));
        assert_eq!(value["profile"]["copy"]["base_s"], 1.0 / 3.0);
    }
}
