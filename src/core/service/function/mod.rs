//! Topic, queue and function: what happens to a message between its publishing and the end of its copy.
//!
//! [`FunctionPipeline`] is a state machine without I/O, told the time and what ended, like the dispatcher of the load: a
//! simulation runs it on a virtual clock, the embedded endpoint behind the real protocols.

mod asynchronous;
mod consumer;
mod environments;
mod invocation;
mod message;
mod metrics;
mod pollers;
mod queue_source;

pub use consumer::{FunctionPipeline, PipelineWindows};
pub use invocation::{
    Invocation, InvocationEnd, Member, MessageOutcome, PipelineAction, PipelineShape, RESERVE_NS,
};
pub use metrics::{MetricPeriod, MetricPeriods};
