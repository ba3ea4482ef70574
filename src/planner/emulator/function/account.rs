//! What a function has done.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::host::Host;
use crate::emulator::admission::lock;
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::law::in_flight_window::Window;
use planner_core::service::function::{MessageOutcome, MetricPeriods, PipelineWindows};

/// What a function has done.
#[derive(Debug, Clone)]
pub struct FunctionActivity {
    /// Nanoseconds since the endpoint's start.
    pub now_ns: u64,
    /// The lines that it logged; their times are seconds since the endpoint's start.
    pub lines: Vec<CopyRecord>,
    /// What became of the messages that have ended, by the numbers of their objects.
    pub fates: BTreeMap<u64, MessageOutcome>,
    /// Messages that have not ended.
    pub open: usize,
    /// What CloudWatch would have counted, second by second.
    pub metrics: MetricPeriods,
    /// What was counted at the stages from topic to function.
    pub stages: PipelineWindows,
    /// What was counted over the copy requests at the endpoint.
    pub copy: Window,
}

/// A function that was deployed. Clones are the same function.
#[derive(Clone)]
pub struct DeployedFunction(pub(in crate::emulator) Arc<Host>);

impl DeployedFunction {
    /// Ready when every message that was published has ended.
    pub async fn idle(&self) {
        // The sender lives as long as the function.
        let _ = self.0.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// What it has done up to now. The stages and the copies are counted since the account before.
    #[must_use]
    pub fn account(&self) -> FunctionActivity {
        let mut state = lock(&self.0.state);
        let now_ns = self.0.now_ns();
        // Closes the periods that are over.
        state.consumer.metrics().total(now_ns);
        FunctionActivity {
            now_ns,
            lines: state.lines.clone(),
            fates: state.fates.clone(),
            open: state.consumer.open(),
            metrics: state.consumer.metrics().clone(),
            stages: state.consumer.close(now_ns),
            copy: self.0.gate.close_copies(),
        }
    }
}
