//! The SNS side of the endpoint: form-encoded requests, XML answers.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use http::StatusCode;

use super::admission::{Gate, lock};
use super::function::Host;
use super::signature::Rejection;
use super::topics::{ACCOUNT_ID, DifferentTags, NoSuchTopic, Subscription, Topics};
use super::xml::{Element, element, text};
use planner_core::account::SnsLimits;
use planner_core::fan_out::message::Message;
use planner_core::service::{ServiceRefusal, ServiceRequest};

/// A request that is not fulfilled, with SNS's code and status for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SnsError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl SnsError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn invalid(message: &str) -> Self {
        Self::bad_request("InvalidParameter", format!("Invalid parameter: {message}"))
    }

    /// The body of the request is longer than `max_bytes`.
    pub(super) fn too_large(max_bytes: usize) -> Self {
        let message = format!("The request body is longer than {max_bytes} bytes or broke off.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }
}

impl From<ServiceRefusal> for SnsError {
    fn from(_: ServiceRefusal) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Throttled", "Rate exceeded")
    }
}

impl From<NoSuchTopic> for SnsError {
    fn from(_: NoSuchTopic) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "Topic does not exist")
    }
}

impl From<DifferentTags> for SnsError {
    fn from(_: DifferentTags) -> Self {
        Self::invalid("Tags Reason: Topic already exists with different tags")
    }
}

impl From<Rejection> for SnsError {
    fn from(rejection: Rejection) -> Self {
        let (code, message) = match rejection {
            Rejection::Missing => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
            Rejection::Incomplete => (
                "IncompleteSignature",
                "The signature needs Credential, SignedHeaders with host and x-amz-date, and Signature",
            ),
            Rejection::UnknownKey => {
                ("InvalidClientTokenId", "The security token included in the request is invalid.")
            }
            Rejection::Skewed => {
                ("RequestExpired", "The request was signed more than 15 minutes from the endpoint's time")
            }
            Rejection::Mismatch => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            ),
        };
        Self::new(StatusCode::FORBIDDEN, code, message)
    }
}

/// The fields of a request.
type FormFields<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// What an operation answers: the elements of its result, if it has one.
type SnsResult = Result<Option<Vec<Element>>, SnsError>;

/// Notifications over the topics, with the times and refusals of the service model.
#[derive(Clone)]
pub(super) struct Notifications {
    pub(super) gate: Arc<Gate>,
    pub(super) topics: Arc<Mutex<Topics>>,
    /// The functions behind topics, by the topics' ARNs.
    pub(super) functions: Arc<Mutex<BTreeMap<String, Arc<Host>>>>,
}

impl Notifications {
    /// Answers a request body: the name of the operation and its result.
    pub(super) async fn call(&self, body: &[u8]) -> Result<(String, Option<Vec<Element>>), SnsError> {
        let form: FormFields<'_> = form_urlencoded::parse(body).collect();
        let action = form.get("Action").map(ToString::to_string).unwrap_or_default();
        let result = match &*action {
            "Publish" => self.publish(&form).await?,
            "PublishBatch" => self.publish_batch(&form).await?,
            _ => self.manage(&action, &form).await?,
        };
        Ok((action, result))
    }

    async fn publish(&self, form: &FormFields<'_>) -> SnsResult {
        let message = optional(form, "Message");
        let _in_flight =
            self.gate.pass(&ServiceRequest::Publish { message: &draw_key(message), messages: 1 }).await?;
        let arn = optional(form, "TopicArn");
        let arn = if arn.is_empty() { optional(form, "TargetArn") } else { arn };
        if arn.is_empty() {
            return Err(SnsError::invalid("TopicArn or TargetArn Reason: no value for required parameter"));
        }
        check_message(message, &self.gate.limits.sns)?;
        let id = self.topics().accept(arn)?;
        self.hand_on(arn, message);
        Ok(Some(vec![text("MessageId", id)]))
    }

    async fn publish_batch(&self, form: &FormFields<'_>) -> SnsResult {
        let entries = batch_entries(form);
        let first = entries.first().map_or("", |entry| entry.message);
        let messages = entries.len() as u32;
        let _in_flight =
            self.gate.pass(&ServiceRequest::Publish { message: &draw_key(first), messages }).await?;
        check_batch(&entries, &self.gate.limits.sns)?;
        let arn = required(form, "TopicArn")?;
        let mut topics = self.topics();
        topics.get(arn)?;
        let (mut sent, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match check_message(entry.message, &self.gate.limits.sns) {
                Ok(()) => {
                    let id = topics.accept(arn)?;
                    self.hand_on(arn, entry.message);
                    sent.push(member([("Id", entry.id), ("MessageId", &id)]));
                }
                Err(SnsError { code, message, .. }) => {
                    let why = [("Code", code), ("Message", &message), ("SenderFault", "true")];
                    failed.push(member([("Id", entry.id)].into_iter().chain(why)));
                }
            }
        }
        Ok(Some(vec![element("Successful", sent), element("Failed", failed)]))
    }

    /// Gives a message to the function behind its topic, if there is one.
    fn hand_on(&self, arn: &str, message: &str) {
        if let Some(host) = lock(&self.functions).get(arn) {
            host.publish(message);
        }
    }

    /// Operations on topics and subscriptions, which all take the time of a small request.
    async fn manage(&self, action: &str, form: &FormFields<'_>) -> SnsResult {
        let _in_flight = self.gate.pass(&ServiceRequest::Metadata { name: action }).await?;
        match action {
            "CreateTopic" => self.create_topic(form),
            "DeleteTopic" => {
                self.topics().delete(required(form, "TopicArn")?);
                Ok(None)
            }
            "ListTopics" => Ok(Some(self.list_topics(form))),
            "ListTagsForResource" => self.list_tags(form),
            "GetTopicAttributes" => self.topic_attributes(form),
            "Subscribe" => self.subscribe(form),
            "Unsubscribe" => {
                self.topics().unsubscribe(required(form, "SubscriptionArn")?);
                Ok(None)
            }
            "ListSubscriptionsByTopic" => self.list_subscriptions(form),
            _ => Err(SnsError::bad_request(
                "InvalidAction",
                format!("The action {action} is not valid for this endpoint."),
            )),
        }
    }

    fn create_topic(&self, form: &FormFields<'_>) -> SnsResult {
        let name = required(form, "Name")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.len() > 256 || !name.bytes().all(allowed) {
            return Err(SnsError::invalid("Topic Name"));
        }
        let arn = self.topics().create_tagged(name, tags(form))?;
        Ok(Some(vec![text("TopicArn", arn)]))
    }

    fn list_tags(&self, form: &FormFields<'_>) -> SnsResult {
        let topics = self.topics();
        let tags = &topics.get(required(form, "ResourceArn")?)?.tags;
        let members = tags.iter().map(|(key, value)| member([("Key", &**key), ("Value", value)]));
        Ok(Some(vec![element("Tags", members.collect())]))
    }

    fn list_topics(&self, form: &FormFields<'_>) -> Vec<Element> {
        let topics = self.topics();
        let (page, next) = topics.list(optional(form, "NextToken"));
        let members = page.into_iter().map(|arn| member([("TopicArn", arn)])).collect();
        with_token(element("Topics", members), next)
    }

    fn topic_attributes(&self, form: &FormFields<'_>) -> SnsResult {
        let arn = required(form, "TopicArn")?;
        let subscriptions = self.topics().get(arn)?.subscriptions.len();
        let entry = |key: &str, value: &str| element("entry", vec![text("key", key), text("value", value)]);
        Ok(Some(vec![element(
            "Attributes",
            vec![
                entry("TopicArn", arn),
                entry("Owner", ACCOUNT_ID),
                entry("SubscriptionsConfirmed", &subscriptions.to_string()),
                entry("SubscriptionsPending", "0"),
                entry("SubscriptionsDeleted", "0"),
            ],
        )]))
    }

    fn subscribe(&self, form: &FormFields<'_>) -> SnsResult {
        let (arn, protocol) = (required(form, "TopicArn")?, required(form, "Protocol")?);
        let subscription = self.topics().subscribe(arn, protocol, required(form, "Endpoint")?)?;
        Ok(Some(vec![text("SubscriptionArn", subscription)]))
    }

    fn list_subscriptions(&self, form: &FormFields<'_>) -> SnsResult {
        let arn = required(form, "TopicArn")?;
        let topics = self.topics();
        let (page, next) = topics.subscriptions(arn, optional(form, "NextToken"))?;
        let members = page.iter().map(|subscription: &Subscription| {
            member([
                ("TopicArn", arn),
                ("Protocol", &subscription.protocol),
                ("SubscriptionArn", &subscription.arn),
                ("Owner", ACCOUNT_ID),
                ("Endpoint", &subscription.endpoint),
            ])
        });
        Ok(Some(with_token(element("Subscriptions", members.collect()), next.as_deref())))
    }

    fn topics(&self) -> MutexGuard<'_, Topics> {
        lock(&self.topics)
    }
}

/// A member of a list, with its fields.
fn member<'a>(fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Element {
    element("member", fields.into_iter().map(|(name, value)| text(name, value)).collect())
}

fn with_token(listed: Element, next: Option<&str>) -> Vec<Element> {
    std::iter::once(listed).chain(next.map(|token| text("NextToken", token))).collect()
}

/// A field, empty when it is not there.
fn optional<'a>(form: &'a FormFields<'_>, name: &str) -> &'a str {
    form.get(name).map_or("", |value| value)
}

fn required<'a>(form: &'a FormFields<'_>, name: &str) -> Result<&'a str, SnsError> {
    match optional(form, name) {
        "" => Err(SnsError::invalid(&format!("{name} Reason: no value for required parameter"))),
        value => Ok(value),
    }
}

/// What decides the luck of a message: the object that it names. The time that it was sent at must not, because it
/// is another in every run.
fn draw_key(message: &str) -> Cow<'_, str> {
    Message::decode(message)
        .map_or(Cow::Borrowed(message), |message| format!("{}/{}", message.run, message.n).into())
}

/// The tags that a request names.
fn tags(form: &FormFields<'_>) -> BTreeMap<String, String> {
    let field =
        |number: usize, name| form.get(&*format!("Tags.member.{number}.{name}")).map(ToString::to_string);
    (1..)
        .map_while(|number| Some((field(number, "Key")?, field(number, "Value").unwrap_or_default())))
        .collect()
}

fn check_message(message: &str, limits: &SnsLimits) -> Result<(), SnsError> {
    match message.len() as u64 {
        0 => Err(SnsError::invalid("Empty message")),
        length if length <= limits.message_max_bytes => Ok(()),
        _ => Err(SnsError::invalid("Message too long")),
    }
}

/// One message of a batch.
#[derive(Clone, Copy, Debug)]
struct BatchEntry<'a> {
    id: &'a str,
    message: &'a str,
}

fn batch_entries<'a>(form: &'a FormFields<'_>) -> Vec<BatchEntry<'a>> {
    let field = |number: usize, name| {
        form.get(&*format!("PublishBatchRequestEntries.member.{number}.{name}")).map(|value| &**value)
    };
    (1..)
        .map_while(|number| {
            let (id, message) = (field(number, "Id"), field(number, "Message"));
            id.or(message)?;
            Some(BatchEntry { id: id.unwrap_or(""), message: message.unwrap_or("") })
        })
        .collect()
}

fn check_batch(entries: &[BatchEntry<'_>], limits: &SnsLimits) -> Result<(), SnsError> {
    if entries.is_empty() {
        let message = "The batch request doesn't contain any entries.";
        return Err(SnsError::bad_request("EmptyBatchRequest", message));
    }
    let (most, most_bytes) = (limits.batch_max, limits.message_max_bytes);
    if entries.len() > most as usize {
        let message = format!("The batch request contains {} entries, {most} at most.", entries.len());
        return Err(SnsError::bad_request("TooManyEntriesInBatchRequest", message));
    }
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id).collect();
    if ids.len() < entries.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return Err(SnsError::bad_request("BatchEntryIdsNotDistinct", message));
    }
    let total_bytes: u64 = entries.iter().map(|entry| entry.message.len() as u64).sum();
    if total_bytes > most_bytes {
        let message = format!("The messages have {total_bytes} bytes, {most_bytes} at most.");
        return Err(SnsError::bad_request("BatchRequestTooLong", message));
    }
    Ok(())
}
