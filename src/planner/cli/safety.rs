//! What stands between a scenario and somebody's account.

use std::io::{BufRead, IsTerminal};

use miette::IntoDiagnostic;

use super::args::BudgetOptions;
use super::exit::{BadInput, SafetyRefusal, bad_input, refuse};
use super::stdio;
use planner_aws::clients::{is_aws, service_url};
use planner_aws::data_set::MAX_BYTES;
use planner_core::account::Prices;
use planner_core::scenario::Scenario;
use planner_core::scenario::file::{OperationKind, TargetKind};
use planner_core::units::human;
use planner_plan::load_cost::{BehindTopic, LoadEstimate};

/// The load before it runs, over all levels; None where nothing but the budget ends it.
pub(super) fn estimate(scenario: &Scenario, prices: &Prices) -> Option<LoadEstimate> {
    let jobs = (0..scenario.levels.len())
        .map(|level| scenario.expected_jobs(level))
        .try_fold(0u64, |sum, jobs| jobs.map(|jobs| sum.saturating_add(jobs)))?;
    let behind = behind_topic(scenario, prices);
    Some(LoadEstimate::of(&scenario.workload, jobs, scenario.file.retry.max_attempts, behind, prices))
}

/// What a message of the scenario costs at most beside its publication, in dollars. It has no bytes of its own, and
/// behind it the copy of an object.
pub(super) fn behind_message_usd(scenario: &Scenario, prices: &Prices) -> f64 {
    if scenario.file.operation != OperationKind::FanOut {
        return 0.0;
    }
    let objects = &scenario.workload.objects;
    let object_bytes = objects.total_bytes() as f64 / objects.len().max(1) as f64;
    behind_topic(scenario, prices).high_usd + object_bytes * prices.usd_per_byte_high()
}

/// What a message of the scenario sets off, nothing where it is no fan-out. Of a deployed function the scenario knows
/// memory and timeout only if it was told.
fn behind_topic(scenario: &Scenario, prices: &Prices) -> BehindTopic {
    match scenario.file.operation {
        OperationKind::FanOut => {
            let service = scenario.file.target.service.clone().unwrap_or_default();
            BehindTopic::of(scenario.file.pipeline().shape, &service, prices)
        }
        _ => BehindTopic::default(),
    }
}

/// What will be done, in lines for people.
pub(super) fn describe(
    scenario: &Scenario,
    estimate: Option<&LoadEstimate>,
    budget: &BudgetOptions,
    prices: &Prices,
) -> String {
    let target = &scenario.file.target;
    let place = match target.kind {
        TargetKind::Embedded => "the embedded endpoint (rehearsal)".to_owned(),
        TargetKind::Endpoint => target.endpoint_url.clone().unwrap_or_else(|| "an endpoint".into()),
        TargetKind::Aws => format!("AWS account {}", target.account.as_deref().unwrap_or("(not named)")),
    };
    let mut lines = vec![format!("{} on {place}", scenario.file.name)];
    lines.push(match scenario.file.operation {
        OperationKind::Copy => format!(
            "  copies from s3://{} to s3://{}/planner-runs/<run>/",
            target.source_bucket, target.destination_bucket
        ),
        OperationKind::Publish => format!("  publishes to topic {}", target.topic),
        OperationKind::FanOut => format!(
            "  publishes to topic {}, whose function copies from s3://{} to s3://{}/planner-runs/<run>/",
            scenario.file.topic(),
            target.source_bucket,
            target.destination_bucket
        ),
    });
    lines.push(match estimate {
        Some(estimate) => format!(
            "  {} in {}, {} at most with every retry; {}",
            human::counted(estimate.jobs, "job"),
            human::counted(estimate.requests, "request"),
            human::count(estimate.requests_at_most),
            human::bytes(estimate.bytes),
        ),
        None => "  as many jobs as fit into the time".to_owned(),
    });
    if target.kind != TargetKind::Embedded {
        if let Some(estimate) = estimate {
            lines.push(format!(
                "  {:.4} to {:.4} USD on AWS ({} list of {})",
                estimate.cost_low_usd, estimate.cost_high_usd, prices.region, prices.as_of
            ));
        }
        if let Some(text) = describe_budget(budget) {
            lines.push(format!("  budget: {text}"));
        }
    }
    lines.join("\n") + "\n"
}

fn describe_budget(budget: &BudgetOptions) -> Option<String> {
    let parts: Vec<String> = [
        budget.max_requests.map(|count| human::counted(count, "request")),
        budget.max_cost.map(|usd| format!("{usd} USD")),
        budget.max_duration.map(|span| span.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Refuses what could do harm, whatever the user answers later.
pub(super) fn refuse_harm(
    scenario: &Scenario,
    estimate: Option<&LoadEstimate>,
    budget: &BudgetOptions,
) -> miette::Result<()> {
    let target = &scenario.file.target;
    if budget.max_cost.is_some_and(|usd| !usd.is_finite() || usd < 0.0) {
        return bad_input("--max-cost must be 0 or more", "");
    }
    if target.kind == TargetKind::Embedded {
        return Ok(());
    }
    if let (TargetKind::Endpoint, Some(url)) = (target.kind, &target.endpoint_url) {
        check_endpoint(url)?;
    }
    if target.kind == TargetKind::Aws && target.account.is_none() {
        return Err(unnamed_account().into());
    }
    if scenario.file.operation != OperationKind::Publish && target.source_bucket == target.destination_bucket
    {
        return refuse(
            format!("source and destination are both {}", target.source_bucket),
            "a run never writes into the bucket that it reads; name another destination_bucket",
        );
    }
    let objects = &scenario.workload.objects;
    if scenario.file.objects.prepare && objects.total_bytes() > MAX_BYTES {
        return refuse(
            format!("preparing the data set would upload {}", human::bytes(objects.total_bytes())),
            format!("prepare at most {}, or copy objects that are there", human::bytes(MAX_BYTES)),
        );
    }
    let is_bounded = estimate.is_some() || budget.max_requests.is_some() || budget.max_cost.is_some();
    if target.kind == TargetKind::Aws && !is_bounded {
        return refuse(
            "nothing limits the number of requests",
            "set --max-requests or --max-cost, or stop after a number of jobs",
        );
    }
    if let (Some(estimate), Some(usd)) = (estimate, budget.max_cost)
        && estimate.cost_low_usd > usd
    {
        return refuse(
            format!("the run costs {:.6} USD at least, more than --max-cost {usd}", estimate.cost_low_usd),
            "raise --max-cost or make the run smaller",
        );
    }
    Ok(())
}

/// Checks the URL of an endpoint before anything is sent there: it must be one, hold no secret, and not be AWS, where
/// the account must be named.
pub(super) fn check_endpoint(url: &str) -> miette::Result<()> {
    check_url(url)?;
    if is_aws(url) {
        return refuse(
            "the endpoint is AWS itself, where a run must name its account",
            "use --target aws --account ID",
        );
    }
    Ok(())
}

/// Checks that requests can be sent to a URL. One with a user, a password or a query may hold a secret, and would
/// stand in run folders and reports; what it is stays unsaid.
pub(super) fn check_url(url: &str) -> Result<(), BadInput> {
    const FORM: &str = "write it as http://127.0.0.1:4566";
    let uri = url.parse::<http::Uri>().ok();
    let has_user = url.contains('@');
    if has_user || url.contains(['?', '#']) {
        return Err(BadInput::new(
            "the URL of the endpoint has a user, a password or a query in it",
            "give the credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and the URL \
             without them",
        ));
    }
    let is_url = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if is_url {
        return Ok(());
    }
    Err(BadInput::new(format!("`{url}` is not the URL of an endpoint"), FORM))
}

/// The same of the URL that the environment names for S3, where it names one: such as an endpoint of the user's own
/// network, or an emulator.
pub(super) fn check_service_url() -> Result<(), BadInput> {
    service_url("S3").as_deref().map_or(Ok(()), check_url)
}

/// What is said where an account is needed and none is named.
pub(super) fn unnamed_account() -> SafetyRefusal {
    SafetyRefusal::new(
        "a real account must be named",
        "add --account ID (the 12 digits that `aws sts get-caller-identity` shows)",
    )
}

/// Makes sure that the account is the one that was named and that somebody agrees.
pub(super) fn agree(named: Option<&str>, actual: &str, yes: bool) -> miette::Result<()> {
    let Some(named) = named else {
        return Err(unnamed_account().into());
    };
    if named != actual {
        return refuse(
            format!("the credentials belong to another account than {named}"),
            "check AWS_PROFILE and the account id",
        );
    }
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return refuse(
            "nobody is there to confirm it",
            "add --yes to go on without a question, or run it on a terminal",
        );
    }
    stdio::say("Type the account id to go on:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).into_diagnostic()?;
    if answer.trim() == actual {
        return Ok(());
    }
    refuse("that is not the account's id", "nothing was done")
}
