//! The embedded endpoint: S3 and SNS over the service model, speaking the real protocols.
//!
//! The same endpoint is reached in process by the real AWS SDK ([`Cloud::clients`]), in virtual
//! time when the tokio runtime is paused, and over HTTP in real time ([`serve`]).

mod admission;
mod clock;
mod cloud;
mod config;
mod connector;
mod content;
mod function;
mod object;
mod router;
mod s3;
mod serve;
mod signature;
mod sns;
mod store;
mod tag;
mod topics;
mod upload;
mod xml;

pub use admission::{EndpointGauge, GaugeReading};
pub use cloud::Cloud;
pub use config::CloudConfig;
pub use function::{DeployedFunction, FunctionActivity};
pub use serve::serve;
pub use topics::ACCOUNT_ID;
