//! The endpoint as the HTTP client of an AWS SDK: real clients, no sockets, so time can be virtual.

use std::fmt;
use std::sync::{Arc, Weak};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::uri::Authority;
use http::{HeaderValue, header};
use s3s::Body;

use super::router::Router;

/// An HTTP client whose every request goes to one endpoint in this process.
#[derive(Clone)]
pub(super) enum InProcess {
    /// It keeps the endpoint alive.
    Owner(Arc<Router>),
    /// It belongs to the endpoint itself.
    Within(Weak<Router>),
}

impl InProcess {
    fn router(&self) -> Result<Arc<Router>, ConnectorError> {
        match self {
            Self::Owner(router) => Ok(Arc::clone(router)),
            Self::Within(router) => {
                router.upgrade().ok_or_else(|| ConnectorError::other("the endpoint is gone".into(), None))
            }
        }
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let router = self.router();
        HttpConnectorFuture::new_boxed(Box::pin(async move {
            let response = router?.call(received(request)?).await;
            sent(response)
        }))
    }
}

/// The request as a server would have received it: a relative address, and the host in a header.
fn received(request: HttpRequest) -> Result<http::Request<Body>, ConnectorError> {
    let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    if !request.headers().contains_key(header::HOST)
        && let Some(host) = host(request.uri())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    Ok(request.map(|body| match body.content_length() {
        Some(0) => Body::empty(),
        _ => Body::http_body(body),
    }))
}

/// The host as clients sign it, without the port that the scheme implies.
fn host(uri: &http::Uri) -> Option<HeaderValue> {
    let implied = match uri.scheme_str() {
        Some("https") => Some(443),
        _ => Some(80),
    };
    let host = if uri.port_u16() == implied { uri.host() } else { uri.authority().map(Authority::as_str) };
    HeaderValue::from_str(host?).ok()
}

fn sent(response: http::Response<Body>) -> Result<HttpResponse, ConnectorError> {
    let response = response.map(|body| match body.bytes() {
        Some(bytes) => SdkBody::from(bytes),
        None => SdkBody::from_body_1_x(body),
    });
    response
        .try_into()
        .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::other(error.into(), None))
}
