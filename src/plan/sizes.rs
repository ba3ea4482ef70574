//! The sizes of a batch, so that few stand for many: alike ones in classes, the largest one by one.
//!
//! The largest objects decide when a batch ends, and each stands where it stands: a plan that takes its mean place or
//! its class's mean size is off by as much as sizes differ.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Objects that count one by one, at most; and not more than this share of a small batch.
const APART: usize = 128;
const APART_SHARE: usize = 8;
/// They do where the largest is larger than the last of them by this factor.
const APART_RATIO: f64 = 1.2;
/// The batch is looked at in so many stretches, of which neighbours whose sizes are alike are one.
const BLOCKS: usize = 16;
/// They are where their means differ by less than this share, or by less than so many standard errors.
const ALIKE_SHARE: f64 = 0.01;
const ALIKE_ERRORS: f64 = 4.0;
/// Sizes are told apart to the eighth part of a doubling.
const BINS_PER_DOUBLING: f64 = 8.0;
const BINS: usize = 64 * BINS_PER_DOUBLING as usize + 1;
/// A class of several bins holds at most this share of a stretch, and of the objects that are larger: large sizes
/// matter most.
const CLASS_SHARE: f64 = 1.0 / 16.0;
const LARGER_SHARE: f64 = 1.0 / 4.0;

/// Objects of about the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Class {
    /// Their mean size.
    pub bytes: u64,
    /// How many.
    pub objects: f64,
}

/// A stretch of the batch in which sizes are mixed evenly.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SizeBlock {
    /// Objects before it.
    pub from: f64,
    /// Objects up to its end.
    pub to: f64,
    /// What it holds beside the large objects, the largest first.
    pub classes: Vec<Class>,
}

/// A large object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LargeObject {
    /// Objects before it in the batch.
    pub before: usize,
    /// Its size.
    pub bytes: u64,
}

/// The objects that are larger than all others, in the order of the batch; none where sizes are alike.
pub(super) fn apart(sizes_bytes: &[u64]) -> Vec<LargeObject> {
    let most = APART.min(sizes_bytes.len() / APART_SHARE);
    let mut largest = BinaryHeap::with_capacity(most + 1);
    for (before, &bytes) in sizes_bytes.iter().enumerate() {
        if largest.len() < most {
            largest.push(Reverse((bytes, before)));
        } else if largest.peek().is_some_and(|Reverse(least)| *least < (bytes, before)) {
            largest.pop();
            largest.push(Reverse((bytes, before)));
        }
    }
    let sorted = largest.into_sorted_vec();
    let (Some(Reverse(first)), Some(Reverse(last))) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    if first.0 as f64 <= APART_RATIO * last.0 as f64 {
        return Vec::new();
    }
    let mut apart: Vec<LargeObject> =
        sorted.iter().map(|&Reverse((bytes, before))| LargeObject { before, bytes }).collect();
    apart.sort_unstable_by_key(|object| object.before);
    apart
}

/// What is not apart, in stretches of which each has its own mix of sizes: one where the order does not matter.
pub(super) fn blocks(sizes_bytes: &[u64], apart: &[LargeObject]) -> Vec<SizeBlock> {
    let length = sizes_bytes.len().div_ceil(BLOCKS).max(1);
    let mut apart = apart.iter().map(|object| object.before).peekable();
    let mut stretches: Vec<SizeStretch> = Vec::new();
    for (number, sizes_bytes) in sizes_bytes.chunks(length).enumerate() {
        let from = number * length;
        let mut stretch = SizeStretch::new(from, from + sizes_bytes.len());
        for (place, &bytes) in (from..).zip(sizes_bytes) {
            if apart.next_if_eq(&place).is_none() {
                stretch.add(bytes);
            }
        }
        match stretches.last_mut() {
            Some(last) if last.is_like(&stretch) => last.join(&stretch),
            _ => stretches.push(stretch),
        }
    }
    stretches.iter().map(SizeStretch::block).collect()
}

/// How many objects of which size a stretch has.
#[derive(Debug)]
struct SizeStretch {
    from: usize,
    to: usize,
    /// Objects and their bytes in each bin.
    bins: Vec<(u64, u128)>,
}

impl SizeStretch {
    fn new(from: usize, to: usize) -> Self {
        Self { from, to, bins: vec![(0, 0); BINS] }
    }

    fn add(&mut self, bytes: u64) {
        let bin = &mut self.bins[((bytes as f64 + 1.0).log2() * BINS_PER_DOUBLING) as usize];
        *bin = (bin.0 + 1, bin.1 + u128::from(bytes));
    }

    fn join(&mut self, next: &Self) {
        self.to = next.to;
        for (bin, other) in self.bins.iter_mut().zip(&next.bins) {
            *bin = (bin.0 + other.0, bin.1 + other.1);
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let ((mean, variance), (other_mean, other_variance)) = (self.moments(), other.moments());
        let difference = (mean - other_mean).abs();
        difference <= ALIKE_SHARE * mean || difference <= ALIKE_ERRORS * (variance + other_variance).sqrt()
    }

    /// Mean size, and the variance of that mean.
    fn moments(&self) -> (f64, f64) {
        let (mut objects, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for &(count, bytes) in self.bins.iter().filter(|bin| bin.0 > 0) {
            objects += count as f64;
            sum += bytes as f64;
            squares += bytes as f64 * (bytes as f64 / count as f64);
        }
        let mean = sum / f64::max(objects, 1.0);
        (mean, (squares / f64::max(objects, 1.0) - mean * mean).max(0.0) / f64::max(objects, 1.0))
    }

    fn block(&self) -> SizeBlock {
        let total: f64 = self.bins.iter().map(|bin| bin.0 as f64).sum();
        let (mut larger, mut open) = (0.0, (0u64, 0u128));
        let mut classes = Vec::new();
        let class = |(objects, bytes): (u64, u128)| Class {
            bytes: (bytes / u128::from(objects)) as u64,
            objects: objects as f64,
        };
        for &(objects, bytes) in self.bins.iter().rev().filter(|bin| bin.0 > 0) {
            let most = (CLASS_SHARE * total).min(LARGER_SHARE * larger);
            if open.0 > 0 && (open.0 + objects) as f64 > most {
                classes.push(class(open));
                larger += open.0 as f64;
                open = (0, 0);
            }
            open = (open.0 + objects, open.1 + bytes);
        }
        classes.extend((open.0 > 0).then(|| class(open)));
        SizeBlock { from: self.from as f64, to: self.to as f64, classes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_are_apart_where_they_are_much_larger() {
        let mut sizes: Vec<u64> = vec![100; 80];
        assert_eq!((apart(&sizes), apart(&[]), apart(&[7])), (vec![], vec![], vec![]));
        sizes[70] = 900;
        sizes[3] = 500;
        let seen = apart(&sizes);
        assert_eq!(seen.len(), 10);
        assert!(seen.contains(&LargeObject { before: 3, bytes: 500 }));
        assert!(seen.contains(&LargeObject { before: 70, bytes: 900 }));
        assert!(seen.is_sorted_by_key(|object| object.before));
        let alike: Vec<u64> = (0..10_000).map(|job| 600 + job * 7919 % 200).collect();
        assert!(apart(&alike).is_empty());
    }

    #[test]
    fn equal_sizes_are_one_class() {
        let one = |objects: usize, bytes| SizeBlock {
            from: 0.0,
            to: objects as f64,
            classes: vec![Class { bytes, objects: objects as f64 }],
        };
        assert_eq!(blocks(&[5; 1000], &[]), [one(1000, 5)]);
        assert_eq!(blocks(&[5; 9], &[]), [one(9, 5)]);
        assert!(blocks(&[], &[]).is_empty());
    }

    #[test]
    fn the_order_matters_where_it_is_one_of_size() {
        let mixed: Vec<u64> = (0..40_000).map(|job| 600 + job * 7919 % 2000).collect();
        let mut sorted = mixed.clone();
        sorted.sort_unstable();
        assert_eq!((blocks(&mixed, &[]).len(), blocks(&sorted, &[]).len()), (1, BLOCKS));
    }

    proptest! {
        #[test]
        fn every_object_counts_once(sizes in prop::collection::vec(0u64..1_000_000, 0..300)) {
            let apart = apart(&sizes);
            let blocks = blocks(&sizes, &apart);
            let classes: Vec<Class> = blocks.iter().flat_map(|block| block.classes.clone()).collect();
            let objects: f64 = classes.iter().map(|class| class.objects).sum();
            prop_assert_eq!(apart.len() as f64 + objects, sizes.len() as f64);
            let smallest = apart.iter().map(|object| object.bytes).min().unwrap_or(u64::MAX);
            prop_assert!(classes.iter().all(|class| class.bytes <= smallest));
            for block in &blocks {
                prop_assert!(block.classes.is_sorted_by(|a, b| a.bytes > b.bytes));
            }
            prop_assert!(blocks.is_sorted_by(|a, b| a.to == b.from));
            let bytes: f64 = classes.iter().map(|class| class.objects * class.bytes as f64).sum::<f64>()
                + apart.iter().map(|object| object.bytes as f64).sum::<f64>();
            let total = sizes.iter().sum::<u64>() as f64;
            prop_assert!((bytes - total).abs() <= sizes.len() as f64);
        }
    }
}
