//! The copies of a run, and the services that they could have come from.
//!
//! A service has a mean level, a shape (how times grow with size, and how they spread around that), a slow way where
//! one was seen, and a law of contention. The level decides most plans, so it is drawn for every service from the
//! distribution of the mean; shapes are fitted to resamples of the jobs, of which fewer do.

use std::collections::BTreeMap;

use rayon::prelude::*;
use statrs::distribution::{Beta, ContinuousCDF};

use super::dependence::Dependence;
use super::factors::{self, Fitted};
use super::level::LevelMean;
use super::line::{Line, LineForm};
use super::observations::Observation;
use super::scaling::{Contention, Scaling};
use super::slow_path;
use planner_core::random;
use planner_core::service::{CopyProfile, Noise, NoisePaths};

/// Refits to resampled jobs.
const SHAPES: u64 = 200;
/// No interval of the mean of slow copies has fewer degrees of freedom.
const SLOW_FREEDOM: f64 = 4.0;

/// The copies of a run.
#[derive(Debug)]
pub(super) struct CopySample {
    /// Copies of jobs, in the order in which the jobs began, level by level.
    jobs: Vec<Vec<Observation>>,
    form: LineForm,
    scaling: Scaling,
    /// Seconds by size of the copies that went the usual way, with as many in flight as fit the law.
    line: Line,
    /// Factor on that line above which copies went a slow way.
    threshold: Option<f64>,
    slow: Option<SlowPath>,
    dependence: Dependence,
    level: LevelMean,
    /// Jobs that the level is of.
    level_jobs: usize,
    /// Days on which they were measured.
    days: usize,
}

/// Copies that stand apart from the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SlowPath {
    pub copies: usize,
    pub of: usize,
    /// How many times as long as the usual ones they take, in the mean.
    pub times: f64,
    cv: f64,
}

/// How times grow with size and spread, under one law of contention.
#[derive(Debug)]
struct TimeShape {
    line: Line,
    noise: Option<Noise>,
    is_apart: bool,
    contention: Contention,
    /// Mean size of the copies.
    mean_bytes: f64,
}

impl CopySample {
    /// Of copies sorted by job, of at least two jobs.
    pub(super) fn new(copies: &[Observation], form: LineForm, scaling: Scaling) -> Self {
        let mut jobs: Vec<Vec<Observation>> =
            copies.chunk_by(|a, b| a.job == b.job).map(<[Observation]>::to_vec).collect();
        let start =
            |job: &Vec<Observation>| (job[0].level, job.iter().map(|copy| copy.started_ns).min(), job[0].job);
        jobs.sort_by_key(start);
        let contention = scaling.contention(0.0);
        let alone_s = |copy: &Observation| copy.seconds / contention.slowdown(copy.n);
        let alone = |copy: &Observation| Observation { seconds: alone_s(copy), ..*copy };
        let all: Vec<Observation> = jobs.iter().flatten().map(alone).collect();
        let on = |line: Line| move |copy: &Observation| copy.seconds / line.mean_s(copy.bytes);
        let rough = Line::fit(&all, form);
        let divided = slow_path::threshold(&all.iter().map(on(rough)).collect::<Vec<_>>());
        let is_usual = |copy: &Observation| divided.is_none_or(|limit| on(rough)(copy) <= limit);
        let usual: Vec<Observation> = all.iter().copied().filter(is_usual).collect();
        let line = Line::fit(&usual, form);
        let slow: Vec<f64> = all.iter().filter(|copy| !is_usual(copy)).map(on(line)).collect();
        // The limit between the two on the better line: halfway, as on the rough one.
        let slowest_usual = usual.iter().map(on(line)).fold(0.0, f64::max);
        let threshold = slow.iter().copied().reduce(f64::min).map(|least| (least * slowest_usual).sqrt());
        let slow = (!slow.is_empty()).then(|| SlowPath::of(&slow, all.len()));
        let factor_of = |job: &[Observation]| {
            let (took_s, expected_s) = job
                .iter()
                .fold((0.0, 0.0), |sums, copy| (sums.0 + alone_s(copy), sums.1 + line.mean_s(copy.bytes)));
            took_s / expected_s
        };
        let is_usual = |factor: &f64| threshold.is_none_or(|limit| *factor <= limit);
        let levels: Vec<Vec<f64>> = jobs
            .chunk_by(|a, b| a[0].level == b[0].level)
            .map(|level| level.iter().map(|job| factor_of(job)).filter(is_usual).collect())
            .collect();
        let logs = |level: &Vec<f64>| level.iter().map(|factor| factor.ln()).collect();
        let dependence = Dependence::of(&levels.iter().map(logs).collect::<Vec<Vec<f64>>>());
        let recent: Vec<f64> =
            levels.iter().flat_map(|level| &level[dependence.recent(level.len())..]).copied().collect();
        let mut days: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for job in &jobs {
            days.entry(job[0].day).or_default().extend(Some(factor_of(job)).filter(is_usual));
        }
        let days: Vec<Vec<f64>> = days.into_values().collect();
        let level_jobs = recent.len();
        let effective = dependence.effective(level_jobs);
        let level = LevelMean::of(&recent, effective).with_law_of(&recent);
        let level = level.on_another_day(&days, effective / level_jobs.max(1) as f64);
        let days = days.len();
        Self { jobs, form, scaling, line, threshold, slow, dependence, level, level_jobs, days }
    }

    /// How its jobs hang together.
    pub(super) fn dependence(&self) -> &Dependence {
        &self.dependence
    }

    /// Their mean time.
    pub(super) fn level(&self) -> &LevelMean {
        &self.level
    }

    /// Jobs that it is of.
    pub(super) fn level_jobs(&self) -> usize {
        self.level_jobs
    }

    /// Days on which jobs were measured.
    pub(super) fn days(&self) -> usize {
        self.days
    }

    /// Copies that stand apart.
    pub(super) fn slow(&self) -> Option<SlowPath> {
        self.slow
    }

    /// The likeliest service, and whether its slowest copies follow a law of their own.
    pub(super) fn central(&self) -> (CopyProfile, bool) {
        let shape = self.shape(&self.jobs.iter().collect::<Vec<_>>(), 0.0, None);
        let level = if self.dependence.has_trend { self.level.mean() } else { 1.0 };
        let slow = self.slow.map(|slow| (slow.share(), slow.times));
        (self.profile(&shape, level, slow), shape.is_apart)
    }

    /// Services that are as good an explanation: their levels are evenly spread over what the mean may be.
    pub(super) fn resampled(&self, count: u64, seed: u64) -> Vec<CopyProfile> {
        let scaling = evenly(count.min(SHAPES), seed, 0);
        let shape = |(number, &u): (usize, &f64)| {
            let (errors, number) = (random::normal_at(u), number as u64);
            self.shape(&self.draw(seed, number), errors, Some(random::uniform(seed, &[number, 0, 2])))
        };
        let shapes: Vec<TimeShape> = scaling.par_iter().enumerate().map(shape).collect();
        let [levels, shares, times] = [1, 2, 3].map(|purpose| evenly(count, seed, purpose));
        (0..count as usize)
            .into_par_iter()
            .map(|number| {
                let slow =
                    self.slow.map(|slow| (slow.share_at(shares[number]), slow.times_at(times[number])));
                self.profile(&shapes[number % shapes.len()], self.level.at(levels[number]), slow)
            })
            .collect()
    }

    /// As many jobs as there are, drawn with replacement, in blocks where neighbours hang together; the parts of one
    /// stay together.
    fn draw(&self, seed: u64, number: u64) -> Vec<&Vec<Observation>> {
        let (count, block) = (self.jobs.len(), self.dependence.block(self.jobs.len()));
        let first = |draw: u64| (random::word(seed, &[number, 1, draw]) % count as u64) as usize;
        let blocks = (0..).flat_map(|draw| (0..block).map(move |place| (draw, place)));
        blocks.take(count).map(|(draw, place)| &self.jobs[(first(draw) + place) % count]).collect()
    }

    fn shape(&self, jobs: &[&Vec<Observation>], errors: f64, draw: Option<f64>) -> TimeShape {
        let (central, contention) = (self.scaling.contention(0.0), self.scaling.contention(errors));
        let is_usual = |copy: &Observation| {
            let factor = copy.seconds / (central.slowdown(copy.n) * self.line.mean_s(copy.bytes));
            self.threshold.is_none_or(|limit| factor <= limit)
        };
        let alone =
            |copy: &Observation| Observation { seconds: copy.seconds / contention.slowdown(copy.n), ..*copy };
        let usual = |jobs: &[&Vec<Observation>]| -> Vec<Observation> {
            jobs.iter().copied().flatten().filter(|copy| is_usual(copy)).map(alone).collect()
        };
        let all = usual(&self.jobs.iter().collect::<Vec<_>>());
        let drawn = Some(usual(jobs)).filter(|drawn| drawn.len() > 1).unwrap_or_else(|| all.clone());
        let line = Line::fit(&drawn, self.form);
        let mut factors: Vec<f64> = drawn.iter().map(|copy| copy.seconds / line.mean_s(copy.bytes)).collect();
        let Fitted { noise, is_apart } = factors::noise(&mut factors, draw);
        // The level of all copies: what chance did to that of the drawn ones is in the draws of the level.
        let mean =
            all.iter().map(|copy| copy.seconds / line.mean_s(copy.bytes)).sum::<f64>() / all.len() as f64;
        let line = Line { base_s: line.base_s * mean, per_byte_s: line.per_byte_s * mean };
        let mean_bytes = all.iter().map(|copy| copy.bytes as f64).sum::<f64>() / all.len() as f64;
        TimeShape { line, noise, is_apart, contention, mean_bytes }
    }

    /// A service of this shape whose usual copies take `level` times as long as the sample's.
    fn profile(&self, shape: &TimeShape, level: f64, slow: Option<(f64, f64)>) -> CopyProfile {
        let mean = slow.map_or(1.0, |(share, times)| 1.0 + share * (times - 1.0)) * level;
        let noise = match (slow, self.slow) {
            (Some((slow_share, slow_times)), Some(SlowPath { cv: slow_cv, .. })) => {
                let usual = shape.noise.clone().map(Box::new);
                Some(Noise::Paths(NoisePaths { slow_share, slow_times, slow_cv, usual }))
            }
            _ => shape.noise.clone(),
        };
        let Contention { sigma, kappa, knee_n } = shape.contention;
        // Throughput at the knee, in bytes.
        let mean_s = (shape.line.base_s + shape.line.per_byte_s * shape.mean_bytes) * mean;
        let limit = knee_n.map(|knee_n| knee_n * shape.mean_bytes / mean_s).filter(|limit| *limit > 0.0);
        CopyProfile {
            base_s: shape.line.base_s * mean,
            bandwidth_bytes_per_s: (shape.line.per_byte_s * mean)
                .recip()
                .min(CopyProfile::NO_LIMIT_BYTES_PER_S),
            noise_cv: 0.0,
            noise,
            sigma,
            kappa,
            aggregate_bandwidth_bytes_per_s: limit,
        }
    }
}

impl SlowPath {
    fn of(factors: &[f64], of: usize) -> Self {
        let count = factors.len() as f64;
        let times = factors.iter().sum::<f64>() / count;
        let squares = factors.iter().map(|factor| (factor - times).powi(2)).sum::<f64>();
        Self { copies: factors.len(), of, times, cv: (squares / count).sqrt() / times }
    }

    fn share(&self) -> f64 {
        self.copies as f64 / self.of as f64
    }

    /// The share that so many of all shares lie below that could have given this sample (Jeffreys).
    fn share_at(&self, u: f64) -> f64 {
        let usual = (self.of - self.copies) as f64;
        Beta::new(self.copies as f64 + 0.5, usual + 0.5).map_or(self.share(), |beta| beta.inverse_cdf(u))
    }

    fn times_at(&self, u: f64) -> f64 {
        let freedom = (self.copies as f64 - 1.0).max(SLOW_FREEDOM);
        let error = self.cv / freedom.sqrt();
        // Above 1, which makes it the slow way.
        (self.times * (random::normal_at(u) * error).exp()).max(1.0 + 1e-6)
    }
}

/// Probabilities from 0 to 1, evenly spread, in an order of chance.
fn evenly(count: u64, seed: u64, purpose: u64) -> Vec<f64> {
    let mut places: Vec<u64> = (0..count).collect();
    places.sort_by_key(|&place| random::word(seed, &[purpose, place, 3]));
    places.into_iter().map(|place| (place as f64 + 0.5) / count as f64).collect()
}
