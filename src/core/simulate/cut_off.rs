//! A pool of workers that is cut off, as in a function with a timeout.

use rayon::prelude::*;

use super::batch::Scratch;
use super::pool::Ramp;
use super::work::{Sampler, Work};
use crate::service::Profile;
use crate::units::quantity::{nanoseconds, seconds};

const AT_ONCE: Ramp = Ramp { per_s: None };

/// How a pool ended in one replication.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutOff {
    /// When its last job ended, in seconds; infinite where it was cut off before.
    pub makespan_s: f64,
    /// Jobs that ended in time.
    pub ended: u64,
}

/// Drains `work` with a pool of `workers` until `until_s`, `replications` times; each replication uses the next of
/// `profiles`. The same seed gives the same result on any number of cores, and the luck of
/// [`super::batch::simulate_pool`].
#[must_use]
pub fn simulate_until(
    work: &Work,
    profiles: &[Profile],
    workers: u64,
    until_s: f64,
    replications: u64,
    seed: u64,
) -> Vec<CutOff> {
    let samplers: Vec<Sampler<'_>> =
        profiles.par_iter().map(|profile| Sampler::new(work, profile, seed)).collect();
    let until_ns = nanoseconds(until_s);
    let run = |scratch: &mut Scratch, (replication, sampler): (u64, &Sampler<'_>)| {
        let Scratch { pool, draws, times_ns } = scratch;
        sampler.draw(replication, draws);
        sampler.times_ns(draws, workers, times_ns);
        match pool.makespan_ns(times_ns, workers, AT_ONCE, until_ns) {
            Some(makespan_ns) => CutOff { makespan_s: seconds(makespan_ns), ended: work.jobs() },
            None => CutOff {
                makespan_s: f64::INFINITY,
                ended: pool.ended_by(times_ns, workers, AT_ONCE, until_ns),
            },
        }
    };
    let numbered: Vec<(u64, &Sampler<'_>)> = (0..replications).zip(samplers.iter().cycle()).collect();
    numbered.into_par_iter().map_init(Scratch::default, run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::CopyProfile;
    use crate::simulate::RETRY;
    use crate::simulate::batch::simulate_pool;
    use crate::simulate::work::Order;

    fn fixed() -> Profile {
        Profile { copy: CopyProfile::uncontended(30.0, 0.0), ..Profile::default() }
    }

    #[test]
    fn what_ended_before_the_cut_is_counted() {
        let work = Work::new(vec![0; 45_000].into(), Order::Fifo, RETRY);
        let cut = simulate_until(&work, &[fixed()], 100, 900.0, 2, 1);
        assert_eq!(cut, [CutOff { makespan_s: f64::INFINITY, ended: 3000 }; 2]);
        let whole = simulate_until(&work, &[fixed()], 100, 13_500.0, 1, 1);
        assert_eq!(whole, [CutOff { makespan_s: 13_500.0, ended: 45_000 }]);
    }

    #[test]
    fn without_a_cut_it_is_the_plain_pool() {
        let work = Work::new(vec![700_000_000; 250].into(), Order::Fifo, RETRY);
        let mut seen: Vec<f64> = simulate_until(&work, &[Profile::default()], 16, 1e6, 40, 7)
            .iter()
            .map(|run| run.makespan_s)
            .collect();
        seen.sort_unstable_by(f64::total_cmp);
        let plain = simulate_pool(&work, &[Profile::default()], 16, AT_ONCE, 40, 7);
        assert_eq!(seen, plain.makespans_s);
    }
}
