//! SDK clients of an embedded endpoint, and the objects that they find there.

use std::time::Duration;

use planner_aws::clients::Clients;
use planner_aws::operation::Places;
use planner_core::scenario::objects::ObjectSet;

use super::{Cloud, CloudConfig};

impl CloudConfig {
    /// Clients of an endpoint with these keys that is served at a URL.
    #[must_use]
    pub fn clients_at(&self, url: &str, attempt_timeout: Duration) -> Clients {
        Clients::with_endpoint(url, &self.region, self.credentials(), attempt_timeout)
    }
}

impl Cloud {
    /// Clients that reach the endpoint in process. `config` is what the endpoint was made from.
    #[must_use]
    pub fn clients(&self, config: &CloudConfig, attempt_timeout: Duration) -> Clients {
        Clients::in_process(self.http_client(), &config.region, config.credentials(), attempt_timeout)
    }

    /// Puts the objects of a workload into the endpoint, where they take no memory, and makes both buckets.
    pub fn seed(&self, objects: &ObjectSet, places: &Places) {
        self.create_bucket(&places.source_bucket);
        self.create_bucket(&places.destination_bucket);
        for index in 0..objects.len() {
            let object = objects.object(index);
            self.put_sparse(&places.source_bucket, &object.key, object.size_bytes);
        }
    }
}
