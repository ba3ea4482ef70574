//! What is known of an object from the answer that confirmed it.

use aws_sdk_s3::primitives::DateTime;

/// What the answer to a write said of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteReceipt {
    /// ETag as the service gives it, with its quotes; empty where the answer has none.
    pub etag: String,
    /// Version, in a versioned bucket.
    pub version: Option<String>,
    /// LastModified in whole seconds since 1970, where the answer has it.
    pub modified_s: Option<i64>,
}

impl WriteReceipt {
    /// What an answer said in these fields.
    pub(crate) fn of(etag: Option<&str>, version: Option<&str>, modified: Option<&DateTime>) -> Self {
        Self {
            etag: etag.unwrap_or_default().to_owned(),
            version: real_version(version).map(str::to_owned),
            modified_s: modified.map(DateTime::secs),
        }
    }
}

/// The id of a version; an object without one of its own is called `null`, and so is the next one.
pub(crate) fn real_version(id: Option<&str>) -> Option<&str> {
    id.filter(|id| !id.is_empty() && *id != "null")
}
