//! SDK clients, built once and cloned.
//!
//! The SDK's own retries are off: the dispatcher retries, so that every attempt on the wire is one record.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::HttpClient;

use super::answer_limit::AnswerLimit;
use super::target_error::TargetError;
use planner_core::account::DEFAULT_REGION;
use planner_core::scenario::file::OperationKind;

/// Time to make a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Where clients in process believe their endpoint to be; nothing is ever sent there.
pub const IN_PROCESS_URL: &str = "http://localhost";

/// The clients of one target.
#[derive(Debug, Clone)]
pub struct Clients {
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// STS.
    pub sts: aws_sdk_sts::Client,
    /// CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// Region in use.
    pub region: String,
}

impl Clients {
    /// Clients whose requests `http_client` answers in this process. Nothing is sent.
    #[must_use]
    pub fn in_process(
        http_client: impl HttpClient + 'static,
        region: &str,
        credentials: SharedCredentialsProvider,
        attempt_timeout: Duration,
    ) -> Self {
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client)
            .endpoint_url(IN_PROCESS_URL);
        Self::with_keys(shared, region, credentials, attempt_timeout)
    }

    /// Clients of an endpoint with known keys, over HTTP.
    #[must_use]
    pub fn with_endpoint(
        url: &str,
        region: &str,
        credentials: SharedCredentialsProvider,
        attempt_timeout: Duration,
    ) -> Self {
        Self::with_keys(at(url), region, credentials, attempt_timeout)
    }

    /// Clients of an emulator or another S3 at `url`. Credentials come from the environment or a named profile;
    /// an endpoint on this machine gets `test`/`test` where there are none. The instance metadata service is
    /// never asked.
    ///
    /// # Errors
    /// Where an endpoint elsewhere has no credentials.
    pub fn endpoint(url: &str, region: Option<&str>, attempt_timeout: Duration) -> Result<Self, TargetError> {
        let region = region
            .map(str::to_owned)
            .or_else(|| environment("AWS_REGION"))
            .or_else(|| environment("AWS_DEFAULT_REGION"))
            .unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let credentials = match (environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY")) {
            (Some(key), Some(secret)) => {
                let token = environment("AWS_SESSION_TOKEN");
                SharedCredentialsProvider::new(Credentials::new(key, secret, token, None, "environment"))
            }
            _ if environment("AWS_PROFILE").is_some() => {
                SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().build())
            }
            _ if is_loopback(url) => {
                SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "default"))
            }
            _ => {
                return Err(TargetError::new(format!("failed to use {url}"), "there are no credentials")
                    .help("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"));
            }
        };
        Ok(Self::with_keys(at(url), &region, credentials, attempt_timeout))
    }

    /// Clients of a real account, by the default credential and region chain.
    pub async fn aws(region: Option<&str>, attempt_timeout: Duration) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let shared = loader.load().await;
        let region = shared.region().map_or(DEFAULT_REGION, Region::as_ref).to_owned();
        let tuned = tune(shared.into_builder(), attempt_timeout).region(Region::new(region.clone())).build();
        Self::build(&tuned, false, region)
    }

    fn with_keys(
        shared: aws_types::sdk_config::Builder,
        region: &str,
        credentials: SharedCredentialsProvider,
        attempt_timeout: Duration,
    ) -> Self {
        let shared = tune(shared, attempt_timeout)
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials)
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .build();
        Self::build(&shared, true, region.to_owned())
    }

    fn build(shared: &SdkConfig, path_style: bool, region: String) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(shared)
            .force_path_style(path_style)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(AnswerLimit)
            .build();
        let sns = aws_sdk_sns::config::Builder::from(shared).interceptor(AnswerLimit).build();
        let sts = aws_sdk_sts::config::Builder::from(shared).interceptor(AnswerLimit).build();
        let sqs = aws_sdk_sqs::config::Builder::from(shared).interceptor(AnswerLimit).build();
        let logs = aws_sdk_cloudwatchlogs::config::Builder::from(shared).interceptor(AnswerLimit).build();
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(shared).interceptor(AnswerLimit).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            sns: aws_sdk_sns::Client::from_conf(sns),
            sts: aws_sdk_sts::Client::from_conf(sts),
            cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch),
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
            region,
        }
    }
}

/// The beginning of a configuration for `url`. What goes to this machine goes there directly, whatever proxy the
/// environment names.
fn at(url: &str) -> aws_types::sdk_config::Builder {
    let builder = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).endpoint_url(url);
    if !is_loopback(url) {
        return builder;
    }
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    builder.http_client(aws_smithy_http_client::Builder::new().tls_provider(provider).build_https())
}

fn tune(
    builder: aws_types::sdk_config::Builder,
    attempt_timeout: Duration,
) -> aws_types::sdk_config::Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt_timeout)
        .build();
    builder
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(timeouts)
}

/// The URL that the environment has for the service that an operation needs: `AWS_ENDPOINT_URL_S3` or
/// `AWS_ENDPOINT_URL_SNS`, else `AWS_ENDPOINT_URL`.
#[must_use]
pub fn url_from_environment(operation: OperationKind) -> Option<String> {
    service_url(if operation.publishes() { "SNS" } else { "S3" })
}

/// The URL that the environment has for a service: `AWS_ENDPOINT_URL_` and its name, else `AWS_ENDPOINT_URL`.
#[must_use]
pub fn service_url(service: &str) -> Option<String> {
    own_service_url(service).or_else(|| environment("AWS_ENDPOINT_URL"))
}

/// The URL that the environment has for this service and no other.
#[must_use]
pub fn own_service_url(service: &str) -> Option<String> {
    environment(&format!("AWS_ENDPOINT_URL_{service}"))
}

/// A variable of the environment; an empty one counts as absent.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The host that a URL names, in small letters.
fn host(url: &str) -> Option<String> {
    let uri = url.parse::<http::Uri>().ok()?;
    Some(uri.host()?.trim_end_matches('.').to_ascii_lowercase())
}

/// Whether a URL names a service of AWS itself, public or through a VPC endpoint, in any partition.
#[must_use]
pub fn is_aws(url: &str) -> bool {
    const DOMAINS: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonaws.eu"];
    host(url)
        .is_some_and(|host| DOMAINS.iter().any(|domain| format!(".{host}").ends_with(&format!(".{domain}"))))
}

/// Whether a URL names this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    host(url).is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for url in ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:80/", "https://127.9.9.9"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://10.0.0.1", "https://s3.amazonaws.com", "http://localhost.example", "nonsense"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn aws_is_recognised_by_its_domains() {
        for url in [
            "https://s3.amazonaws.com",
            "https://S3.eu-west-1.amazonaws.com.:443/",
            "https://sns.cn-north-1.amazonaws.com.cn",
            "https://s3.dualstack.us-east-1.api.aws",
            "https://bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com",
        ] {
            assert!(is_aws(url), "{url}");
        }
        for url in ["http://127.0.0.1:4566", "https://notamazonaws.com", "https://amazonaws.com.example.org"]
        {
            assert!(!is_aws(url), "{url}");
        }
    }
}
