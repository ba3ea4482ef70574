//! Options of `planner recommend`, `simulate` and `strategies`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::ReportOutputOptions;
use planner_core::account::Limits;
use planner_core::scenario::file::Size;
use planner_core::scenario::validation::{MAX_ATTEMPTS, MAX_OBJECTS};
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::Order;
use planner_core::units::count::{CountRange, parse_count};
use planner_core::units::human;
use planner_core::units::quantity::{Bytes, Rate, Share, Span, YEAR};
use planner_plan::deployment as planned;
use planner_plan::residence::Residence;
use planner_report::plan::emit::Emit;

fn probability(text: &str) -> Result<f64, String> {
    let Share(share) = text.parse()?;
    if share > 0.0 && share < 1.0 {
        return Ok(share);
    }
    Err(format!(
        "`{text}` is not a probability that can be planned for; write one between 0 and 1, such as 0.99"
    ))
}

fn positive_span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    match span.ns() {
        0 => Err(format!("`{text}` is no time at all; write it as 10m or 1h30m")),
        _ if span > YEAR => Err(format!("`{text}` is more than a year; write 366d or less")),
        _ => Ok(span),
    }
}

fn positive_rate(text: &str) -> Result<Rate, String> {
    let rate: Rate = text.parse()?;
    if rate.per_s() > 0.0 {
        Ok(rate)
    } else {
        Err(format!("at `{text}` nothing ever starts; write it as 20/s"))
    }
}

fn objects(text: &str) -> Result<CountRange, String> {
    let counts: CountRange = text.parse()?;
    match counts {
        CountRange { least: 0, .. } => Err("there is nothing to copy; write 1 or more".into()),
        CountRange { most, .. } if most > MAX_OBJECTS => {
            Err(format!("`{text}` is more than the {} objects of a plan at most", human::count(MAX_OBJECTS)))
        }
        counts => Ok(counts),
    }
}

/// A number of workers or the like.
fn some(text: &str) -> Result<u64, String> {
    match parse_count(text)? {
        0 => Err(format!("`{text}` is none at all; write 1 or more")),
        count => Ok(count),
    }
}

fn dollars(text: &str) -> Result<f64, String> {
    match text.trim().trim_start_matches('$').parse::<f64>() {
        Ok(usd) if usd.is_finite() && usd >= 0.0 => Ok(usd),
        _ => Err(format!("`{text}` is not a price; write US dollars, such as 0.40")),
    }
}

/// Ways of copying that a recommendation is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeploymentArgument {
    /// A pool of workers.
    Workers,
    /// A function behind a topic.
    Lambda,
    /// Both.
    #[default]
    Both,
}

impl DeploymentArgument {
    /// The ways to plan.
    pub(crate) fn planned(self) -> &'static [planned::Deployment] {
        match self {
            Self::Workers => &[planned::Deployment::Workers],
            Self::Lambda => &[planned::Deployment::Lambda],
            Self::Both => planned::Deployment::ALL,
        }
    }
}

/// In which order a pool takes its jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OrderArgument {
    /// As they are listed.
    #[default]
    Fifo,
    /// The longest expected first.
    LongestFirst,
}

impl From<OrderArgument> for Order {
    fn from(argument: OrderArgument) -> Self {
        match argument {
            OrderArgument::Fifo => Self::Fifo,
            OrderArgument::LongestFirst => Self::LongestFirst,
        }
    }
}

/// A form of the parameters of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EmitArgument {
    /// CloudFormation parameters.
    CfnParams,
    /// Terraform variables.
    Tfvars,
    /// NAME=value lines.
    Env,
}

impl From<EmitArgument> for Emit {
    fn from(argument: EmitArgument) -> Self {
        match argument {
            EmitArgument::CfnParams => Self::CloudFormation,
            EmitArgument::Tfvars => Self::TerraformVariables,
            EmitArgument::Env => Self::Environment,
        }
    }
}

/// Plans that are good enough to exit with 0 though they are not proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Accept {
    /// Those that rest on a condition that was not tested or does not hold.
    Unproven,
}

/// What a plan must rest on to exit with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Require {
    /// Jobs measured on a real account.
    Measured,
}

/// What is to be copied.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is to be copied")]
pub(crate) struct JobOptions {
    /// Number of objects, such as 45000, 45,000 or 45k; with 40000..50000 any number between is as likely.
    #[arg(
        long,
        value_name = "N",
        required_unless_present = "manifest",
        conflicts_with = "manifest",
        value_parser = objects
    )]
    pub objects: Option<CountRange>,
    /// Their size: 700MB, 600MB..800MB or 'lognormal(700MB, cv=0.5)'; by default as in the run, or 600MB..800MB.
    #[arg(long, conflicts_with = "manifest")]
    pub size: Option<Size>,
    /// A list of the real objects: `key,size` rows or an S3 Inventory list, may be compressed with gzip.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Prefixes of the destination that the objects are spread over.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub prefixes: u32,
    /// The destination is in another region than the source, which is billed by the gigabyte.
    #[arg(long)]
    pub between_regions: bool,
    /// Objects above this size are copied in parts.
    #[arg(long, value_name = "SIZE")]
    pub multipart_above: Option<Bytes>,
    /// Size of a part.
    #[arg(long, value_name = "SIZE")]
    pub part_size: Option<Bytes>,
}

/// What is known of the time a copy takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the answer rests on")]
pub(crate) struct BasisOptions {
    /// Runs or logs to plan from, together: run folders, `start,end[,bytes][,outcome]` rows, REPORT lines of a Lambda
    /// function or their export from CloudWatch Logs Insights, S3 server access logs. By default the newest valid run
    /// under the folder of reports where it reaches what is planned, or else a rehearsed sweep that comes with the program.
    #[arg(long, value_name = "RUN|LOG", num_args = 1.., conflicts_with = "residence")]
    pub from: Vec<PathBuf>,
    /// Assumed time of one copy instead of a run: 'lognormal(30s, cv=0.5)', 'exponential(30s)', 'fixed(30s)' or 25.2s; of
    /// an object of median size, or of one that is named: '25.2s at 700MB'. Larger objects take longer in proportion.
    #[arg(long, value_name = "TIME")]
    pub residence: Option<Residence>,
    /// Service profile that `planner fit` wrote, instead of a run.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "residence"])]
    pub profile: Option<PathBuf>,
    /// Attempts at each copy before it is given up; by default as in the run, or 5.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_ATTEMPTS)))]
    pub max_attempts: Option<u32>,
    /// Region, for its limits.
    #[arg(long)]
    pub region: Option<String>,
    /// Limits that differ from the built-in list.
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,
    /// Concurrent executions that the account may have, whatever the limits say.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub account_concurrency: Option<u32>,
    /// Price list to use instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Memory of the function, in MB.
    #[arg(long, value_name = "MB", default_value_t = Limits::built_in().lambda.memory_min_mb)]
    pub memory: u32,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl BasisOptions {
    /// Whether they say what to plan from.
    pub(crate) fn is_named(&self) -> bool {
        !self.from.is_empty() || self.residence.is_some() || self.profile.is_some()
    }
}

/// Options of `planner recommend`.
#[derive(Debug, Args)]
pub(crate) struct RecommendOptions {
    /// The whole copy must be done within this time, such as 10m.
    #[arg(long, value_name = "SPAN", value_parser = positive_span, required_unless_present = "by")]
    pub deadline: Option<Span>,
    /// The whole copy must be done by this time: 06:00 is the next one after the start, '06:00 Europe/Berlin' that of a
    /// time zone, '2026-12-01 06:00' that of a day.
    #[arg(long, value_name = "TIME", conflicts_with = "deadline")]
    pub by: Option<String>,
    /// When the copy begins, likewise; by default now.
    #[arg(long, value_name = "TIME", requires = "by")]
    pub start: Option<String>,
    /// With this probability, between 0 and 1.
    #[arg(long, value_name = "P", default_value = "0.99", value_parser = probability)]
    pub confidence: f64,
    /// For workers, for a function behind a topic, or for both.
    #[arg(long = "as", value_enum, default_value_t, value_name = "WAY")]
    pub way: DeploymentArgument,
    /// What lies between the topic and the function.
    #[arg(long, value_enum, default_value_t)]
    pub shape: ShapeArgument,
    /// Largest concurrency that may be recommended.
    #[arg(long, value_name = "N", value_parser = some)]
    pub max_concurrency: Option<u64>,
    /// Workers start at this rate, such as 100/s; by default all at once.
    #[arg(long, value_name = "RATE", value_parser = positive_rate)]
    pub ramp: Option<Rate>,
    /// Order in which workers take jobs.
    #[arg(long, value_enum, default_value_t)]
    pub order: OrderArgument,
    /// Exit with 0 though the plan is not proven; otherwise the exit code is then 7.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub accept: Option<Accept>,
    /// Exit with 7 where the plan does not rest on this.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub require: Option<Require>,
    /// Run the whole job once as planned, on the embedded service fitted to what the plan rests on, and say when it was
    /// done. That is no evidence and does not change the exit code; it takes as long as measuring so many copies.
    #[arg(long, conflicts_with_all = ["ramp", "emit"])]
    pub rehearse: bool,
    /// Print the parameters of a deployment instead of the answer.
    #[arg(long, value_enum, value_name = "FORM")]
    pub emit: Option<EmitArgument>,
    #[command(flatten)]
    pub job: JobOptions,
    #[command(flatten)]
    pub basis: BasisOptions,
    #[command(flatten)]
    pub answer: ReportOutputOptions,
}

/// Options of `planner simulate`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("way").required(true).args(["workers", "reserved"])))]
pub(crate) struct SimulateOptions {
    /// Copy with a pool of so many workers.
    #[arg(long, value_name = "N", value_parser = some)]
    pub workers: Option<u64>,
    /// Copy with a function that has so much concurrency reserved, behind a topic.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub reserved: Option<u32>,
    /// Publish at this rate, for a function; by default as fast as the threads can.
    #[arg(long, value_parser = positive_rate, conflicts_with = "workers")]
    pub rate: Option<Rate>,
    /// Threads that publish.
    #[arg(long, value_name = "N", default_value_t = 16, conflicts_with = "workers", value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: u32,
    /// What lies between the topic and the function.
    #[arg(long, value_enum, default_value_t, conflicts_with = "workers")]
    pub shape: ShapeArgument,
    /// Say how probable it is to be done within this time.
    #[arg(long, value_name = "SPAN", value_parser = positive_span)]
    pub deadline: Option<Span>,
    /// Workers start at this rate, such as 100/s; by default all at once.
    #[arg(long, value_name = "RATE", value_parser = positive_rate, conflicts_with = "reserved")]
    pub ramp: Option<Rate>,
    /// Order in which workers take jobs.
    #[arg(long, value_enum, default_value_t, conflicts_with = "reserved")]
    pub order: OrderArgument,
    /// Simulated runs; by default as many as a second or two allows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub replications: Option<u64>,
    #[command(flatten)]
    pub job: JobOptions,
    #[command(flatten)]
    pub basis: BasisOptions,
    #[command(flatten)]
    pub answer: ReportOutputOptions,
}

/// What lies between a topic and a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ShapeArgument {
    /// Nothing: the topic invokes the function, and throttled messages wait in its own queue.
    #[default]
    Direct,
    /// A queue from which the function takes as much as it can.
    Queue,
}

impl From<ShapeArgument> for PipelineShape {
    fn from(argument: ShapeArgument) -> Self {
        match argument {
            ShapeArgument::Direct => Self::Direct,
            ShapeArgument::Queue => Self::Queue,
        }
    }
}

/// Options of `planner strategies`.
#[derive(Debug, Args)]
pub(crate) struct StrategiesOptions {
    /// The whole copy should be done within this time: what misses it is marked.
    #[arg(long, value_name = "SPAN", value_parser = positive_span)]
    pub deadline: Option<Span>,
    /// Threads of the pool, of each of the nested pools, of the one function and of the rented machine; with a deadline
    /// the rented machine has as many as that needs.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: u32,
    /// Pools of the nested pools, each over its own part of the objects, such as a date prefix.
    #[arg(long, value_name = "N", default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub pools: u32,
    /// Rate at which the paced fan-out publishes; by default what today's limits allow without throttling.
    #[arg(long, value_parser = positive_rate)]
    pub rate: Option<Rate>,
    /// Price of the rented machine, in US dollars an hour; by default that of the price list.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    pub machine_usd_per_hour: Option<f64>,
    /// A finishing time that was seen: says which throughput and concurrency it implies.
    #[arg(long, value_name = "SPAN", value_parser = positive_span)]
    pub observed: Option<Span>,
    /// Simulated runs of each way; by default as many as a second or two allows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub replications: Option<u64>,
    #[command(flatten)]
    pub job: JobOptions,
    #[command(flatten)]
    pub basis: BasisOptions,
    #[command(flatten)]
    pub answer: ReportOutputOptions,
}
