//! What two objects of the same name say about a copy.

use serde::{Deserialize, Serialize};

use super::ListedObject;

/// By what a copy is compared with its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareBy {
    /// By size and, where they can be compared, by ETag.
    #[default]
    Etag,
    /// By size alone.
    Size,
}

/// When a copy counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// By what.
    pub by: CompareBy,
    /// A copy older than this is not of this backup, in nanoseconds since 1970.
    pub since_ns: Option<i64>,
}

impl Rules {
    /// Whether something was written before the backup began, both in nanoseconds since 1970; None where it is not
    /// known when it began. S3 dates objects to the second, so a date without a fraction may be any time in its second.
    pub(crate) fn is_before(self, written_ns: i64) -> Option<bool> {
        const SECOND_NS: i64 = 1_000_000_000;
        let is_whole_second = written_ns.rem_euclid(SECOND_NS) == 0;
        let latest_ns = if is_whole_second { written_ns.saturating_add(SECOND_NS - 1) } else { written_ns };
        self.since_ns.map(|since_ns| latest_ns < since_ns)
    }
}

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingReason {
    /// It is not at the destination.
    NotThere,
    /// It is not at the source.
    NotAtSource,
    /// The sizes differ.
    Size,
    /// The sizes agree and the ETags differ.
    Etag,
    /// The copy is older than the backup.
    BeforeSince,
    /// The copy is older than its source.
    BeforeSource,
}

/// The four lists that a key can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Expected and not there.
    Missing,
    /// There and not expected.
    Extra,
    /// There, with another content.
    Differing,
    /// There, from before, and not known to hold the same.
    Stale,
}

impl FindingKind {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Differing => "differs",
            Self::Stale => "stale",
        }
    }
}

impl FindingReason {
    /// The list that it belongs to.
    #[must_use]
    pub fn kind(self) -> FindingKind {
        match self {
            Self::NotThere => FindingKind::Missing,
            Self::NotAtSource => FindingKind::Extra,
            Self::Size | Self::Etag => FindingKind::Differing,
            Self::BeforeSince | Self::BeforeSource => FindingKind::Stale,
        }
    }

    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotThere => "not at the destination",
            Self::NotAtSource => "not at the source",
            Self::Size => "another size",
            Self::Etag => "another ETag",
            Self::BeforeSince => "written before the backup began",
            Self::BeforeSource => "written before its source",
        }
    }
}

/// What a copy turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyMatch {
    /// Like its source, by the ETag too.
    Alike,
    /// Like its source by the ETag, and from before: nobody had to copy it again.
    Unchanged,
    /// As long as its source; the ETags say nothing.
    SameSize,
    /// Not a copy of this source by this backup.
    Wrong(FindingReason),
}

/// Compares a copy with its source. What is too old is stale, because it may be of an earlier version, unless it is the
/// same by its ETag: nothing would change if that were copied again.
#[must_use]
pub fn compare(source: &ListedObject, destination: &ListedObject, rules: Rules) -> CopyMatch {
    match (difference(source, destination, rules.by), older(source, destination, rules)) {
        (ContentDifference::None, Some(_)) => CopyMatch::Unchanged,
        (ContentDifference::None, None) => CopyMatch::Alike,
        (_, Some(reason)) | (ContentDifference::Seen(reason), None) => CopyMatch::Wrong(reason),
        (ContentDifference::Unknown, None) => CopyMatch::SameSize,
    }
}

/// By what the content of a copy differs from that of its source.
enum ContentDifference {
    None,
    Seen(FindingReason),
    Unknown,
}

fn difference(source: &ListedObject, destination: &ListedObject, by: CompareBy) -> ContentDifference {
    if source.size_bytes != destination.size_bytes {
        return ContentDifference::Seen(FindingReason::Size);
    }
    let tags = match by {
        CompareBy::Etag => source.etag.as_deref().zip(destination.etag.as_deref()),
        CompareBy::Size => None,
    };
    match tags.and_then(|(a, b)| same_content(a, b)) {
        Some(true) => ContentDifference::None,
        Some(false) => ContentDifference::Seen(FindingReason::Etag),
        None => ContentDifference::Unknown,
    }
}

/// Than what a copy is older, where it is.
fn older(source: &ListedObject, destination: &ListedObject, rules: Rules) -> Option<FindingReason> {
    let copied_ns = destination.modified_ns?;
    if rules.is_before(copied_ns) == Some(true) {
        return Some(FindingReason::BeforeSince);
    }
    source.modified_ns.filter(|&modified_ns| copied_ns < modified_ns).map(|_| FindingReason::BeforeSource)
}

/// Whether two ETags name the same content; None where they cannot tell. The ETag of an object put together from parts
/// depends on where they were cut, so a difference shows nothing unless neither was cut at all (Amazon S3 User Guide,
/// "Checking object integrity").
fn same_content(a: &str, b: &str) -> Option<bool> {
    let cut = (parts(a)?, parts(b)?);
    if a == b {
        return Some(true);
    }
    matches!(cut, (0, 0) | (1, 1)).then_some(false)
}

/// In how many parts an object was written, 0 where in one piece; None where the ETag is no digest.
fn parts(etag: &str) -> Option<u32> {
    let (digest, parts) =
        etag.split_once('-').map_or((etag, Some(0)), |(digest, parts)| (digest, parts.parse().ok()));
    let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.filter(|_| is_digest)
}

/// Whether an ETag is that of an object put together from parts.
pub(crate) fn is_in_parts(etag: &str) -> bool {
    parts(etag).is_some_and(|parts| parts > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "900150983cd24fb0d6963f7d28e17f72";
    const B: &str = "043a916d6cfeecedf5e04f0312ba762d";

    fn object(size_bytes: u64, etag: &str, modified_ns: i64) -> ListedObject {
        ListedObject { key: "k".into(), size_bytes, etag: Some(etag.into()), modified_ns: Some(modified_ns) }
    }

    #[test]
    fn tags_of_parts_are_compared_only_where_they_can_tell() {
        let cut = |digest: &str, parts: u32| format!("{digest}-{parts}");
        for (a, b, alike) in [
            (A.to_owned(), A.to_owned(), Some(true)),
            (A.to_owned(), B.to_owned(), Some(false)),
            (A.to_owned(), cut(A, 2), None),
            (cut(A, 3), cut(A, 3), Some(true)),
            (cut(A, 3), cut(B, 3), None),
            (cut(A, 1), cut(B, 1), Some(false)),
            (A.to_owned(), "opaque".to_owned(), None),
            ("opaque".to_owned(), "opaque".to_owned(), None),
            (cut(A, 2), format!("{B}-x"), None),
        ] {
            assert_eq!(same_content(&a, &b), alike, "{a} {b}");
            assert_eq!(same_content(&b, &a), alike, "{b} {a}");
        }
        assert!(is_in_parts(&cut(A, 1)) && !is_in_parts(A));
    }

    const SECOND_NS: i64 = 1_000_000_000;

    #[test]
    fn age_comes_before_size_and_size_before_tag() {
        let source = object(5, A, 100);
        let cut = format!("{B}-2");
        let rules = Rules { since_ns: Some(5 * SECOND_NS), ..Rules::default() };
        let seen = |destination: &ListedObject| compare(&source, destination, rules);
        assert_eq!(
            seen(&object(4, B, 0)),
            CopyMatch::Wrong(FindingReason::BeforeSince),
            "of an earlier version"
        );
        assert_eq!(seen(&object(4, B, 5 * SECOND_NS)), CopyMatch::Wrong(FindingReason::Size));
        assert_eq!(seen(&object(5, B, 5 * SECOND_NS)), CopyMatch::Wrong(FindingReason::Etag));
        assert_eq!(seen(&object(5, &cut, 5 * SECOND_NS - 1)), CopyMatch::Wrong(FindingReason::BeforeSince));
        assert_eq!(seen(&object(5, &cut, 5 * SECOND_NS)), CopyMatch::SameSize);
        assert_eq!(seen(&object(5, A, 5 * SECOND_NS)), CopyMatch::Alike);
        let no_since = |modified_ns| compare(&source, &object(5, &cut, modified_ns), Rules::default());
        assert_eq!(no_since(99), CopyMatch::Wrong(FindingReason::BeforeSource));
        assert_eq!(no_since(100), CopyMatch::SameSize, "S3 dates objects to the second");
        let by_size = Rules { by: CompareBy::Size, ..Rules::default() };
        assert_eq!(compare(&source, &object(5, B, 100), by_size), CopyMatch::SameSize);
        assert_eq!(
            compare(&source, &object(5, A, 99), by_size),
            CopyMatch::Wrong(FindingReason::BeforeSource)
        );
        let unknown = ListedObject { etag: None, modified_ns: None, ..source.clone() };
        assert_eq!(compare(&unknown, &object(5, B, 1), Rules::default()), CopyMatch::SameSize);
    }

    /// As `consumer::object::Found::is_copy_of` has it, which does not copy such an object again.
    #[test]
    fn an_old_copy_with_the_content_of_its_source_is_unchanged() {
        let source = object(5, A, 9 * SECOND_NS);
        let since = Rules { since_ns: Some(9 * SECOND_NS), ..Rules::default() };
        for rules in [Rules::default(), since] {
            assert_eq!(compare(&source, &object(5, A, 0), rules), CopyMatch::Unchanged);
            assert_eq!(compare(&source, &object(5, A, 9 * SECOND_NS), rules), CopyMatch::Alike);
        }
    }

    #[test]
    fn what_was_copied_in_the_second_in_which_the_backup_began_is_of_it() {
        let rules = Rules { since_ns: Some(5 * SECOND_NS + 700_000_000), ..Rules::default() };
        let (source, cut) = (object(5, A, 0), format!("{B}-2"));
        let seen = |modified_ns| compare(&source, &object(5, &cut, modified_ns), rules);
        assert_eq!(seen(5 * SECOND_NS), CopyMatch::SameSize, "LastModified has no more than the second");
        assert_eq!(seen(4 * SECOND_NS), CopyMatch::Wrong(FindingReason::BeforeSince));
        let to_the_millisecond = seen(5 * SECOND_NS + 20_000_000);
        assert_eq!(
            to_the_millisecond,
            CopyMatch::Wrong(FindingReason::BeforeSince),
            "some endpoints are more exact"
        );
        assert_eq!(Rules::default().is_before(0), None);
    }
}
