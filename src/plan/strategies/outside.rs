//! What AWS offers instead of any of this.

use super::scene::share;
use crate::cost::Usage;
use crate::ground::Ground;
use crate::strategy::Strategy;
use planner_core::units::human::counted;
use planner_core::units::quantity::Bytes;

/// S3 Batch Operations: the cost is known, the time is not (Amazon S3 User Guide, "Copy objects").
pub(super) fn batch_operations(ground: &Ground) -> Strategy {
    let (batch, most_bytes) = (&ground.batch, ground.limits.s3.copy_max_bytes);
    let fits = |bytes: &&u64| **bytes <= most_bytes;
    let objects = batch.sizes_bytes.iter().filter(fits).count() as u64;
    let bytes: u64 = batch.sizes_bytes.iter().filter(fits).fold(0, |sum, &bytes| sum.saturating_add(bytes));
    let usage = Usage {
        copy_requests: objects,
        bytes_between_regions: if ground.between_regions { bytes } else { 0 },
        batch_jobs: 1,
        batch_objects: batch.objects(),
        ..Usage::default()
    };
    let too_large = match batch.objects() - objects {
        0 => String::new(),
        left => format!("; {} above {} must be copied otherwise", counted(left, "object"), Bytes(most_bytes)),
    };
    Strategy {
        name: "Batch Operations".into(),
        setting: "1 job of S3 Batch Operations".into(),
        finish_p50_s: None,
        finish_p99_s: None,
        by_deadline: None,
        in_flight_peak: None,
        throttles: None,
        cost_usd: usage.cost(&ground.prices).total_usd,
        copied: share(objects as f64, batch.objects()),
        runs: 0,
        breaks: format!(
            "when it is done is not known: AWS decides; it needs a manifest and a role, and writes a report{too_large}"
        ),
    }
}
