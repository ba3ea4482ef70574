//! The request for a higher quota, to paste into a support case or a terminal.
//!
//! The name and the code of the quota are those of Service Quotas (AWS re:Post, "How do I request a concurrency limit
//! increase for my Lambda function?", read on 27 November 2026).

use super::plan_header;
use crate::page::{Block, Fact, PagePart};
use planner_core::units::human::{count, duration};
use planner_plan::limit::{BindingLimit, Limit};
use planner_plan::sizing_document::{LambdaPlan, Recommendation};

const QUOTA: &str = "Concurrent executions";
const CODE: &str = "L-B99A9384";

/// What to ask for; a part without blocks where no quota has to be raised.
pub(super) fn request(plan: &Recommendation) -> PagePart {
    let concurrency = plan.binding_limits.iter().find_map(|BindingLimit { limit, .. }| match limit {
        Limit::ReservableConcurrency { account, raise_to, region } => Some((*account, *raise_to, region)),
        _ => None,
    });
    let asked = concurrency.zip(plan.lambda.as_ref());
    let facts = asked.map_or_else(Vec::new, |((account, raise_to, region), lambda)| {
        vec![
            Fact::new("service", "AWS Lambda"),
            Fact::new("quota", format!("{QUOTA} ({CODE})")),
            Fact::new("region", region.as_str()),
            Fact::new("now", count(u64::from(account))),
            Fact::new("wanted", count(raise_to)),
            Fact::new("why", why(plan, lambda)),
            Fact::new("command", command(region, raise_to)),
        ]
    });
    PagePart::new("Quota request", [Block::Facts(facts)])
}

/// The use case, as the form asks for it.
fn why(plan: &Recommendation, lambda: &LambdaPlan) -> String {
    format!(
        "A function copies {} between S3 buckets within {}. {} executions run at once on average, and {} are reserved \
         so that none is throttled.",
        plan_header::counts(&plan.preface.job),
        duration(plan.preface.job.deadline_s),
        count(lambda.in_flight_mean.round() as u64),
        count(lambda.reserved_concurrency.value),
    )
}

fn command(region: &str, wanted: u64) -> String {
    format!(
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code {CODE} \
         --desired-value {wanted} --region {region}"
    )
}
