//! What every plan starts from: the objects, the service, the limits and the prices.

use std::sync::Arc;

use super::cost::{Usage, requests_per_copy};
use super::fit::FittedModel;
use super::limitation::Limitation;
use super::mixture::Mixture;
use super::plan_header::{JobDescription, PlanHeader, ResidenceSummary};
use planner_core::account::{Limits, Prices};
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::simulate::work::{Order, Work};

/// How far beyond the largest measured concurrency, or the measured sizes, a plan may go before it says so, as a multiple.
pub const EXTRAPOLATION: f64 = 1.25;

/// Batches of different sizes that stand for a range of numbers of objects.
const BATCHES: u64 = 8;

/// The objects that are to be copied.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectBatch {
    /// Their sizes, in the order of the list.
    pub sizes_bytes: Arc<[u64]>,
    /// The fewest of them that there may be, any number from there on being as likely; None where all are there.
    pub fewest: Option<u64>,
    /// Prefixes of the destination that they are spread over.
    pub prefixes: u32,
    /// Objects above this size are copied in parts.
    pub multipart_above_bytes: u64,
    /// Size of a part.
    pub part_size_bytes: u64,
    /// Objects that must be restored from an archive first, where that is known.
    pub archived: u64,
}

/// The objects and the world they are copied in.
#[derive(Debug, Clone)]
pub struct PlanInputs {
    /// The objects.
    pub batch: ObjectBatch,
    /// The service that copies them.
    pub model: FittedModel,
    /// What follows an attempt that fails.
    pub retry: RetryPolicy,
    /// Limits of the account.
    pub limits: Limits,
    /// Prices.
    pub prices: Prices,
    /// Region, for its limits.
    pub region: String,
    /// Whether the destination is in another region, which is billed.
    pub between_regions: bool,
    /// Memory of a function, in MB.
    pub memory_mb: u32,
    /// Seed of all draws.
    pub seed: u64,
}

impl ObjectBatch {
    /// Objects.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.sizes_bytes.len() as u64
    }

    /// All their bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.sizes_bytes.iter().fold(0, |sum, &bytes| sum.saturating_add(bytes))
    }

    /// Smallest and largest size.
    #[must_use]
    pub fn size_range_bytes(&self) -> [u64; 2] {
        let sizes = || self.sizes_bytes.iter().copied();
        [sizes().min().unwrap_or(0), sizes().max().unwrap_or(0)]
    }

    /// Requests that copying all of them is billed for, if none fails.
    #[must_use]
    pub fn copy_requests(&self) -> u64 {
        let requests = |&bytes| requests_per_copy(bytes, self.multipart_above_bytes, self.part_size_bytes);
        self.sizes_bytes.iter().map(requests).sum()
    }

    /// Objects that are copied in parts.
    #[must_use]
    pub fn in_parts(&self) -> u64 {
        self.sizes_bytes.iter().filter(|&&bytes| bytes > self.multipart_above_bytes).count() as u64
    }
}

impl PlanInputs {
    /// The batch as jobs in this order.
    #[must_use]
    pub fn work(&self, order: Order) -> Work {
        let work = |sizes_bytes| Work::new(sizes_bytes, order, self.retry);
        let sizes_bytes = &self.batch.sizes_bytes;
        let whole = work(sizes_bytes.clone());
        let Some(fewest) = self.batch.fewest.filter(|&fewest| fewest < self.batch.objects()) else {
            return whole;
        };
        let more = self.batch.objects() - fewest;
        let count = |number: u64| (fewest + more * (2 * number + 1) / (2 * BATCHES)) as usize;
        whole.or_any_of((0..BATCHES).map(|number| work(sizes_bytes[..count(number)].into())).collect())
    }

    /// The same with the fewest objects that there may be.
    #[must_use]
    pub(crate) fn with_fewest(&self) -> Self {
        let mut inputs = self.clone();
        if let Some(fewest) = inputs.batch.fewest.take() {
            inputs.batch.sizes_bytes = inputs.batch.sizes_bytes[..fewest as usize].into();
        }
        inputs
    }

    /// What copying is billed for whichever way it is done, with so many attempts on average beyond the first of each.
    #[must_use]
    pub fn copy_usage(&self, failed_attempts: f64) -> Usage {
        let between = if self.between_regions { self.batch.total_bytes() } else { 0 };
        let copy_requests = self.batch.copy_requests() + failed_attempts.round() as u64;
        Usage { copy_requests, bytes_between_regions: between, ..Usage::default() }
    }

    /// What simulated fan-outs, which copy every object in one request, are billed for where large ones are copied in
    /// parts and perhaps between regions.
    #[must_use]
    pub fn fan_out_usage(&self, simulated: Usage) -> Usage {
        let per_object = self.batch.copy_requests() as f64 / self.batch.objects().max(1) as f64;
        let copy_requests = (simulated.copy_requests as f64 * per_object).round() as u64;
        let Usage { bytes_between_regions, .. } = self.copy_usage(0.0);
        Usage { copy_requests, bytes_between_regions, ..simulated }
    }

    /// A service under the limits of the account, with the planned memory of the function.
    #[must_use]
    pub fn on_account(&self, profile: &Profile) -> Profile {
        let mut profile = profile.under(&self.limits, &self.region);
        profile.function.memory_mb = self.memory_mb;
        profile
    }

    /// Each of these services under the limits of the account.
    pub(crate) fn each_on_account(&self, profiles: &[Profile]) -> Vec<Profile> {
        profiles.iter().map(|profile| self.on_account(profile)).collect()
    }

    /// The same with a concurrency that is reserved for the function, and with what must be raised for it raised.
    #[must_use]
    pub fn deployed(&self, profile: &Profile, reserved: u32) -> Profile {
        let mut profile = self.on_account(profile);
        let function = &mut profile.function;
        function.reserved_concurrency = Some(reserved);
        let needed = reserved.saturating_add(function.unreserved_minimum);
        function.account_concurrency = function.account_concurrency.max(needed);
        profile
    }

    /// A service whose function reserves all that can be reserved, or takes what the account has where that is none.
    #[must_use]
    pub fn with_all_reserved(&self, profile: &Profile) -> Profile {
        match self.limits.lambda.reservable_concurrency() {
            0 => self.on_account(profile),
            reserved => self.deployed(profile, reserved),
        }
    }

    /// What a document about this says first; its deadline is 0 where there is none.
    #[must_use]
    pub fn preface(&self, deadline_s: f64) -> PlanHeader {
        let times = Mixture::new(&self.work(Order::Fifo), &self.model.profile);
        let alone = times.at(1);
        let is_contended = self.model.profile.copy.is_contended();
        let most = self.model.basis.measured_n_max.filter(|_| is_contended);
        PlanHeader {
            version: env!("CARGO_PKG_VERSION").into(),
            created_at: String::new(),
            command: Vec::new(),
            seed: self.seed,
            job: JobDescription {
                objects: self.batch.objects(),
                size_bytes: self.batch.total_bytes(),
                size_range_bytes: self.batch.size_range_bytes(),
                deadline_s,
                objects_at_least: self.batch.fewest,
                clock: None,
            },
            basis: self.model.basis.clone(),
            residence: ResidenceSummary {
                mean_s: alone.mean_s,
                mean_at_most_in_flight_s: most.map(|n| times.at(n.round() as u64).mean_s),
                cv: (alone.second_moment_s2 / alone.mean_s.powi(2) - 1.0).max(0.0).sqrt(),
            },
        }
    }

    /// What a plan with so many copies at once cannot be sure of.
    #[must_use]
    pub fn doubts(&self, concurrency: Option<u64>) -> Vec<Limitation> {
        let basis = &self.model.basis;
        let planned_bytes = self.batch.size_range_bytes();
        let extrapolated = concurrency.zip(basis.measured_n_max).and_then(|(value, measured_n)| {
            (value as f64 > EXTRAPOLATION * measured_n)
                .then_some(Limitation::Extrapolated { value, measured_n })
        });
        let measured = basis.jobs;
        let tail = (basis.measured_n_max.is_some() && self.batch.objects() > measured)
            .then_some(Limitation::TailExtrapolated { measured, planned: self.batch.objects() });
        let other_sizes = basis.measured_size_bytes.and_then(|measured_bytes| {
            let [low, high] =
                [measured_bytes[0] / 5 * 4, measured_bytes[1].saturating_add(measured_bytes[1] / 4)];
            (planned_bytes[0] < low || planned_bytes[1] > high)
                .then_some(Limitation::OtherSizes { measured_bytes, planned_bytes })
        });
        let objects = self.batch.in_parts();
        let in_parts = (objects > 0).then_some(Limitation::PartsAsOne { objects });
        let objects = self.batch.archived;
        let archived = (objects > 0).then_some(Limitation::Archived { objects });
        let of_plan = [extrapolated, tail, other_sizes, archived, in_parts].into_iter().flatten();
        self.model.doubts.iter().cloned().chain(of_plan).collect()
    }

    /// Which limits and prices were used.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        vec![
            format!(
                "limits of {} for {}: {}",
                self.limits.as_of,
                self.region,
                self.limits.in_words(&self.region)
            ),
            format!(
                "prices of {} for {}: {} ({})",
                self.prices.as_of,
                self.prices.region,
                self.prices.in_words(),
                self.prices.source
            ),
        ]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// So many objects of one size, under the built-in limits and prices.
    pub(crate) fn inputs(objects: usize, bytes: u64, model: FittedModel) -> PlanInputs {
        PlanInputs {
            batch: ObjectBatch {
                sizes_bytes: Arc::from(vec![bytes; objects]),
                fewest: None,
                prefixes: 1,
                multipart_above_bytes: 5 << 30,
                part_size_bytes: 64 << 20,
                archived: 0,
            },
            model,
            retry: RetryPolicy { max_attempts: 5, base_ns: 100_000_000, cap_ns: 20_000_000_000 },
            limits: Limits::built_in().clone(),
            prices: Prices::built_in(),
            region: "us-east-1".into(),
            between_regions: false,
            memory_mb: 128,
            seed: 1,
        }
    }
}
