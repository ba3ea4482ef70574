//! The messages in an invocation's event.

use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use serde::Deserialize;
use serde_json::Value;

use planner_core::fan_out::message::{Message, MessageError};
use planner_core::service::function::PipelineShape;

/// One message, as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedMessage {
    /// The queue's name for it, by which a failure is reported.
    pub id: Option<String>,
    /// The way it came.
    pub shape: PipelineShape,
    /// What it says.
    pub message: Result<Message, MessageError>,
    /// When SNS, or behind it SQS, took it, in seconds since 1970.
    pub queued_s: Option<f64>,
    /// How often the queue has handed it out.
    pub number: Option<u32>,
}

/// An event that is neither from SNS nor from SQS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event is not understood: {0}; subscribe the function to an SNS topic or to an SQS queue")]
pub struct EventError(String);

/// The envelope that SNS puts around a message on its way to a queue, unless delivery is raw.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message: String,
}

/// The messages of an event, told by the source that its records name.
///
/// # Errors
/// Where the event is of another kind.
pub fn deliveries(event: Value) -> Result<Vec<ReceivedMessage>, EventError> {
    let record = event.get("Records").and_then(|records| records.get(0));
    let record = record.ok_or_else(|| EventError("it has no records".into()))?;
    let source = record.get("EventSource").or_else(|| record.get("eventSource")).and_then(Value::as_str);
    let malformed = |error: serde_json::Error| EventError(error.to_string());
    match source {
        Some("aws:sns") => serde_json::from_value(event).map(from_sns).map_err(malformed),
        Some("aws:sqs") => serde_json::from_value(event).map(from_sqs).map_err(malformed),
        other => Err(EventError(format!("its source is {}", other.unwrap_or("not named")))),
    }
}

fn from_sns(event: SnsEvent) -> Vec<ReceivedMessage> {
    let records = event.records.into_iter().map(|record| ReceivedMessage {
        id: None,
        shape: PipelineShape::Direct,
        message: Message::decode(&record.sns.message),
        queued_s: Some(record.sns.timestamp.timestamp_millis() as f64 / 1e3),
        number: None,
    });
    records.collect()
}

fn from_sqs(event: SqsEvent) -> Vec<ReceivedMessage> {
    event.records.into_iter().map(from_queue).collect()
}

fn from_queue(record: SqsMessage) -> ReceivedMessage {
    let body = record.body.unwrap_or_default();
    let inner = match serde_json::from_str::<Envelope>(&body) {
        Ok(envelope) if envelope.r#type == "Notification" => envelope.message,
        _ => body,
    };
    let attribute = |name: &str| record.attributes.get(name);
    ReceivedMessage {
        id: record.message_id,
        shape: PipelineShape::Queue,
        message: Message::decode(&inner),
        queued_s: attribute("SentTimestamp").and_then(|text| text.parse::<f64>().ok()).map(|ms| ms / 1e3),
        number: attribute("ApproximateReceiveCount").and_then(|text| text.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = r#"{"v":1,"run":"r","n":3,"source":["a","k+ é"],"destination":["b","c/k+ é"],"size_bytes":5,"sent_s":1.5}"#;

    fn queue(body: &str) -> Value {
        json!({"Records": [{
            "messageId": "m-1", "receiptHandle": "h", "body": body, "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1790000000125"},
            "messageAttributes": {}, "md5OfBody": "", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q",
        }]})
    }

    #[test]
    fn a_message_comes_out_of_every_wrapping() {
        let expected = Message::decode(TEXT).unwrap();
        let direct = json!({"Records": [{
            "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn",
            "Sns": {
                "Type": "Notification", "MessageId": "x", "TopicArn": "arn", "Subject": null, "Message": TEXT,
                "Timestamp": "2026-09-21T12:26:40.125Z", "SignatureVersion": "1", "Signature": "s",
                "SigningCertUrl": "u", "UnsubscribeUrl": "u", "MessageAttributes": {},
            },
        }]});
        let [direct] = deliveries(direct).unwrap().try_into().unwrap();
        assert_eq!((direct.message.as_ref(), direct.shape), (Ok(&expected), PipelineShape::Direct));
        assert_eq!((direct.queued_s, direct.number), (Some(1_789_993_600.125), None));

        let envelope = json!({"Type": "Notification", "MessageId": "x", "TopicArn": "arn", "Message": TEXT});
        for body in [envelope.to_string(), TEXT.to_owned()] {
            let [queued] = deliveries(queue(&body)).unwrap().try_into().unwrap();
            assert_eq!(
                (queued.message.as_ref(), queued.shape),
                (Ok(&expected), PipelineShape::Queue),
                "{body}"
            );
            assert_eq!((queued.queued_s, queued.number), (Some(1_790_000_000.125), Some(2)));
            assert_eq!(queued.id.as_deref(), Some("m-1"));
        }
    }

    #[test]
    fn a_message_that_is_not_understood_does_not_hide_the_others() {
        let [queued] = deliveries(queue(r#"{"v":9}"#)).unwrap().try_into().unwrap();
        assert_eq!(queued.message, Err(MessageError::Version(9)));
        assert_eq!(queued.id.as_deref(), Some("m-1"));
    }

    #[test]
    fn other_events_are_refused() {
        for (event, hint) in [
            (json!({}), "no records"),
            (json!({"Records": []}), "no records"),
            (json!({"Records": [{"eventSource": "aws:s3"}]}), "its source is aws:s3"),
            (json!({"Records": [{"EventSource": "aws:sns"}]}), "missing field"),
        ] {
            let error = deliveries(event).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
