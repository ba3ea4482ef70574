//! The Lambda function that copies the objects which messages name.
//!
//! It takes messages from SNS and from SQS, copies with what S3 allows and no more than the settings allow, and logs
//! one [`CopyRecord`](planner_core::fan_out::copied::Copied) line for each.

pub mod delivery;
pub mod handler;
pub mod retry_loop;
pub mod settings;
pub mod source_object;
pub mod transfer;
