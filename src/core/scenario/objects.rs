//! The objects of a scenario and the jobs they make.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{Span as Days, ToSpan};

use super::file::{Copy, OperationKind, Size};
use super::manifest::Manifest;
use crate::load::attempt::RequestKind;
use crate::load::job::{Job, JobShape, Jobs};
use crate::random;

const SIZE: u64 = 0x7369_7a65;
/// Date of the first generated prefix.
const FIRST_DATE: Date = date(2026, 1, 1);

/// An ordered set of objects, generated or listed.
#[derive(Debug, Clone)]
pub enum ObjectSet {
    /// Made up from a count, a size distribution and a number of date prefixes.
    Generated {
        /// How many.
        count: u64,
        /// How large.
        size: Size,
        /// Over how many prefixes.
        prefixes: u32,
        /// Seed of the sizes.
        seed: u64,
    },
    /// Listed.
    Listed(Arc<Manifest>),
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key in the source bucket.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
}

impl ObjectSet {
    /// Number of objects.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Generated { count, .. } => *count,
            Self::Listed(manifest) => manifest.len(),
        }
    }

    /// Whether there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Object number `index`, which must be below [`ObjectSet::len`].
    #[must_use]
    pub fn object(&self, index: u64) -> Object {
        match self {
            Self::Generated { count, prefixes, .. } => {
                // The inverse of `border`: the last group that begins at or before `index`.
                let group =
                    ((u128::from(index) + 1) * u128::from(*prefixes)).div_ceil(u128::from(*count)) - 1;
                let days: Days = i64::try_from(group).unwrap_or(i64::MAX).days();
                let date = FIRST_DATE.saturating_add(days);
                Object { key: format!("{date}/object-{index:06}"), size_bytes: self.size_bytes(index) }
            }
            Self::Listed(manifest) => {
                let (key, size_bytes) = manifest.get(index);
                Object { key: key.to_owned(), size_bytes }
            }
        }
    }

    /// Size of object number `index`, without its key.
    #[must_use]
    pub fn size_bytes(&self, index: u64) -> u64 {
        match self {
            Self::Generated { size, seed, .. } => match size {
                Size::Fixed(bytes) => bytes.0,
                Size::Uniform(low, high) => {
                    let share = random::uniform(*seed, &[SIZE, index]);
                    let above = (share * (high.0.saturating_sub(low.0) as f64 + 1.0)) as u64;
                    low.0.saturating_add(above).min(high.0)
                }
                Size::Lognormal { mean, cv } => {
                    random::lognormal(*seed, &[SIZE, index], mean.0 as f64, *cv).round() as u64
                }
            },
            Self::Listed(manifest) => manifest.get(index).1,
        }
    }

    /// Sum of all sizes; [`u64::MAX`] where it is more.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        (0..self.len()).fold(0, |sum, index| sum.saturating_add(self.size_bytes(index)))
    }

    /// Indexes at which the prefix changes, from 0 to the number of objects.
    #[must_use]
    pub fn borders(&self) -> Vec<u64> {
        match self {
            Self::Generated { count, prefixes, .. } => {
                (0..=u64::from(*prefixes)).map(|group| border(group, *count, *prefixes)).collect()
            }
            Self::Listed(manifest) => manifest.borders(),
        }
    }
}

/// The first object of a group, when `count` objects are spread evenly over `prefixes` groups.
fn border(group: u64, count: u64, prefixes: u32) -> u64 {
    (u128::from(group) * u128::from(count) / u128::from(prefixes)) as u64
}

/// The jobs that an operation makes of its objects.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The objects, worked off in order and over again.
    pub objects: ObjectSet,
    /// What is done with each.
    pub operation: OperationKind,
    /// How copies are made.
    pub copy: Copy,
    /// Messages in one publish request.
    pub batch: u32,
}

impl Workload {
    /// Objects or messages that one job carries at most.
    #[must_use]
    pub fn items_per_job(&self) -> u64 {
        if self.operation.publishes() { u64::from(self.batch) } else { 1 }
    }

    /// Jobs that it takes to go through all objects once.
    #[must_use]
    pub fn jobs_per_lap(&self) -> u64 {
        self.objects.len().div_ceil(self.items_per_job())
    }

    /// Job numbers of one lap at which the prefix changes, from 0 to the number of jobs. A batch over the
    /// border of two prefixes belongs to the first.
    pub(crate) fn job_borders(&self) -> Vec<u64> {
        let mut borders = self.objects.borders();
        for border in &mut borders {
            *border = border.div_ceil(self.items_per_job());
        }
        borders.dedup();
        borders
    }

    /// How one object of this size is copied.
    #[must_use]
    pub fn copy_shape(&self, bytes: u64) -> JobShape {
        self.copy.shape(bytes)
    }
}

impl Copy {
    /// How one object of this size is copied.
    #[must_use]
    pub fn shape(&self, bytes: u64) -> JobShape {
        if bytes <= self.multipart_above.0 {
            return JobShape::Single(RequestKind::Copy);
        }
        let part_bytes = self.part_size.0;
        let parts = u32::try_from(bytes.div_ceil(part_bytes)).unwrap_or(u32::MAX);
        JobShape::Multipart { parts, part_bytes, parallel: self.parallel_parts }
    }
}

impl Jobs for Workload {
    fn job(&self, number: u64) -> Job {
        let object = number % self.jobs_per_lap() * self.items_per_job();
        match self.operation {
            OperationKind::Copy => {
                let bytes = self.objects.size_bytes(object);
                Job { object, bytes, items: 1, shape: self.copy_shape(bytes) }
            }
            OperationKind::Publish | OperationKind::FanOut => {
                let items = self.items_per_job().min(self.objects.len() - object) as u32;
                Job { object, bytes: 0, items, shape: JobShape::Single(RequestKind::Publish) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::quantity::Bytes;
    use proptest::prelude::*;

    fn generated(count: u64, prefixes: u32) -> ObjectSet {
        let size = Size::Uniform(Bytes(600_000_000), Bytes(800_000_000));
        ObjectSet::Generated { count, size, prefixes, seed: 1 }
    }

    proptest! {
        #[test]
        fn keys_change_their_prefix_exactly_at_the_borders(count in 1u64..400, prefixes in 1u32..60) {
            let objects = generated(count, prefixes);
            let borders = objects.borders();
            prop_assert_eq!((borders[0], *borders.last().unwrap()), (0, count));
            let keys: Vec<String> = (0..count).map(|i| objects.object(i).key).collect();
            for index in 1..count as usize {
                let changed = keys[index][..10] != keys[index - 1][..10];
                prop_assert_eq!(changed, borders.contains(&(index as u64)), "{:?} {}", &borders, &keys[index]);
            }
        }
    }

    #[test]
    fn sizes_have_their_distribution() {
        let sizes: Vec<f64> = (0..20_000).map(|i| generated(20_000, 1).size_bytes(i) as f64).collect();
        let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
        assert!((mean / 700e6 - 1.0).abs() < 0.005, "{mean}");
        assert!(sizes.iter().all(|size| (600e6..=800e6).contains(size)));
        let lognormal = ObjectSet::Generated {
            count: 50_000,
            size: Size::Lognormal { mean: Bytes(1_000_000), cv: 0.5 },
            prefixes: 1,
            seed: 1,
        };
        assert!((lognormal.total_bytes() as f64 / 50e9 - 1.0).abs() < 0.02);
    }

    #[test]
    fn sizes_of_the_widest_range_lie_in_it_and_their_sum_does_not_wrap() {
        let of = |low: u64, high: u64| {
            let size = Size::Uniform(Bytes(low), Bytes(high));
            ObjectSet::Generated { count: 100, size, prefixes: 1, seed: 1 }
        };
        let widest = of(0, u64::MAX);
        let above = (0..100).filter(|&index| widest.size_bytes(index) > u64::MAX / 2).count();
        assert!((30..=70).contains(&above), "{above} of 100 in the upper half");
        assert_eq!(widest.total_bytes(), u64::MAX);
        let largest = of(u64::MAX - 1, u64::MAX);
        assert!((0..100).all(|index| largest.size_bytes(index) >= u64::MAX - 1));
    }

    #[test]
    fn a_batch_carries_what_is_left() {
        let copy = Copy::default();
        let workload =
            Workload { objects: generated(25, 1), operation: OperationKind::Publish, copy, batch: 10 };
        assert_eq!(workload.jobs_per_lap(), 3);
        assert_eq!((workload.job(2).object, workload.job(2).items), (20, 5));
        assert_eq!((workload.job(3).object, workload.job(3).items), (0, 10));
    }

    #[test]
    fn batches_are_grouped_by_the_prefix_they_begin_in() {
        let copy = Copy::default();
        let borders = |prefixes, batch| {
            let objects = generated(25, prefixes);
            Workload { objects, operation: OperationKind::Publish, copy: copy.clone(), batch }.job_borders()
        };
        assert_eq!(borders(2, 1), [0, 12, 25]);
        assert_eq!(borders(2, 10), [0, 2, 3]);
        assert_eq!(borders(25, 10), [0, 1, 2, 3], "no group is empty");
    }
}
