//! What became of the publishing of every object.

use std::collections::BTreeMap;

use crate::load::attempt::{Attempt, JobEnd};
use crate::units::quantity::seconds;

/// The publishing of one object, over all attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectPublication {
    /// When it should have begun.
    pub intended_s: f64,
    /// When its first attempt began.
    pub started_s: f64,
    /// When its last attempt ended.
    pub ended_s: f64,
    /// Whether the topic took the message.
    pub done: bool,
}

/// The publishing of all objects, by their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Publications(BTreeMap<u64, ObjectPublication>);

impl Publications {
    /// Takes an attempt, in the order of their ends.
    pub fn add(&mut self, attempt: &Attempt) {
        let start = &attempt.start;
        for object in start.object..start.object + u64::from(start.items) {
            let publish = self.0.entry(object).or_insert(ObjectPublication {
                intended_s: seconds(start.job_intended_ns),
                started_s: seconds(attempt.started_ns),
                ended_s: 0.0,
                done: false,
            });
            publish.ended_s = seconds(attempt.ended_ns);
            publish.done |= attempt.job_end == Some(JobEnd::Done);
        }
    }

    /// The topic took the messages of these objects, whatever became of the rest of their batches.
    pub fn taken(&mut self, objects: impl IntoIterator<Item = u64>) {
        for object in objects {
            if let Some(publish) = self.0.get_mut(&object) {
                publish.done = true;
            }
        }
    }

    /// Objects that were to be published, with what became of it.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &ObjectPublication)> {
        self.0.iter().map(|(object, publish)| (*object, publish))
    }

    /// When the last attempt ended; 0 when there was none.
    #[must_use]
    pub fn ended_s(&self) -> f64 {
        self.0.values().map(|publish| publish.ended_s).fold(0.0, f64::max)
    }

    /// Messages that the topic took.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.0.values().filter(|publish| publish.done).count() as u64
    }
}
