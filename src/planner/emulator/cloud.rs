//! An endpoint with buckets, topics and functions.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use s3s::service::S3ServiceBuilder;

use super::admission::{EndpointGauge, Gate, lock};
use super::config::CloudConfig;
use super::connector::InProcess;
use super::content::{ByteBudget, Content};
use super::function::{self, DeployedFunction, Host};
use super::object::StoredObject;
use super::router::Router;
use super::s3::Storage;
use super::signature::Keys;
use super::sns::Notifications;
use super::tag::Tag;
use super::topics::Topics;
use planner_aws::clients::Clients;
use planner_aws::operation::Places;
use planner_consumer::settings::Settings;
use planner_core::scenario::objects::ObjectSet;
use planner_core::service::function::PipelineShape;
use planner_core::units::quantity::nanoseconds;

/// An endpoint with buckets and topics. Clones are the same endpoint.
#[derive(Clone)]
pub struct Cloud {
    storage: Storage,
    notifications: Notifications,
    pub(super) router: Arc<Router>,
    config: Arc<CloudConfig>,
}

impl Cloud {
    /// An empty endpoint whose time starts now. For virtual time, make it inside the paused runtime.
    #[must_use]
    pub fn new(config: CloudConfig) -> Self {
        let CloudConfig { profile, limits, seed, region, .. } = &config;
        let gate = Arc::new(Gate::new(profile.clone(), limits.clone(), *seed));
        let topics = Arc::new(Mutex::new(Topics::new(region, *seed)));
        let notifications = Notifications { gate: Arc::clone(&gate), topics, functions: Arc::default() };
        let storage = Storage {
            gate,
            store: Arc::default(),
            budget: ByteBudget::new(config.max_stored_bytes),
            region: region.as_str().into(),
        };
        let keys = Keys { access_key: config.access_key.clone(), secret_key: config.secret_key.clone() };
        let mut service = S3ServiceBuilder::new(storage.clone());
        service.set_auth(keys.clone());
        let router = Arc::new(Router {
            storage: service.build(),
            notifications: notifications.clone(),
            keys,
            seed: *seed,
            requests: AtomicU64::new(0),
        });
        Self { storage, notifications, router, config: Arc::new(config) }
    }

    /// An HTTP client for AWS SDK clients whose every request is answered here, without sockets.
    /// Point them at [`planner_aws::clients::IN_PROCESS_URL`], with path-style addressing.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess::Owner(Arc::clone(&self.router)))
    }

    /// Clients that reach the endpoint in process.
    #[must_use]
    pub fn clients(&self, attempt_timeout: Duration) -> Clients {
        self.clients_by(InProcess::Owner(Arc::clone(&self.router)), attempt_timeout)
    }

    fn clients_by(&self, door: InProcess, attempt_timeout: Duration) -> Clients {
        Clients::in_process(door, &self.config.region, self.config.credentials(), attempt_timeout)
    }

    /// Makes a bucket unless there is one.
    pub fn create_bucket(&self, bucket: &str) {
        lock(&self.storage.store).create_bucket(bucket, self.storage.gate.clock.now_ns());
    }

    /// Puts an object of `size_bytes` zeros, which take no memory, without a request; makes the bucket
    /// if there is none.
    pub fn put_sparse(&self, bucket: &str, key: &str, size_bytes: u64) {
        let modified_ns = self.storage.gate.clock.now_ns();
        let object = StoredObject {
            content: Content::zeros(size_bytes),
            tag: Tag::of_seed(key, size_bytes),
            modified_ns,
            headers: Arc::default(),
            copies_asked: 0,
        };
        lock(&self.storage.store).seed(bucket, key, object);
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

    /// Makes a topic unless there is one, and gives its ARN.
    #[must_use = "publishing needs the ARN"]
    pub fn create_topic(&self, name: &str) -> String {
        lock(&self.notifications.topics).create(name)
    }

    /// Messages that a topic took, if there is such a topic.
    #[must_use]
    pub fn messages(&self, topic_arn: &str) -> Option<u64> {
        lock(&self.notifications.topics).get(topic_arn).ok().map(|topic| topic.messages)
    }

    /// Deploys the function that copies what messages to the topic name, with these settings. A topic has one
    /// function; deploying another replaces it.
    pub fn deploy(&self, topic_arn: &str, shape: PipelineShape, settings: Settings) -> DeployedFunction {
        let CloudConfig { profile, seed, .. } = &*self.config;
        let timeout = Duration::from_nanos(nanoseconds(profile.function.timeout_s));
        // The endpoint owns the function, which is therefore not to own the endpoint.
        let s3 = self.clients_by(InProcess::Within(Arc::downgrade(&self.router)), timeout).s3;
        let host = Arc::new(Host::new(Arc::clone(&self.storage.gate), profile, shape, *seed));
        function::start(&host, s3, settings);
        lock(&self.notifications.functions).insert(topic_arn.to_owned(), Arc::clone(&host));
        DeployedFunction(host)
    }

    /// The function behind a topic.
    #[must_use]
    pub fn function(&self, topic_arn: &str) -> Option<DeployedFunction> {
        lock(&self.notifications.functions).get(topic_arn).cloned().map(DeployedFunction)
    }

    /// Dates everything by the machine's time of day, and not from the whole second before the start.
    pub(super) fn follow_time_of_day(&self) {
        self.storage.gate.clock.follow_time_of_day();
    }

    /// Nanoseconds since the endpoint's start.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.storage.gate.clock.now_ns()
    }

    /// The objects whose keys begin with `prefix`, without it, and when each was last written, in nanoseconds since
    /// the endpoint's start. No request is made.
    #[must_use]
    pub fn modified_ns(&self, bucket: &str, prefix: &str) -> BTreeMap<String, u64> {
        lock(&self.storage.store).modified_ns(bucket, prefix)
    }

    /// Reads requests in flight here, independently of any client.
    #[must_use]
    pub fn gauge(&self) -> EndpointGauge {
        EndpointGauge(Arc::clone(&self.storage.gate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::scenario::file::Copy;

    #[test]
    fn an_endpoint_whose_function_never_ran_goes_with_its_last_owner() {
        let cloud = Cloud::new(CloudConfig::default());
        let topic = cloud.create_topic("objects");
        let function =
            cloud.deploy(&topic, PipelineShape::Direct, Settings::between("a", "b", Copy::default()));
        let (router, host) = (Arc::downgrade(&cloud.router), Arc::downgrade(&function.0));
        drop((cloud, function));
        assert_eq!((router.strong_count(), host.strong_count()), (0, 0));
    }
}
