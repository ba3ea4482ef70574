//! Prices as data, and what a load costs by them.

use serde::Deserialize;

use crate::load::job::{Jobs, Shape};
use crate::scenario::file::OperationKind;
use crate::scenario::objects::Workload;

/// Bytes in the gigabyte that transfer is billed by.
const GB: f64 = 1e9;

/// A price list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Month of the list.
    pub as_of: String,
    /// Region it is for.
    pub region: String,
    /// Where the numbers are from.
    pub source: String,
    /// S3.
    pub s3: S3Prices,
    /// SNS.
    pub sns: SnsPrices,
}

/// Prices of S3.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Prices {
    /// COPY, PUT, POST and LIST requests.
    pub copy_usd_per_1000: f64,
    /// GET and HEAD requests.
    pub get_usd_per_1000: f64,
    /// Transfer at best, such as within a region.
    pub transfer_usd_per_gb_low: f64,
    /// Transfer at worst, between regions.
    pub transfer_usd_per_gb_high: f64,
}

/// Prices of SNS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsPrices {
    /// Messages.
    pub publish_usd_per_million: f64,
}

impl Prices {
    /// The list that is built in.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(include_str!("prices.toml")).expect("the built-in list is read by a test")
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Where the text is no price list.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Price of one request of an operation, a batch of messages being `items` of them.
    #[must_use]
    pub fn usd_per_request(&self, operation: OperationKind, items: u64) -> f64 {
        match operation {
            OperationKind::Copy => self.s3.copy_usd_per_1000 / 1e3,
            OperationKind::Publish => self.sns.publish_usd_per_million / 1e6 * items as f64,
        }
    }

    /// Price of one byte copied, at worst.
    #[must_use]
    pub fn usd_per_byte_high(&self) -> f64 {
        self.s3.transfer_usd_per_gb_high / GB
    }
}

/// What a load comes to before it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// Jobs.
    pub jobs: u64,
    /// Requests when nothing fails.
    pub requests: u64,
    /// Requests when every attempt but the last permitted one fails.
    pub requests_at_most: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Cost at best: nothing fails, one region.
    pub cost_low_usd: f64,
    /// Cost at worst: every retry, two regions.
    pub cost_high_usd: f64,
}

impl Estimate {
    /// The estimate for `jobs` jobs of a workload that may make `max_attempts` attempts at each request.
    #[must_use]
    pub fn of(workload: &Workload, jobs: u64, max_attempts: u32, prices: &Prices) -> Self {
        let lap = workload.jobs_per_lap().max(1);
        let whole = Self::of_first(workload, lap.min(jobs));
        let rest = Self::of_first(workload, if jobs > lap { jobs % lap } else { 0 });
        let laps = (jobs / lap).max(1);
        let requests = whole.requests.saturating_mul(laps).saturating_add(rest.requests);
        let bytes = whole.bytes.saturating_mul(laps).saturating_add(rest.bytes);
        let requests_at_most = requests.saturating_mul(u64::from(max_attempts));
        let per_request = prices.usd_per_request(workload.operation, workload.items_per_job());
        let gigabytes = bytes as f64 / GB;
        Self {
            jobs,
            requests,
            requests_at_most,
            bytes,
            cost_low_usd: requests as f64 * per_request + gigabytes * prices.s3.transfer_usd_per_gb_low,
            cost_high_usd: requests_at_most as f64 * per_request
                + gigabytes * prices.s3.transfer_usd_per_gb_high,
        }
    }

    fn of_first(workload: &Workload, jobs: u64) -> Self {
        (0..jobs).fold(Self::default(), |sum, number| {
            let job = workload.job(number);
            let requests = match job.shape {
                Shape::Single(_) => 1,
                Shape::Multipart { parts, .. } => u64::from(parts) + 2,
            };
            Self { requests: sum.requests + requests, bytes: sum.bytes.saturating_add(job.bytes), ..sum }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::{Copy, Size};
    use crate::scenario::objects::ObjectSet;
    use crate::scenario::quantity::Bytes;

    fn copies(count: u64, size: u64, copy: Copy) -> Workload {
        let objects = ObjectSet::Generated { count, size: Size::Fixed(Bytes(size)), prefixes: 1, seed: 1 };
        Workload { objects, operation: OperationKind::Copy, copy, batch: 1 }
    }

    #[test]
    fn forty_five_thousand_copies_cost_what_the_list_says() {
        let workload = copies(45_000, 700_000_000, Copy::default());
        let estimate = Estimate::of(&workload, 45_000, 5, &Prices::built_in());
        assert!((estimate.cost_low_usd - 0.225).abs() < 1e-12);
        assert!((estimate.cost_high_usd - (5.0 * 0.225 + 630.0)).abs() < 1e-9, "31.5 TB at 0.02 per GB");
    }

    #[test]
    fn parts_are_billed_one_by_one_and_laps_add_up() {
        let copy = Copy { multipart_above: Bytes(0), part_size: Bytes(64 << 20), parallel_parts: 8 };
        let workload = copies(10, 700_000_000, copy);
        let estimate = Estimate::of(&workload, 25, 1, &Prices::built_in());
        assert_eq!(estimate.requests, 25 * 13, "11 parts, create and complete");
        assert_eq!(estimate.bytes, 25 * 700_000_000);
    }
}
