//! Makes a target ready for a run.

use std::sync::Arc;
use std::time::Duration;

use miette::IntoDiagnostic;

use super::exit::BadInput;
use super::safety;
use crate::drive::GaugeReader;
use crate::emulator::{Cloud, CloudConfig, serve};
use planner_aws::clients::{Clients, is_aws, url_from_environment};
use planner_aws::created::{self, CreatedLog};
use planner_aws::operation::Places;
use planner_aws::{TargetError, claim, data_set, preflight};
use planner_consumer::settings::Settings;
use planner_core::scenario::Scenario;
use planner_core::scenario::file::{OperationKind, TargetKind};

/// A target that has been reached.
pub(super) struct RunTarget {
    /// Its clients.
    pub clients: Clients,
    /// The embedded endpoint, where it is in this process.
    pub cloud: Option<Cloud>,
    /// The account, on AWS.
    pub account: Option<String>,
    /// URL, of an endpoint; on AWS, where the environment has one.
    pub url: Option<String>,
    kind: TargetKind,
}

/// Connects to the target of a scenario. Nothing is written.
pub(super) async fn connect(scenario: &Scenario, real_time: bool) -> miette::Result<RunTarget> {
    let file = &scenario.file;
    let timeout = Duration::from_nanos(file.retry.attempt_timeout.ns());
    let target = &file.target;
    let region = target.region.as_deref();
    let (clients, cloud, url) = match target.kind {
        TargetKind::Embedded if real_time => {
            let config = embedded_config(scenario);
            let (cloud, url) = serve_beside(config.clone())?;
            (config.clients_at(&url, timeout), Some(cloud), None)
        }
        TargetKind::Embedded => {
            let cloud = Cloud::new(embedded_config(scenario));
            (cloud.clients(timeout), Some(cloud), None)
        }
        TargetKind::Endpoint => {
            let url = target.endpoint_url.clone().ok_or_else(|| {
                BadInput::new(
                    "an endpoint target has no URL",
                    "set target.endpoint_url, --endpoint-url, AWS_ENDPOINT_URL or its form for the service",
                )
            })?;
            safety::check_endpoint(&url)?;
            (Clients::endpoint(&url, region, timeout)?, None, Some(url))
        }
        TargetKind::Aws => {
            // Such as an endpoint of the user's own network, or an emulator.
            let url = url_from_environment(file.operation);
            url.as_deref().map_or(Ok(()), safety::check_url)?;
            (Clients::aws(region, timeout).await, None, url)
        }
    };
    let account = match target.kind {
        TargetKind::Aws => Some(preflight::account(&clients).await?),
        _ => None,
    };
    let ready = RunTarget { clients, cloud, account, url, kind: target.kind };
    if ready.cloud.is_none() {
        ready.check(scenario).await?;
    }
    Ok(ready)
}

fn no_topic(topic: &str) -> TargetError {
    TargetError::new(format!("failed to find topic {topic}"), "it does not exist")
}

/// The embedded endpoint that a scenario asks for.
pub(super) fn embedded_config(scenario: &Scenario) -> CloudConfig {
    let target = &scenario.file.target;
    let standard = CloudConfig::default();
    CloudConfig {
        profile: target.service.clone().unwrap_or_default(),
        limits: scenario.limits.clone(),
        seed: scenario.file.seed,
        region: target.region.clone().unwrap_or(standard.region.clone()),
        ..standard
    }
}

/// Serves an endpoint on a free port from a thread of its own, so that it does not share the generator's loop.
fn serve_beside(config: CloudConfig) -> miette::Result<(Cloud, String)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").into_diagnostic()?;
    listener.set_nonblocking(true).into_diagnostic()?;
    let url = format!("http://{}", listener.local_addr().into_diagnostic()?);
    let cloud = Cloud::new(config);
    let served = cloud.clone();
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            serve(listener, &served, std::future::pending()).await
        })
    };
    std::thread::Builder::new().name("cloud".into()).spawn(body).into_diagnostic()?;
    Ok((cloud, url))
}

impl RunTarget {
    /// Whether what is measured here says nothing about a real account.
    pub(super) fn is_rehearsal(&self) -> bool {
        self.kind != TargetKind::Aws || self.url.as_deref().is_some_and(|url| !is_aws(url))
    }

    /// Checks, before a run folder exists, that what the scenario names is there.
    async fn check(&self, scenario: &Scenario) -> Result<(), TargetError> {
        let (target, prepare) = (&scenario.file.target, scenario.file.objects.prepare);
        let may_create = self.kind == TargetKind::Endpoint && prepare;
        match scenario.file.operation {
            OperationKind::Publish => {
                let found = preflight::find_topic(&self.clients.sns, &target.topic).await?;
                if found.is_none() && !may_create {
                    return Err(no_topic(&target.topic).help(
                        "name an existing topic, or set objects.prepare = true for an endpoint target",
                    ));
                }
            }
            OperationKind::FanOut => {
                self.check_buckets(scenario, may_create).await?;
                self.deployed_topic(&scenario.file.topic()).await?;
            }
            OperationKind::Copy => self.check_buckets(scenario, may_create).await?,
        }
        Ok(())
    }

    async fn check_buckets(&self, scenario: &Scenario, may_create: bool) -> Result<(), TargetError> {
        let target = &scenario.file.target;
        for bucket in [&target.source_bucket, &target.destination_bucket] {
            if may_create {
                // Whether it is there decides nothing yet, but the endpoint must answer.
                preflight::find_bucket(&self.clients.s3, bucket).await?;
            } else {
                preflight::check_bucket(&self.clients.s3, bucket).await?;
            }
        }
        Ok(())
    }

    /// The ARN of a topic that somebody has put a function behind.
    async fn deployed_topic(&self, topic: &str) -> Result<String, TargetError> {
        let found = preflight::find_topic(&self.clients.sns, topic).await?;
        found.ok_or_else(|| {
            no_topic(topic)
                .help("deploy the pipeline with scripts/deploy, and name its stack in fan_out.stack")
        })
    }

    /// Makes the data set and the topic, each listed before it is made; once `stop` is ready, only what is begun.
    pub(super) async fn prepare(
        &self,
        scenario: &Scenario,
        run: &str,
        created: Option<&Arc<CreatedLog>>,
        stop: impl Future<Output = ()>,
    ) -> miette::Result<Places> {
        let (file, target) = (&scenario.file, &scenario.file.target);
        let own = file.objects.prepare && self.cloud.is_none();
        // The embedded endpoint draws its luck from keys: a date in them would make no two runs alike.
        let run = if self.cloud.is_some() { "rehearsal" } else { run };
        let mut places = Places::of_run(run, &target.source_bucket, &target.destination_bucket);
        if own {
            places.source_prefix = format!("{}objects/", created::prefix(run));
        }
        match (file.operation, &self.cloud) {
            (OperationKind::Copy, Some(cloud)) => cloud.seed(&scenario.workload.objects, &places),
            (OperationKind::Publish, Some(cloud)) => places.topic_arn = cloud.create_topic(&target.topic),
            (OperationKind::FanOut, Some(cloud)) => {
                cloud.seed(&scenario.workload.objects, &places);
                places.topic_arn = cloud.create_topic(&file.topic());
                // The operator publishes to it; what it does is asked for by its topic.
                let settings =
                    Settings::between(&target.source_bucket, &target.destination_bucket, file.copy.clone());
                let _ = cloud.deploy(&places.topic_arn, file.pipeline().shape, settings);
            }
            (OperationKind::Copy | OperationKind::FanOut, None) => {
                if file.operation == OperationKind::FanOut {
                    places.topic_arn = self.deployed_topic(&file.topic()).await?;
                }
                let Some(created) = created else { return Ok(places) };
                if own {
                    for bucket in [&target.source_bucket, &target.destination_bucket] {
                        claim::make_bucket(&self.clients.s3, bucket, run, created).await?;
                    }
                    claim::claim_prefix(&self.clients.s3, &target.source_bucket, run, created).await?;
                }
                claim::claim_prefix(&self.clients.s3, &target.destination_bucket, run, created).await?;
                if own {
                    data_set::upload(&self.clients, &scenario.workload.objects, &places, created, stop)
                        .await?;
                }
            }
            (OperationKind::Publish, None) => {
                let created = created.map(AsRef::as_ref);
                places.topic_arn = claim::make_topic(&self.clients.sns, &target.topic, run, created).await?;
            }
        }
        Ok(places)
    }

    /// The endpoint's own count of the requests that the operation makes.
    pub(super) fn gauge(&self, operation: OperationKind) -> Option<GaugeReader> {
        let gauge = self.cloud.as_ref()?.gauge();
        Some(Box::new(move || {
            let reading = gauge.read();
            if operation.publishes() { reading.publishes } else { reading.copies }
        }))
    }
}
