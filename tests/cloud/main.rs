//! The embedded endpoint, driven by the real AWS SDK clients.

mod clients;
mod http;
mod multipart;
mod objects;
mod sns;
mod timing;
