//! What AWS allows an account and what it charges, as data: two lists, each overridable by a user's own.

mod limits;
pub mod overlay;
mod prices;
mod table;

pub use limits::DEFAULT_REGION;
pub use prices::{BYTES_PER_GB, MB_PER_GB};
pub use table::{
    BatchOperationsPrices, Ec2Prices, LambdaLimits, LambdaPrices, Limits, Prices, S3Limits, S3Prices,
    SnsLimits, SnsPrices, SqsLimits, SqsPrices,
};
