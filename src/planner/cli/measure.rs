//! `planner measure`: drive, record, check, report.

use std::path::Path;
use std::sync::Arc;

use cpu_time::ProcessTime;
use jiff::Timestamp;
use miette::IntoDiagnostic;
use tokio::sync::watch;
use tokio::time::Instant;

use super::args::{BudgetOptions, MeasureOptions};
use super::exit::{BadInput, Exit, Interruption};
use super::fan_out::Settling;
use super::interrupt::{Interrupts, counted_beyond};
use super::levels::{Levelled, Levels, Wanted};
use super::run_target::{self, RunTarget};
use super::verify::Verifying;
use super::{cleanup, load_scenario, pictures, report, report_index, safety, stdio};
use crate::drive::Drive;
use crate::drive::pacer::Pacer;
use crate::runs::folder::{self, RunWriter};
use crate::runs::{machine, read};
use planner_aws::cleanup::{CleanupScope, RunNames};
use planner_aws::created::CreatedLog;
use planner_aws::operation::{Operator, Places};
use planner_core::account::Prices;
use planner_core::law::finding::Verdict;
use planner_core::load::dispatch::{Budget, StopReason};
use planner_core::measure::analysis::analyse;
use planner_core::measure::document::{Generator, RunDocument, SCHEMA, TargetSummary};
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::judgement::{self, GeneratorTime};
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::SeriesSecond;
use planner_core::scenario::Scenario;
use planner_core::scenario::file::{OperationKind, TargetKind};
use planner_plan::load_cost::usd_per_request;
use planner_report::{html, reasons};

/// Runs the command.
pub(super) fn run(options: &MeasureOptions) -> miette::Result<Exit> {
    let verifying = Verifying::of(&options.verify)?;
    let scenario = load_scenario::load_changed(&options.scenario, options.limits.as_deref(), |file| {
        load_scenario::apply(&options.overrides, file)?;
        verifying.as_ref().map_or(Ok(()), |verifying| verifying.drive(file))
    })?;
    let prices = read_prices(options.budget.prices.as_deref())?;
    let wanted = Wanted::of(&options.search, &scenario)?;
    // How many levels a search takes is not known beforehand.
    let estimate = if wanted.is_some() { None } else { safety::estimate(&scenario, &prices) };
    let mut description = safety::describe(&scenario, estimate.as_ref(), &options.budget, &prices);
    if let Some(verifying) = &verifying {
        verifying.same_objects(&scenario)?;
        description += &verifying.purpose();
    }
    if options.dry_run {
        stdio::print(&description)?;
        safety::refuse_harm(&scenario, estimate.as_ref(), &options.budget)?;
        return Ok(Exit::Fine);
    }
    safety::refuse_harm(&scenario, estimate.as_ref(), &options.budget)?;
    if !options.quiet && scenario.file.target.kind != TargetKind::Embedded {
        stdio::say(description.trim_end());
    }
    let measurement = PreparedMeasurement {
        is_virtual: scenario.file.target.kind == TargetKind::Embedded && !options.real_time,
        scenario,
        options,
        prices,
        verifying,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(measurement.is_virtual)
        .build()
        .into_diagnostic()?;
    runtime.block_on(measurement.run(wanted))
}

/// The price list in a file, or the one that is built in.
pub(super) fn read_prices(path: Option<&Path>) -> miette::Result<Prices> {
    let Some(path) = path else { return Ok(Prices::built_in()) };
    let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let prices = read.and_then(|text| Prices::parse(&text));
    Ok(prices.map_err(|error| BadInput::file("read prices from", path, error, ""))?)
}

/// Everything that is settled before the first request.
struct PreparedMeasurement<'a> {
    scenario: Scenario,
    options: &'a MeasureOptions,
    prices: Prices,
    verifying: Option<Verifying>,
    is_virtual: bool,
}

/// A target that is ready, and what drives it.
struct Ready {
    drive: Drive,
    places: Places,
    created: Option<Arc<CreatedLog>>,
}

impl PreparedMeasurement<'_> {
    async fn run(&self, wanted: Option<Wanted>) -> miette::Result<Exit> {
        let target = run_target::connect(&self.scenario, self.options.real_time).await?;
        if let Some(account) = &target.account {
            safety::agree(self.scenario.file.target.account.as_deref(), account, self.options.yes)?;
        }
        let started_at = Timestamp::now();
        let (folder, run) = folder::create(&self.options.out, &self.scenario.file.name, started_at)?;
        let ended = self.run_in(&folder, &run, started_at, &target, wanted).await;
        if ended.is_err() {
            folder::remove_unused(&folder);
        }
        ended
    }

    /// Drives, writes down, cleans up and reports.
    async fn run_in(
        &self,
        folder: &Path,
        run: &str,
        started_at: Timestamp,
        target: &RunTarget,
        wanted: Option<Wanted>,
    ) -> miette::Result<Exit> {
        let mut document = self.document(run, started_at, target);
        folder::write_document(folder, &document)?;
        let created = match self.scenario.file.target.kind {
            TargetKind::Embedded => None,
            _ => Some(Arc::new(CreatedLog::create(folder)?)),
        };
        let writer = RunWriter::create(folder, started_at)?;
        let (interrupted, interrupts) = watch::channel(0);
        let listener = tokio::spawn(listen_for_interrupts(interrupted));
        let driven = match self.prepare(target, run, created.as_ref(), interrupts).await {
            Ok(ready) => self.drive(ready, target, folder, writer, wanted, &mut document).await,
            Err(error) => Err(error),
        };
        listener.abort();
        let finished = driven.and_then(|(done, generator)| {
            self.finish(&mut document, &read::series(folder)?, done, generator);
            folder::write_document(folder, &document)?;
            self.verify(folder, &document)?;
            let run = read::read(folder)?;
            let page = planner_report::run::page(&run.view());
            pictures::write(folder, &page, self.options.format, html::PrintScope::default())?;
            report_index::update(&self.options.out);
            Ok((run, page))
        });
        // What was made at the target is removed whether or not the run went well.
        let untagged = created.as_ref().map_or(0, |log| log.untagged());
        let cleaned = match created {
            Some(log) if !self.options.keep => {
                let names = RunNames::new(run, &self.scenario.file);
                let extent =
                    CleanupScope { unconditional_too: self.options.unconditional, ..CleanupScope::default() };
                cleanup::after_run(&target.clients, &log, names, extent, self.options.quiet).await
            }
            _ => Exit::Fine,
        };
        let (run, page) = finished?;
        if self.options.format.is_asked(self.options.quiet) {
            stdio::print(&report::text(&page, &run.document, self.options.format, &[])?)?;
        }
        if !self.options.quiet {
            stdio::say(format_args!("run folder: {}", folder.display()));
        }
        if untagged > 0 {
            stdio::say(format_args!(
                "{untagged} writes were answered without an ETag: nothing confirms what they wrote"
            ));
        }
        let measured = exit(&document);
        let judged = self.verifying.as_ref().map(|it| it.exit(measured, run.verification.as_ref()));
        Ok(match judged.unwrap_or(measured) {
            Exit::Fine if untagged > 0 && cleaned == Exit::Fine => Exit::Failed,
            // What the run itself came to says more than what it left behind.
            measured if measured != Exit::Fine && cleaned != Exit::Interrupted => measured,
            _ => cleaned,
        })
    }

    /// Says whether a plan is kept, where the run was driven for one and is valid.
    fn verify(&self, folder: &Path, document: &RunDocument) -> miette::Result<()> {
        let is_valid = matches!(exit(document), Exit::Fine | Exit::ThresholdCrossed);
        match &self.verifying {
            Some(verifying) if is_valid => verifying.judge(folder, document, &self.scenario)?,
            Some(_) => stdio::say("the plan is not verified: the run is not valid"),
            None => {}
        }
        Ok(())
    }

    /// Makes the target ready, unless that is interrupted.
    async fn prepare(
        &self,
        target: &RunTarget,
        run: &str,
        created: Option<&Arc<CreatedLog>>,
        interrupts: watch::Receiver<u32>,
    ) -> miette::Result<Ready> {
        let scenario = &self.scenario;
        let places = tokio::select! {
            places = target.prepare(scenario, run, created, counted_beyond(0, &interrupts)) => places?,
            () = counted_beyond(1, &interrupts) => return Err(Interruption.into()),
        };
        if *interrupts.borrow() > 0 {
            return Err(Interruption.into());
        }
        let (clients, workload) = (target.clients.clone(), scenario.workload.clone());
        let operator = Operator::new(clients, workload, places.clone(), created.map(Arc::clone));
        let drive = Drive {
            operator: Arc::new(operator),
            pacer: if self.is_virtual { Pacer::Virtual } else { Pacer::real().into_diagnostic()? },
            epoch: Instant::now(),
            seed: scenario.file.seed,
            gauge: target.gauge(scenario.file.operation),
            loop_lag: TimeHistogram::new(),
            interrupts,
        };
        Ok(Ready { drive, places, created: created.map(Arc::clone) })
    }

    /// Runs level after level, and follows what a fan-out published.
    async fn drive(
        &self,
        Ready { mut drive, places, created }: Ready,
        target: &RunTarget,
        folder: &Path,
        writer: RunWriter,
        wanted: Option<Wanted>,
        document: &mut RunDocument,
    ) -> miette::Result<(Levelled, Generator)> {
        let (began, cpu) = (machine::RealTime::now(), ProcessTime::now());
        let (scenario, quiet) = (&self.scenario, self.options.quiet);
        let levels = Levels { scenario, budget: self.budget(), quiet, folder };
        let mut done = levels.run(&mut drive, writer, wanted, document).await?;
        let (cpu_s, real_s) = (cpu.elapsed().as_secs_f64(), began.elapsed_s());
        let generator = self.generator(&done.levels, &drive.loop_lag, cpu_s, real_s);
        if let (OperationKind::FanOut, [level]) = (scenario.file.operation, done.levels.as_mut_slice()) {
            let (epoch, interrupts) = (drive.epoch, drive.interrupts.clone());
            let (places, created) = (&places, created.as_deref());
            let taken_in_part = drive.operator.taken_in_part();
            let settling =
                Settling { scenario, target, places, folder, epoch, taken_in_part, created, interrupts };
            document.fan_out = Some(settling.settle(level).await?);
            if *drive.interrupts.borrow() > 0 {
                // Whether it came before the last message or while copies were waited for.
                level.stop_reason = Some(StopReason::Interrupted);
            }
        }
        Ok((done, generator))
    }

    fn budget(&self) -> Budget {
        let BudgetOptions { max_requests, max_cost, max_duration, .. } = &self.options.budget;
        let workload = &self.scenario.workload;
        let request_usd = usd_per_request(&self.prices, workload.operation, workload.items_per_job());
        let message_usd = safety::behind_message_usd(&self.scenario, &self.prices);
        Budget {
            max_requests: max_requests.unwrap_or(u64::MAX),
            max_duration_ns: max_duration.map_or(u64::MAX, planner_core::units::quantity::Span::ns),
            max_cost_usd: max_cost.unwrap_or(f64::INFINITY),
            usd_per_request: request_usd + message_usd * workload.items_per_job() as f64,
            usd_per_byte: self.prices.usd_per_byte_high(),
        }
    }

    fn document(&self, run: &str, started_at: Timestamp, target: &RunTarget) -> RunDocument {
        let file = &self.scenario.file;
        RunDocument {
            schema: SCHEMA.into(),
            run: run.to_owned(),
            name: file.name.clone(),
            started_at: started_at.to_string(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: machine::command_line(),
            target: TargetSummary {
                kind: file.target.kind,
                endpoint_url: target.url.clone(),
                region: Some(target.clients.region.clone()),
            },
            rehearsal: target.is_rehearsal(),
            virtual_time: self.is_virtual,
            seed: file.seed,
            complete: false,
            machine: machine::describe(),
            scenario: machine::without_account(file.clone()),
            levels: Vec::new(),
            verdicts: None,
            usl: None,
            search: None,
            fan_out: None,
            generator: None,
            thresholds: Vec::new(),
        }
    }

    fn generator(
        &self,
        levels: &[LevelSummary],
        loop_lag: &TimeHistogram,
        cpu_s: f64,
        real_s: f64,
    ) -> Generator {
        let attempts: u64 = levels.iter().map(|level| level.attempts).sum();
        Generator {
            cpu_s,
            cpu_us_per_attempt: if attempts == 0 { 0.0 } else { cpu_s * 1e6 / attempts as f64 },
            real_s,
            loop_lag_s: (!self.is_virtual).then(|| loop_lag.percentiles()),
            peak_memory_bytes: machine::peak_memory_bytes(),
            // Judged when the rows have been analysed.
            ..Generator::default()
        }
    }

    fn judge(&self, generator: &mut Generator, levels: &[LevelSummary], rows: &[SeriesSecond]) {
        let pace = match self.scenario.file.target.kind {
            _ if self.is_virtual => GeneratorTime::Virtual,
            TargetKind::Embedded => GeneratorTime::Shared,
            _ => GeneratorTime::Own(generator.cpu_s / generator.real_s.max(1e-9)),
        };
        let health = judgement::health(levels, rows, pace);
        (generator.saturated, generator.late) = (health.saturated, health.late);
        generator.reason = reasons::run::generator(&health);
    }

    fn finish(
        &self,
        document: &mut RunDocument,
        rows: &[SeriesSecond],
        done: Levelled,
        mut generator: Generator,
    ) {
        let Levelled { levels, abandoned, search } = done;
        if abandoned > 0 {
            stdio::say(format_args!("{abandoned} attempts were left in flight; what they did is not known"));
        }
        (document.levels, document.search) = (levels, search);
        analyse(document, rows, reasons::run::words);
        self.judge(&mut generator, &document.levels, rows);
        if let Some(fan_out) = document.fan_out.as_mut().filter(|_| generator.saturated) {
            fan_out.publish_was_late(reasons::run::late_publisher(&generator.reason));
        }
        document.generator = Some(generator);
        let verdicts = document.verdicts.as_ref();
        // A search goes beyond the limit on purpose; its last level is the answer.
        let levels = match (&document.search, document.levels.as_slice()) {
            (Some(_), [.., answer]) => std::slice::from_ref(answer),
            (_, levels) => levels,
        };
        document.thresholds = verdicts.map_or_else(Vec::new, |verdicts| {
            judgement::thresholds(&self.scenario.thresholds, levels, verdicts)
        });
        document.complete = true;
    }
}

/// Counts interrupts.
async fn listen_for_interrupts(interrupted: watch::Sender<u32>) {
    let Ok(mut interrupts) = Interrupts::new() else { return };
    loop {
        interrupts.next().await;
        interrupted.send_modify(|count| *count += 1);
        if *interrupted.borrow() == 1 {
            stdio::say("stopping: what is in flight may end; interrupt again to leave it");
        }
    }
}

/// The exit code that a run deserves.
fn exit(document: &RunDocument) -> Exit {
    let interrupted = document.levels.iter().any(|level| level.stop_reason == Some(StopReason::Interrupted));
    // A fan-out is judged by what arrived; that it was published late is said of that stage alone.
    let saturated = document.fan_out.is_none()
        && document.generator.as_ref().is_some_and(|generator| generator.saturated);
    let broken = document.levels.iter().any(|level| !level.littles_law.accounting_holds);
    let gauge = document.verdicts.as_ref().map(|verdicts| verdicts.independent.verdict);
    let disagrees = gauge == Some(Verdict::Fail);
    let misses = document.fan_out.as_ref().is_some_and(FanOutSummary::misses_objects);
    let nothing_done = document.levels.iter().all(|level| level.jobs_done == 0);
    if interrupted {
        Exit::Interrupted
    } else if saturated || broken || disagrees || nothing_done || misses {
        Exit::NotValid
    } else if document.thresholds.iter().any(|threshold| !threshold.holds) {
        Exit::ThresholdCrossed
    } else {
        Exit::Fine
    }
}
