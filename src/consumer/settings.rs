//! What the function is told in its environment variables.

use std::str::FromStr;

use planner_core::account::Limits;
use planner_core::fan_out::message::ObjectLocation;
use planner_core::scenario::file::Copy;
use planner_core::units::quantity::Bytes;

/// Where objects may be: a bucket and what their keys begin with. A message that names another place is refused, so
/// that whoever can publish cannot have anything copied anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedLocation {
    bucket: String,
    prefix: String,
}

impl AllowedLocation {
    /// Whether an object may be there.
    #[must_use]
    pub fn permits(&self, place: &ObjectLocation) -> bool {
        place.bucket == self.bucket && place.key.starts_with(&self.prefix)
    }
}

impl FromStr for AllowedLocation {
    type Err = SettingsError;

    /// `bucket` or `bucket/prefix`.
    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        if bucket.is_empty() {
            return Err(SettingsError(format!("`{text}` names no bucket; write bucket or bucket/prefix")));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

/// What the function may do and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `ALLOWED_SOURCE`: where objects may be copied from.
    pub source: AllowedLocation,
    /// `ALLOWED_DESTINATION`: where they may be copied to.
    pub destination: AllowedLocation,
    /// `MULTIPART_ABOVE`, `PART_SIZE` and `PARALLEL_PARTS`: how large objects are copied.
    pub copy: Copy,
    /// `AWS_ENDPOINT_URL`: an emulator instead of AWS.
    pub endpoint_url: Option<String>,
    /// `INJECT_FAILURES`: share of the deliveries that fail on purpose, for rehearsals on an emulator.
    pub inject_failures: f64,
}

/// An environment variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the function's environment is wrong: {0}")]
pub struct SettingsError(String);

impl Settings {
    /// A function that may copy from one bucket to another.
    #[must_use]
    pub fn between(source_bucket: &str, destination_bucket: &str, copy: Copy) -> Self {
        let whole = |bucket: &str| AllowedLocation { bucket: bucket.to_owned(), prefix: String::new() };
        let (source, destination) = (whole(source_bucket), whole(destination_bucket));
        Self { source, destination, copy, endpoint_url: None, inject_failures: 0.0 }
    }

    /// Reads the settings from variables, given by name.
    ///
    /// # Errors
    /// Where one is missing or cannot be understood.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let allowed = |name: &str| {
            let text = variable(name).ok_or_else(|| {
                SettingsError(format!("{name} is not set; set it to bucket or bucket/prefix"))
            })?;
            text.parse::<AllowedLocation>()
        };
        let usual = Copy::default();
        let copy = Copy {
            multipart_above: parsed(&variable, "MULTIPART_ABOVE")?.unwrap_or(usual.multipart_above),
            part_size: parsed(&variable, "PART_SIZE")?.unwrap_or(usual.part_size),
            parallel_parts: parsed(&variable, "PARALLEL_PARTS")?.unwrap_or(usual.parallel_parts),
        };
        check_copy(&copy)?;
        let endpoint_url = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
        let inject_failures = parsed(&variable, "INJECT_FAILURES")?.unwrap_or(0.0);
        if inject_failures != 0.0 && endpoint_url.is_none() {
            return Err(SettingsError(
                "INJECT_FAILURES is for emulators; remove it, or set AWS_ENDPOINT_URL".into(),
            ));
        }
        Ok(Self {
            source: allowed("ALLOWED_SOURCE")?,
            destination: allowed("ALLOWED_DESTINATION")?,
            copy,
            endpoint_url,
            inject_failures,
        })
    }
}

fn parsed<T: FromStr>(
    variable: impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>, SettingsError>
where
    T::Err: std::fmt::Display,
{
    let Some(text) = variable(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|error| SettingsError(format!("{name}: {error}")))
}

fn check_copy(copy: &Copy) -> Result<(), SettingsError> {
    let s3 = &Limits::built_in().s3;
    let (least, most, whole) = (Bytes(s3.part_min_bytes), Bytes(s3.part_max_bytes), Bytes(s3.copy_max_bytes));
    if !(least..=most).contains(&copy.part_size) {
        let message = format!("PART_SIZE is {}; S3 takes parts of {least} to {most}", copy.part_size);
        return Err(SettingsError(message));
    }
    if copy.multipart_above > whole {
        let message = format!("MULTIPART_ABOVE is {}; CopyObject ends at {whole}", copy.multipart_above);
        return Err(SettingsError(message));
    }
    if copy.parallel_parts == 0 {
        return Err(SettingsError("PARALLEL_PARTS is 0; a copy needs at least 1".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let all = [("ALLOWED_SOURCE", "a"), ("ALLOWED_DESTINATION", "b/copies/")];
        let find = |name: &str| {
            let mut all = variables.iter().chain(&all);
            all.find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
                .filter(|v| !v.is_empty())
        };
        Settings::from_variables(find).map_err(|error| error.to_string())
    }

    #[test]
    fn buckets_suffice() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.copy, Copy::default());
        assert_eq!((settings.endpoint_url, settings.inject_failures), (None, 0.0));
        let place = |bucket: &str, key: &str| ObjectLocation { bucket: bucket.into(), key: key.into() };
        assert!(settings.source.permits(&place("a", "any/key")));
        assert!(!settings.source.permits(&place("b", "any/key")));
        assert!(settings.destination.permits(&place("b", "copies/key")));
        assert!(!settings.destination.permits(&place("b", "other/key")));
    }

    #[test]
    fn wrong_variables_are_named() {
        for (name, value, hint) in [
            ("ALLOWED_SOURCE", "", "ALLOWED_SOURCE is not set"),
            ("ALLOWED_DESTINATION", "/prefix", "names no bucket"),
            ("PART_SIZE", "1MiB", "5MiB to 5GiB"),
            ("PART_SIZE", "large", "PART_SIZE: `large` is not a size"),
            ("MULTIPART_ABOVE", "6GiB", "CopyObject ends at 5GiB"),
            ("PARALLEL_PARTS", "0", "at least 1"),
            ("INJECT_FAILURES", "0.3", "for emulators"),
        ] {
            let message = read(&[(name, value)]).unwrap_err();
            assert!(message.contains(hint), "{name}={value}: {message}");
        }
        let rehearsal = [("INJECT_FAILURES", "0.3"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
        assert_eq!(read(&rehearsal).unwrap().inject_failures, 0.3);
    }
}
