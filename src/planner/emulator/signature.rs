//! Who signed a request: keys and AWS Signature Version 4, for the requests that s3s does not check.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::request::Parts;
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use subtle::ConstantTimeEq;

use super::clock::wall_time;

/// Requests signed longer ago, or further ahead, are refused.
const MAX_SKEW: Duration = Duration::from_mins(15);

/// The one pair of keys that the endpoint knows.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) access_key: String,
    pub(super) secret_key: String,
}

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.access_key {
            return Ok(SecretKey::from(self.secret_key.as_str()));
        }
        Err(s3_error!(
            InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records."
        ))
    }
}

/// Why a request is not taken for who it says it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// It is not signed.
    Missing,
    /// It is signed in a way that cannot be read.
    Incomplete,
    /// It is signed with a key that is not known.
    UnknownKey,
    /// Its time is too far from the endpoint's.
    Skewed,
    /// Its signature is not the one its key makes.
    Mismatch,
}

/// What an `Authorization` header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    access_key: &'a str,
    region: &'a str,
    pub(super) service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, SignedHeaders=…, Signature=…`.
    pub(super) fn parse(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
        let mut scope = field("Credential=")?.rsplitn(5, '/');
        let (_terminator, service, region, _date) =
            (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        Some(Self {
            access_key: scope.next()?,
            region,
            service,
            signed_headers: field("SignedHeaders=")?,
            signature: field("Signature=")?,
        })
    }

    /// What the header of these request parts says, if there is one that can be read.
    pub(super) fn of(parts: &'a Parts) -> Option<Self> {
        Self::parse(parts.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?)
    }
}

impl Keys {
    /// Checks the signature in the headers of a request with this body.
    pub(super) fn verify(&self, parts: &Parts, body: &[u8]) -> Result<(), Rejection> {
        if !parts.headers.contains_key(http::header::AUTHORIZATION) {
            return Err(Rejection::Missing);
        }
        let authorization = Authorization::of(parts).ok_or(Rejection::Incomplete)?;
        if authorization.access_key != self.access_key {
            return Err(Rejection::UnknownKey);
        }
        let signed_at = signing_time(parts).ok_or(Rejection::Incomplete)?;
        let skew = wall_time().duration_since(signed_at).unwrap_or_else(|ahead| ahead.duration());
        if skew > MAX_SKEW {
            return Err(Rejection::Skewed);
        }
        let expected = self.signature(parts, body, &authorization, signed_at).ok_or(Rejection::Incomplete)?;
        // Not stopping at the first difference, which would tell how long the match is.
        if expected.as_bytes().ct_eq(authorization.signature.as_bytes()).into() {
            Ok(())
        } else {
            Err(Rejection::Mismatch)
        }
    }

    /// The signature that these keys make over the headers that the request says are signed.
    fn signature(
        &self,
        parts: &Parts,
        body: &[u8],
        authorization: &Authorization<'_>,
        signed_at: SystemTime,
    ) -> Option<String> {
        let value = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let headers: Option<Vec<(&str, &str)>> = authorization
            .signed_headers
            .split(';')
            .map(|name| value(name).map(|value| (name, value)))
            .collect();
        // Without them the signing library would make them up, or fail to.
        let headers = headers.filter(|headers| {
            ["host", "x-amz-date"].iter().all(|needed| headers.iter().any(|(name, _)| name == needed))
        })?;
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        let identity = Credentials::new(&self.access_key, &self.secret_key, None, None, "endpoint").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(authorization.region)
            .name(authorization.service)
            .time(signed_at)
            .settings(settings)
            .build()
            .ok()?
            .into();
        let uri = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let request =
            SignableRequest::new(parts.method.as_str(), uri, headers.into_iter(), SignableBody::Bytes(body))
                .ok()?;
        Some(sign(request, &params).ok()?.into_parts().1)
    }
}

fn signing_time(parts: &Parts) -> Option<SystemTime> {
    let time: jiff::Timestamp = parts.headers.get("x-amz-date")?.to_str().ok()?.parse().ok()?;
    Some(time.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorization_is_read_field_by_field() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/with/slash/20250102/eu-west-1/sns/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=abc";
        let read = Authorization::parse(header).unwrap();
        assert_eq!((read.access_key, read.region, read.service), ("AKID/with/slash", "eu-west-1", "sns"));
        assert_eq!((read.signed_headers, read.signature), ("host;x-amz-date", "abc"));
        for broken in ["", "Basic abc", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"] {
            assert_eq!(Authorization::parse(broken), None);
        }
    }

    #[test]
    fn a_signing_time_in_basic_format_is_read() {
        let request = http::Request::builder().header("x-amz-date", "20250102T030405Z").body(()).unwrap();
        let time = signing_time(&request.into_parts().0).unwrap();
        assert_eq!(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_735_787_045);
    }

    #[test]
    fn requests_are_rejected_for_the_first_thing_that_is_wrong() {
        let keys = Keys { access_key: "key".to_owned(), secret_key: "secret".to_owned() };
        let rejection = |headers: &[(&str, &str)]| {
            let request = headers
                .iter()
                .fold(http::Request::post("/"), |request, (name, value)| request.header(*name, *value));
            keys.verify(&request.body(()).unwrap().into_parts().0, b"").unwrap_err()
        };
        let signed = |key: &str, headers: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20250102/r/sns/aws4_request, SignedHeaders={headers}, \
                 Signature=abc"
            )
        };
        let now = jiff::Timestamp::try_from(wall_time()).unwrap();
        let date = |minutes: i64| {
            let moved = now + jiff::SignedDuration::from_mins(minutes);
            moved.strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        let both = signed("key", "host;x-amz-date");
        assert_eq!(rejection(&[]), Rejection::Missing);
        assert_eq!(rejection(&[("authorization", "Basic abc")]), Rejection::Incomplete);
        assert_eq!(rejection(&[("authorization", &signed("other", "host"))]), Rejection::UnknownKey);
        assert_eq!(rejection(&[("authorization", &both)]), Rejection::Incomplete);
        for (minutes, expected) in [
            (-16, Rejection::Skewed),
            (16, Rejection::Skewed),
            (-14, Rejection::Mismatch),
            (14, Rejection::Mismatch),
        ] {
            let headers = [("authorization", &*both), ("host", "h"), ("x-amz-date", &date(minutes))];
            assert_eq!(rejection(&headers), expected, "{minutes} minutes from now");
        }
        let hostless = signed("key", "x-amz-date");
        let headers = [("authorization", &*hostless), ("x-amz-date", &date(0))];
        assert_eq!(rejection(&headers), Rejection::Incomplete);
    }
}
