//! When a level was under its full load.

use crate::load::attempt::{Attempt, Start};

/// Watches starts and ends. One entry a worker; open levels have none.
#[derive(Debug, Default)]
pub(super) struct FullLoad {
    workers: Vec<WorkerSpan>,
    last_start_ns: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct WorkerSpan {
    first_end_ns: Option<u64>,
    last_start_ns: u64,
}

impl FullLoad {
    /// An attempt started, in nanoseconds since the level's start.
    pub(super) fn started(&mut self, now_ns: u64, start: &Start) {
        self.last_start_ns = self.last_start_ns.max(now_ns);
        if let Some(worker) = self.worker(start) {
            worker.last_start_ns = worker.last_start_ns.max(now_ns);
        }
    }

    /// An attempt ended; its times count from the level's start.
    pub(super) fn ended(&mut self, attempt: &Attempt) {
        if attempt.job_end.is_some()
            && let Some(worker) = self.worker(&attempt.start)
        {
            worker.first_end_ns.get_or_insert(attempt.ended_ns);
        }
    }

    fn worker(&mut self, start: &Start) -> Option<&mut WorkerSpan> {
        let index = start.worker? as usize;
        if index >= self.workers.len() {
            self.workers.resize(index + 1, WorkerSpan::default());
        }
        self.workers.get_mut(index)
    }

    /// For workers, from every one having finished a job to one starting its last. For open arrivals, from the
    /// beginning to the last start. None where there is no such time.
    #[must_use]
    pub(super) fn window_ns(&self) -> Option<(u64, u64)> {
        if self.workers.is_empty() {
            return Some((0, self.last_start_ns)).filter(|(from, to)| from < to);
        }
        let from = self.workers.iter().map(|worker| worker.first_end_ns).collect::<Option<Vec<_>>>()?;
        let (from, to) =
            (from.into_iter().max()?, self.workers.iter().map(|worker| worker.last_start_ns).min()?);
        (from < to).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::attempt::{AttemptOutcome, JobEnd};

    fn start(worker: u32, intended_ns: u64) -> Start {
        Start { worker: Some(worker), intended_ns, ..Start::of_copy(intended_ns) }
    }

    #[test]
    fn full_load_is_from_everyones_first_end_to_the_first_last_start() {
        let mut load = FullLoad::default();
        // Worker 0: jobs 0–2, 2–5; worker 1: 0–3, 3–4, 4–6.
        for (worker, started_ns, ended_ns) in [(0, 0, 2), (1, 0, 3), (1, 3, 4), (0, 2, 5), (1, 4, 6)] {
            let start = start(worker, started_ns);
            let (outcome, job_end) = (AttemptOutcome::Ok, Some(JobEnd::Done));
            load.started(started_ns, &start);
            load.ended(&Attempt { level: 0, start, started_ns, ended_ns, outcome, code: None, job_end });
        }
        assert_eq!(load.window_ns(), None, "worker 0 starts its last job before worker 1 ended one");
        load.started(5, &start(0, 5));
        assert_eq!(load.window_ns(), Some((3, 4)));
    }
}
