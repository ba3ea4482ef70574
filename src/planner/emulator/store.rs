//! Buckets and the objects in them.

use std::collections::BTreeMap;
use std::ops::Bound;

use s3s::{S3Result, s3_error};

use super::object::StoredObject;
use super::upload::Uploads;

#[derive(Debug)]
struct Bucket {
    created_ns: u64,
    objects: BTreeMap<Box<str>, StoredObject>,
}

impl Bucket {
    fn new(created_ns: u64) -> Self {
        Self { created_ns, objects: BTreeMap::new() }
    }
}

/// All buckets, objects and unfinished uploads.
#[derive(Debug, Default)]
pub(super) struct Store {
    buckets: BTreeMap<String, Bucket>,
    pub(super) uploads: Uploads,
}

/// Where a listing starts and what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing<'a> {
    pub(super) prefix: &'a str,
    /// Empty for none.
    pub(super) delimiter: &'a str,
    /// The listing goes on after this key or rolled-up prefix; empty to start.
    pub(super) after: &'a str,
    pub(super) max_entries: usize,
}

/// One page of a listing.
#[derive(Debug, Default)]
pub(super) struct StorePage {
    pub(super) objects: Vec<(String, StoredObject)>,
    pub(super) prefixes: Vec<String>,
    /// The last entry, when there are more.
    pub(super) next: Option<String>,
}

impl Store {
    /// Makes a bucket; false when there is one of that name.
    pub(super) fn create_bucket(&mut self, name: &str, now_ns: u64) -> bool {
        let fresh = !self.buckets.contains_key(name);
        if fresh {
            self.buckets.insert(name.to_owned(), Bucket::new(now_ns));
        }
        fresh
    }

    pub(super) fn delete_bucket(&mut self, name: &str) -> S3Result<()> {
        if !self.bucket(name)?.objects.is_empty() {
            return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
        }
        self.buckets.remove(name);
        self.uploads.forget_bucket(name);
        Ok(())
    }

    /// Names of all buckets, with the nanoseconds when they were made.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (&str, u64)> {
        self.buckets.iter().map(|(name, bucket)| (name.as_str(), bucket.created_ns))
    }

    pub(super) fn check_bucket(&self, name: &str) -> S3Result<()> {
        self.bucket(name).map(|_| ())
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> S3Result<&StoredObject> {
        self.bucket(bucket)?
            .objects
            .get(key)
            .ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    pub(super) fn object_mut(&mut self, bucket: &str, key: &str) -> S3Result<&mut StoredObject> {
        self.bucket_mut(bucket)?
            .objects
            .get_mut(key)
            .ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    pub(super) fn put(&mut self, bucket: &str, key: &str, object: StoredObject) -> S3Result<()> {
        self.bucket_mut(bucket)?.objects.insert(key.into(), object);
        Ok(())
    }

    /// Puts an object into a bucket that is made if there is none.
    pub(super) fn seed(&mut self, bucket: &str, key: &str, object: StoredObject) {
        let fresh = || Bucket::new(object.modified_ns);
        self.buckets.entry(bucket.to_owned()).or_insert_with(fresh).objects.insert(key.into(), object);
    }

    /// When the objects were last written whose keys begin with `prefix`, by the rest of their keys.
    pub(super) fn modified_ns(&self, bucket: &str, prefix: &str) -> BTreeMap<String, u64> {
        let objects = self.buckets.get(bucket).into_iter().flat_map(|bucket| &bucket.objects);
        objects
            .filter_map(|(key, object)| Some((key.strip_prefix(prefix)?.to_owned(), object.modified_ns)))
            .collect()
    }

    /// Removes an object; there need not be one.
    pub(super) fn delete(&mut self, bucket: &str, key: &str) -> S3Result<()> {
        self.bucket_mut(bucket)?.objects.remove(key);
        Ok(())
    }

    /// A page of keys in order, those with the delimiter after the prefix rolled up.
    pub(super) fn list(&self, bucket: &str, listing: Listing<'_>) -> S3Result<StorePage> {
        let bucket = self.bucket(bucket)?;
        let mut page = StorePage::default();
        let mut rolled_up = roll_up(listing.after, listing).filter(|prefix| prefix == &listing.after);
        let mut last = String::new();
        // Keys of a rolled-up prefix are skipped by seeking behind it, however many there are.
        let mut from = match rolled_up {
            Some(prefix) => Bound::Excluded(behind(prefix)),
            None if listing.after >= listing.prefix && !listing.after.is_empty() => {
                Bound::Excluded(listing.after.to_owned())
            }
            None => Bound::Included(listing.prefix.to_owned()),
        };
        while let Some((key, object)) = first_from(&bucket.objects, &from) {
            if !key.starts_with(listing.prefix) {
                break;
            }
            let common = roll_up(key, listing);
            from = Bound::Excluded(common.map_or_else(|| key.to_owned(), behind));
            if common.is_some() && common == rolled_up {
                from = Bound::Excluded(key.to_owned());
                continue;
            }
            if page.objects.len() + page.prefixes.len() == listing.max_entries {
                page.next = Some(last).filter(|last| !last.is_empty());
                break;
            }
            common.unwrap_or(key).clone_into(&mut last);
            match common {
                Some(prefix) => page.prefixes.push(prefix.to_owned()),
                None => page.objects.push((key.to_owned(), object.clone())),
            }
            rolled_up = common;
        }
        Ok(page)
    }

    fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    fn bucket_mut(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }
}

fn no_such_bucket() -> s3s::S3Error {
    s3_error!(NoSuchBucket, "The specified bucket does not exist")
}

fn first_from<'a>(
    objects: &'a BTreeMap<Box<str>, StoredObject>,
    from: &Bound<String>,
) -> Option<(&'a str, &'a StoredObject)> {
    let from = from.as_ref().map(String::as_str);
    objects.range::<str, _>((from, Bound::Unbounded)).next().map(|(key, object)| (&**key, object))
}

/// What `key` is rolled up into: everything up to the first delimiter after the listing's prefix.
fn roll_up<'a>(key: &'a str, listing: Listing<'_>) -> Option<&'a str> {
    if listing.delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(listing.prefix)?;
    let at = rest.find(listing.delimiter)?;
    Some(&key[..listing.prefix.len() + at + listing.delimiter.len()])
}

/// A key behind nearly all keys that start with `prefix`; the listing skips the rest one by one.
fn behind(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::emulator::content::Content;
    use crate::emulator::tag::Tag;
    use proptest::prelude::*;

    fn store(keys: &[String]) -> Store {
        let mut store = Store::default();
        store.create_bucket("b", 0);
        for key in keys {
            let object = StoredObject {
                content: Content::zeros(1),
                tag: Tag::of_seed(key, 1),
                modified_ns: 0,
                headers: Arc::default(),
                copies_asked: 0,
            };
            store.put("b", key, object).unwrap();
        }
        store
    }

    fn all_entries(store: &Store, prefix: &str, delimiter: &str, max_entries: usize) -> Vec<String> {
        let mut entries = Vec::new();
        let mut after = String::new();
        loop {
            let listing = Listing { prefix, delimiter, after: &after, max_entries };
            let page = store.list("b", listing).unwrap();
            assert!(page.objects.len() + page.prefixes.len() <= max_entries);
            let mut both = page.prefixes;
            both.extend(page.objects.into_iter().map(|(key, _)| key));
            both.sort();
            entries.extend(both);
            let Some(next) = page.next else { return entries };
            after = next;
        }
    }

    proptest! {
        #[test]
        fn pages_together_are_what_a_scan_finds(
            keys in prop::collection::btree_set("[ab/\u{10ffff}]{1,5}", 0..40),
            prefix in "[ab/]{0,2}", with_delimiter: bool, max_entries in 1usize..5,
        ) {
            let keys: Vec<String> = keys.into_iter().collect();
            let delimiter = if with_delimiter { "/" } else { "" };
            let listing = Listing { prefix: &prefix, delimiter, after: "", max_entries };
            let mut expected: Vec<String> = keys
                .iter()
                .filter(|key| key.starts_with(&prefix))
                .map(|key| roll_up(key, listing).unwrap_or(key).to_owned())
                .collect();
            expected.dedup();
            prop_assert_eq!(all_entries(&store(&keys), &prefix, delimiter, max_entries), expected);
        }
    }

    #[test]
    fn a_page_of_none_is_empty_and_complete() {
        let listing = Listing { prefix: "", delimiter: "", after: "", max_entries: 0 };
        let page = store(&["a".to_owned()]).list("b", listing).unwrap();
        assert!(page.objects.is_empty() && page.next.is_none());
    }
}
