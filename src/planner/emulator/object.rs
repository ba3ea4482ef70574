//! One object, and what a client said about it.

use std::sync::Arc;

use super::content::Content;
use super::tag::Tag;

/// What a client said about an object besides its bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) metadata: Option<s3s::dto::Metadata>,
}

/// One object. Copies share content and headers, so tens of thousands take tens of megabytes.
#[derive(Clone, Debug)]
pub(super) struct StoredObject {
    pub(super) content: Content,
    pub(super) tag: Tag,
    /// Nanoseconds since the endpoint started.
    pub(super) modified_ns: u64,
    pub(super) headers: Arc<Headers>,
    /// How often copies of it were asked for.
    pub(super) copies_asked: u32,
}
