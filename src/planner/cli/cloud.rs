//! `planner cloud`: the embedded endpoint for any S3 or SNS client.

use miette::IntoDiagnostic;
use tokio::net::TcpListener;

use super::args::CloudOptions;
use super::exit::{BadInput, Exit};
use super::interrupt::interrupted;
use super::{load_scenario, named_file, run_target, stdio};
use crate::emulator::{Cloud, CloudConfig, serve};
use planner_consumer::settings::Settings;
use planner_core::account::DEFAULT_REGION;
use planner_core::scenario::Scenario;
use planner_core::scenario::file::OperationKind;
use planner_core::service::Profile;

/// Runs the command.
pub(super) fn run(options: &CloudOptions) -> miette::Result<Exit> {
    let limits = options.limits.as_deref();
    let load = |path| load_scenario::load(path, None, limits);
    let scenario = options.scenario.as_deref().map(load).transpose()?;
    let base = match &scenario {
        Some(scenario) => run_target::embedded_config(scenario),
        None => {
            let limits = named_file::limits(limits)?;
            let profile = Profile::of_account(&limits, DEFAULT_REGION);
            CloudConfig { profile, limits, ..CloudConfig::default() }
        }
    };
    let config = CloudConfig {
        access_key: options.access_key.clone(),
        secret_key: options.secret_key.clone(),
        seed: options.seed,
        ..base
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await.map_err(|error| {
            BadInput::new(
                format!("failed to listen on {}: {error}", options.listen),
                "choose another --listen address",
            )
        })?;
        let address = listener.local_addr().into_diagnostic()?;
        let cloud = Cloud::new(config);
        if let Some(scenario) = &scenario {
            fill(&cloud, scenario);
        }
        stdio::print(&format!("http://{address}\n"))?;
        stdio::say(format_args!(
            "S3 and SNS on http://{address} until Ctrl-C; access key {}, secret as given with --secret-key",
            options.access_key
        ));
        serve(listener, &cloud, interrupted()).await.into_diagnostic()
    })?;
    Ok(Exit::Fine)
}

/// Makes what the scenario's target would have: buckets, objects without content, topic, and a fan-out's function.
fn fill(cloud: &Cloud, scenario: &Scenario) {
    let target = &scenario.file.target;
    cloud.create_bucket(&target.source_bucket);
    cloud.create_bucket(&target.destination_bucket);
    let objects = &scenario.workload.objects;
    for index in 0..objects.len() {
        let object = objects.object(index);
        cloud.put_sparse(&target.source_bucket, &object.key, object.size_bytes);
    }
    let file = &scenario.file;
    let arn = cloud.create_topic(&file.topic());
    if file.operation == OperationKind::FanOut {
        // It works on its own from the first message on.
        let settings =
            Settings::between(&target.source_bucket, &target.destination_bucket, file.copy.clone());
        let _ = cloud.deploy(&arn, file.pipeline().shape, settings);
    }
    stdio::say(format_args!("topic {arn}"));
}
