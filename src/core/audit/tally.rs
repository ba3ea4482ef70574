//! What the merge of two listings comes to: exact counts, and the first keys of each kind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ListedObject;
use super::listing_location::ListingLocation;
use super::merge_join::Joined;
use super::object_comparison::{CopyMatch, FindingKind, FindingReason, Rules, compare, is_in_parts};

/// Keys of a kind that a document names; the counts are exact however many there are.
pub const LISTED_AT_MOST: usize = 1000;

/// An object as one side has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Size.
    pub size_bytes: u64,
    /// ETag without quotes.
    pub etag: Option<String>,
    /// LastModified, RFC 3339.
    pub modified: Option<String>,
}

impl From<&ListedObject> for Seen {
    fn from(listed: &ListedObject) -> Self {
        Self {
            size_bytes: listed.size_bytes,
            etag: listed.etag.clone(),
            modified: listed.modified_ns.and_then(rfc3339),
        }
    }
}

/// A key with something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The whole key at the source; of what is extra, at the destination.
    pub key: String,
    /// What is wrong with it.
    pub reason: FindingReason,
    /// As the source has it.
    pub source: Option<Seen>,
    /// As the destination has it.
    pub destination: Option<Seen>,
}

/// The keys of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// How many.
    pub count: u64,
    /// The first of them, [`LISTED_AT_MOST`] at most.
    pub first: Vec<Item>,
}

impl List {
    fn push(&mut self, item: &Item) {
        self.count += 1;
        if self.first.len() < LISTED_AT_MOST {
            self.first.push(item.clone());
        }
    }
}

/// The counts so far. Every expected object is exactly one of arrived, missing, differing and stale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Objects at the source.
    pub expected: u64,
    /// Their bytes.
    pub expected_bytes: u64,
    /// Objects that are at the destination as they should be.
    pub arrived: u64,
    /// Their bytes.
    pub arrived_bytes: u64,
    /// Of the arrived, those that are there from before with the content of their source.
    pub unchanged: u64,
    /// Of the arrived, those whose ETags could not be compared.
    pub compared_by_size: u64,
    /// Of the copied, those written in parts, whose LastModified is when their upload began.
    pub in_parts: u64,
    /// Of the missing, those written to the source once the backup had begun, or in that second.
    pub missing_new: u64,
    /// Keys that a listing gave twice.
    pub duplicates: u64,
    /// Not at the destination.
    pub missing: List,
    /// Not at the source.
    pub extra: List,
    /// With another size or ETag.
    pub differing: List,
    /// From before, and not known to hold the same.
    pub stale: List,
    /// Earliest LastModified of the copied, in nanoseconds since 1970.
    pub first_modified_ns: Option<i64>,
    /// Latest LastModified of the copied.
    pub last_modified_ns: Option<i64>,
}

impl Tally {
    /// Counts one key, and gives what is wrong with it.
    pub fn take(
        &mut self,
        joined: &Joined,
        rules: Rules,
        source: &ListingLocation,
        destination: &ListingLocation,
    ) -> Option<Item> {
        let (copied, key, sides) = match joined {
            Joined::Missing(listed) => {
                (CopyMatch::Wrong(FindingReason::NotThere), source.key(&listed.key), [Some(listed), None])
            }
            Joined::Extra(listed) => (
                CopyMatch::Wrong(FindingReason::NotAtSource),
                destination.key(&listed.key),
                [None, Some(listed)],
            ),
            Joined::Both(original, copy) => {
                (compare(original, copy, rules), source.key(&original.key), [Some(original), Some(copy)])
            }
        };
        if let [Some(original), _] = sides {
            self.expected += 1;
            self.expected_bytes += original.size_bytes;
        }
        if let Joined::Missing(original) = joined {
            let is_before = original.modified_ns.and_then(|modified_ns| rules.is_before(modified_ns));
            self.missing_new += u64::from(is_before == Some(false));
        }
        match (copied, sides) {
            (CopyMatch::Wrong(reason), [source, destination]) => {
                let item = Item {
                    key,
                    reason,
                    source: source.map(Seen::from),
                    destination: destination.map(Seen::from),
                };
                self.list(reason.kind()).push(&item);
                Some(item)
            }
            (CopyMatch::Alike | CopyMatch::SameSize | CopyMatch::Unchanged, [_, copy]) => {
                copy.into_iter().for_each(|copy| self.arrive(copy, copied));
                None
            }
        }
    }

    fn arrive(&mut self, copy: &ListedObject, copied: CopyMatch) {
        self.arrived += 1;
        self.arrived_bytes += copy.size_bytes;
        self.compared_by_size += u64::from(copied == CopyMatch::SameSize);
        if copied == CopyMatch::Unchanged {
            self.unchanged += 1;
        } else {
            self.date(copy);
        }
    }

    fn date(&mut self, copy: &ListedObject) {
        self.in_parts += u64::from(copy.etag.as_deref().is_some_and(is_in_parts));
        if let Some(modified_ns) = copy.modified_ns {
            self.first_modified_ns =
                Some(self.first_modified_ns.map_or(modified_ns, |it| it.min(modified_ns)));
            self.last_modified_ns = Some(self.last_modified_ns.map_or(modified_ns, |it| it.max(modified_ns)));
        }
    }

    fn list(&mut self, kind: FindingKind) -> &mut List {
        match kind {
            FindingKind::Missing => &mut self.missing,
            FindingKind::Extra => &mut self.extra,
            FindingKind::Differing => &mut self.differing,
            FindingKind::Stale => &mut self.stale,
        }
    }

    /// Expected objects that did not arrive as they should have.
    #[must_use]
    pub fn not_arrived(&self) -> u64 {
        self.expected - self.arrived
    }

    /// Objects that arrived by this backup, as far as can be told.
    #[must_use]
    pub fn copied(&self) -> u64 {
        self.arrived - self.unchanged
    }

    /// Execution time as the talk took it: latest minus earliest LastModified of what was copied, in seconds.
    pub(crate) fn execution_time_s(&self) -> Option<f64> {
        self.first_modified_ns.zip(self.last_modified_ns).map(|(first, last)| (last - first) as f64 / 1e9)
    }
}

/// A time in nanoseconds since 1970 as RFC 3339; None beyond the year 9999.
#[must_use]
pub fn rfc3339(time_ns: i64) -> Option<String> {
    Timestamp::from_nanosecond(i128::from(time_ns)).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND_NS: i64 = 1_000_000_000;

    fn places() -> [ListingLocation; 2] {
        ["s3://from/a/", "s3://to/b/"].map(|place| place.parse().unwrap())
    }

    fn listed(size_bytes: u64, tag: u8, modified_ns: i64) -> ListedObject {
        let etag = Some(format!("{tag:032x}"));
        ListedObject { key: "k".into(), size_bytes, etag, modified_ns: Some(modified_ns) }
    }

    /// The same written in two parts, so that its ETag says nothing about one written whole.
    fn in_parts(listed: ListedObject) -> ListedObject {
        ListedObject { etag: listed.etag.map(|tag| format!("{tag}-2")), ..listed }
    }

    proptest! {
        #[test]
        fn every_expected_object_has_one_fate(
            keys in prop::collection::vec((0u8..3, 0u64..3, 0u64..3, 0u8..2, 0i64..4, 0i64..4), 0..60)
        ) {
            let [source, destination] = places();
            let rules = Rules { since_ns: Some(SECOND_NS), ..Rules::default() };
            let mut tally = Tally::default();
            let mut items = 0;
            for (sides, size, other_size, tag, modified_ns, copied_ns) in keys {
                let original = listed(size, 0, modified_ns * SECOND_NS);
                let copy = listed(other_size, tag, copied_ns * SECOND_NS);
                let joined = match sides {
                    0 => Joined::Missing(original),
                    1 => Joined::Extra(copy),
                    _ => Joined::Both(original, copy),
                };
                items += u64::from(tally.take(&joined, rules, &source, &destination).is_some());
            }
            let wrong = tally.missing.count + tally.differing.count + tally.stale.count;
            prop_assert_eq!(tally.expected, tally.arrived + wrong);
            prop_assert_eq!(tally.not_arrived(), wrong);
            prop_assert_eq!(tally.arrived, tally.copied() + tally.unchanged);
            prop_assert_eq!(items, wrong + tally.extra.count);
        }
    }

    #[test]
    fn keys_are_whole_and_times_are_of_what_arrived() {
        let [source, destination] = places();
        let mut tally = Tally::default();
        let mut take = |joined: Joined| tally.take(&joined, Rules::default(), &source, &destination);
        assert_eq!(take(Joined::Missing(listed(1, 0, 0))).unwrap().key, "a/k");
        assert_eq!(take(Joined::Extra(listed(1, 0, 0))).unwrap().key, "b/k");
        for (copied_ns, is_stale) in [(1_500_000_000, true), (2_000_000_000, false), (162_000_000_000, false)]
        {
            let item = take(Joined::Both(listed(1, 0, 2 * SECOND_NS), in_parts(listed(1, 0, copied_ns))));
            assert_eq!(item.map(|item| item.reason), is_stale.then_some(FindingReason::BeforeSource));
        }
        assert_eq!(tally.execution_time_s(), Some(160.0));
        assert_eq!(
            tally.stale.first[0].destination.as_ref().unwrap().modified.as_deref(),
            Some("1970-01-01T00:00:01.5Z")
        );
    }

    #[test]
    fn what_came_to_the_source_during_the_backup_is_told_apart() {
        let [source, destination] = places();
        let rules = Rules { since_ns: Some(10 * SECOND_NS), ..Rules::default() };
        let mut tally = Tally::default();
        for modified_s in [9, 10, 11] {
            let original = listed(1, 0, modified_s * SECOND_NS);
            tally.take(&Joined::Missing(original), rules, &source, &destination);
        }
        assert_eq!((tally.missing.count, tally.missing_new), (3, 2));
    }

    #[test]
    fn what_is_unchanged_has_arrived_and_takes_no_time() {
        let [source, destination] = places();
        let mut tally = Tally::default();
        for copied_ns in [1, 7 * SECOND_NS, 9 * SECOND_NS] {
            let both = Joined::Both(listed(1, 0, 5 * SECOND_NS), listed(1, 0, copied_ns));
            assert_eq!(tally.take(&both, Rules::default(), &source, &destination), None);
        }
        assert_eq!((tally.arrived, tally.unchanged, tally.copied()), (3, 1, 2));
        assert_eq!((tally.stale.count, tally.execution_time_s()), (0, Some(2.0)));
    }

    #[test]
    fn lists_end_and_counts_do_not() {
        let [source, destination] = places();
        let mut tally = Tally::default();
        for _ in 0..LISTED_AT_MOST + 5 {
            tally.take(&Joined::Missing(listed(1, 0, 0)), Rules::default(), &source, &destination);
        }
        assert_eq!(
            (tally.missing.first.len(), tally.missing.count),
            (LISTED_AT_MOST, LISTED_AT_MOST as u64 + 5)
        );
    }
}
