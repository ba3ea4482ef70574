//! The jobs of a batch on each of the services, made when they are first drawn.

use std::sync::OnceLock;

use planner_core::service::Profile;
use planner_core::simulate::work::{Sampler, Work};

/// A batch on all services that it may meet: replication after replication takes the next.
#[derive(Debug)]
pub(crate) struct Samplers<'a> {
    work: &'a Work,
    services: &'a [Profile],
    seed: u64,
    made: Vec<OnceLock<Sampler<'a>>>,
}

impl<'a> Samplers<'a> {
    pub(crate) fn new(work: &'a Work, services: &'a [Profile], seed: u64) -> Self {
        Self { work, services, seed, made: services.iter().map(|_| OnceLock::new()).collect() }
    }

    /// The number of the service that a replication meets.
    pub(crate) fn service(&self, replication: u64) -> usize {
        (replication % self.services.len() as u64) as usize
    }

    pub(crate) fn profile(&self, replication: u64) -> &'a Profile {
        &self.services[self.service(replication)]
    }

    pub(crate) fn of(&self, replication: u64) -> &Sampler<'a> {
        let make = || Sampler::new(self.work, self.profile(replication), self.seed);
        self.made[self.service(replication)].get_or_init(make)
    }
}
