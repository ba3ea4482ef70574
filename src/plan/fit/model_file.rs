//! A service in a file: the profile alone, or a fitted model with all that is known of it.

use serde::{Deserialize, Serialize};

use super::FittedModel;
use planner_core::account::Limits;
use planner_core::service::Profile;

/// The name and version of a fitted model's form.
pub const SCHEMA: &str = "planner/fit/2";

/// A fitted model under the name of its form.
#[derive(Debug, Serialize, Deserialize)]
pub struct Document<M> {
    /// [`SCHEMA`].
    pub schema: String,
    /// The model.
    #[serde(flatten)]
    pub model: M,
}

/// Where a scenario has its service profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServicePart<P> {
    target: TargetPart<P>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetPart<P> {
    service: P,
}

/// Reads a service: a fitted model as JSON, which keeps what it rests on, or a profile as TOML, as the end of a scenario
/// or with its tables at the top, which is assumed. `name` says where it comes from.
///
/// # Errors
/// Where the text is neither, or has a number that cannot be.
pub fn parse(text: &str, name: &str) -> Result<FittedModel, String> {
    if text.trim_start().starts_with('{') {
        return model(text);
    }
    profile(text).map(|profile| FittedModel::assumed(profile, name.to_owned()))
}

fn model(text: &str) -> Result<FittedModel, String> {
    let document: Document<serde_json::Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document.schema != SCHEMA {
        return Err(format!(
            "it is of the form `{}`, not `{SCHEMA}`; make it anew with `planner fit`",
            document.schema
        ));
    }
    let model: FittedModel = serde_json::from_value(document.model).map_err(|error| error.to_string())?;
    for profile in model.resampled.iter().chain([&model.profile]) {
        profile.validate(Limits::built_in()).map_err(|error| error.to_string())?;
    }
    Ok(model)
}

fn profile(text: &str) -> Result<Profile, String> {
    let is_part = toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("target"));
    let profile = if is_part {
        toml::from_str::<ServicePart<Profile>>(text).map(|part| part.target.service)
    } else {
        toml::from_str::<Profile>(text)
    };
    let profile = profile.map_err(|error| error.to_string())?;
    profile.validate(Limits::built_in()).map_err(|error| error.to_string())?;
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<FittedModel, String> {
        parse(text, "a test")
    }

    #[test]
    fn a_profile_is_read_from_either_form() {
        let at_the_top = "[copy]\nbase_s = 2.0\n";
        for text in [at_the_top, "[target.service.copy]\nbase_s = 2.0\n"] {
            assert_eq!(read(text).unwrap(), read(at_the_top).unwrap(), "{text}");
        }
        assert_eq!(read(at_the_top).unwrap().profile.copy.base_s, 2.0);
    }

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let mut model = FittedModel::assumed(Profile::default(), "a run".into());
        model.resampled = vec![Profile::default(); 2];
        let document = Document { schema: SCHEMA.into(), model: &model };
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(read(&text).unwrap(), model);
        let old = text.replace(SCHEMA, "planner/fit/1");
        assert!(read(&old).unwrap_err().contains("make it anew"));
    }

    #[test]
    fn what_is_no_profile_is_told() {
        assert!(read("[copy]\nbase = 2.0\n").unwrap_err().contains("base"));
        assert!(read("[target.service.copy]\nbase_s = -2.0\n").unwrap_err().contains("copy.base_s"));
        assert!(read("[target]\nkind = \"aws\"\n").is_err());
        assert!(read("{").is_err());
    }
}
