//! After a backup: what arrived, what did not, how long it took, and whether the plan was kept.
//!
//! Two listings in the order of their keys are merged as they come, so memory does not grow with the number of objects.

pub mod document;
pub mod execution_time;
pub mod function;
pub mod listing_location;
pub mod merge_join;
pub mod misplaced;
pub mod note;
pub mod object_comparison;
pub mod plan_expectation;
pub mod tally;
pub mod verdict_reason;
pub mod verdicts;

/// An object as a listing or a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Key without the prefix of its place, the same on both sides.
    pub key: String,
    /// Size.
    pub size_bytes: u64,
    /// Entity tag without quotes, where it is known.
    pub etag: Option<String>,
    /// LastModified in nanoseconds since 1970, where it is known.
    pub modified_ns: Option<i64>,
}
