//! SDK clients for an endpoint in this process or on a socket.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use planner::emulator::{Cloud, CloudConfig};
use planner_aws::clients::IN_PROCESS_URL;
use planner_core::service::Profile;

/// A profile without noise.
pub(crate) fn quiet() -> Profile {
    let mut profile = Profile::default();
    profile.copy.noise_cv = 0.0;
    profile.request.metadata_noise_cv = 0.0;
    profile.publish.noise_cv = 0.0;
    profile
}

pub(crate) fn cloud(profile: Profile) -> Cloud {
    Cloud::new(CloudConfig { profile, ..CloudConfig::default() })
}

pub(crate) struct Access<'a> {
    pub http_client: Option<SharedHttpClient>,
    pub url: &'a str,
    pub access_key: &'a str,
    pub secret_key: &'a str,
}

impl Access<'_> {
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(self.access_key, self.secret_key, None, None, "test"))
            .endpoint_url(self.url)
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .retry_config(RetryConfig::disabled());
        config.set_http_client(self.http_client.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    pub(crate) fn sns(&self) -> aws_sdk_sns::Client {
        let mut config = aws_sdk_sns::Config::builder()
            .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
            .region(aws_sdk_sns::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sns::config::Credentials::new(
                self.access_key,
                self.secret_key,
                None,
                None,
                "test",
            ))
            .endpoint_url(self.url)
            .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled());
        config.set_http_client(self.http_client.clone());
        aws_sdk_sns::Client::from_conf(config.build())
    }
}

/// Access in this process with the keys of the default configuration.
pub(crate) fn inside(cloud: &Cloud) -> Access<'static> {
    Access {
        http_client: Some(cloud.http_client()),
        url: IN_PROCESS_URL,
        access_key: "planner",
        secret_key: "planner-secret",
    }
}

/// The status and the service's code of a failed call.
pub(crate) fn failure<T, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E, aws_smithy_runtime_api::http::Response>>,
) -> (u16, String) {
    match result {
        Err(SdkError::ServiceError(error)) => {
            (error.raw().status().as_u16(), error.err().code().unwrap_or("no code").to_owned())
        }
        Err(error) => panic!("not answered by the service: {error:?}"),
        Ok(_) => panic!("succeeded"),
    }
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
