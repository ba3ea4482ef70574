//! Topics, their subscriptions, and how many messages they took.

use std::collections::BTreeMap;

use planner_core::random;

/// The account that owns everything here.
pub const ACCOUNT_ID: &str = "000000000000";

/// Entries on a page of topics or subscriptions.
const PAGE_ENTRIES: usize = 100;

/// Somebody who wants the messages of a topic.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) protocol: String,
    pub(super) endpoint: String,
}

/// A topic, and what it has taken.
#[derive(Debug, Default)]
pub(super) struct Topic {
    /// Messages that it took.
    pub(super) messages: u64,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) subscriptions: Vec<Subscription>,
}

/// All topics by their ARNs.
#[derive(Debug)]
pub(super) struct Topics {
    region: String,
    seed: u64,
    by_arn: BTreeMap<String, Topic>,
}

/// Nobody has such a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoSuchTopic;

/// There is such a topic with other tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DifferentTags;

impl Topics {
    pub(super) fn new(region: &str, seed: u64) -> Self {
        Self { region: region.to_owned(), seed, by_arn: BTreeMap::new() }
    }

    /// Makes a topic unless there is one, and gives its ARN.
    pub(super) fn create(&mut self, name: &str) -> String {
        let arn = self.arn(name);
        self.by_arn.entry(arn.clone()).or_default();
        arn
    }

    /// The same with tags, which a topic that is there must have if any are given.
    pub(super) fn create_tagged(
        &mut self,
        name: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<String, DifferentTags> {
        let arn = self.arn(name);
        match self.by_arn.get(&arn) {
            Some(known) if !tags.is_empty() && known.tags != tags => return Err(DifferentTags),
            Some(_) => {}
            None => drop(self.by_arn.insert(arn.clone(), Topic { tags, ..Topic::default() })),
        }
        Ok(arn)
    }

    fn arn(&self, name: &str) -> String {
        format!("arn:aws:sns:{}:{ACCOUNT_ID}:{name}", self.region)
    }

    pub(super) fn get(&self, arn: &str) -> Result<&Topic, NoSuchTopic> {
        self.by_arn.get(arn).ok_or(NoSuchTopic)
    }

    /// Removes a topic; there need not be one.
    pub(super) fn delete(&mut self, arn: &str) {
        self.by_arn.remove(arn);
    }

    /// A page of ARNs after the token, and the token of the next page.
    pub(super) fn list(&self, token: &str) -> (Vec<&str>, Option<&str>) {
        let mut found = self.by_arn.keys().map(String::as_str).filter(|arn| *arn > token);
        let page: Vec<&str> = found.by_ref().take(PAGE_ENTRIES).collect();
        let next = found.next().and_then(|_| page.last().copied());
        (page, next)
    }

    /// Takes a message and gives its identifier. Messages are counted, not kept.
    pub(super) fn accept(&mut self, arn: &str) -> Result<String, NoSuchTopic> {
        let topic = self.by_arn.get_mut(arn).ok_or(NoSuchTopic)?;
        topic.messages += 1;
        Ok(identifier(self.seed, random::name(arn), topic.messages))
    }

    /// Subscribes to a topic and gives the ARN; the same subscription twice is one.
    pub(super) fn subscribe(
        &mut self,
        arn: &str,
        protocol: &str,
        endpoint: &str,
    ) -> Result<String, NoSuchTopic> {
        let topic = self.by_arn.get_mut(arn).ok_or(NoSuchTopic)?;
        let same = |known: &&Subscription| known.protocol == protocol && known.endpoint == endpoint;
        if let Some(known) = topic.subscriptions.iter().find(same) {
            return Ok(known.arn.clone());
        }
        let id = identifier(self.seed, random::name(protocol), random::name(endpoint));
        let arn = format!("{arn}:{id}");
        topic.subscriptions.push(Subscription {
            arn: arn.clone(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
        });
        Ok(arn)
    }

    /// Ends a subscription; there need not be one.
    pub(super) fn unsubscribe(&mut self, subscription_arn: &str) {
        for topic in self.by_arn.values_mut() {
            topic.subscriptions.retain(|subscription| subscription.arn != subscription_arn);
        }
    }

    /// A page of a topic's subscriptions, and the token of the next page.
    pub(super) fn subscriptions(
        &self,
        arn: &str,
        token: &str,
    ) -> Result<(&[Subscription], Option<String>), NoSuchTopic> {
        let all = &self.get(arn)?.subscriptions;
        let start = token.parse().unwrap_or(0).min(all.len());
        let end = all.len().min(start + PAGE_ENTRIES);
        Ok((&all[start..end], (end < all.len()).then(|| end.to_string())))
    }
}

/// An identifier in the form of a UUID, the same for the same draws.
fn identifier(seed: u64, one: u64, two: u64) -> String {
    let (high, low) = (random::word(seed, &[one, two, 0]), random::word(seed, &[one, two, 1]));
    // Version 8 (free form) and the variant that goes with it, as RFC 9562 asks.
    let high = high & !0xf000 | 0x8000;
    let low = low & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_look_like_uuids_and_differ() {
        let id = identifier(1, 2, 3);
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(id.as_bytes()[14] == b'8' && b"89ab".contains(&id.as_bytes()[19]));
        assert_eq!(id, identifier(1, 2, 3));
        assert_ne!(id, identifier(1, 2, 4));
    }

    #[test]
    fn listings_page() {
        let mut topics = Topics::new("eu-west-1", 1);
        for number in 0..250 {
            topics.create(&format!("t{number}"));
        }
        let (mut total, mut token) = (0, String::new());
        loop {
            let (page, next) = topics.list(&token);
            total += page.len();
            let Some(next) = next else { break };
            token = next.to_owned();
        }
        assert_eq!(total, 250);
    }
}
