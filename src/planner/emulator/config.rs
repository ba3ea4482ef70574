//! What an endpoint is like.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use planner_aws::clients::Clients;
use planner_core::account::{DEFAULT_REGION, Limits};
use planner_core::service::Profile;

/// What an endpoint is like.
#[derive(Clone)]
pub struct CloudConfig {
    /// Times, rates and refusals.
    pub profile: Profile,
    /// Limits on what a request may ask for.
    pub limits: Limits,
    /// Seed of all luck.
    pub seed: u64,
    /// The access key that requests are signed with.
    pub access_key: String,
    /// The secret that goes with it.
    pub secret_key: String,
    /// The region that topics and buckets are in.
    pub region: String,
    /// Real bytes that objects and parts may have together; seeded objects have none.
    pub max_stored_bytes: u64,
}

impl Default for CloudConfig {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            limits: Limits::built_in().clone(),
            seed: 1,
            access_key: "planner".to_owned(),
            secret_key: "planner-secret".to_owned(),
            region: DEFAULT_REGION.to_owned(),
            max_stored_bytes: 1 << 30,
        }
    }
}

impl CloudConfig {
    /// The keys as SDK clients want them.
    #[must_use]
    pub fn credentials(&self) -> SharedCredentialsProvider {
        let (key, secret) = (self.access_key.clone(), self.secret_key.clone());
        SharedCredentialsProvider::new(Credentials::new(key, secret, None, None, "embedded endpoint"))
    }

    /// Clients of an endpoint with these keys that is served at a URL.
    #[must_use]
    pub fn clients_at(&self, url: &str, attempt_timeout: Duration) -> Clients {
        Clients::with_endpoint(url, &self.region, self.credentials(), attempt_timeout)
    }
}
