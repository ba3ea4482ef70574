//! The driver in real time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use planner::drive::pacer::Pacer;
use planner::drive::{Drive, Observer};
use planner::emulator::{Cloud, CloudConfig};
use planner_aws::file_error::FileError;
use planner_aws::operation::{Operator, Places};
use planner_core::load::arrival::{Process, Spacing};
use planner_core::load::attempt::Attempt;
use planner_core::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level, StopReason};
use planner_core::load::retry::RetryPolicy;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::recorder::Second;
use planner_core::scenario::file::{Copy, OperationKind, Size};
use planner_core::scenario::objects::{ObjectSet, Workload};
use planner_core::units::quantity::{Bytes, NS_PER_S};
use tokio::sync::watch;
use tokio::time::Instant;

struct Nobody;

impl Observer for Nobody {
    fn attempt(&mut self, _: &Attempt) -> Result<(), FileError> {
        Ok(())
    }

    fn second(&mut self, _: &Second) -> Result<ControlFlow<StopReason>, FileError> {
        Ok(ControlFlow::Continue(()))
    }
}

#[tokio::test]
async fn an_interrupt_is_heeded_by_a_driver_that_is_behind_its_schedule() {
    let config = CloudConfig::default();
    let cloud = Cloud::new(config.clone());
    let objects = ObjectSet::Generated { count: 10, size: Size::Fixed(Bytes(1)), prefixes: 1, seed: 1 };
    let places = Places {
        run: "test".into(),
        source_bucket: "source".into(),
        source_prefix: String::new(),
        destination_bucket: "target".into(),
        destination_prefix: "copies/".into(),
        topic_arn: String::new(),
    };
    cloud.seed(&objects, &places);
    let workload = Workload { objects, operation: OperationKind::Copy, copy: Copy::default(), batch: 1 };
    let clients = cloud.clients(Duration::from_secs(60));
    let (interrupted, interrupts) = watch::channel(0);
    let mut drive = Drive {
        operator: Arc::new(Operator::new(clients, workload.clone(), places, None)),
        pacer: Pacer::real().unwrap(),
        epoch: Instant::now(),
        seed: 1,
        gauge: None,
        loop_lag: TimeHistogram::new(),
        interrupts,
    };
    let level = Level {
        // More than any generator can start.
        arrivals: ArrivalModel::Open { process: Process::constant(1e9, Spacing::Even), max_in_flight: 4 },
        max_jobs: u64::MAX,
        duration_ns: 3 * NS_PER_S,
        retry: RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 },
        budget: Budget { max_duration_ns: 5 * NS_PER_S, ..Budget::UNLIMITED },
        seed: 1,
    };
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        interrupted.send_replace(1);
        // The sender lives until the test has ended.
        std::future::pending::<()>().await;
    });
    let driven = drive.level(0, Dispatcher::new(workload, level), &mut Nobody).await.unwrap();
    assert_eq!(driven.summary.stop_reason, Some(StopReason::Interrupted));
    assert_eq!(driven.abandoned, 0);
}
