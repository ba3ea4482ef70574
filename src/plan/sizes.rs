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
/// Sizes are put into so many classes of equally many objects.
const CLASSES: usize = 16;
/// And the largest of these is halved so often.
const HALVINGS: usize = 4;

/// Objects of about the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Class {
    /// Their mean size.
    pub bytes: u64,
    /// How many.
    pub objects: f64,
}

/// A large object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Apart {
    /// Objects before it in the batch.
    pub before: usize,
    /// Its size.
    pub bytes: u64,
}

/// The objects that are larger than all others, in the order of the batch; none where sizes are alike.
pub(super) fn apart(sizes_bytes: &[u64]) -> Vec<Apart> {
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
    let mut apart: Vec<Apart> =
        sorted.iter().map(|&Reverse((bytes, before))| Apart { before, bytes }).collect();
    apart.sort_unstable_by_key(|object| object.before);
    apart
}

/// What is not apart, with its place.
pub(super) fn rest<'a>(
    sizes_bytes: &'a [u64],
    apart: &'a [Apart],
) -> impl Iterator<Item = (usize, u64)> + 'a {
    let mut next = apart.iter().map(|object| object.before).peekable();
    let is_rest = move |place: &(usize, u64)| next.next_if_eq(&place.0).is_none();
    sizes_bytes.iter().copied().enumerate().filter(is_rest)
}

/// Classes of sizes, ascending; fine where sizes are large. Sorts them.
pub(super) fn classes(mut sizes_bytes: Vec<u64>) -> Vec<Class> {
    sizes_bytes.sort_unstable();
    let length = sizes_bytes.len().div_ceil(CLASSES).max(1);
    let (body, mut top) = sizes_bytes.split_at(sizes_bytes.len().saturating_sub(1) / length * length);
    let mut groups: Vec<&[u64]> = body.chunks(length).collect();
    for _ in 0..HALVINGS {
        let (lower, upper) = top.split_at(top.len().div_ceil(2));
        groups.push(lower);
        top = upper;
    }
    groups.push(top);
    merged(groups.into_iter().filter(|group| !group.is_empty()).map(class))
}

/// So many classes of equally many objects at most, ascending; fewer where that makes them `width` wide, by the
/// logarithm of the size. Sorts them.
pub(super) fn even_classes(sizes_bytes: &mut [u64], most: usize, width: f64) -> Vec<Class> {
    sizes_bytes.sort_unstable();
    let (Some(first), Some(last)) = (sizes_bytes.first(), sizes_bytes.last()) else { return Vec::new() };
    let reach = ((*last as f64 + 1.0) / (*first as f64 + 1.0)).ln();
    let count = ((reach / width).ceil() as usize).clamp(1, most);
    merged(sizes_bytes.chunks(sizes_bytes.len().div_ceil(count)).map(class))
}

fn class(group: &[u64]) -> Class {
    let total: u128 = group.iter().map(|&bytes| u128::from(bytes)).sum();
    Class { bytes: (total / group.len() as u128) as u64, objects: group.len() as f64 }
}

fn merged(classes: impl Iterator<Item = Class>) -> Vec<Class> {
    classes.fold(Vec::new(), |mut merged: Vec<Class>, class| {
        match merged.last_mut() {
            Some(last) if last.bytes == class.bytes => last.objects += class.objects,
            _ => merged.push(class),
        }
        merged
    })
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
        assert!(seen.contains(&Apart { before: 3, bytes: 500 }));
        assert!(seen.contains(&Apart { before: 70, bytes: 900 }));
        assert!(seen.is_sorted_by_key(|object| object.before));
        let alike: Vec<u64> = (0..10_000).map(|job| 600 + job * 7919 % 200).collect();
        assert!(apart(&alike).is_empty());
    }

    #[test]
    fn equal_sizes_are_one_class() {
        assert_eq!(classes(vec![5; 1000]), [Class { bytes: 5, objects: 1000.0 }]);
        assert_eq!(even_classes(&mut [5; 9], 4, 0.1), [Class { bytes: 5, objects: 9.0 }]);
        assert!(classes(Vec::new()).is_empty() && even_classes(&mut [], 4, 0.1).is_empty());
    }

    proptest! {
        #[test]
        fn every_object_counts_once(sizes in prop::collection::vec(0u64..1_000_000, 0..300)) {
            let apart = apart(&sizes);
            let rest: Vec<(usize, u64)> = rest(&sizes, &apart).collect();
            prop_assert_eq!(apart.len() + rest.len(), sizes.len());
            prop_assert!(rest.iter().all(|&(place, bytes)| sizes[place] == bytes));
            let smallest = apart.iter().map(|object| object.bytes).min().unwrap_or(u64::MAX);
            prop_assert!(rest.iter().all(|&(_, bytes)| bytes <= smallest));
            let mut rest: Vec<u64> = rest.into_iter().map(|(_, bytes)| bytes).collect();
            for classes in [classes(rest.clone()), even_classes(&mut rest, 4, 0.1)] {
                prop_assert_eq!(classes.iter().map(|class| class.objects).sum::<f64>(), rest.len() as f64);
                prop_assert!(classes.is_sorted_by_key(|class| class.bytes));
            }
        }
    }
}
