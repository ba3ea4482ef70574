//! Residence times by object size: a sample of bounded size, and the line that it lies around.

use std::collections::BinaryHeap;

use crate::load::attempt::{Attempt, AttemptOutcome, RequestKind};
use crate::random;
use crate::units::quantity::seconds;

/// Attempts kept, whatever the number seen.
const KEPT: usize = 1000;
/// Points that determine a line well enough to draw it.
const POINTS_AT_LEAST: usize = 10;
/// Sizes closer together than by this factor say nothing about size.
pub const SPREAD: f64 = 1.05;
/// Steps of the reweighted fit; it settles in three or four.
const STEPS: u32 = 10;

/// A uniform sample of the successful copies of a level, the same whatever the order in which they ended: those
/// with the smallest hashes of what they are (Cohen and Kaplan, *Summarizing data using bottom-k sketches*, 2007).
#[derive(Debug, Clone, Default)]
pub struct SizeSample {
    /// Hash, size in bytes and residence time in nanoseconds.
    kept: BinaryHeap<(u64, u64, u64)>,
    seen: u64,
}

/// Residence time of one copied object or part of this size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizePoint {
    /// Size in bytes.
    pub size_bytes: f64,
    /// Residence time in seconds.
    pub residence_s: f64,
}

/// R = base + size / bandwidth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeLine {
    /// Residence time of nothing, in seconds.
    pub base_s: f64,
    /// Seconds that each further byte takes.
    pub s_per_byte: f64,
}

impl SizeSample {
    /// Counts an attempt if it copied something.
    pub fn add(&mut self, attempt: &Attempt) {
        let start = &attempt.start;
        let copies = matches!(start.request, RequestKind::Copy | RequestKind::CopyPart(_));
        if !copies
            || attempt.outcome != AttemptOutcome::Ok
            || start.bytes == 0
            || attempt.ended_ns <= attempt.started_ns
        {
            return;
        }
        self.seen += 1;
        let purpose = [start.job, start.request.part().into(), start.attempt.into()];
        self.kept.push((random::word(0, &purpose), start.bytes, attempt.ended_ns - attempt.started_ns));
        if self.kept.len() > KEPT {
            self.kept.pop();
        }
    }

    /// Copies seen.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// At most so many of the copies, from the smallest object on.
    #[must_use]
    pub fn points(&self, at_most: usize) -> Vec<SizePoint> {
        let mut kept: Vec<_> = self.kept.iter().copied().collect();
        kept.sort_unstable();
        kept.truncate(at_most);
        kept.sort_unstable_by_key(|&(hash, size_bytes, residence_ns)| (size_bytes, residence_ns, hash));
        let point = |(_, size_bytes, residence_ns)| SizePoint {
            size_bytes: size_bytes as f64,
            residence_s: seconds(residence_ns),
        };
        kept.into_iter().map(point).collect()
    }

    /// The line with the smallest relative squares, because long times scatter more than short ones; None where sizes
    /// are too alike or times do not grow with them.
    #[must_use]
    pub fn line(&self) -> Option<SizeLine> {
        let points = self.points(KEPT);
        let (smallest, largest) = (points.first()?.size_bytes, points.last()?.size_bytes);
        if points.len() < POINTS_AT_LEAST || largest < SPREAD * smallest {
            return None;
        }
        let mut line = weighted(&points, |_| 1.0)?;
        for _ in 0..STEPS {
            // By the fitted time, not the measured one, which would favour short times.
            line = weighted(&points, |size_bytes| line.residence_s(size_bytes).powi(-2))?;
        }
        Some(line)
    }
}

impl SizeLine {
    /// The mean residence time of a size, in seconds.
    #[must_use]
    pub fn residence_s(&self, size_bytes: f64) -> f64 {
        self.base_s + self.s_per_byte * size_bytes
    }
}

/// Weighted least squares with neither number below zero; None where no such line grows.
fn weighted(points: &[SizePoint], weight: impl Fn(f64) -> f64) -> Option<SizeLine> {
    let sum = |of: &dyn Fn(&SizePoint) -> f64| -> f64 {
        points.iter().map(|point| weight(point.size_bytes) * of(point)).sum()
    };
    let all = sum(&|_| 1.0);
    let (size, residence) = (sum(&|p| p.size_bytes) / all, sum(&|p| p.residence_s) / all);
    let spread = sum(&|p| (p.size_bytes - size).powi(2));
    let s_per_byte = sum(&|p| (p.size_bytes - size) * (p.residence_s - residence)) / spread;
    let line = SizeLine { base_s: residence - s_per_byte * size, s_per_byte };
    if line.base_s >= 0.0 {
        return (s_per_byte > 0.0).then_some(line);
    }
    let s_per_byte = sum(&|p| p.size_bytes * p.residence_s) / sum(&|p| p.size_bytes * p.size_bytes);
    Some(SizeLine { base_s: 0.0, s_per_byte })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::attempt::Start;

    fn attempt(job: u64, bytes: u64, residence_s: f64) -> Attempt {
        let start = Start { bytes, ..Start::of_copy(job) };
        let ended_ns = (residence_s * 1e9) as u64;
        Attempt {
            level: 0,
            start,
            started_ns: 0,
            ended_ns,
            outcome: AttemptOutcome::Ok,
            code: None,
            job_end: None,
        }
    }

    fn sample(attempts: impl Iterator<Item = Attempt>) -> SizeSample {
        let mut sample = SizeSample::default();
        attempts.for_each(|attempt| sample.add(&attempt));
        sample
    }

    #[test]
    fn the_sample_is_bounded_and_does_not_depend_on_the_order() {
        let attempts = |job| attempt(job, 1_000_000 + job, 2.0);
        let (up, down) = (sample((0..20_000).map(attempts)), sample((0..20_000).rev().map(attempts)));
        assert_eq!((up.seen(), up.points(usize::MAX).len()), (20_000, KEPT));
        assert_eq!(up.points(50), down.points(50));
        let mean = up.points(usize::MAX).iter().map(|point| point.size_bytes).sum::<f64>() / KEPT as f64;
        // The standard error of the mean of 1,000 of 20,000 even numbers is 183.
        assert!((mean - 1_010_000.0).abs() < 4.0 * 183.0, "{mean}");
    }

    #[test]
    fn a_line_is_found_through_noise_that_grows_with_the_time() {
        let noisy = |job: u64| {
            let bytes = 1_000_000 * (1 + job % 800);
            let draw = random::lognormal(3, &[job], 1.0, 0.3);
            attempt(job, bytes, draw * (0.5 + bytes as f64 / 40e6))
        };
        let line = sample((0..5000).map(noisy)).line().unwrap();
        assert!((line.s_per_byte * 40e6 - 1.0).abs() < 0.1, "{line:?}");
        assert!((line.base_s - 0.5).abs() < 0.3, "{line:?}");
    }

    #[test]
    fn sizes_that_are_alike_and_times_that_do_not_grow_have_no_line() {
        assert_eq!(sample((0..100).map(|job| attempt(job, 7, 1.0 + job as f64))).line(), None);
        assert_eq!(sample((0..100).map(|job| attempt(job, 100 + job, 200.0 - job as f64))).line(), None);
        assert_eq!(sample((0..3).map(|job| attempt(job, 1 << job, 1.0))).line(), None);
    }

    #[test]
    fn what_copied_nothing_is_left_out() {
        let failed = Attempt { outcome: AttemptOutcome::Throttled, ..attempt(1, 7, 1.0) };
        let published = |attempt: Attempt| Attempt {
            start: Start { request: RequestKind::Publish, ..attempt.start },
            ..attempt
        };
        assert_eq!(sample([failed, published(attempt(2, 7, 1.0))].into_iter()).seen(), 0);
    }
}
