//! How an SDK error reads as an outcome.

use std::error::Error;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http_body_util::LengthLimitError;

use super::target_error::TargetError;
use planner_core::load::attempt::AttemptOutcome;

/// What to do about requests that nobody may make.
const CREDENTIALS: &str =
    "check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

/// Bytes kept of an error code, which is a word in any honest answer.
const MOST_CODE_BYTES: usize = 200;
/// Bytes shown of a service's message.
const MOST_MESSAGE_BYTES: usize = 1000;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The outcome.
    pub outcome: AttemptOutcome,
    /// The service's own word, or what went wrong before it could say one.
    pub code: Option<Arc<str>>,
}

impl Reply {
    /// Success.
    pub const OK: Self = Self { outcome: AttemptOutcome::Ok, code: None };

    /// A failure with its code.
    #[must_use]
    pub fn failure(outcome: AttemptOutcome, code: &str) -> Self {
        Self { outcome, code: Some(code.into()) }
    }

    /// What an error code means, with the HTTP status that it came with.
    #[must_use]
    pub fn from_code(code: Option<&str>, status: u16) -> Self {
        let text =
            code.map_or_else(|| format!("HTTP {status}"), |code| cut(code, MOST_CODE_BYTES).to_owned());
        Self { outcome: classify(code.unwrap_or_default(), status), code: Some(text.into()) }
    }
}

/// The beginning of a text, whole characters of it.
fn cut(text: &str, most_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(most_bytes)]
}

/// Throttles first: they come as 429, as 503 SlowDown, and under many names with other statuses. An error
/// inside a 200 answer, as CopyObject may give, is the server's; a redirect to another region is the client's.
fn classify(code: &str, status: u16) -> AttemptOutcome {
    let is_throttle = status == 429
        || code.starts_with("Throttl")
        || matches!(
            code,
            "SlowDown" | "TooManyRequestsException" | "RequestLimitExceeded" | "RequestThrottled"
        );
    match status {
        _ if is_throttle => AttemptOutcome::Throttled,
        400..=499 if code == "RequestTimeout" => AttemptOutcome::Timeout,
        300..=499 => AttemptOutcome::ClientError,
        _ => AttemptOutcome::ServerError,
    }
}

impl<E: ProvideErrorMetadata + Error + 'static> From<&SdkError<E, HttpResponse>> for Reply {
    fn from(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(context) => {
                Self::from_code(context.err().code(), context.raw().status().as_u16())
            }
            SdkError::ResponseError(context) => match context.raw().status().as_u16() {
                _ if find_cause::<LengthLimitError>(error).is_some() => {
                    Self::failure(AttemptOutcome::ServerError, "AnswerTooLarge")
                }
                // The head said success, so what failed is the rest of the answer.
                200..=299 if find_cause::<hyper::Error>(error).is_some() => {
                    Self::failure(AttemptOutcome::Connection, "AnswerCutOff")
                }
                200..=299 => Self::failure(AttemptOutcome::ServerError, "UnreadableAnswer"),
                status => Self::from_code(None, status),
            },
            SdkError::TimeoutError(_) => Self::failure(AttemptOutcome::Timeout, "AttemptTimeout"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::failure(AttemptOutcome::Timeout, "ConnectTimeout")
            }
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                Self::failure(AttemptOutcome::Connection, "ConnectionFailed")
            }
            SdkError::DispatchFailure(_) => Self::failure(AttemptOutcome::Connection, "DispatchFailed"),
            _ => Self::failure(AttemptOutcome::ClientError, "RequestNotBuilt"),
        }
    }
}

impl<E: ProvideErrorMetadata + Error + 'static> From<SdkError<E, HttpResponse>> for Reply {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        Self::from(&error)
    }
}

/// An SDK error as a reason for people, where a command cannot go on.
pub fn explain<E>(what: impl Into<String>, error: &SdkError<E, HttpResponse>) -> TargetError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let Some(reason) = credentials_error(error) {
        return TargetError::new(what, reason).help(CREDENTIALS);
    }
    let reply = Reply::from(error);
    let code = reply.code.as_deref().unwrap_or("unknown error");
    let reason = match error {
        SdkError::ServiceError(context) => match context.err().message() {
            Some(message) => format!("{code}: {}", cut(message, MOST_MESSAGE_BYTES)),
            None => code.to_owned(),
        },
        other => format!("{code}: {}", chain(other)),
    };
    let failed = TargetError::new(what, reason);
    match (reply.outcome, code) {
        (AttemptOutcome::Connection | AttemptOutcome::Timeout, _) => failed
            .help("check that the endpoint is running and that --endpoint-url or AWS_ENDPOINT_URL names it"),
        (
            _,
            "SignatureDoesNotMatch"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "HTTP 403"
            | "AccessDenied",
        ) => failed.help(CREDENTIALS),
        _ => failed,
    }
}

/// Why a request could not be signed, where that is what went wrong.
fn credentials_error(error: &(dyn Error + 'static)) -> Option<String> {
    Some(match find_cause::<CredentialsError>(error)? {
        // What it tried is a screen of text, and none of it is the user's.
        CredentialsError::CredentialsNotLoaded(_) => "no credentials were found".to_owned(),
        other => chain(other),
    })
}

/// An error and all its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// The error itself or the first of its causes that is of a type.
fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut errors = std::iter::successors(Some(error), |&error| error.source());
    errors.find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_are_told_from_errors_whatever_they_are_called() {
        for (code, status, outcome) in [
            (Some("SlowDown"), 503, AttemptOutcome::Throttled),
            (Some("Throttled"), 400, AttemptOutcome::Throttled),
            (Some("ThrottlingException"), 400, AttemptOutcome::Throttled),
            (None, 429, AttemptOutcome::Throttled),
            (Some("SlowDown"), 200, AttemptOutcome::Throttled),
            (Some("ServiceUnavailable"), 503, AttemptOutcome::ServerError),
            (Some("InternalError"), 200, AttemptOutcome::ServerError),
            (Some("NoSuchKey"), 404, AttemptOutcome::ClientError),
            (Some("PermanentRedirect"), 301, AttemptOutcome::ClientError),
            (Some("RequestTimeout"), 400, AttemptOutcome::Timeout),
            (None, 502, AttemptOutcome::ServerError),
        ] {
            assert_eq!(Reply::from_code(code, status).outcome, outcome, "{code:?} {status}");
        }
        assert_eq!(Reply::from_code(None, 502).code.as_deref(), Some("HTTP 502"));
    }
}
