//! A deployed pipeline as it can be looked at from outside.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use aws_sdk_sqs::types::{Message as Letter, QueueAttributeName};
use tokio::time::Instant;

use super::clients::Clients;
use super::listing::{ListingStep, PageBudget, pages, patient};
use super::metrics::of_function;
use super::reply::explain;
use super::target_error::TargetError;
use planner_core::audit::function::Peaks;
use planner_core::audit::listing_location::ListingLocation;
use planner_core::check::cloudwatch::CloudWatchPeriod;
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::fan_out::message::Message;
use planner_core::fan_out::names::DeploymentNames;

/// Messages that one request takes out of a queue at most.
const MOST_RECEIVED: i32 = 10;
/// How long a dead letter is hidden from further looks, after which it is there again.
const HIDDEN: Duration = Duration::from_secs(30);
/// Clocks of one machine and of AWS may differ by so much.
const CLOCK_SKEW_S: f64 = 60.0;

/// An object at the destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// LastModified, in seconds since 1970.
    pub modified_s: f64,
    /// ETag with its quotes.
    pub etag: String,
}

/// What a look into the dead-letter queue found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetters {
    /// Numbers of the run's objects whose messages lie there.
    pub objects: BTreeSet<u64>,
    /// Whether nothing was left that it did not find.
    pub is_whole: bool,
}

/// The pipeline of a run.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline<'a> {
    /// Clients of the account or emulator.
    pub clients: &'a Clients,
    /// What its parts are called.
    pub names: &'a DeploymentNames,
    /// The run.
    pub run: &'a str,
}

impl Pipeline<'_> {
    /// The objects under a prefix, by the rest of their keys.
    ///
    /// # Errors
    /// Where the bucket cannot be listed.
    pub async fn arrived(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BTreeMap<String, Arrived>, TargetError> {
        let place = ListingLocation { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
        let mut pages = pages(patient(&self.clients.s3, None), place, None, PageBudget::new(None));
        let mut arrived = BTreeMap::new();
        while let Some(next) = pages.recv().await {
            let ListingStep::Page(listed) = next? else { break };
            arrived.extend(listed.into_iter().map(|listed| {
                let modified_s = listed.modified_ns.map_or(0.0, |ns| ns as f64 / 1e9);
                let etag = format!("\"{}\"", listed.etag.unwrap_or_default());
                (listed.key, Arrived { modified_s, etag })
            }));
        }
        Ok(arrived)
    }

    /// What the function logged about the run since `since_s`, in seconds since 1970.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn lines(&self, since_s: f64) -> Result<Vec<CopyRecord>, TargetError> {
        let group = &self.names.log_group;
        let request = self.clients.logs.filter_log_events().log_group_name(group);
        let request = request.start_time(((since_s - CLOCK_SKEW_S) * 1e3) as i64);
        let mut pages = request.filter_pattern(CopyRecord::filter(self.run)).into_paginator().send();
        let mut lines = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| explain(format!("failed to read the log {group}"), &error))?;
            let of_run = page.events().iter().filter_map(|event| CopyRecord::parse(event.message()?));
            lines.extend(of_run.filter(|line| line.run.as_deref() == Some(self.run)));
        }
        Ok(lines)
    }

    /// What lies in the dead-letter queue. It stays there, and is hidden from other readers for half a minute.
    ///
    /// # Errors
    /// Where the queue cannot be read.
    pub async fn dead_letters(&self) -> Result<DeadLetters, TargetError> {
        let url = self.queue_url(&self.names.dead_letters).await?;
        let began = Instant::now();
        let mut known = HashSet::new();
        let mut objects = BTreeSet::new();
        // Later the queue shows again what it showed first, so that a longer look would never end.
        while began.elapsed() < HIDDEN {
            let mut letters = self.receive_letters(&url).await?;
            letters.retain(|letter| known.insert(letter.message_id().map(str::to_owned)));
            if letters.is_empty() {
                return Ok(DeadLetters { objects, is_whole: true });
            }
            let messages = letters.iter().filter_map(Letter::body).flat_map(Message::within);
            objects.extend(messages.filter(|message| message.run == self.run).map(|message| message.n));
        }
        Ok(DeadLetters { objects, is_whole: false })
    }

    async fn receive_letters(&self, url: &str) -> Result<Vec<Letter>, TargetError> {
        let request = self.clients.sqs.receive_message().queue_url(url).max_number_of_messages(MOST_RECEIVED);
        let answer = request.visibility_timeout(HIDDEN.as_secs() as i32).send().await;
        let answer = answer.map_err(|error| explain("failed to look into the dead-letter queue", &error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Messages in the queue, hidden and delayed ones included.
    ///
    /// # Errors
    /// Where the queue does not say.
    pub async fn queued(&self) -> Result<u64, TargetError> {
        let url = self.queue_url(&self.names.queue).await?;
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self.clients.sqs.get_queue_attributes().queue_url(url);
        let answer = request.set_attribute_names(Some(names.to_vec())).send().await;
        let answer = answer.map_err(|error| explain("failed to ask how long the queue is", &error))?;
        let attributes = answer.attributes().cloned().unwrap_or_default();
        Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum())
    }

    /// What CloudWatch counted between two times in seconds since 1970: sums, and maxima.
    ///
    /// # Errors
    /// Where CloudWatch does not say.
    pub async fn metrics(&self, from_s: f64, until_s: f64) -> Result<(CloudWatchPeriod, Peaks), TargetError> {
        let (from_s, until_s) = (from_s as i64, until_s as i64 + 60);
        let function = &self.names.function;
        let (metrics, peaks) =
            of_function(&self.clients.cloudwatch, function, from_s, until_s, until_s).await?;
        let sum = |of: fn(&CloudWatchPeriod) -> Option<f64>| {
            metrics.periods.iter().filter_map(of).reduce(|a, b| a + b)
        };
        let sums = CloudWatchPeriod {
            invocations: sum(|period| period.invocations),
            throttles: sum(|period| period.throttles),
            errors: sum(|period| period.errors),
            ..CloudWatchPeriod::default()
        };
        Ok((sums, peaks))
    }

    /// The URL of a queue that is given by name or URL.
    async fn queue_url(&self, queue: &str) -> Result<String, TargetError> {
        if queue.contains("://") {
            return Ok(queue.to_owned());
        }
        let answer = self.clients.sqs.get_queue_url().queue_name(queue).send().await;
        let answer = answer.map_err(|error| explain(format!("failed to find queue {queue}"), &error))?;
        Ok(answer.queue_url().unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::stub;
    use planner_core::fan_out::message::ObjectLocation as At;

    /// An answer of SQS with the letter of an object.
    fn letter(id: usize, run: &str, n: u64) -> String {
        let place = || At { bucket: "b".into(), key: "k".into() };
        let (source, destination) = (place(), place());
        let message = Message { run: run.into(), n, source, destination, size_bytes: 1, sent_s: 0.0 };
        let letter = serde_json::json!({ "MessageId": id.to_string(), "Body": message.encode().unwrap() });
        serde_json::json!({ "Messages": [letter] }).to_string()
    }

    /// Looks into a queue that gives these answers to one request after another.
    async fn look(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> DeadLetters {
        let asked = AtomicUsize::new(0);
        let clients = stub::clients(move |_| (200, answer(asked.fetch_add(1, Ordering::Relaxed))));
        let names =
            DeploymentNames { dead_letters: "http://localhost/dead".into(), ..DeploymentNames::of("stack") };
        let pipeline = Pipeline { clients: &clients, names: &names, run: "mine" };
        pipeline.dead_letters().await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_shows_its_letters_again_is_read_to_its_end() {
        let found = look(|asked| letter(asked % 3, if asked == 1 { "other" } else { "mine" }, asked as u64));
        assert_eq!(found.await, DeadLetters { objects: [0, 2].into(), is_whole: true });
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_without_an_end_is_left_before_it_shows_a_letter_again() {
        let began = Instant::now();
        let found = look(|asked| letter(asked, "mine", asked as u64)).await;
        assert!(!found.is_whole && found.objects.len() > 100, "{}", found.objects.len());
        assert!(began.elapsed() < HIDDEN + stub::TIME, "{:?}", began.elapsed());
    }
}
