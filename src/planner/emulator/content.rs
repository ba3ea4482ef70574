//! What objects hold: real bytes within a budget, and zeros that take no memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use s3s::stream::{ByteStream, RemainingLength};

static ZEROS: [u8; 65_536] = [0; 65_536];

/// A run of bytes.
#[derive(Clone, Debug)]
enum ByteExtent {
    Zeros(u64),
    Bytes(Bytes),
}

impl ByteExtent {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Zeros(size_bytes) => *size_bytes,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// The bytes `from..to` of this extent, which holds that many.
    fn slice(&self, from: u64, to: u64) -> Self {
        match self {
            Self::Zeros(_) => Self::Zeros(to - from),
            Self::Bytes(bytes) => Self::Bytes(bytes.slice(from as usize..to as usize)),
        }
    }
}

/// The content of an object or a part; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Content {
    extents: Arc<[ByteExtent]>,
    size_bytes: u64,
}

impl Content {
    /// `size_bytes` zeros.
    pub(super) fn zeros(size_bytes: u64) -> Self {
        Self::from_extents([ByteExtent::Zeros(size_bytes)])
    }

    /// Real bytes.
    pub(super) fn bytes(bytes: Bytes) -> Self {
        Self::from_extents([ByteExtent::Bytes(bytes)])
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The bytes `from..to`, as far as there are any.
    pub(super) fn slice(&self, from: u64, to: u64) -> Self {
        let mut start = 0;
        let overlaps = self.extents.iter().filter_map(|extent| {
            let end = start + extent.size_bytes();
            let (first, last) = (from.max(start), to.min(end));
            let overlap = (first < last).then(|| extent.slice(first - start, last - start));
            start = end;
            overlap
        });
        Self::from_extents(overlaps)
    }

    /// The contents one after another.
    pub(super) fn concat<'a>(contents: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::from_extents(contents.into_iter().flat_map(|content| content.extents.iter().cloned()))
    }

    /// The real bytes in order, unless some of the content is zeros that were never sent.
    pub(super) fn real_bytes(&self) -> Option<impl Iterator<Item = &Bytes>> {
        let real = |extent| match extent {
            &ByteExtent::Zeros(_) => None,
            ByteExtent::Bytes(bytes) => Some(bytes),
        };
        self.extents.iter().all(|extent| real(extent).is_some()).then(|| self.extents.iter().filter_map(real))
    }

    /// The content as a response body.
    pub(super) fn into_stream(self) -> ContentStream {
        ContentStream { content: self, extent: 0, offset: 0, sent_bytes: 0 }
    }

    fn from_extents(extents: impl IntoIterator<Item = ByteExtent>) -> Self {
        let mut merged: Vec<ByteExtent> = Vec::new();
        for extent in extents {
            match (merged.last_mut(), extent) {
                (Some(ByteExtent::Zeros(run)), ByteExtent::Zeros(more)) => *run += more,
                (_, extent) if extent.size_bytes() > 0 => merged.push(extent),
                _ => {}
            }
        }
        let size_bytes = merged.iter().map(ByteExtent::size_bytes).sum();
        Self { extents: merged.into(), size_bytes }
    }
}

/// Content on its way out, in pieces that take no memory of their own.
#[derive(Debug)]
pub(super) struct ContentStream {
    content: Content,
    extent: usize,
    offset: u64,
    sent_bytes: u64,
}

impl Stream for ContentStream {
    type Item = Result<Bytes, s3s::StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(extent) = this.content.extents.get(this.extent) else { return Poll::Ready(None) };
        let end = extent.size_bytes().min(this.offset + ZEROS.len() as u64);
        let piece = match extent.slice(this.offset, end) {
            ByteExtent::Zeros(size_bytes) => Bytes::from_static(&ZEROS[..size_bytes as usize]),
            ByteExtent::Bytes(bytes) => bytes,
        };
        if end == extent.size_bytes() {
            (this.extent, this.offset) = (this.extent + 1, 0);
        } else {
            this.offset = end;
        }
        this.sent_bytes += piece.len() as u64;
        Poll::Ready(Some(Ok(piece)))
    }
}

impl ByteStream for ContentStream {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact((self.content.size_bytes - self.sent_bytes) as usize)
    }
}

/// How many real bytes may be kept, and how many are.
#[derive(Debug)]
pub(super) struct ByteBudget {
    used_bytes: AtomicU64,
    max_bytes: u64,
}

impl ByteBudget {
    pub(super) fn new(max_bytes: u64) -> Arc<Self> {
        Arc::new(Self { used_bytes: AtomicU64::new(0), max_bytes })
    }

    /// Real bytes kept now.
    pub(super) fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    fn take(&self, more_bytes: u64) -> bool {
        let grown = |used: u64| used.checked_add(more_bytes).filter(|&sum| sum <= self.max_bytes);
        self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }
}

/// Bytes being received, within a budget that they leave when their last copy goes.
#[derive(Debug)]
pub(super) struct Receiving {
    budget: Arc<ByteBudget>,
    leased_bytes: u64,
    data: Vec<u8>,
}

impl Receiving {
    /// Nothing received yet.
    pub(super) fn new(budget: &Arc<ByteBudget>) -> Self {
        Self { budget: Arc::clone(budget), leased_bytes: 0, data: Vec::new() }
    }

    /// Adds a piece, unless the budget does not hold it.
    pub(super) fn push(&mut self, piece: &[u8]) -> bool {
        let fits = self.budget.take(piece.len() as u64);
        if fits {
            self.leased_bytes += piece.len() as u64;
            self.data.extend_from_slice(piece);
        }
        fits
    }

    /// All of it, as content.
    pub(super) fn finish(mut self) -> Content {
        self.data.shrink_to_fit();
        Content::bytes(Bytes::from_owner(self))
    }
}

impl AsRef<[u8]> for Receiving {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.leased_bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;

    fn real(text: &'static str) -> Content {
        Content::bytes(Bytes::from_static(text.as_bytes()))
    }

    async fn read(content: Content) -> Vec<u8> {
        let mut stream = content.into_stream();
        let mut all = Vec::new();
        while let Some(piece) = stream.next().await {
            all.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(stream.remaining_length().exact(), Some(0));
        all
    }

    #[tokio::test]
    async fn pieces_join_and_slice_like_bytes() {
        let content = Content::concat([&real("abc"), &Content::zeros(3), &Content::zeros(2), &real("xyz")]);
        assert_eq!((content.size_bytes(), content.extents.len()), (11, 3));
        let plain = b"abc\0\0\0\0\0xyz";
        for from in 0..=11u64 {
            for to in from..=11 {
                let expected = &plain[from as usize..to as usize];
                assert_eq!(read(content.slice(from, to)).await, expected);
            }
        }
        assert!(content.real_bytes().is_none());
        assert_eq!(content.slice(0, 2).real_bytes().unwrap().next().unwrap(), "ab");
    }

    #[tokio::test]
    async fn large_zeros_stream_in_pieces_of_exactly_their_length() {
        let size_bytes = 3 * 65_536 + 17;
        assert_eq!(read(Content::zeros(size_bytes)).await, vec![0; size_bytes as usize]);
    }

    #[test]
    fn bytes_leave_the_budget_with_their_last_copy() {
        let budget = ByteBudget::new(10);
        let mut receiving = Receiving::new(&budget);
        assert!(receiving.push(b"12345678"));
        assert!(!receiving.push(b"123"));
        let content = receiving.finish();
        let part = content.slice(0, 3);
        drop(content);
        assert_eq!(budget.used_bytes(), 8);
        drop(part);
        assert_eq!(budget.used_bytes(), 0);
    }
}
