//! A function behind a topic: the consumer of the service model, whose invocations really copy.
//!
//! It reads the messages of the deployed function and logs its lines, with times since the endpoint's start. Like
//! the deployed function it works on all messages of an invocation side by side, looks whether the copy is there
//! already, and asks again until its time is over.

mod copying;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::gate::lock;
use super::s3::Storage;
use planner_core::fan_out::copied::Copied;
use planner_core::fan_out::message::{Message, MessageError};
use planner_core::law::little::{InFlight, Window};
use planner_core::scenario::file::Copy;
use planner_core::service::Profile;
use planner_core::service::function::{Action, Consumer, Fate, Metrics, Shape, Stages};

/// Messages that name no object are numbered from here on.
const STRANGERS: u64 = 1 << 63;

/// Metrics are kept second by second.
const METRICS_PERIOD_S: u64 = 1;

/// A function, what waits for it, and what it has done.
#[derive(Debug)]
pub(super) struct Host {
    storage: Storage,
    copy: Copy,
    shape: Shape,
    seed: u64,
    mean_copy: planner_core::service::CopyProfile,
    state: Mutex<State>,
    /// Something has changed that the consumer should be asked about.
    woken: Notify,
    /// Messages that have not ended.
    open: watch::Sender<usize>,
    is_driven: AtomicBool,
}

#[derive(Debug)]
struct State {
    consumer: Consumer,
    /// What was published, by number; a second delivery finds it again.
    messages: HashMap<u64, Result<Message, MessageError>>,
    strangers: u64,
    invocations: u64,
    copying: InFlight,
    lines: Vec<Copied>,
    fates: BTreeMap<u64, Fate>,
}

/// What a function has done.
#[derive(Debug, Clone)]
pub struct Account {
    /// Nanoseconds since the endpoint's start.
    pub now_ns: u64,
    /// The lines that it logged; their times are seconds since the endpoint's start.
    pub lines: Vec<Copied>,
    /// What became of the messages that have ended, by the numbers of their objects.
    pub fates: BTreeMap<u64, Fate>,
    /// Messages that have not ended.
    pub open: usize,
    /// What CloudWatch would have counted, second by second.
    pub metrics: Metrics,
    /// What was counted at the stages from topic to function.
    pub stages: Stages,
    /// What was counted over the copy requests.
    pub copy: Window,
}

/// A function that was deployed. Clones are the same function.
#[derive(Debug, Clone)]
pub struct Function(pub(super) Arc<Host>);

impl Function {
    /// Ready when every message that was published has ended.
    pub async fn idle(&self) {
        // The sender lives as long as the function.
        let _ = self.0.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// What it has done up to now. The stages are counted since the account before.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut state = lock(&self.0.state);
        let now_ns = self.0.storage.gate.clock.now_ns();
        // Closes the periods that are over.
        state.consumer.metrics().total(now_ns);
        Account {
            now_ns,
            lines: state.lines.clone(),
            fates: state.fates.clone(),
            open: state.consumer.open(),
            metrics: state.consumer.metrics().clone(),
            stages: state.consumer.close(now_ns),
            copy: state.copying.close(now_ns),
        }
    }
}

impl Host {
    pub(super) fn new(storage: Storage, profile: &Profile, shape: Shape, copy: Copy, seed: u64) -> Self {
        let state = State {
            consumer: Consumer::new(profile, shape, METRICS_PERIOD_S, seed),
            messages: HashMap::new(),
            strangers: STRANGERS,
            invocations: 0,
            copying: InFlight::new(),
            lines: Vec::new(),
            fates: BTreeMap::new(),
        };
        Self {
            storage,
            copy,
            shape,
            seed,
            mean_copy: profile.copy.clone(),
            state: Mutex::new(state),
            woken: Notify::new(),
            open: watch::Sender::new(0),
            is_driven: AtomicBool::new(false),
        }
    }

    /// The topic has taken a message. The first one starts the function, on the runtime that serves the topic.
    pub(super) fn publish(self: &Arc<Self>, text: &str) {
        {
            let mut state = lock(&self.state);
            let message = Message::decode(text);
            let key = match &message {
                Ok(message) => message.n,
                Err(_) => {
                    state.strangers += 1;
                    state.strangers
                }
            };
            state.messages.insert(key, message);
            state.consumer.publish(self.now_ns(), key);
            self.open.send_replace(state.consumer.open());
        }
        if !self.is_driven.swap(true, Ordering::Relaxed) {
            tokio::spawn(drive(Arc::clone(self)));
        }
        self.woken.notify_one();
    }

    fn now_ns(&self) -> u64 {
        self.storage.gate.clock.now_ns()
    }
}

/// Asks the consumer what to do, for as long as the endpoint lives.
async fn drive(host: Arc<Host>) {
    let start = Instant::now() - Duration::from_nanos(host.now_ns());
    loop {
        let action = {
            let mut state = lock(&host.state);
            let action = state.consumer.poll(host.now_ns());
            if let Action::Ended { key, fate } = action {
                if key < STRANGERS {
                    state.fates.insert(key, fate);
                }
                host.open.send_replace(state.consumer.open());
            }
            action
        };
        match action {
            Action::Invoke(invocation) => drop(tokio::spawn(work::work(Arc::clone(&host), invocation))),
            Action::Ended { .. } => {}
            Action::Wait(None) => host.woken.notified().await,
            Action::Wait(Some(until_ns)) => {
                // Never early: the consumer would only say again how long to wait.
                let until = tokio::time::sleep_until(start + Duration::from_nanos(until_ns));
                tokio::select! {
                    () = host.woken.notified() => {}
                    () = until => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
