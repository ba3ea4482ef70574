//! The command line.

mod audit;
mod fit;
mod measure;
pub(super) mod output;
pub(super) mod plan;
mod report;
mod target;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use planner_core::check::window::FileWindow;
use planner_core::units::quantity::Share;
use planner_report::schema::DOCUMENTS;

use super::format::Format;
use crate::runs::baseline;
pub(super) use audit::{AuditOptions, AuditTarget, ReachOptions};
pub(super) use fit::{FitOptions, ProfileFormat};
pub(super) use measure::{
    Accepted, BudgetOptions, MeasureOptions, Overrides, PlannedDeployment, SearchOptions, VerifyOptions,
};
use output::{FolderOptions, ReportOutputOptions};
pub(super) use report::ReportOptions;

/// The kind of schema that is no document's.
const SCENARIO: &str = "scenario";

fn schema_kinds() -> PossibleValuesParser {
    std::iter::once(SCENARIO).chain(DOCUMENTS.map(|(kind, _)| kind)).collect::<Vec<_>>().into()
}

/// Plan and measure large S3 copies: how many workers, how fast, and can the numbers be trusted.
#[derive(Debug, Parser)]
#[command(name = "planner", version = env!("PLANNER_VERSION"), after_help = include_str!("help/planner.txt"), propagate_version = true)]
pub(super) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Drive a scenario, record every attempt, check N = X·R and write a report.
    #[command(after_help = include_str!("help/measure.txt"))]
    Measure(Box<MeasureOptions>),
    /// Render run folders again, whole or cut off, and list them.
    #[command(after_help = include_str!("help/report.txt"))]
    Report(ReportOptions),
    /// Say how many workers or how much reserved concurrency a deadline needs, how sure that is, and what it costs.
    #[command(after_help = include_str!("help/recommend.txt"))]
    Recommend(Box<plan::RecommendOptions>),
    /// Say what a given choice comes to: when it is done, what is throttled, what it costs.
    #[command(after_help = include_str!("help/simulate.txt"))]
    Simulate(Box<plan::SimulateOptions>),
    /// Compare the ways of doing a job: loop, pools, one function, a rented machine, fan-outs, S3 Batch Operations.
    #[command(after_help = include_str!("help/strategies.txt"))]
    Strategies(Box<plan::StrategiesOptions>),
    /// Check N = X·R in a file of your own: requests, samples, a table or CloudWatch metrics.
    #[command(after_long_help = include_str!("help/check.txt"))]
    Check(CheckOptions),
    /// After a backup: say what arrived, what did not, how long it took, and whether the plan was kept.
    #[command(after_long_help = include_str!("help/audit.txt"))]
    Audit(Box<AuditOptions>),
    /// Say what differs between two runs, and whether that is shown.
    #[command(after_help = include_str!("help/compare.txt"))]
    Compare(CompareOptions),
    /// Fit a service profile to runs, for rehearsals and simulations.
    #[command(after_help = include_str!("help/fit.txt"))]
    Fit(FitOptions),
    /// Serve the embedded S3 and SNS endpoint over HTTP, in real time.
    #[command(after_help = include_str!("help/cloud.txt"))]
    Cloud(CloudOptions),
    /// Delete what a run created: what its list names and is unchanged.
    #[command(after_help = include_str!("help/cleanup.txt"))]
    Cleanup(CleanupOptions),
    /// Print the JSON schema of scenario files, or of a document.
    #[command(after_help = include_str!("help/schema.txt"))]
    Schema {
        /// Of which kind of file.
        #[arg(default_value = SCENARIO, value_parser = schema_kinds())]
        kind: String,
    },
    /// Print a completion script.
    #[command(after_help = include_str!("help/completions.txt"))]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write one for each command.
    #[command(after_help = include_str!("help/man.txt"))]
    Man {
        /// Write the pages of all commands into this folder instead.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

/// Options of `planner check`.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    /// File to check, which may be compressed with gzip; `-` for standard input; or a run folder.
    pub file: PathBuf,
    /// Part of the file to look at, in its own time: 0s..10s, 30..90 or two RFC 3339 times.
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub window: Option<FileWindow>,
    /// Print the answer as.
    #[arg(long, default_value = "table", value_parser = Format::one_of(Format::OF_ROWS))]
    pub format: Format,
    /// Exit with 0 instead of 7 though the file does not decide whether the law holds.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub accept: Option<Accepted>,
    #[command(flatten)]
    pub folder: FolderOptions,
}

/// Options of `planner compare`.
#[derive(Debug, Args)]
pub(super) struct CompareOptions {
    /// Run folder or log to compare with; with --baseline or --save-baseline, the only one.
    #[arg(value_name = "RUN_A")]
    pub first: PathBuf,
    /// Run folder that is compared.
    #[arg(
        value_name = "RUN_B",
        required_unless_present_any = ["baseline", "save_baseline"],
        conflicts_with_all = ["baseline", "save_baseline"]
    )]
    pub second: Option<PathBuf>,
    /// Compare the run with a baseline of this name instead of another run.
    #[arg(long, value_name = "NAME", value_parser = baseline::name, conflicts_with = "save_baseline")]
    pub baseline: Option<String>,
    /// Keep what a comparison needs of the run as a baseline of this name, under --out, and compare nothing.
    #[arg(long, value_name = "NAME", value_parser = baseline::name, conflicts_with = "fail_on_regression")]
    pub save_baseline: Option<String>,
    /// End with 99 when a measure is shown to be worse by more than this share, such as 5%, and with 7 when a measure is
    /// not shown to keep within it.
    #[arg(long, value_name = "SHARE")]
    pub fail_on_regression: Option<Share>,
    /// Exit with 0 instead of 7 though it is undecided whether a measure is worse.
    #[arg(long, value_enum, value_name = "WHAT", requires = "fail_on_regression")]
    pub accept: Option<Accepted>,
    /// Seed of the resampling.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub answer: ReportOutputOptions,
}

/// Options of `planner cloud`.
#[derive(Debug, Args)]
pub(super) struct CloudOptions {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
    /// Take objects, buckets, topic and service profile from this scenario.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Limits that differ from the built-in list.
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,
    /// Access key that requests must be signed with.
    #[arg(long, default_value = "planner", value_name = "KEY")]
    pub access_key: String,
    /// Secret that goes with it.
    #[arg(
        long,
        default_value = "planner-secret",
        value_name = "SECRET",
        env = "PLANNER_CLOUD_SECRET_KEY",
        hide_env_values = true
    )]
    pub secret_key: String,
    /// Seed of all luck.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Options of `planner cleanup`.
#[derive(Debug, Args)]
pub(super) struct CleanupOptions {
    /// Run folder.
    pub run: PathBuf,
    /// Also delete objects that the run began to write and never saw written.
    #[arg(long)]
    pub unconfirmed: bool,
    /// Where the endpoint cannot delete on the condition that an object is unchanged, delete all the same. What
    /// somebody else writes to the same key between the look and the deletion is deleted too.
    #[arg(long)]
    pub unconditional: bool,
    /// Do not ask before deleting from a real account.
    #[arg(long, short)]
    pub yes: bool,
    /// URL of the endpoint, instead of the run's.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Account that the credentials must belong to, for an aws run.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}
