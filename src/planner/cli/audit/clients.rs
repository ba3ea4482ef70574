//! The buckets and CloudWatch, reached as the options say.

use std::time::Duration;

use crate::cli::args::{AuditTarget, ReachOptions};
use crate::cli::exit::{BadInput, bad_input};
use crate::cli::safety;
use planner_aws::clients::{Clients, is_aws, own_service_url, service_url};
use planner_aws::{listing, preflight};

/// Time limit of one request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Clients that only read.
pub(super) struct AuditClients {
    /// For the source's listing.
    pub source: aws_sdk_s3::Client,
    /// For the destination's listing.
    pub destination: aws_sdk_s3::Client,
    /// For metrics.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// Whether what is seen there says nothing about a real account.
    pub is_rehearsal: bool,
}

/// Refuses what is known to be wrong before anything is asked.
pub(super) fn refuse_unnamed(options: &ReachOptions) -> miette::Result<()> {
    match options.target {
        AuditTarget::Aws if options.endpoint_url.is_some() => bad_input(
            "--endpoint-url means nothing for this target",
            "leave out --target aws to look at the endpoint",
        ),
        AuditTarget::Aws if options.account.is_none() => Err(safety::unnamed_account().into()),
        AuditTarget::Aws => Ok(()),
        AuditTarget::Endpoint => safety::check_endpoint(&url(options)?),
    }
}

/// Reaches them; on AWS only the account that was named.
pub(super) async fn connect(options: &ReachOptions) -> miette::Result<AuditClients> {
    let region = options.region.as_deref();
    let (clients, cloudwatch, is_rehearsal) = match options.target {
        AuditTarget::Endpoint => {
            let url = url(options)?;
            let metrics_url = own_service_url("CLOUDWATCH")
                .or_else(|| options.endpoint_url.clone())
                .or_else(|| service_url("CLOUDWATCH"))
                .unwrap_or_else(|| url.clone());
            safety::check_endpoint(&metrics_url)?;
            let cloudwatch = Clients::endpoint(&metrics_url, region, TIMEOUT)?.cloudwatch;
            (Clients::endpoint(&url, region, TIMEOUT)?, cloudwatch, true)
        }
        AuditTarget::Aws => {
            safety::check_service_url()?;
            let clients = Clients::aws(region, TIMEOUT).await;
            let account = preflight::account(&clients).await?;
            // Nothing is written, so nobody is asked.
            safety::agree(options.account.as_deref(), &account, true)?;
            let cloudwatch = clients.cloudwatch.clone();
            (clients, cloudwatch, service_url("S3").is_some_and(|url| !is_aws(&url)))
        }
    };
    Ok(AuditClients {
        source: listing::patient(&clients.s3, None),
        destination: listing::patient(&clients.s3, options.dest_region.as_deref()),
        cloudwatch,
        is_rehearsal,
    })
}

fn url(options: &ReachOptions) -> Result<String, BadInput> {
    options.endpoint_url.clone().or_else(|| service_url("S3")).ok_or_else(|| {
        BadInput::new(
            "it is not said where the buckets are",
            "add --target aws --account ID, or --endpoint-url, AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_S3 for an endpoint",
        )
    })
}
