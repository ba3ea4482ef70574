//! The jobs of a batch on each of the services, made when they are first drawn.

use std::sync::OnceLock;

use super::meetings;
use planner_core::service::Profile;
use planner_core::simulate::work::{Sampler, Work};

/// The batches and services that may be met: replication after replication takes the next.
#[derive(Debug)]
pub(crate) struct Samplers<'a> {
    meetings: Vec<(&'a Work, &'a Profile)>,
    seed: u64,
    made: Vec<OnceLock<Sampler<'a>>>,
}

impl<'a> Samplers<'a> {
    pub(crate) fn new(work: &'a Work, services: &'a [Profile], seed: u64) -> Self {
        let meetings = meetings(work, services);
        let made = meetings.iter().map(|_| OnceLock::new()).collect();
        Self { meetings, seed, made }
    }

    /// The number of what a replication meets.
    pub(crate) fn meeting(&self, replication: u64) -> usize {
        (replication % self.meetings.len() as u64) as usize
    }

    pub(crate) fn work(&self, replication: u64) -> &'a Work {
        self.meetings[self.meeting(replication)].0
    }

    pub(crate) fn profile(&self, replication: u64) -> &'a Profile {
        self.meetings[self.meeting(replication)].1
    }

    pub(crate) fn of(&self, replication: u64) -> &Sampler<'a> {
        let make = || Sampler::new(self.work(replication), self.profile(replication), self.seed);
        self.made[self.meeting(replication)].get_or_init(make)
    }
}
