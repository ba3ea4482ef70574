//! What a scenario leaves unsaid, on an account whose limits are not the built-in ones.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::{ScenarioError, ScenarioText};
use super::file::{Copy, File, Target};
use crate::account::overlay::lay_over;
use crate::account::{DEFAULT_REGION, Limits};
use crate::service::Profile;

impl File {
    /// The same file, in which copies and the service are as an account with these limits has them wherever `source`
    /// does not say.
    ///
    /// # Errors
    /// Where the text is not what the file was read from.
    pub fn on_account(self, source: &ScenarioText, limits: &Limits) -> Result<Self, ScenarioError> {
        let region = self.target.region.as_deref().unwrap_or(DEFAULT_REGION);
        let profile = Profile::of_account(limits, region);
        let laid_over = || -> Result<(Copy, Profile), String> {
            let written: Table = source.text.parse().map_err(|error: toml::de::Error| error.to_string())?;
            let service = written.get("target").and_then(|target| target.get("service"));
            Ok((said(&Copy::of_account(&limits.s3), written.get("copy"))?, said(&profile, service)?))
        };
        let (copy, service) = laid_over().map_err(|message| source.error("", message, ""))?;
        Ok(Self { copy, target: Target { service: Some(service), ..self.target }, ..self })
    }
}

/// What is assumed, with what is written laid over it.
fn said<T: Serialize + DeserializeOwned>(assumed: &T, written: Option<&Value>) -> Result<T, String> {
    let mut whole = Table::try_from(assumed).map_err(|error| error.to_string())?;
    if let Some(Value::Table(written)) = written {
        lay_over(&mut whole, written.clone());
    }
    whole.try_into().map_err(|error: toml::de::Error| error.to_string())
}
