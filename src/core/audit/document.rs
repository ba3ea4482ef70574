//! What an audit says, for programs.

use serde::{Serialize, Serializer};

use super::function::AuditedFunction;
use super::misplaced::elsewhere;
use super::note::AuditNote;
use super::object_comparison::{CompareBy, FindingReason};
use super::plan_expectation::PlanExpectation;
use super::tally::{Item, LISTED_AT_MOST, Tally, rfc3339};
use super::verdicts::{AuditEvidence, AuditVerdicts};
use crate::law::finding::Verdict;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/audit/1";

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subject {
    /// Where the objects were to be copied from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// When it was looked at, RFC 3339.
    pub audited_at: String,
    /// Whether it says nothing about a real account.
    pub rehearsal: bool,
    /// By what copies were compared.
    pub compared_by: CompareBy,
    /// When the backup began, in nanoseconds since 1970; written as RFC 3339.
    #[serde(rename = "since", serialize_with = "as_rfc3339")]
    pub since_ns: Option<i64>,
    /// Whether both listings were read to their ends.
    pub complete: bool,
    /// Requests that listed objects.
    pub list_requests: u64,
    /// The command that looked.
    pub command: Vec<String>,
}

fn as_rfc3339<S: Serializer>(time_ns: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    time_ns.and_then(rfc3339).serialize(serializer)
}

/// How many of each kind, where the lists stop at a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FindingCounts {
    /// Not at the destination.
    pub missing: u64,
    /// Not at the source.
    pub extra: u64,
    /// With another size or ETag.
    pub differing: u64,
    /// From before.
    pub stale: u64,
    /// Arrived, there from before with the content of their source.
    pub unchanged: u64,
    /// Arrived, compared by size because the ETags cannot tell.
    pub compared_by_size: u64,
    /// Keys that a listing gave twice.
    pub duplicates: u64,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What was looked at.
    #[serde(flatten)]
    pub subject: Subject,
    /// Whether everything arrived.
    pub verdict: Verdict,
    /// Whether everything arrived and nothing speaks against the rest.
    pub holds: bool,
    /// Objects at the source.
    pub expected: u64,
    /// Their bytes.
    pub expected_bytes: u64,
    /// Objects at the destination as they should be.
    pub arrived: u64,
    /// Their bytes.
    pub arrived_bytes: u64,
    /// How many of each kind.
    pub counts: FindingCounts,
    /// The first thousand that are missing.
    pub missing: Vec<Item>,
    /// The first thousand that nobody asked for.
    pub extra: Vec<Item>,
    /// The first thousand with another size or ETag.
    pub differing: Vec<Item>,
    /// The first thousand from before.
    pub stale: Vec<Item>,
    /// Latest minus earliest LastModified of what was copied.
    pub execution_time_s: Option<f64>,
    /// Earliest LastModified, RFC 3339.
    pub first_modified: Option<String>,
    /// Latest LastModified, RFC 3339.
    pub last_modified: Option<String>,
    /// Executions of the function.
    pub invocations: Option<u64>,
    /// Its throttled requests.
    pub throttles: Option<u64>,
    /// Its failed executions.
    pub errors: Option<u64>,
    /// Its metrics.
    pub function: Option<AuditedFunction>,
    /// What the plan promised.
    pub plan: Option<PlanExpectation>,
    /// The verdicts.
    pub verdicts: AuditVerdicts,
    /// What to know when reading the numbers.
    pub notes: Vec<AuditNote>,
}

impl AuditDocument {
    /// Puts together what was found.
    #[must_use]
    pub fn new(
        subject: Subject,
        tally: Tally,
        function: Option<AuditedFunction>,
        plan: Option<PlanExpectation>,
    ) -> Self {
        let verdicts = AuditVerdicts::of(AuditEvidence {
            tally: &tally,
            complete: subject.complete,
            since_ns: subject.since_ns,
            function: function.as_ref(),
            promise: plan.as_ref(),
        });
        let notes = notes(&subject, &tally, function.as_ref(), plan.as_ref());
        Self {
            schema: SCHEMA,
            verdict: verdicts.complete.verdict,
            holds: verdicts.holds(),
            subject,
            expected: tally.expected,
            expected_bytes: tally.expected_bytes,
            arrived: tally.arrived,
            arrived_bytes: tally.arrived_bytes,
            counts: FindingCounts {
                missing: tally.missing.count,
                extra: tally.extra.count,
                differing: tally.differing.count,
                stale: tally.stale.count,
                unchanged: tally.unchanged,
                compared_by_size: tally.compared_by_size,
                duplicates: tally.duplicates,
            },
            execution_time_s: tally.execution_time_s(),
            first_modified: tally.first_modified_ns.and_then(rfc3339),
            last_modified: tally.last_modified_ns.and_then(rfc3339),
            missing: tally.missing.first,
            extra: tally.extra.first,
            differing: tally.differing.first,
            stale: tally.stale.first,
            invocations: function.as_ref().map(|function| function.invocations),
            throttles: function.as_ref().and_then(|function| function.throttles),
            errors: function.as_ref().and_then(|function| function.errors),
            function,
            plan,
            verdicts,
            notes,
        }
    }
}

fn notes(
    subject: &Subject,
    tally: &Tally,
    function: Option<&AuditedFunction>,
    plan: Option<&PlanExpectation>,
) -> Vec<AuditNote> {
    let some = |number: u64| (number > 0).then_some(number);
    let by_size = some(tally.compared_by_size).filter(|_| subject.compared_by == CompareBy::Etag);
    let throttles = function.and_then(|function| function.throttles).and_then(some);
    let planned = plan.and_then(|plan| plan.objects).filter(|&planned| planned != tally.expected as f64);
    let lists = [&tally.missing, &tally.extra, &tally.differing, &tally.stale];
    let etags_differ = tally.differing.first.iter().any(|item| item.reason == FindingReason::Etag);
    let not_all_named = lists.iter().any(|list| list.count > LISTED_AT_MOST as u64);
    let places = [subject.source.as_str(), &subject.destination];
    let notes = [
        elsewhere(places, &tally.missing, &tally.extra).map(AuditNote::Elsewhere),
        some(tally.copied()).map(|_| AuditNote::FirstCopyLeftOut),
        some(tally.unchanged).map(AuditNote::Unchanged),
        some(tally.missing_new).map(AuditNote::MissingNew),
        some(tally.in_parts).map(AuditNote::InParts),
        by_size.map(AuditNote::ComparedBySize),
        etags_differ.then_some(AuditNote::EtagsDiffer),
        some(tally.duplicates).map(AuditNote::Duplicates),
        throttles.map(AuditNote::Throttled),
        planned.filter(|_| subject.complete).map(|planned| AuditNote::PlannedFor(planned as u64)),
        not_all_named.then_some(AuditNote::NotAllNamed),
    ];
    notes.into_iter().flatten().collect()
}
