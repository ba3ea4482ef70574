//! The embedded endpoint, driven by the real AWS SDK clients.

#![cfg(feature = "cli")]

mod clients;
mod http;
mod multipart;
mod objects;
mod sns;
mod timing;
