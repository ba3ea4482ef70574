//! The service model: how long a request takes, and when it is refused.
//!
//! It is told the time and never reads it, so the simulator can ask it about a virtual future and
//! the embedded endpoint about the present, and both get the same answers.

pub mod function;
mod gauge;
mod mixed;
mod model;
mod noise;
mod profile;
mod tailed;
mod timers;
mod token_bucket;

pub use gauge::Gauge;
pub use mixed::Mixed;
pub use model::{Admission, CopyRequest, ServiceModel, ServiceRefusal, ServiceRequest};
pub use noise::{Factor, Noise, NoisePaths};
pub use profile::bounds::ProfileError;
pub use profile::{
    CopyProfile, DeliveryProfile, FunctionProfile, Profile, PublishProfile, QueueProfile, RequestProfile,
};
pub use tailed::Tailed;

pub(crate) use timers::Timers;
pub(crate) use token_bucket::TokenBucket;
