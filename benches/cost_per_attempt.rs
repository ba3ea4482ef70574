//! What an attempt costs in CPU, beside the same request made by the bare SDK, in one process and one run.
//!
//! `cargo bench --bench cost_per_attempt` prints the median of several rounds and the ratios. Requests go to the
//! embedded endpoint in process, whose share is in every figure.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;
use futures::{StreamExt, stream};
use planner::drive::pacer::Pacer;
use planner::drive::{Drive, Observer};
use planner::emulator::{Cloud, CloudConfig};
use planner::runs::folder::RunWriter;
use planner_aws::clients::Clients;
use planner_aws::file_error::FileError;
use planner_aws::operation::{Operator, Places};
use planner_core::load::attempt::Attempt;
use planner_core::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level, StopReason};
use planner_core::load::pool::Groups;
use planner_core::load::retry::RetryPolicy;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::recorder::Second;
use planner_core::scenario::file::{Copy, OperationKind, Size};
use planner_core::scenario::objects::{ObjectSet, Workload};
use planner_core::units::quantity::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

const ATTEMPTS: u64 = 20_000;
const IN_FLIGHT: u32 = 64;
const ROUNDS: usize = 5;
const TIMEOUT: Duration = Duration::from_secs(900);

fn places() -> Places {
    Places {
        run: "benchmark".into(),
        source_bucket: "source".into(),
        source_prefix: String::new(),
        destination_bucket: "destination".into(),
        destination_prefix: "copies/".into(),
        topic_arn: String::new(),
    }
}

fn workload() -> Workload {
    let objects =
        ObjectSet::Generated { count: 1000, size: Size::Fixed(Bytes(700_000_000)), prefixes: 31, seed: 1 };
    Workload { objects, operation: OperationKind::Copy, copy: Copy::default(), batch: 1 }
}

/// CPU in µs an attempt that `work` takes on a paused runtime with a fresh endpoint.
fn cpu_us<F: Future>(work: impl FnOnce(Clients) -> F) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let config = CloudConfig::default();
        let cloud = Cloud::new(config.clone());
        cloud.seed(&workload().objects, &places());
        let clients = cloud.clients(TIMEOUT);
        let cpu = ProcessTime::now();
        black_box(work(clients).await);
        cpu.elapsed().as_secs_f64() * 1e6 / ATTEMPTS as f64
    })
}

async fn bare_sdk(clients: Clients) {
    let (workload, places) = (workload(), places());
    let copy = |number: u64| {
        let key = workload.objects.object(number % 1000).key;
        let request = clients.s3.copy_object().copy_source(format!("source/{key}")).bucket("destination");
        request.key(format!("{}{key}", places.destination_prefix)).send()
    };
    let answers = stream::iter((0..ATTEMPTS).map(copy)).buffer_unordered(IN_FLIGHT as usize);
    assert_eq!(answers.filter(|answer| std::future::ready(answer.is_ok())).count().await as u64, ATTEMPTS);
}

async fn driven(clients: Clients, observer: &mut dyn Observer) {
    let operator = Operator::new(clients, workload(), places(), None);
    let (_sender, interrupts) = watch::channel(0);
    let mut drive = Drive {
        operator: Arc::new(operator),
        pacer: Pacer::Virtual,
        epoch: Instant::now(),
        seed: 1,
        gauge: None,
        loop_lag: TimeHistogram::new(),
        interrupts,
    };
    let groups = Groups::new([0, ATTEMPTS].into(), ATTEMPTS);
    let level = Level {
        arrivals: ArrivalModel::Closed { outer: 1, inner: IN_FLIGHT, groups },
        max_jobs: ATTEMPTS,
        duration_ns: u64::MAX,
        retry: RetryPolicy { max_attempts: 1, base_ns: 1, cap_ns: 1 },
        budget: Budget::UNLIMITED,
        seed: 1,
    };
    let driven =
        drive.level(0, Dispatcher::new(workload(), level), observer).await.expect("nothing is refused");
    assert_eq!(driven.summary.jobs_done, ATTEMPTS);
}

struct Unobserved;

impl Observer for Unobserved {
    fn attempt(&mut self, _: &Attempt) -> Result<(), FileError> {
        Ok(())
    }

    fn second(&mut self, _: &Second) -> Result<ControlFlow<StopReason>, FileError> {
        Ok(ControlFlow::Continue(()))
    }
}

struct ToDisk(RunWriter);

impl Observer for ToDisk {
    fn attempt(&mut self, attempt: &Attempt) -> Result<(), FileError> {
        self.0.attempt(attempt)
    }

    fn second(&mut self, second: &Second) -> Result<ControlFlow<StopReason>, FileError> {
        self.0.second(second).map(ControlFlow::Continue)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut bare, mut counted, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        bare.push(cpu_us(bare_sdk));
        counted.push(cpu_us(async |clients| driven(clients, &mut Unobserved).await));
        let run = folder.path().join(round.to_string());
        std::fs::create_dir(&run).expect("a folder");
        let mut disk = ToDisk(RunWriter::create(&run, jiff::Timestamp::UNIX_EPOCH).expect("files"));
        written.push(cpu_us(async |clients| driven(clients, &mut disk).await));
    }
    let bare = median(bare);
    println!("CPU per copy, median of {ROUNDS} rounds of {ATTEMPTS}, {IN_FLIGHT} in flight:");
    println!("  bare SDK            {bare:6.1} µs");
    for (name, values) in [("driven and counted", counted), ("driven and written", written)] {
        let value = median(values);
        println!("  {name}  {value:6.1} µs  {:.2} × bare", value / bare);
    }
}
