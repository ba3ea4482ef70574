//! Entity tags, which name the content of an object.

use std::fmt;

use md5::{Digest, Md5};

use super::content::Content;
use planner_core::random;

/// An entity tag: a digest, and the number of parts if the object was put together from parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    digest: [u8; 16],
    parts: u32,
}

impl Tag {
    /// The tag of zeros seeded as `name`: opaque, and the same in every bucket and every run.
    pub(super) fn of_seed(name: &str, size_bytes: u64) -> Self {
        Self::opaque(random::name(name), size_bytes, 0)
    }

    /// The tag of what was read from an object tagged `source` from `offset`: the MD5 digest of
    /// real bytes; zeros that were never sent are not digested either, and get an opaque tag.
    pub(super) fn of_content(content: &Content, source: Self, offset: u64) -> Self {
        match content.real_bytes() {
            Some(pieces) => Self::of_bytes(pieces),
            None => Self::opaque(random::name(&source.to_string()), content.size_bytes(), offset),
        }
    }

    /// The MD5 digest of pieces of bytes, one after another.
    pub(super) fn of_bytes<T: AsRef<[u8]>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let mut digest = Md5::new();
        for piece in pieces {
            digest.update(piece);
        }
        Self { digest: digest.finalize().into(), parts: 0 }
    }

    /// The tag of an object put together from parts: the digest of their digests, and their number.
    pub(super) fn of_parts(parts: &[Self]) -> Self {
        let mut digest = Md5::new();
        for part in parts {
            digest.update(part.digest);
        }
        Self { digest: digest.finalize().into(), parts: parts.len() as u32 }
    }

    /// Whether the object was put together from parts.
    pub(super) fn is_of_parts(self) -> bool {
        self.parts > 0
    }

    /// The digest alone.
    pub(super) fn digest(&self) -> &[u8; 16] {
        &self.digest
    }

    fn opaque(name: u64, size_bytes: u64, offset: u64) -> Self {
        let half = |half| random::word(half, &[name, size_bytes, offset]).to_be_bytes();
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&half(0));
        digest[8..].copy_from_slice(&half(1));
        Self { digest, parts: 0 }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.digest))?;
        if self.is_of_parts() { write!(f, "-{}", self.parts) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_bytes_have_their_md5_and_parts_the_md5_of_md5s() {
        let tag = Tag::of_bytes(["a", "bc"]);
        assert_eq!(tag.to_string(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(Tag::of_parts(&[tag, tag]).to_string(), "043a916d6cfeecedf5e04f0312ba762d-2");
    }

    #[test]
    fn zeros_have_a_stable_tag_of_their_own() {
        assert_eq!(Tag::of_seed("a", 5), Tag::of_seed("a", 5));
        assert_ne!(Tag::of_seed("a", 5), Tag::of_seed("a", 6));
        assert_ne!(Tag::of_seed("a", 5), Tag::of_seed("b", 5));
        assert_eq!(Tag::of_seed("a", 5).to_string().len(), 32);
    }
}
