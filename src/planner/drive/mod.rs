//! The dispatcher on tokio: real requests, in real or in virtual time.
//!
//! The runtime is single-threaded. Starts and ends are stamped by the same thread that counts them, so they are
//! recorded in the order in which they happened.

pub mod pacer;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use pacer::Pacer;
use planner_aws::file_error::FileError;
use planner_aws::operation::Operator;
use planner_aws::reply::Reply;
use planner_core::load::attempt::{Attempt, Start};
use planner_core::load::dispatch::{Action, Budget, Dispatcher, StopReason};
use planner_core::load::job::Jobs;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::recorder::{Recorder, Second};
use planner_core::random;
use planner_core::units::quantity::NS_PER_S;

/// After an interrupt, how long attempts in flight may take before they are left alone.
pub const DRAIN: Duration = Duration::from_secs(30);

const GAUGE: u64 = 0x6761_7567;

/// What is told of a run while it goes on.
pub trait Observer {
    /// An attempt ended; its times count from the start of the run.
    ///
    /// # Errors
    /// Where it cannot be written down, which ends the run.
    fn attempt(&mut self, attempt: &Attempt) -> Result<(), FileError>;

    /// A second is over. The answer may end the level.
    ///
    /// # Errors
    /// Where it cannot be written down, which ends the run.
    fn second(&mut self, second: &Second) -> Result<ControlFlow<StopReason>, FileError>;
}

/// Reads the endpoint's own count of requests in flight.
pub type GaugeReader = Box<dyn Fn() -> u64>;

/// Everything that levels of one run share.
pub struct Drive {
    /// Makes the attempts.
    pub operator: Arc<Operator>,
    /// Wakes the driver when something is due.
    pub pacer: Pacer,
    /// Start of the run.
    pub epoch: Instant,
    /// Seed of the moments at which the gauge is read.
    pub seed: u64,
    /// The endpoint's gauge, where it has one.
    pub gauge: Option<GaugeReader>,
    /// Delays of the event loop, in real time.
    pub loop_lag: TimeHistogram,
    /// How often the user has interrupted: once to drain, twice to leave at once.
    pub interrupts: watch::Receiver<u32>,
}

/// How a level went.
pub struct Driven {
    /// Its numbers.
    pub summary: LevelSummary,
    /// Attempts that were left in flight.
    pub abandoned: u64,
    /// What the level left of its budget.
    pub budget_left: Budget,
}

/// A finished attempt on its way from its task to the driver.
struct EndedAttempt {
    start: Start,
    started_ns: u64,
    ended_ns: u64,
    reply: Reply,
}

impl Drive {
    /// Runs one level to its end.
    ///
    /// # Errors
    /// Where the observer fails. What it took before is complete.
    pub async fn level<J: Jobs>(
        &mut self,
        number: u32,
        mut dispatcher: Dispatcher<J>,
        observer: &mut dyn Observer,
    ) -> Result<Driven, FileError> {
        let mut level = LevelInFlight::begin(number, self.epoch, observer, self.gauge.as_ref(), self.seed);
        let (sender, mut ended) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let mut drain_until: Option<Instant> = None;
        let reason = loop {
            while let Ok(end) = ended.try_recv() {
                level.end(&mut dispatcher, end)?;
            }
            while let Some(joined) = tasks.try_join_next() {
                // Nobody else tells of an attempt that panicked, and its end would be waited for for ever.
                if let Some(panic) = joined.err().and_then(|error| error.try_into_panic().ok()) {
                    std::panic::resume_unwind(panic);
                }
            }
            drain_until = heed_interrupt(&mut self.interrupts, &mut dispatcher).or(drain_until);
            // A limit that was reached is an order to end too.
            if drain_until.is_none() && dispatcher.ends_the_run().is_some() {
                drain_until = Some(Instant::now() + DRAIN);
            }
            // Virtual time drains in no time.
            if self.pacer.is_real() && drain_until.is_some_and(|until| Instant::now() >= until) {
                break dispatcher.ends_the_run().unwrap_or(StopReason::Interrupted);
            }
            let now_ns = level.now_ns();
            level.pass_time(now_ns)?;
            if let Some(reason) = level.stop.take() {
                dispatcher.stop(reason);
            }
            let until_ns = match dispatcher.poll(now_ns) {
                Action::Start(start) => {
                    level.recorder.started(now_ns, &start);
                    let operator = Arc::clone(&self.operator);
                    tasks.spawn(attempt(operator, start, now_ns, level.start, sender.clone()));
                    // The request is made now, not after all others that are due: a start that has to wait for
                    // this one is late by its own clock.
                    tokio::task::yield_now().await;
                    continue;
                }
                Action::Skip { .. } => {
                    level.recorder.not_started();
                    tokio::task::yield_now().await;
                    continue;
                }
                Action::Finished(reason) => break reason,
                Action::Wait(until_ns) => until_ns.unwrap_or(u64::MAX),
            };
            let due_ns = until_ns.min(level.next_event_ns());
            tokio::select! {
                biased;
                Ok(()) = self.interrupts.changed() => self.interrupts.mark_changed(),
                Some(end) = ended.recv() => level.end(&mut dispatcher, end)?,
                () = self.pacer.wait_until(level.start + Duration::from_nanos(due_ns)) => {
                    if self.pacer.is_real() {
                        self.loop_lag.record(level.woke(due_ns));
                    }
                }
            }
        };
        tasks.abort_all();
        let budget_left = dispatcher.budget_left(level.now_ns());
        let mut summary = level.finish()?;
        summary.stop_reason = Some(reason);
        Ok(Driven { summary, abandoned: dispatcher.in_flight(), budget_left })
    }
}

/// Passes a new interrupt on, and answers until when attempts in flight are waited for. It is asked at every turn,
/// since a driver that is behind its schedule never waits.
fn heed_interrupt<J: Jobs>(
    interrupts: &mut watch::Receiver<u32>,
    dispatcher: &mut Dispatcher<J>,
) -> Option<Instant> {
    if !interrupts.has_changed().unwrap_or(false) {
        return None;
    }
    dispatcher.stop(StopReason::Interrupted);
    let again = *interrupts.borrow_and_update() > 1;
    Some(Instant::now() + if again { Duration::ZERO } else { DRAIN })
}

async fn attempt(
    operator: Arc<Operator>,
    start: Start,
    started_ns: u64,
    level_start: Instant,
    sender: mpsc::UnboundedSender<EndedAttempt>,
) {
    let reply = operator.attempt(&start).await;
    let ended_ns = nanoseconds_since(level_start, Instant::now());
    // The driver may be gone after an interrupt.
    let _ = sender.send(EndedAttempt { start, started_ns, ended_ns, reply });
}

/// The level that is running and everything that counts it.
struct LevelInFlight<'a> {
    number: u32,
    start: Instant,
    offset_ns: u64,
    recorder: Recorder,
    observer: &'a mut dyn Observer,
    gauge: Option<&'a GaugeReader>,
    seed: u64,
    /// When the gauge is to be read in this second; None when it has been.
    gauge_due_ns: Option<u64>,
    /// Why the observer wants the level to end.
    stop: Option<StopReason>,
}

impl<'a> LevelInFlight<'a> {
    fn begin(
        number: u32,
        epoch: Instant,
        observer: &'a mut dyn Observer,
        gauge: Option<&'a GaugeReader>,
        seed: u64,
    ) -> Self {
        let start = Instant::now();
        let offset_ns = nanoseconds_since(epoch, start);
        let recorder = Recorder::new(number, offset_ns);
        let mut level = Self {
            number,
            start,
            offset_ns,
            recorder,
            observer,
            gauge,
            seed,
            gauge_due_ns: None,
            stop: None,
        };
        level.gauge_due_ns = level.gauge_moment(0);
        level
    }

    fn now_ns(&self) -> u64 {
        nanoseconds_since(self.start, Instant::now())
    }

    fn end<J: Jobs>(&mut self, dispatcher: &mut Dispatcher<J>, end: EndedAttempt) -> Result<(), FileError> {
        self.pass_time(end.ended_ns)?;
        let job_end = dispatcher.ended(end.ended_ns, &end.start, end.reply.outcome);
        let attempt = Attempt {
            level: self.number,
            start: end.start,
            started_ns: end.started_ns,
            ended_ns: end.ended_ns,
            outcome: end.reply.outcome,
            code: end.reply.code,
            job_end,
        };
        self.recorder.ended(&attempt);
        self.observer.attempt(&attempt.later_by(self.offset_ns))
    }

    /// Reads the gauge where it is due and closes the seconds that are over.
    fn pass_time(&mut self, now_ns: u64) -> Result<(), FileError> {
        if let Some(gauge) = self.gauge
            && self.gauge_due_ns.is_some_and(|due_ns| due_ns <= now_ns)
        {
            self.recorder.gauge(gauge());
            self.gauge_due_ns = None;
        }
        while now_ns >= self.recorder.second_ends_ns() {
            let border_ns = self.recorder.second_ends_ns();
            self.close(border_ns)?;
            self.gauge_due_ns = self.gauge_moment(border_ns);
        }
        Ok(())
    }

    /// A moment at random in the second that begins at `second_ns`: samples taken in step with the load would
    /// not average to its mean.
    fn gauge_moment(&self, second_ns: u64) -> Option<u64> {
        let phase = random::uniform(self.seed, &[GAUGE, u64::from(self.number), second_ns]);
        self.gauge.map(|_| second_ns + (phase * NS_PER_S as f64) as u64)
    }

    fn close(&mut self, at_ns: u64) -> Result<(), FileError> {
        let answer = self.recorder.close_second(at_ns, |second| self.observer.second(second))?;
        if let ControlFlow::Break(reason) = answer {
            self.stop = Some(reason);
        }
        Ok(())
    }

    fn next_event_ns(&self) -> u64 {
        self.recorder.second_ends_ns().min(self.gauge_due_ns.unwrap_or(u64::MAX))
    }

    /// How late the event loop came for what was due.
    fn woke(&mut self, due_ns: u64) -> u64 {
        let lag_ns = self.now_ns().saturating_sub(due_ns);
        self.recorder.loop_lag(lag_ns);
        lag_ns
    }

    fn finish(mut self) -> Result<LevelSummary, FileError> {
        let now_ns = self.now_ns();
        self.pass_time(now_ns)?;
        self.close(now_ns)?;
        Ok(self.recorder.summary())
    }
}

fn nanoseconds_since(start: Instant, now: Instant) -> u64 {
    // 584 years fit.
    u64::try_from(now.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX)
}
