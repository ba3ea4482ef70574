//! Clients for tests, whose requests a closure answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::clients::Clients;

/// Time that every answer takes.
pub(super) const TIME: Duration = Duration::from_millis(100);

/// A service: the status and the body that it answers a request with.
type Service = dyn Fn(&HttpRequest) -> (u16, String) + Send + Sync;

#[derive(Clone)]
struct Stub(Arc<Service>);

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

impl HttpClient for Stub {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = (self.0)(&request);
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(TIME).await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}

/// Clients of a service.
pub(super) fn clients(service: impl Fn(&HttpRequest) -> (u16, String) + Send + Sync + 'static) -> Clients {
    let credentials = Credentials::new("key", "secret", None, None, "stub");
    let credentials = SharedCredentialsProvider::new(credentials);
    Clients::in_process(Stub(Arc::new(service)), "us-east-1", credentials, Duration::from_secs(60))
}
