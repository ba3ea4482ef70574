//! What Lambda keeps of a function: its messages, its executions and its log.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};

use crate::emulator::admission::{Gate, lock};
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::fan_out::message::{Message, MessageError};
use planner_core::service::function::{FunctionPipeline, MessageOutcome, PipelineShape};
use planner_core::service::{CopyProfile, Profile};

/// Messages that name no object are numbered from here on.
pub(super) const STRANGERS: u64 = 1 << 63;

/// Metrics are kept second by second.
const METRICS_PERIOD_S: u64 = 1;

/// A function, what waits for it, and what it has done.
pub(in crate::emulator) struct Host {
    pub(super) gate: Arc<Gate>,
    pub(super) shape: PipelineShape,
    pub(super) seed: u64,
    pub(super) mean_copy: CopyProfile,
    pub(super) state: Mutex<HostState>,
    /// Something has changed that the consumer should be asked about.
    pub(super) woken: Notify,
    /// Messages that have not ended.
    pub(super) open: watch::Sender<usize>,
    /// What runs the function, until the first message starts it.
    pub(super) driver: Mutex<Option<BoxFuture<'static, ()>>>,
}

pub(super) struct HostState {
    pub(super) consumer: FunctionPipeline,
    /// What was published, by number; a second delivery finds it again.
    pub(super) messages: HashMap<u64, Result<Message, MessageError>>,
    strangers: u64,
    pub(super) lines: Vec<CopyRecord>,
    pub(super) fates: BTreeMap<u64, MessageOutcome>,
}

impl Host {
    pub(in crate::emulator) fn new(
        gate: Arc<Gate>,
        profile: &Profile,
        shape: PipelineShape,
        seed: u64,
    ) -> Self {
        let state = HostState {
            consumer: FunctionPipeline::new(profile, shape, METRICS_PERIOD_S, seed),
            messages: HashMap::new(),
            strangers: STRANGERS,
            lines: Vec::new(),
            fates: BTreeMap::new(),
        };
        Self {
            gate,
            shape,
            seed,
            mean_copy: profile.copy.clone(),
            state: Mutex::new(state),
            woken: Notify::new(),
            open: watch::Sender::new(0),
            driver: Mutex::default(),
        }
    }

    /// The topic has taken a message. The first one starts the function, on the runtime that serves the topic.
    pub(in crate::emulator) fn publish(&self, text: &str) {
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
        if let Some(driver) = lock(&self.driver).take() {
            tokio::spawn(driver);
        }
        self.woken.notify_one();
    }

    pub(super) fn now_ns(&self) -> u64 {
        self.gate.clock.now_ns()
    }
}
