//! What one level of a run comes to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::histogram::{PercentileIntervals, Percentiles};
use super::series::SeriesSecond;
use super::steady::{Steady, SteadyRule, steady};
use super::verdict_reason::RunReason;
use crate::law::littles_law::LittlesLaw;
use crate::load::dispatch::StopReason;
use crate::scenario::LevelKey;
use crate::units::human::counted;

/// The outcome of one level.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LevelSummary {
    /// Workers of a closed level.
    pub concurrency: Option<u32>,
    /// Rate of an open level with one rate.
    pub rate_per_s: Option<f64>,
    /// Beginning, since the start of the run.
    pub start_s: f64,
    /// From the beginning to the last end.
    pub makespan_s: f64,
    /// Jobs started.
    pub jobs: u64,
    /// Jobs whose work was done.
    pub jobs_done: u64,
    /// Jobs that failed for good.
    pub jobs_failed: u64,
    /// Objects or messages done.
    pub items_done: u64,
    /// Bytes moved by successful attempts.
    pub size_bytes: u64,
    /// Attempts ended.
    pub attempts: u64,
    /// Attempts ended per second.
    pub throughput_per_s: f64,
    /// Objects or messages done per second.
    pub goodput_per_s: f64,
    /// Mean residence time of attempts.
    pub residence_mean_s: f64,
    /// Time average of attempts in flight.
    pub in_flight_mean: f64,
    /// Most attempts in flight at once.
    pub in_flight_max: u64,
    /// Jobs done, from intended start to end.
    pub latency_s: Percentiles,
    /// 95 % intervals of the latency's percentiles by order statistics, as if jobs were independent.
    #[serde(default)]
    pub latency_intervals_s: PercentileIntervals,
    /// Successful copies, parts and publishes, from actual start to end.
    pub service_s: Percentiles,
    /// Attempts throttled.
    pub throttles: u64,
    /// Failed attempts by kind.
    pub errors: BTreeMap<String, u64>,
    /// Throttled and failed attempts by the service's own code.
    pub error_codes: BTreeMap<String, u64>,
    /// Arrivals that could not start, by reason.
    pub not_started: BTreeMap<String, u64>,
    /// Actual minus intended start of attempts.
    pub lateness_s: Percentiles,
    /// Little's law over the level.
    pub littles_law: LittlesLaw,
    /// Mean of the endpoint's own count of requests in flight.
    pub endpoint_in_flight_mean: Option<f64>,
    /// Beginning and end of the time under full load, since the start of the level. For workers from every one
    /// having finished a job to one starting its last; for open arrivals to the last start.
    pub full_load_s: Option<[f64; 2]>,
    /// Little's law stage by stage.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// The part of the level that speaks for the system; absent where it had none.
    pub steady: Option<Steady>,
    /// Why the level ended; absent when it was cut off.
    pub stop_reason: Option<StopReason>,
}

impl LevelSummary {
    /// Failed attempts of every kind, throttles excluded.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Arrivals that could not start, whatever the reason.
    #[must_use]
    pub fn not_started_count(&self) -> u64 {
        self.not_started.values().sum()
    }

    /// The part of the level that speaks for the system, from its rows. None where it had none. `levels` are judged
    /// together, in these words.
    #[must_use]
    pub fn steady_part(
        &self,
        rows: &[SeriesSecond],
        levels: usize,
        words: fn(&RunReason) -> String,
    ) -> Option<Steady> {
        let rule = if self.concurrency.is_some() { SteadyRule::Workers } else { SteadyRule::WarmUp };
        steady(rule, self.full_load_s?, rows, levels, words)
    }

    /// What the level is called in tables and charts.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.concurrency, self.rate_per_s) {
            (Some(1), _) => "1 worker".into(),
            (Some(workers), _) => counted(u64::from(workers), "worker"),
            (None, Some(rate)) => format!("{}/s", (rate * 1e6).round() / 1e6),
            (None, None) => "varying rate".into(),
        }
    }

    /// Puts the level's key where documents have it.
    pub fn set_key(&mut self, key: LevelKey) {
        match key {
            LevelKey::Concurrency(workers) => self.concurrency = Some(workers),
            LevelKey::Rate(per_s) => self.rate_per_s = Some(per_s),
            LevelKey::Varying => {}
        }
    }
}

/// Where a request is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// In the generator, from the intended start to the actual one.
    Queue,
    /// Between a failed attempt and the next.
    BackOff,
    /// On the wire, as the client sees it.
    Attempt,
    /// At the endpoint, by its own count; the residence time follows from N = X·R.
    Service,
}

impl StageName {
    /// The name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Queue => "generator's queue",
            Self::BackOff => "back-off",
            Self::Attempt => "attempt",
            Self::Service => "service, by its own count",
        }
    }
}

/// N = X·R of one stage over a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Which stage.
    pub stage: StageName,
    /// Time average of requests in it.
    pub n: f64,
    /// Requests that leave it per second.
    pub x_per_s: f64,
    /// Mean time in it.
    pub r_s: f64,
}
