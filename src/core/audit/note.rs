//! What to know when reading the numbers of an audit.

use serde::Serialize;

use super::misplaced::MisplacedObjects;

/// Something to know when reading the numbers of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditNote {
    /// The execution time lacks the first copy's own time.
    FirstCopyLeftOut,
    /// So many objects were there from before, with the content of their source.
    Unchanged(u64),
    /// Most of the missing lie one folder off.
    Elsewhere(MisplacedObjects),
    /// So many of the missing came to the source after the backup had begun.
    MissingNew(u64),
    /// So many of the copied were written in parts.
    InParts(u64),
    /// So many were compared by size alone, because their ETags cannot be compared.
    ComparedBySize(u64),
    /// ETags differ, as they do under KMS encryption without saying anything.
    EtagsDiffer,
    /// So many keys were listed twice.
    Duplicates(u64),
    /// So many requests to the function were throttled.
    Throttled(u64),
    /// The plan was made for so many objects.
    PlannedFor(u64),
    /// The document names the first of a kind only.
    NotAllNamed,
    /// There are no metrics, for this reason.
    NoMetrics(String),
}
