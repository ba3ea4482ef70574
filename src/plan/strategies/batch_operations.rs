//! What AWS offers instead of any of this.

use super::context::share;
use crate::caveat::Caveat;
use crate::cost::Usage;
use crate::plan_inputs::PlanInputs;
use crate::strategies_document::{Strategy, StrategyKind};

/// S3 Batch Operations: the cost is known, the time is not (Amazon S3 User Guide, "Copy objects").
pub(super) fn batch_operations(inputs: &PlanInputs) -> Strategy {
    let (batch, most_bytes) = (&inputs.batch, inputs.limits.s3.copy_max_bytes);
    let fits = |bytes: &&u64| **bytes <= most_bytes;
    let objects = batch.sizes_bytes.iter().filter(fits).count() as u64;
    let bytes: u64 = batch.sizes_bytes.iter().filter(fits).fold(0, |sum, &bytes| sum.saturating_add(bytes));
    let usage = Usage {
        copy_requests: objects,
        bytes_between_regions: if inputs.between_regions { bytes } else { 0 },
        batch_jobs: 1,
        batch_objects: batch.objects(),
        ..Usage::default()
    };
    let left = batch.objects() - objects;
    let too_large = (left > 0).then_some(Caveat::TooLarge { objects: left, largest_bytes: most_bytes });
    Strategy {
        strategy: StrategyKind::BatchOperations,
        finish_p50_s: None,
        finish_p99_s: None,
        by_deadline: None,
        in_flight_peak: None,
        throttles: None,
        cost_usd: usage.cost(&inputs.prices).total_usd,
        copied: share(objects as f64, batch.objects()),
        runs: 0,
        caveats: [Caveat::TimeUnknown].into_iter().chain(too_large).collect(),
    }
}
