//! What two objects of the same name say about a copy.

use serde::{Deserialize, Serialize};

use super::Listed;

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

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
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
pub enum Kind {
    /// Expected and not there.
    Missing,
    /// There and not expected.
    Extra,
    /// There, with another content.
    Differing,
    /// There, from before.
    Stale,
}

impl Kind {
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

impl Reason {
    /// The list that it belongs to.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::NotThere => Kind::Missing,
            Self::NotAtSource => Kind::Extra,
            Self::Size | Self::Etag => Kind::Differing,
            Self::BeforeSince | Self::BeforeSource => Kind::Stale,
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
pub enum Copied {
    /// Like its source, by the ETag too.
    Alike,
    /// As long as its source; the ETags say nothing.
    SameSize,
    /// Not a copy of this source by this backup.
    Wrong(Reason),
}

/// Compares a copy with its source. What differs is called so even where it is stale as well.
#[must_use]
pub fn compare(source: &Listed, destination: &Listed, rules: Rules) -> Copied {
    if source.size_bytes != destination.size_bytes {
        return Copied::Wrong(Reason::Size);
    }
    let tags = match rules.by {
        CompareBy::Etag => source.etag.as_deref().zip(destination.etag.as_deref()),
        CompareBy::Size => None,
    };
    let alike = tags.and_then(|(a, b)| same_content(a, b));
    let before = |limit_ns: Option<i64>| {
        destination.modified_ns.zip(limit_ns).is_some_and(|(copied_ns, limit_ns)| copied_ns < limit_ns)
    };
    match alike {
        Some(false) => Copied::Wrong(Reason::Etag),
        _ if before(rules.since_ns) => Copied::Wrong(Reason::BeforeSince),
        _ if before(source.modified_ns) => Copied::Wrong(Reason::BeforeSource),
        Some(true) => Copied::Alike,
        None => Copied::SameSize,
    }
}

/// Whether two ETags name the same content; None where they cannot tell. The ETag of an object put together from parts
/// depends on where they were cut, so a difference shows nothing unless neither was cut at all (Amazon S3 User Guide,
/// "Checking object integrity").
fn same_content(a: &str, b: &str) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    let comparable = matches!((parts(a)?, parts(b)?), (0, 0) | (1, 1));
    comparable.then_some(false)
}

/// In how many parts an object was written, 0 where in one piece; None where the ETag is no digest.
fn parts(etag: &str) -> Option<u32> {
    let (digest, parts) =
        etag.split_once('-').map_or((etag, Some(0)), |(digest, parts)| (digest, parts.parse().ok()));
    let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.filter(|_| is_digest)
}

/// Whether an ETag is that of an object put together from parts.
#[must_use]
pub fn is_in_parts(etag: &str) -> bool {
    parts(etag).is_some_and(|parts| parts > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "900150983cd24fb0d6963f7d28e17f72";
    const B: &str = "043a916d6cfeecedf5e04f0312ba762d";

    fn object(size_bytes: u64, etag: &str, modified_ns: i64) -> Listed {
        Listed { key: "k".into(), size_bytes, etag: Some(etag.into()), modified_ns: Some(modified_ns) }
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
            (cut(A, 2), format!("{B}-x"), None),
        ] {
            assert_eq!(same_content(&a, &b), alike, "{a} {b}");
            assert_eq!(same_content(&b, &a), alike, "{b} {a}");
        }
        assert!(is_in_parts(&cut(A, 1)) && !is_in_parts(A));
    }

    #[test]
    fn size_comes_before_tag_and_tag_before_age() {
        let source = object(5, A, 100);
        let rules = Rules { since_ns: Some(150), ..Rules::default() };
        let seen = |destination: &Listed| compare(&source, destination, rules);
        assert_eq!(seen(&object(4, B, 0)), Copied::Wrong(Reason::Size));
        assert_eq!(seen(&object(5, B, 0)), Copied::Wrong(Reason::Etag));
        assert_eq!(seen(&object(5, A, 149)), Copied::Wrong(Reason::BeforeSince));
        assert_eq!(seen(&object(5, A, 150)), Copied::Alike);
        assert_eq!(seen(&object(5, &format!("{B}-2"), 150)), Copied::SameSize);
        let no_since = |modified_ns| compare(&source, &object(5, A, modified_ns), Rules::default());
        assert_eq!(no_since(99), Copied::Wrong(Reason::BeforeSource));
        assert_eq!(no_since(100), Copied::Alike, "S3 dates objects to the second");
        let by_size = Rules { by: CompareBy::Size, ..Rules::default() };
        assert_eq!(compare(&source, &object(5, B, 100), by_size), Copied::SameSize);
        let unknown = Listed { etag: None, modified_ns: None, ..source.clone() };
        assert_eq!(compare(&unknown, &object(5, B, 1), Rules::default()), Copied::SameSize);
    }
}
