//! The objects under a prefix, page by page, as ListObjectsV2 gives them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;
use tokio::sync::mpsc;

use super::reply::explain;
use super::target_error::TargetError;
use planner_core::audit::ListedObject;
use planner_core::audit::listing_location::ListingLocation;

/// Times that a page is asked for before the listing gives up.
const MAX_ATTEMPTS: u32 = 6;
/// Pages that wait to be taken, besides the one that is being asked for.
const PAGES_AHEAD: usize = 1;

/// A client for listings. Nothing is measured here, so the SDK may try again by itself.
#[must_use]
pub fn patient(s3: &S3, region: Option<&str>) -> S3 {
    let retry = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
    let mut config = s3.config().to_builder().retry_config(retry);
    if let Some(region) = region {
        config = config.region(Region::new(region.to_owned()));
    }
    S3::from_conf(config.build())
}

/// How many pages may be asked for, and how many were.
#[derive(Debug)]
pub struct PageBudget {
    asked: AtomicU64,
    at_most: u64,
}

impl PageBudget {
    /// A budget of so many pages, over all listings that share it.
    #[must_use]
    pub fn new(at_most: Option<u64>) -> Arc<Self> {
        Arc::new(Self { asked: AtomicU64::new(0), at_most: at_most.unwrap_or(u64::MAX) })
    }

    /// Pages asked for.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn take(&self) -> bool {
        let grown = |asked: u64| (asked < self.at_most).then_some(asked + 1);
        self.asked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }
}

/// What comes next of a listing.
#[derive(Debug)]
pub enum ListingStep {
    /// A page of objects.
    Page(Vec<ListedObject>),
    /// No further page may be asked for.
    OutOfBudget,
}

/// Begins to list a place after a key, one page ahead of whoever takes them. The end of the channel is the end of the
/// listing; dropping the receiver ends it sooner.
#[must_use]
pub fn pages(
    s3: S3,
    place: ListingLocation,
    after: Option<String>,
    budget: Arc<PageBudget>,
) -> mpsc::Receiver<Result<ListingStep, TargetError>> {
    let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
    tokio::spawn(async move {
        let mut after = after.map(|key| place.key(&key));
        loop {
            if !budget.take() {
                // Nobody may be waiting any more.
                let _ = sender.send(Ok(ListingStep::OutOfBudget)).await;
                return;
            }
            let page = page(&s3, &place, after.as_deref())
                .await
                .and_then(|page| page.begins_after(after.as_deref(), &place));
            let goes_on = page.as_ref().is_ok_and(|page| page.goes_on);
            let last = page.as_ref().ok().and_then(|page| page.listed.last());
            after = last.map(|listed| place.key(&listed.key)).or(after);
            if sender.send(page.map(|page| ListingStep::Page(page.listed))).await.is_err() || !goes_on {
                return;
            }
        }
    });
    receiver
}

struct ListingPage {
    listed: Vec<ListedObject>,
    goes_on: bool,
}

impl ListingPage {
    /// The page, where it does not go back: a server that takes no notice of where to begin would be listed for ever.
    fn begins_after(self, after: Option<&str>, place: &ListingLocation) -> Result<Self, TargetError> {
        match (self.listed.first(), after) {
            (Some(first), Some(after)) if place.key(&first.key).as_str() <= after => {
                let reason = format!("a page after `{after}` begins with `{}`", place.key(&first.key));
                Err(TargetError::new(format!("failed to list {place}"), reason))
            }
            _ => Ok(self),
        }
    }
}

/// Every page is asked for by the last key before it, so that a listing can go on anywhere and at any time.
async fn page(s3: &S3, place: &ListingLocation, after: Option<&str>) -> Result<ListingPage, TargetError> {
    let request = s3
        .list_objects_v2()
        .bucket(&place.bucket)
        .prefix(&place.prefix)
        .set_start_after(after.map(str::to_owned))
        // Otherwise a key with a control character would make an answer that is no XML.
        .encoding_type(EncodingType::Url);
    let what = || format!("failed to list {place}");
    let answer = request.send().await.map_err(|error| explain(what(), &error))?;
    let listed = objects(&answer, place).map_err(|reason| TargetError::new(what(), reason))?;
    let goes_on = answer.is_truncated().unwrap_or(false);
    if goes_on && listed.is_empty() {
        return Err(TargetError::new(what(), "a page was empty and yet not the last one"));
    }
    Ok(ListingPage { listed, goes_on })
}

fn objects(answer: &ListObjectsV2Output, place: &ListingLocation) -> Result<Vec<ListedObject>, String> {
    let is_encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let listed = answer.contents().iter().map(|object| {
        let written = object.key().unwrap_or_default();
        let key = if is_encoded { decoded(written)? } else { written.to_owned() };
        let key = key.strip_prefix(&place.prefix).ok_or_else(|| {
            format!("the answer names `{key}`, which does not begin with `{}`", place.prefix)
        })?;
        let size = object.size().unwrap_or(0);
        let modified_ns =
            object.last_modified().map(|time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
        Ok(ListedObject {
            key: key.to_owned(),
            size_bytes: u64::try_from(size).map_err(|_| format!("`{key}` has {size} bytes"))?,
            etag: object.e_tag().map(|tag| tag.trim_matches('"').to_owned()),
            modified_ns,
        })
    });
    listed.collect()
}

/// A key as `encoding-type=url` writes it: spaces as `+` or `%20`, everything else in per cent.
fn decoded(key: &str) -> Result<String, String> {
    let spaced = key.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| format!("key `{key}` is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::DateTime;
    use aws_sdk_s3::types::Object;

    use super::*;

    fn answer(key: &str, encoded: bool) -> ListObjectsV2Output {
        let time = DateTime::from_secs_and_nanos(1, 500_000_000);
        let object = Object::builder().key(key).size(7).e_tag("\"abc\"").last_modified(time).build();
        ListObjectsV2Output::builder()
            .contents(object)
            .set_encoding_type(encoded.then_some(EncodingType::Url))
            .build()
    }

    #[test]
    fn keys_are_decoded_only_where_they_were_encoded() {
        let place: ListingLocation = "s3://b/a b/".parse().unwrap();
        for (written, encoded, key) in [
            ("a+b/c%2Bd%0Ae%20%C3%A9", true, "c+d\ne é"),
            ("a%20b/x", true, "x"),
            ("a b/c+d%2B", false, "c+d%2B"),
        ] {
            let listed = ListedObject {
                key: key.into(),
                size_bytes: 7,
                etag: Some("abc".into()),
                modified_ns: Some(1_500_000_000),
            };
            assert_eq!(objects(&answer(written, encoded), &place), Ok(vec![listed]));
        }
        assert!(objects(&answer("other", false), &place).unwrap_err().contains("does not begin with"));
        assert!(objects(&answer("a+b/%ff", true), &place).unwrap_err().contains("not UTF-8"));
    }

    /// A server that takes no notice of `start-after`.
    #[tokio::test(start_paused = true)]
    async fn a_page_that_goes_back_ends_the_listing() {
        let page = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents>\
                    <Contents><Key>b</Key><Size>1</Size></Contents></ListBucketResult>";
        let clients = crate::stub::clients(move |_| (200, page.to_owned()));
        let place = "s3://bucket".parse().unwrap();
        let mut pages = pages(clients.s3, place, None, PageBudget::new(None));
        assert!(matches!(pages.recv().await, Some(Ok(ListingStep::Page(listed))) if listed.len() == 2));
        let error = pages.recv().await.unwrap().unwrap_err().to_string();
        assert!(error.contains("a page after `b` begins with `a`"), "{error}");
        assert!(pages.recv().await.is_none());
    }

    #[test]
    fn a_budget_is_kept_over_all_listings() {
        let budget = PageBudget::new(Some(2));
        assert_eq!([(); 3].map(|()| budget.take()), [true, true, false]);
        assert_eq!(budget.asked(), 2);
    }
}
