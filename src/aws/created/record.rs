//! One row of the list.

use serde::{Deserialize, Serialize};

/// Name of the list in a run folder.
pub const FILE: &str = "created.csv";

/// The columns. Lists of older versions have only the first four.
pub(super) const HEADER: [&str; 6] = ["event", "bucket", "key", "mark", "version", "modified_s"];

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEvent {
    /// It is about to be written.
    Intended,
    /// It was written, with this ETag.
    Written,
    /// A multipart upload to it is about to be begun; its id is not known before the answer.
    UploadIntended,
    /// The service refused to begin that upload, or it was not to be found later.
    UploadRefused,
    /// A multipart upload with this id was begun.
    UploadBegun,
    /// That upload was completed or aborted.
    UploadEnded,
    /// The topic with this ARN was created.
    Topic,
    /// The bucket is about to be created.
    Bucket,
    /// The topic or bucket turned out to be somebody else's.
    Left,
    /// It was deleted again.
    Deleted,
}

/// What happened, to what, and what was said of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CreatedRecord {
    pub(super) event: KeyEvent,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) mark: String,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) modified_s: Option<i64>,
}
