//! One door for both services: a request goes to the one that its signature names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use s3s::Body;
use s3s::service::S3Service;

use super::signature::{Authorization, Keys};
use super::sns::{Notifications, SnsError};
use super::xml::{element, text};
use planner_core::random;

const SNS_NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The largest body of an SNS request; form encoding can triple a batch of 256 KiB.
const MAX_SNS_BODY_BYTES: usize = 1 << 20;

/// Both services behind one address.
pub(super) struct Router {
    pub(super) storage: S3Service,
    pub(super) notifications: Notifications,
    pub(super) keys: Keys,
    pub(super) seed: u64,
    pub(super) requests: AtomicU64,
}

impl Router {
    /// Answers a request to either service.
    pub(super) async fn call(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let id =
            format!("{:016X}", random::word(self.seed, &[self.requests.fetch_add(1, Ordering::Relaxed)]));
        let is_head = request.method() == Method::HEAD;
        let (parts, body) = request.into_parts();
        let mut response = if is_for_sns(&parts) {
            self.call_sns(&parts, body, &id).await
        } else {
            let answered = self.storage.call(Request::from_parts(parts, body)).await;
            answered.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, String::new()))
        };
        if is_head {
            // Over a socket the body of an answer to HEAD is never sent, so it is not in process either.
            *response.body_mut() = Body::empty();
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        response
    }

    async fn call_sns(&self, parts: &Parts, mut body: Body, id: &str) -> Response<Body> {
        let Ok(body) = body.store_all_limited(MAX_SNS_BODY_BYTES).await else {
            return sns_error(SnsError::too_large(MAX_SNS_BODY_BYTES), id);
        };
        if let Err(rejection) = self.keys.verify(parts, &body) {
            return sns_error(rejection.into(), id);
        }
        match self.notifications.call(&body).await {
            Ok((action, result)) => {
                let metadata = element("ResponseMetadata", vec![text("RequestId", id)]);
                let result = result.map(|result| element(&format!("{action}Result"), result));
                let answer =
                    element(&format!("{action}Response"), result.into_iter().chain([metadata]).collect());
                plain(StatusCode::OK, answer.to_document(SNS_NAMESPACE))
            }
            Err(error) => sns_error(error, id),
        }
    }
}

/// Whether the signature names SNS, or there is none and the request looks like SNS's.
fn is_for_sns(parts: &Parts) -> bool {
    if let Some(authorization) = Authorization::of(parts) {
        return authorization.service == "sns";
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    parts.method == Method::POST && parts.uri.path() == "/" && is_form
}

fn sns_error(error: SnsError, id: &str) -> Response<Body> {
    let sender = if error.status.is_server_error() { "Receiver" } else { "Sender" };
    let details = vec![text("Type", sender), text("Code", error.code), text("Message", error.message)];
    let answer = element("ErrorResponse", vec![element("Error", details), text("RequestId", id)]);
    plain(error.status, answer.to_document(SNS_NAMESPACE))
}

fn plain(status: StatusCode, xml: String) -> Response<Body> {
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}
