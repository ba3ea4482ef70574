//! The embedded endpoint: S3 and SNS over the service model, speaking the real protocols.
//!
//! The same endpoint is reached in process by the real AWS SDK ([`Cloud::http_client`]), in virtual
//! time when the tokio runtime is paused, and over HTTP in real time ([`serve`]).

mod clients;
mod clock;
mod connector;
mod content;
mod function;
mod gate;
mod router;
mod s3;
mod serve;
mod signature;
mod sns;
mod store;
mod tag;
mod topics;
mod upload;
mod xml;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use s3s::service::S3ServiceBuilder;

pub use function::{Account, Function};
pub use gate::{EndpointGauge, GaugeReading};
pub use serve::serve;

use self::connector::InProcess;
use self::content::{Budget, Content};
use self::function::Host;
use self::gate::{Gate, lock};
use self::router::Router;
use self::s3::Storage;
use self::signature::Keys;
use self::sns::Notifications;
use self::store::Object;
use self::tag::Tag;
use self::topics::Topics;
use planner_core::account::{DEFAULT_REGION, Limits};
use planner_core::scenario::file::Copy;
use planner_core::service::Profile;
use planner_core::service::function::Shape;

/// The account that owns everything here.
pub const ACCOUNT_ID: &str = "000000000000";

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
}

impl fmt::Debug for CloudConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, limits, seed, access_key, region, max_stored_bytes, secret_key: _ } = self;
        f.debug_struct("CloudConfig")
            .field("profile", profile)
            .field("limits", limits)
            .field("seed", seed)
            .field("access_key", access_key)
            .field("region", region)
            .field("max_stored_bytes", max_stored_bytes)
            .finish_non_exhaustive()
    }
}

/// An endpoint with buckets and topics. Clones are the same endpoint.
#[derive(Clone)]
pub struct Cloud {
    storage: Storage,
    notifications: Notifications,
    router: Arc<Router>,
    profile: Profile,
    seed: u64,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("region", &self.storage.region).finish_non_exhaustive()
    }
}

impl Cloud {
    /// An empty endpoint whose time starts now. For virtual time, make it inside the paused runtime.
    #[must_use]
    pub fn new(config: CloudConfig) -> Self {
        let CloudConfig { profile, limits, seed, access_key, secret_key, region, max_stored_bytes } = config;
        let gate = Arc::new(Gate::new(profile.clone(), limits, seed));
        let topics = Arc::new(Mutex::new(Topics::new(&region, seed)));
        let notifications = Notifications { gate: Arc::clone(&gate), topics, functions: Arc::default() };
        let storage = Storage {
            gate,
            store: Arc::default(),
            budget: Budget::new(max_stored_bytes),
            region: region.into(),
        };
        let keys = Keys { access_key, secret_key };
        let mut service = S3ServiceBuilder::new(storage.clone());
        service.set_auth(keys.clone());
        let router = Arc::new(Router {
            storage: service.build(),
            notifications: notifications.clone(),
            keys,
            seed,
            requests: AtomicU64::new(0),
        });
        Self { storage, notifications, router, profile, seed }
    }

    /// An HTTP client for AWS SDK clients whose every request is answered here, without sockets.
    /// Point them at [`planner_aws::clients::IN_PROCESS_URL`], with path-style addressing.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess(Arc::clone(&self.router)))
    }

    /// Makes a bucket unless there is one.
    pub fn create_bucket(&self, bucket: &str) {
        lock(&self.storage.store).create_bucket(bucket, self.storage.gate.clock.now_ns());
    }

    /// Puts an object of `size_bytes` zeros, which take no memory, without a request; makes the bucket
    /// if there is none.
    pub fn put_sparse(&self, bucket: &str, key: &str, size_bytes: u64) {
        let modified_ns = self.storage.gate.clock.now_ns();
        let object = Object {
            content: Content::zeros(size_bytes),
            tag: Tag::of_seed(key, size_bytes),
            modified_ns,
            headers: Arc::default(),
            copies_asked: 0,
        };
        lock(&self.storage.store).seed(bucket, key, object);
    }

    /// Makes a topic unless there is one, and gives its ARN.
    #[must_use = "publishing needs the ARN"]
    pub fn create_topic(&self, name: &str) -> String {
        lock(&self.notifications.topics).create(name)
    }

    /// Messages that a topic took, if there is such a topic.
    #[must_use]
    pub fn messages(&self, topic_arn: &str) -> Option<u64> {
        lock(&self.notifications.topics).messages(topic_arn).ok()
    }

    /// Deploys a function that copies what messages to the topic name, with `copy` for large objects. A topic has one
    /// function; deploying another replaces it.
    pub fn deploy(&self, topic_arn: &str, shape: Shape, copy: Copy) -> Function {
        let host = Arc::new(Host::new(self.storage.clone(), &self.profile, shape, copy, self.seed));
        lock(&self.notifications.functions).insert(topic_arn.to_owned(), Arc::clone(&host));
        Function(host)
    }

    /// The function behind a topic.
    #[must_use]
    pub fn function(&self, topic_arn: &str) -> Option<Function> {
        lock(&self.notifications.functions).get(topic_arn).cloned().map(Function)
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
