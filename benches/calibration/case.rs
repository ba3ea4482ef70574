//! A job that is to be planned, the service that it will meet, and how much of that service was measured.

use std::sync::Arc;

use planner_core::random;

use super::truth::{CAP, Name, Slowdown, Truth};

/// Words that set a case's draws apart.
const SIZES: u64 = 20;
/// Jobs that are planned, jobs that were measured, and probabilities that are wanted.
pub(crate) const PLANNED: [u64; 3] = [400, 2000, 45_000];
pub(crate) const MEASURED: [u64; 3] = [50, 250, 1000];
pub(crate) const WANTED: [f64; 2] = [0.9, 0.99];
/// Levels of the sweep where throughput is capped; each has jobs for three rounds at least.
const SWEEP: [u64; 8] = [1, 2, 4, 8, 16, 32, 48, 64];
const ROUNDS: u64 = 3;
/// Elsewhere one level is measured, of so many rounds at least.
const ROUNDS_OF_ONE: u64 = 5;
/// Where there is contention it is planned with so many times the measured workers.
const BEYOND: u64 = 4;

/// What decides when the job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseKind {
    /// Throughput, within 20 to 60 mean times where the slowest jobs allow it.
    Throughput,
    /// Throughput, with about as many workers as were measured.
    Within,
    /// The slowest jobs.
    Slowest,
    /// The slowest jobs, which take too long whatever the number of workers.
    TooSlow,
}

impl CaseKind {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Within => "within-measured",
            Self::Slowest => "slowest-jobs",
            Self::TooSlow => "too-slow",
        }
    }
}

/// A level of the measured run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeasuredLevel {
    pub workers: u64,
    pub jobs: u64,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub number: u64,
    pub truth: Truth,
    pub kind: CaseKind,
    pub sizes_bytes: Arc<[u64]>,
    /// Jobs measured at each level.
    pub measured: u64,
    pub levels: Vec<MeasuredLevel>,
    pub probability: f64,
    pub deadline_s: f64,
    seed: u64,
}

/// What cases are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outline {
    pub number: u64,
    pub name: Name,
    pub jobs: u64,
    pub measured: u64,
    pub probability: f64,
    seed: u64,
}

impl Outline {
    /// Truths take turns, all else is drawn.
    pub(crate) fn new(number: u64, seed: u64) -> Self {
        let seed = random::word(seed, &[number]);
        let draw = |purpose: u64, count: u64| (random::word(seed, &[purpose]) % count) as usize;
        let name = Name::ALL[(number % Name::ALL.len() as u64) as usize];
        // A thousand jobs would show the path that is not to be seen.
        let sizes = if name == Name::SlowUnseen { 2 } else { 3 };
        let (measured, probability) = (MEASURED[draw(1, sizes)], WANTED[draw(2, 2)]);
        let jobs = PLANNED[draw(3, 3)];
        Self { number, name, jobs, measured, probability, seed }
    }

    pub(crate) fn case(self) -> Case {
        let Self { number, name, jobs, measured, probability, seed } = self;
        let mean_s = (10f64.ln() + 6f64.ln() * random::uniform(seed, &[4])).exp();
        let truth = Truth::new(name, mean_s);
        let sizes_bytes = truth.sizes_bytes(random::word(seed, &[SIZES]), jobs).into();
        let levels = Vec::new();
        let kind = CaseKind::Throughput;
        let mut case =
            Case { number, truth, kind, sizes_bytes, measured, levels, probability, deadline_s: 0.0, seed };
        match name {
            Name::Contention => case.contended(),
            Name::Cap => case.capped(),
            _ => case.uncontended(),
        }
        case
    }
}

impl Case {
    pub(crate) fn jobs(&self) -> u64 {
        self.sizes_bytes.len() as u64
    }

    /// A seed of its own for a purpose.
    pub(crate) fn seed(&self, purpose: u64) -> u64 {
        random::word(self.seed, &[30, purpose])
    }

    /// Mean time of a planned job that is alone.
    pub(crate) fn mean_s(&self) -> f64 {
        let total_s: f64 = self.sizes_bytes.iter().map(|&bytes| self.truth.copy_s(bytes)).sum();
        total_s / self.jobs() as f64 * self.truth.grown(1.0) + self.truth.mean_delay_s()
    }

    fn between(&self, purpose: u64, low: f64, high: f64) -> f64 {
        low + (high - low) * random::uniform(self.seed, &[purpose])
    }

    fn uncontended(&mut self) {
        let (jobs, mean_s) = (self.jobs() as f64, self.mean_s());
        let most = self.measured / ROUNDS_OF_ONE;
        let (allowed, lot) = (1.0 - self.probability, self.between(10, 0.0, 1.0));
        let least_s;
        (self.kind, least_s) = if lot < 0.5 {
            (CaseKind::Throughput, self.between(11, 20.0, 60.0) * mean_s)
        } else if lot < 0.67 {
            let workers = self.between(11, 0.5, 1.0) * (most as f64).min(jobs / 20.0);
            (CaseKind::Within, jobs * mean_s / workers)
        } else if lot < 0.82 {
            (CaseKind::Slowest, self.kept_s(self.probability + allowed * self.between(11, 0.3, 0.8)))
        } else {
            (CaseKind::TooSlow, self.kept_s(self.between(11, 0.3, self.probability - 0.15)))
        };
        let is_bound = matches!(self.kind, CaseKind::Throughput | CaseKind::Within);
        // Single jobs that miss the deadline take at most a tenth of the chance to be late.
        let kept_s = if is_bound { self.kept_s(1.0 - allowed / 10.0) } else { 0.0 };
        self.deadline_s = least_s.max(kept_s).max(1.5 * mean_s);
        let needed = jobs * mean_s / self.deadline_s * self.between(12, 1.0, 1.3);
        self.levels =
            vec![MeasuredLevel { workers: (needed.ceil() as u64).clamp(2, most), jobs: self.measured }];
    }

    fn contended(&mut self) {
        let workers = (self.jobs() / (20 * BEYOND)).min(self.measured / ROUNDS_OF_ONE).max(2);
        let planned = (BEYOND * workers) as f64;
        self.truth.slowdown = Slowdown::Crosstalk { kappa: self.between(11, 0.08, 0.3) / planned.powi(2) };
        let mean_s = self.mean_s() * self.truth.slowdown.at(workers);
        self.deadline_s = self.jobs() as f64 * mean_s / planned;
        self.levels = vec![MeasuredLevel { workers, jobs: self.measured }];
    }

    /// Half of these need clearly less than the cap allows, half clearly more.
    fn capped(&mut self) {
        let is_beyond = self.between(10, 0.0, 1.0) < 0.5;
        let (low, high) = if is_beyond { (1.3, 1.9) } else { (0.55, 0.85) };
        let needed = CAP as f64 * self.between(11, low, high);
        self.deadline_s = self.jobs() as f64 * self.mean_s() / needed;
        let fits = |workers: &&u64| **workers * ROUNDS <= self.measured;
        let level = |&workers: &u64| MeasuredLevel { workers, jobs: self.measured };
        self.levels = SWEEP.iter().filter(fits).map(level).collect();
    }

    /// About the time within which every single job ends with this probability.
    fn kept_s(&self, probability: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1e5 * self.truth.mean_s);
        while high - low > 1e-4 * high {
            let middle = f64::midpoint(low, high);
            if self.ln_kept(middle) < probability.ln() { low = middle } else { high = middle }
        }
        high
    }

    /// Logarithm of the probability that no job takes longer, in closed form: days apart, and as if no job failed.
    fn ln_kept(&self, time_s: f64) -> f64 {
        let within = |bytes| {
            let factor = time_s / (self.truth.copy_s(bytes) * self.truth.grown(1.0));
            (self.truth.law.cdf(factor) - 1.0).ln_1p()
        };
        match self.sizes_bytes.first() {
            Some(&first) if self.sizes_bytes.iter().all(|&bytes| bytes == first) => {
                self.jobs() as f64 * within(first)
            }
            _ => self.sizes_bytes.iter().map(|&bytes| within(bytes)).sum(),
        }
    }
}
