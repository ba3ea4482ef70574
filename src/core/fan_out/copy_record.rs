//! The line that the consumer logs for every message it worked on, from which the planner reads the times back.
//!
//! The log is the one place that costs nothing more: the function writes to it anyway, and FilterLogEvents is not
//! billed. Metadata of the copy would need the REPLACE directive, which loses the source's own. The line names no
//! key; the run and the number of the object say which it was.

use serde::{Deserialize, Serialize};

use crate::service::function::PipelineShape;

/// Kind and version of the line.
pub const SCHEMA: &str = "planner/copy/1";

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyOutcome {
    /// The object was copied.
    Copied,
    /// The copy was there from an earlier delivery of the message.
    Already,
    /// S3 refused it or could not do it; `code` has its word.
    Failed,
    /// The time of the invocation was over first.
    OutOfTime,
    /// The message is not understood, or names buckets that the function may not use.
    Rejected,
}

impl CopyOutcome {
    /// Whether the message is done with and the object at its destination.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Copied | Self::Already)
    }
}

/// One line of the log. Times are seconds since 1970 by the clock of whoever took them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// [`SCHEMA`].
    pub schema: String,
    /// Run of the message; none where it was not understood.
    pub run: Option<String>,
    /// Number of the object in the run.
    pub n: Option<u64>,
    /// How the message came.
    pub shape: PipelineShape,
    /// When the publisher sent it.
    pub sent_s: Option<f64>,
    /// When SNS, or behind it SQS, took it.
    pub queued_s: Option<f64>,
    /// When the function was called.
    pub received_s: f64,
    /// When the first request to S3 began.
    pub started_s: f64,
    /// When the last request to S3 ended.
    pub ended_s: f64,
    /// Size of the object; 0 where nothing was copied.
    pub size_bytes: u64,
    /// What became of it.
    pub outcome: CopyOutcome,
    /// The service's own word for an error, such as `SlowDown`, or what is wrong with the message.
    pub code: Option<String>,
    /// How often the queue has handed this message out, from 1. SNS does not say.
    pub delivery: Option<u32>,
    /// Requests to S3, retries included.
    pub requests: u32,
    /// Requests that were throttled.
    pub throttles: u32,
    /// The invocation, as Lambda's own lines name it.
    pub request_id: String,
    /// Whether the invocation was the first of its execution environment.
    pub cold: bool,
}

impl CopyRecord {
    /// Reads a line of the function's log; none for the lines of Lambda itself and for other schemas.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let copied: Self = serde_json::from_str(line.trim()).ok()?;
        (copied.schema == SCHEMA).then_some(copied)
    }

    /// A CloudWatch Logs filter that matches the lines of one run, and no others.
    #[must_use]
    pub fn filter(run: &str) -> String {
        let run = run.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{{ $.schema = \"{SCHEMA}\" && $.run = \"{run}\" }}")
    }

    /// Time from the call of the function to the end of the copy, in seconds.
    #[must_use]
    pub fn residence_s(&self) -> f64 {
        self.ended_s - self.received_s
    }
}

#[cfg(test)]
impl CopyRecord {
    /// The copy of an object that one invocation made.
    pub(crate) fn of_object(n: u64, received_s: f64, ended_s: f64) -> Self {
        Self {
            schema: SCHEMA.into(),
            run: None,
            n: Some(n),
            shape: PipelineShape::Queue,
            sent_s: None,
            queued_s: None,
            received_s,
            started_s: received_s,
            ended_s,
            size_bytes: 1,
            outcome: CopyOutcome::Copied,
            code: None,
            delivery: None,
            requests: 1,
            throttles: 0,
            request_id: format!("{n}-{ended_s}"),
            cold: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = concat!(
        r#"{"schema":"planner/copy/1","run":"daily-1","n":17,"shape":"queue","sent_s":1790000000.125,"#,
        r#""queued_s":1790000000.25,"received_s":1790000001.5,"started_s":1790000001.625,"#,
        r#""ended_s":1790000027.0,"size_bytes":700000000,"outcome":"copied","code":null,"delivery":1,"#,
        r#""requests":3,"throttles":0,"request_id":"8f5c","cold":true}"#
    );

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let copied = CopyRecord::parse(&format!("{LINE}\n")).unwrap();
        assert_eq!(serde_json::to_string(&copied).unwrap(), LINE);
        assert!((copied.residence_s() - 25.5).abs() < 1e-9);
        assert!(copied.outcome.is_done());
    }

    #[test]
    fn lambdas_own_lines_and_other_schemas_are_passed_over() {
        let other = LINE.replace("copy/1", "copy/2");
        for line in ["START RequestId: 8f5c Version: $LATEST", "", "{}", &other] {
            assert_eq!(CopyRecord::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_filter_quotes_the_run() {
        let filter = CopyRecord::filter(r#"a"b\"#);
        assert_eq!(filter, r#"{ $.schema = "planner/copy/1" && $.run = "a\"b\\" }"#);
    }
}
