//! Options of `planner measure`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::format::Format;
use super::target::TargetArgument;
use planner_core::units::quantity::{Rate, Span};

/// Options of `planner measure`.
#[derive(Debug, Args)]
pub(crate) struct MeasureOptions {
    /// Scenario file (TOML); `planner schema` prints what it may contain.
    pub scenario: PathBuf,
    /// Folder in which the run folder is made.
    #[arg(long, default_value = "reports", value_name = "FOLDER", env = "PLANNER_OUT")]
    pub out: PathBuf,
    /// Print the summary as.
    #[arg(long, default_value = "table", value_parser = Format::one_of(Format::OF_ROWS))]
    pub format: Format,
    /// Print nothing but errors, and the answer where a --format is asked for.
    #[arg(long, short)]
    pub quiet: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before writing to a real account.
    #[arg(long, short)]
    pub yes: bool,
    /// Limits that differ from the built-in list.
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,
    /// Serve the embedded endpoint over HTTP and measure it in real time.
    #[arg(long)]
    pub real_time: bool,
    /// Leave what the run created at the target.
    #[arg(long)]
    pub keep: bool,
    /// In the clean-up, where the endpoint cannot delete on the condition that an object is unchanged, delete
    /// all the same. What somebody else writes to the same key between the look and the deletion is deleted too.
    #[arg(long)]
    pub unconditional: bool,
    #[command(flatten)]
    pub verify: VerifyOptions,
    #[command(flatten)]
    pub overrides: Overrides,
    #[command(flatten)]
    pub search: SearchOptions,
    #[command(flatten)]
    pub budget: BudgetOptions,
}

/// Options that drive the load at the setting of a plan.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verify a plan")]
pub(crate) struct VerifyOptions {
    /// Folder or plan.json of `planner recommend`. The target is driven at its setting instead of the scenario's load,
    /// for no longer than its deadline, and the plan is judged by that: 0 where it is kept, 4 where it is too
    /// optimistic, 7 where that is undecided.
    #[arg(
        long,
        value_name = "PLAN",
        conflicts_with_all = ["workers", "rate", "duration", "jobs", "find_knee", "find_rate"]
    )]
    pub plan: Option<PathBuf>,
    /// The way of the plan to verify, where it has two.
    #[arg(long = "as", value_enum, value_name = "WAY", requires = "plan")]
    pub way: Option<PlannedDeployment>,
    /// Exit with 0 though it is undecided whether the plan is kept.
    #[arg(long, value_enum, value_name = "WHAT", requires = "plan")]
    pub accept: Option<Accepted>,
}

/// A way that a plan may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlannedDeployment {
    /// A pool of workers.
    Workers,
    /// A function behind a topic.
    Lambda,
}

/// Verdicts that are good enough to exit with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Accepted {
    /// The question remains open.
    #[value(alias = "inconclusive")]
    Undecided,
}

/// Options that take the place of what the scenario says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Instead of what the scenario says")]
pub(crate) struct Overrides {
    /// Seed of everything random.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Workers, for closed arrivals.
    #[arg(long, value_name = "N")]
    pub workers: Option<u32>,
    /// Rate, for constant and Poisson arrivals, such as 50/s; over the whole program.
    #[arg(long)]
    pub rate: Option<Rate>,
    /// Stop starting jobs after this time, such as 10m.
    #[arg(long, value_name = "SPAN")]
    pub duration: Option<Span>,
    /// Stop after so many jobs.
    #[arg(long, value_name = "N")]
    pub jobs: Option<u64>,
    /// Number of objects.
    #[arg(long, value_name = "N")]
    pub objects: Option<u64>,
    /// Where the load goes.
    #[arg(long, value_enum)]
    pub target: Option<TargetArgument>,
    /// URL of the endpoint target. Where it is absent, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL_SNS, whichever the
    /// operation needs, AWS_ENDPOINT_URL and the scenario are asked in turn.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Region.
    #[arg(long)]
    pub region: Option<String>,
    /// The account that an aws target must turn out to be.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Bucket to copy from.
    #[arg(long, value_name = "BUCKET")]
    pub source_bucket: Option<String>,
    /// Bucket to copy to.
    #[arg(long, value_name = "BUCKET")]
    pub destination_bucket: Option<String>,
}

/// Options that choose the levels by what is measured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Search")]
pub(crate) struct SearchOptions {
    /// Double the workers until throughput stops paying, then confirm the knee with a fresh level.
    #[arg(long, conflicts_with = "find_rate")]
    pub find_knee: bool,
    /// Find the highest rate that reaches an objective, such as 'p99 < 200ms', then confirm it with a fresh level.
    #[arg(long, value_name = "OBJECTIVE")]
    pub find_rate: Option<String>,
}

/// What a run may use up, whatever the scenario says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Budget that holds whatever the scenario says")]
pub(crate) struct BudgetOptions {
    /// Requests, over the whole run.
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Cost in US dollars by the price list, at worst, over the whole run.
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    pub max_cost: Option<f64>,
    /// Time of the whole run.
    #[arg(long, value_name = "SPAN")]
    pub max_duration: Option<Span>,
    /// Price list to use instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
}
