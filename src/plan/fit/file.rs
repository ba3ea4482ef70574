//! A service profile in a file.

use serde::Deserialize;

use planner_core::account::Limits;
use planner_core::service::Profile;

/// Where a scenario has its service profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part<P> {
    target: Target<P>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target<P> {
    service: P,
}

/// Reads a profile, as the end of a scenario or with its tables at the top.
///
/// # Errors
/// Where the text is no profile or has a number that cannot be.
pub fn parse(text: &str) -> Result<Profile, String> {
    let is_part = toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("target"));
    let profile = if is_part {
        toml::from_str::<Part<Profile>>(text).map(|part| part.target.service)
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

    #[test]
    fn a_profile_is_read_from_either_form() {
        let at_the_top = "[copy]\nbase_s = 2.0\n";
        for text in [at_the_top, "[target.service.copy]\nbase_s = 2.0\n"] {
            assert_eq!(parse(text).unwrap(), parse(at_the_top).unwrap(), "{text}");
        }
        assert_eq!(parse(at_the_top).unwrap().copy.base_s, 2.0);
    }

    #[test]
    fn what_is_no_profile_is_told() {
        assert!(parse("[copy]\nbase = 2.0\n").unwrap_err().contains("base"));
        assert!(parse("[target.service.copy]\nbase_s = -2.0\n").unwrap_err().contains("copy.base_s"));
        assert!(parse("[target]\nkind = \"aws\"\n").is_err());
    }
}
