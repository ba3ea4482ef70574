//! The message that asks for one object to be copied.
//!
//! JSON in one line: a key of 1,024 bytes, the longest there is, takes at most 6,144 characters of the 256 KiB that
//! SNS and SQS allow. The SNS subject is not used, because it holds 100 ASCII characters only.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

/// The version written, and the only one understood.
const VERSION: u32 = 1;

/// A place for an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct ObjectLocation {
    /// Bucket.
    pub bucket: String,
    /// Key, as it is: not percent-encoded.
    pub key: String,
}

impl From<(String, String)> for ObjectLocation {
    fn from((bucket, key): (String, String)) -> Self {
        Self { bucket, key }
    }
}

impl From<ObjectLocation> for (String, String) {
    fn from(place: ObjectLocation) -> Self {
        (place.bucket, place.key)
    }
}

/// One object to copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Run that the copy belongs to.
    pub run: String,
    /// Number of the object in the run, from 0.
    pub n: u64,
    /// Where the object is.
    pub source: ObjectLocation,
    /// Where its copy goes.
    pub destination: ObjectLocation,
    /// Its size when the message was written. The consumer asks S3 for the size that it copies by.
    pub size_bytes: u64,
    /// When the message was sent, in seconds since 1970.
    pub sent_s: f64,
}

/// A message that is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not JSON, or not a message of version 1.
    #[error("the message is not understood: {0}; version {VERSION} is expected")]
    Malformed(String),
    /// Written by another release.
    #[error(
        "the message has version {0}, and this release understands version {VERSION}; deploy the consumer of the publisher's release"
    )]
    Version(u64),
}

/// A message as it is sent.
#[derive(Serialize)]
struct Sent<'a> {
    v: u32,
    #[serde(flatten)]
    message: &'a Message,
}

impl Message {
    /// The text that is sent.
    ///
    /// # Errors
    /// Where `sent_s` is not a finite number, which JSON cannot say.
    pub fn encode(&self) -> Result<String, MessageError> {
        if !self.sent_s.is_finite() {
            return Err(MessageError::Malformed(format!("sent_s is {}", self.sent_s)));
        }
        serde_json::to_string(&Sent { v: VERSION, message: self }).map_err(|error| malformed(&error))
    }

    /// Reads what [`Message::encode`] wrote. Fields that it does not know are passed over.
    ///
    /// # Errors
    /// Where the text is something else.
    pub fn decode(text: &str) -> Result<Self, MessageError> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u64,
        }
        // First, because another version may have other fields.
        let Versioned { v } = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        if v != u64::from(VERSION) {
            return Err(MessageError::Version(v));
        }
        serde_json::from_str(text).map_err(|error| malformed(&error))
    }

    /// The messages somewhere inside a text: the message itself, or the envelopes that SNS, SQS and Lambda put around
    /// it, such as in a dead letter.
    #[must_use]
    pub fn within(text: &str) -> Vec<Self> {
        match Self::decode(text) {
            Ok(message) => vec![message],
            Err(_) => serde_json::from_str(text).map_or_else(|_| Vec::new(), |value| Self::inside(&value)),
        }
    }

    fn inside(value: &Value) -> Vec<Self> {
        match value {
            Value::String(text) if text.starts_with('{') => Self::within(text),
            Value::Array(values) => values.iter().flat_map(Self::inside).collect(),
            Value::Object(fields) => fields.values().flat_map(Self::inside).collect(),
            _ => Vec::new(),
        }
    }
}

/// What is wrong and where, without the parser's own words, because they quote values and a log keeps this.
fn malformed(error: &serde_json::Error) -> MessageError {
    let what = match error.classify() {
        Category::Data => "a field is missing or of another type",
        Category::Syntax | Category::Eof | Category::Io => "it is not JSON",
    };
    MessageError::Malformed(format!("{what}, at character {}", error.column()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(key: &str) -> Message {
        Message {
            run: "daily-1".into(),
            n: 17,
            source: ObjectLocation { bucket: "source".into(), key: key.into() },
            destination: ObjectLocation {
                bucket: "destination".into(),
                key: format!("planner-runs/daily-1/{key}"),
            },
            size_bytes: 700_000_000,
            sent_s: 1_790_000_000.125,
        }
    }

    proptest! {
        #[test]
        fn every_key_survives(key in "\\PC{1,256}|[ +%&=\"\\\\/\u{0}-\u{1f}\u{e9}\u{1f600}]{1,200}") {
            let message = message(&key);
            let text = message.encode().unwrap();
            prop_assert!(!text.contains('\n'), "one line");
            prop_assert_eq!(Message::decode(&text).unwrap(), message);
        }

        #[test]
        fn nothing_that_comes_in_panics(text: String) {
            prop_assert!(Message::decode(&text).is_err());
        }
    }

    #[test]
    fn the_longest_keys_stay_far_below_the_limit_of_a_message() {
        let worst = message(&"\u{1}".repeat(1024));
        let text = worst.encode().unwrap();
        assert!(text.len() < 13 * 1024, "{}", text.len());
        assert_eq!(Message::decode(&text).unwrap(), worst);
    }

    #[test]
    fn the_form_is_pinned_because_other_releases_read_it() {
        let text = concat!(
            r#"{"v":1,"run":"daily-1","n":17,"source":["source","a+b ü"],"#,
            r#""destination":["destination","planner-runs/daily-1/a+b ü"],"#,
            r#""size_bytes":700000000,"sent_s":1790000000.125}"#
        );
        assert_eq!(message("a+b ü").encode().unwrap(), text);
    }

    #[test]
    fn a_message_is_found_in_every_envelope() {
        let message = message("a+b ü");
        let text = message.encode().unwrap();
        let quoted = |value: Value| value.to_string();
        let notification = quoted(serde_json::json!({ "Type": "Notification", "Message": text }));
        let event = quoted(serde_json::json!({ "Records": [{ "Sns": { "Message": text } }] }));
        let record = quoted(serde_json::json!({ "Records": [{ "body": notification }] }));
        for envelope in [&text, &notification, &event, &record] {
            assert_eq!(Message::within(envelope), std::slice::from_ref(&message), "{envelope}");
        }
        assert_eq!(Message::within("{\"a\": [1, \"{\", null]}"), []);
    }

    #[test]
    fn other_versions_and_other_texts_are_told_apart() {
        let newer = r#"{"v":2,"objects":[]}"#;
        assert_eq!(Message::decode(newer), Err(MessageError::Version(2)));
        for text in ["", "{}", "[]", r#"{"v":1}"#, r#"{"v":"1"}"#, r#"{"v":-1}"#] {
            assert!(matches!(Message::decode(text), Err(MessageError::Malformed(_))), "{text}");
        }
        let error = Message::decode(r#"{"v":1,"run":"r","n":"a key"}"#).unwrap_err().to_string();
        let hint = "a field is missing or of another type, at character 28";
        assert!(error.contains(hint) && !error.contains("a key"), "{error}");
        let never = Message { sent_s: f64::NAN, ..message("a") };
        assert!(never.encode().is_err());
    }
}
