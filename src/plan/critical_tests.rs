use proptest::prelude::*;

use super::*;
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::simulate::work::{Order, Work};

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 3, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };

/// Every replication's critical number, by trying them all, ascending.
fn all(critical: &Critical<'_>, replications: u64) -> Vec<Option<u64>> {
    let mut scratch = Scratch::default();
    let holds = |scratch: &mut Scratch, replication, workers| {
        critical.sampler.draw(replication, &mut scratch.draws);
        critical.sampler.times_ns(&scratch.draws, workers, &mut scratch.times_ns);
        let deadline_ns = (critical.deadline_s * 1e9) as u64;
        scratch.pool.makespan_ns(&scratch.times_ns, workers, critical.ramp, deadline_ns).is_some()
    };
    let mut numbers: Vec<Option<u64>> = (0..replications)
        .map(|replication| (1..=critical.most).find(|&workers| holds(&mut scratch, replication, workers)))
        .collect();
    numbers.sort_by_key(|number| number.unwrap_or(u64::MAX));
    numbers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_ranks_are_those_of_all_replications(
        seed: u64, jobs in 1usize..120, cv in 0.0f64..1.5, deadline_s in 20.0f64..300.0,
        spread in 0u64..40, error_rate in prop_oneof![Just(0.0), 0.0f64..0.5],
        per_s in prop_oneof![Just(None), (0.05f64..10.0).prop_map(Some)],
    ) {
        let sizes_bytes: Vec<u64> = (0..jobs as u64).map(|job| job % 7 * spread * 1_000_000).collect();
        let work = Work::new(sizes_bytes.into(), Order::Fifo, RETRY);
        let mut profile = Profile::default();
        (profile.copy.base_s, profile.copy.noise_cv) = (10.0, cv);
        (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
        profile.request.error_rate = error_rate;
        let ramp = Ramp { per_s };
        let (sampler, form) = (Sampler::new(&work, &profile, seed), ClosedForm::new(&work, &profile, ramp));
        let most = jobs as u64;
        let guess = form.smallest_pool(deadline_s, 0.9, most).unwrap_or(most);
        let critical =
            Critical { sampler: &sampler, form: &form, ramp, deadline_s, guess, most };
        let expected = all(&critical, 60);
        let ranks = [3, 30, 54, 60];
        prop_assert_eq!(critical.at_ranks(&ranks, 60), ranks.map(|rank| expected[rank as usize - 1]));
    }
}
