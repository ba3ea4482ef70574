//! `s3://bucket/prefix`.

use std::fmt;
use std::str::FromStr;

/// A bucket and what the keys in it start with. The prefix is taken as it is written, as S3 takes it: `a` is also the
/// beginning of `ab/c`, and `a/` is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingLocation {
    /// Bucket.
    pub bucket: String,
    /// Beginning of the keys; empty for the whole bucket.
    pub prefix: String,
}

impl FromStr for ListingLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a place; write it as s3://bucket or s3://bucket/prefix/");
        let rest = text.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if bucket.is_empty() || !bucket.chars().all(is_name) {
            return Err(wrong());
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for ListingLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl ListingLocation {
    /// The whole key of what is called `key` here.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Whether a key could be in both places.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let inside = |a: &Self, b: &Self| a.prefix.starts_with(&b.prefix);
        self.bucket == other.bucket && (inside(self, other) || inside(other, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> ListingLocation {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_a_bucket_and_a_prefix_as_written() {
        let seen = place("s3://my-bucket/a/b c+d");
        assert_eq!((seen.bucket.as_str(), seen.prefix.as_str()), ("my-bucket", "a/b c+d"));
        assert_eq!((place("s3://b").prefix, place("s3://b/").prefix), (String::new(), String::new()));
        assert_eq!(seen.key("/x"), "a/b c+d/x");
        assert_eq!(seen.to_string(), "s3://my-bucket/a/b c+d");
        for wrong in ["", "b/p", "s3://", "s3:///p", "https://b/p", "s3://a b/"] {
            assert!(wrong.parse::<ListingLocation>().unwrap_err().contains("s3://bucket"), "{wrong}");
        }
    }

    #[test]
    fn a_destination_inside_its_source_is_noticed() {
        for (a, b, overlap) in [
            ("s3://b/", "s3://b/copy/", true),
            ("s3://b/copy/", "s3://b", true),
            ("s3://b/a", "s3://b/a", true),
            ("s3://b/a/", "s3://b/b/", false),
            ("s3://a/", "s3://b/", false),
        ] {
            assert_eq!(place(a).overlaps(&place(b)), overlap, "{a} {b}");
        }
    }
}
