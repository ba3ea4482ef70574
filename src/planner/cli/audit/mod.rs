//! `planner audit`: did every object arrive, how long did it take, and was the plan kept?

mod clients;
mod expected_objects;
mod merge;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use miette::IntoDiagnostic;

use super::args::AuditOptions;
use super::exit::{BadInput, Exit, bad_input};
use super::interrupt::interrupted;
use super::progress::Counting;
use super::report_output::ReportOutput;
use super::{check, measure, stdio};
use crate::runs::audit::{About, AuditFolder};
use crate::runs::index::{AUDIT, PLAN};
use crate::runs::{folder, machine};
use clients::AuditClients;
use expected_objects::Expected;
use merge::{Merge, MergeEnd};
use planner_aws::listing::PageBudget;
use planner_aws::metrics;
use planner_core::account::Prices;
use planner_core::audit::document::{AuditDocument, Subject};
use planner_core::audit::function::{AuditedFunction, Peaks};
use planner_core::audit::note::AuditNote;
use planner_core::audit::object_comparison::{CompareBy, Rules};
use planner_core::audit::plan_expectation::PlanExpectation;
use planner_core::check::FileContent;
use planner_core::check::cloudwatch::CloudWatchExport;
use planner_core::check::window::FileWindow;
use planner_report::audit as report;

/// Everything that is settled before the first request.
struct Audit<'a> {
    options: &'a AuditOptions,
    rules: Rules,
    expected: Option<Expected>,
    promise: Option<PlanExpectation>,
    exported: Option<CloudWatchExport>,
    prices: Prices,
    now: Timestamp,
}

/// Runs the command.
pub(super) fn run(options: &AuditOptions) -> miette::Result<Exit> {
    let audit = Audit::settle(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(audit.run())
}

impl<'a> Audit<'a> {
    fn settle(options: &'a AuditOptions) -> miette::Result<Self> {
        if options.source.overlaps(&options.dest) {
            return bad_input(
                format!("{} and {} overlap", options.source, options.dest),
                "name places of which neither lies in the other, with a / at the end of a folder",
            );
        }
        let now = Timestamp::now();
        let until = options.until.unwrap_or(now);
        if let Some(since) = options.since.filter(|since| *since >= until) {
            return bad_input(
                format!("the backup would begin at {since} and end at {until}"),
                "give a --since that is in the past and before --until",
            );
        }
        let has_function = options.metrics.function.is_some() || options.metrics.metrics.is_some();
        // A list has no ETags.
        let by = if options.manifest.is_some() { CompareBy::Size } else { options.compare.into() };
        let expected =
            options.manifest.as_deref().map(|path| Expected::read(path, &options.source)).transpose()?;
        Ok(Self {
            options,
            rules: Rules { by, since_ns: options.since.map(nanoseconds) },
            expected,
            promise: options.plan.as_deref().map(|path| read_plan(path, has_function)).transpose()?,
            exported: options.metrics.metrics.as_deref().map(read_metrics).transpose()?,
            prices: measure::read_prices(options.prices.as_deref())?,
            now,
        })
    }

    async fn run(mut self) -> miette::Result<Exit> {
        let options = self.options;
        clients::refuse_unnamed(&options.reach)?;
        if !options.answer.folder.quiet {
            stdio::say(self.describe());
        }
        let reached = tokio::select! {
            reached = clients::connect(&options.reach) => reached?,
            () = interrupted() => return Ok(Exit::Interrupted),
        };
        let mut folder = self.open_folder()?;
        let budget = PageBudget::new(options.max_requests);
        let merge = Merge {
            places: [&options.source, &options.dest],
            clients: [&reached.source, &reached.destination],
            rules: self.rules,
            budget: &budget,
            counting: &Counting::new(options.answer.folder.quiet),
        };
        let ended = merge.run(&mut folder, self.expected.take()).await;
        let ended = ended.inspect_err(|_| leave(&mut folder, options.resume.is_some()))?;
        let (function, doubt, was_stopped) = match ended {
            MergeEnd::Whole => self.function_unless_stopped(&reached).await,
            MergeEnd::OutOfBudget => (None, None, false),
            MergeEnd::Interrupted => (None, None, true),
        };
        let mut document = self.document(&folder, &reached, ended, function);
        document.notes.extend(doubt);
        self.write(&document, &mut folder)?;
        Ok(if was_stopped {
            Exit::Interrupted
        } else if document.holds {
            Exit::Fine
        } else {
            Exit::NotValid
        })
    }

    /// The metrics, or why there are none, and whether the user wanted no more. What took many requests to find is not
    /// thrown away for want of a metric.
    async fn function_unless_stopped(
        &self,
        reached: &AuditClients,
    ) -> (Option<AuditedFunction>, Option<AuditNote>, bool) {
        tokio::select! {
            function = self.function(reached) => match function {
                Ok(function) => (function, None, false),
                Err(error) => (None, Some(AuditNote::NoMetrics(error.to_string())), false),
            },
            () = interrupted() => (None, Some(AuditNote::NoMetrics("interrupted".into())), true),
        }
    }

    /// What will be done, before it is.
    fn describe(&self) -> String {
        let (options, prices) = (self.options, &self.prices);
        let sides = if self.expected.is_some() { 1.0 } else { 2.0 };
        let limit =
            options.max_requests.map_or_else(String::new, |most| format!("; {most} requests at most"));
        format!(
            "reads the listings of {} and {}; writes nothing there\n  one request per 1,000 objects of a side, {:.4} USD per million objects on AWS ({} list of {}){limit}",
            options.source,
            options.dest,
            sides * prices.s3.copy_usd_per_1000,
            prices.region,
            prices.as_of,
        )
    }

    fn open_folder(&self) -> miette::Result<AuditFolder> {
        let options = self.options;
        let about = About {
            source: options.source.to_string(),
            destination: options.dest.to_string(),
            by: self.rules.by,
            since_ns: self.rules.since_ns,
            manifest: options.manifest.clone(),
        };
        Ok(match &options.resume {
            Some(path) => AuditFolder::resume(path.clone(), &about)?,
            None => {
                AuditFolder::begin(folder::create(&options.answer.folder.out, "audit", self.now)?.0, about)?
            }
        })
    }

    /// The metrics, from a file or from CloudWatch; None where there are none to be had.
    async fn function(&self, reached: &AuditClients) -> miette::Result<Option<AuditedFunction>> {
        let options = self.options;
        if let Some(exported) = &self.exported {
            let window = options.since.map(|since| window(since, options.until, exported.period_s));
            let function = AuditedFunction::of(None, exported, Peaks::default(), window.as_ref());
            return Ok(Some(function.map_err(|error| BadInput::new(error.to_string(), ""))?));
        }
        let (Some(name), Some(since)) = (&options.metrics.function, options.since) else { return Ok(None) };
        let until_s = options.until.unwrap_or(self.now).as_second();
        let now_s = self.now.as_second();
        let (seen, peaks) =
            metrics::of_function(&reached.cloudwatch, name, since.as_second(), until_s, now_s).await?;
        let function = AuditedFunction::of(Some(name.clone()), &seen, peaks, None).map_err(|_| {
            BadInput::new(
                format!("CloudWatch knows nothing of function {name} in that time: check its name and region, or wait some minutes"),
                "",
            )
        })?;
        Ok(Some(function))
    }

    fn document(
        &self,
        folder: &AuditFolder,
        reached: &AuditClients,
        ended: MergeEnd,
        function: Option<AuditedFunction>,
    ) -> AuditDocument {
        let progress = &folder.progress;
        let subject = Subject {
            source: progress.about.source.clone(),
            destination: progress.about.destination.clone(),
            audited_at: self.now.to_string(),
            rehearsal: reached.is_rehearsal,
            compared_by: self.rules.by,
            since_ns: self.rules.since_ns,
            complete: ended == MergeEnd::Whole,
            list_requests: progress.list_requests,
            command: machine::command_line(),
        };
        AuditDocument::new(subject, progress.tally.clone(), function, self.promise)
    }

    /// The folder tells that the audit is over only once all of it is written.
    fn write(&self, document: &AuditDocument, folder: &mut AuditFolder) -> miette::Result<()> {
        folder.save()?;
        let page = &report::page(document, env!("CARGO_PKG_VERSION"));
        let told = &report::document(document).into_diagnostic()?;
        let answer = ReportOutput { file: AUDIT, document: told, page, csv: None };
        answer.give_into(self.options.answer.format, &self.options.answer.folder, folder.path())?;
        if document.subject.complete {
            folder.finish()?;
        }
        Ok(())
    }
}

/// After a failure: keeps what was found, or leaves nothing where nothing was.
fn leave(folder: &mut AuditFolder, was_resumed: bool) {
    if folder.progress.cursor.is_none() && !was_resumed {
        // Where even this fails an empty folder is the least of the user's troubles.
        let _ = std::fs::remove_dir_all(folder.path());
    } else if folder.save().is_ok() {
        stdio::say(format_args!(
            "what was found until then is kept: --resume {} goes on",
            folder.path().display()
        ));
    }
}

fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// From the period in which `since` lies on.
fn window(since: Timestamp, until: Option<Timestamp>, period_s: f64) -> FileWindow {
    let period_ns = ((period_s * 1e9) as i64).max(1);
    let since_ns = nanoseconds(since);
    let start_ns = since_ns - since_ns.rem_euclid(period_ns);
    FileWindow(start_ns..until.map_or(i64::MAX, |until| nanoseconds(until).saturating_add(period_ns)))
}

fn read_plan(path: &Path, of_function: bool) -> miette::Result<PlanExpectation> {
    let path: PathBuf = if path.is_dir() { path.join(PLAN) } else { path.to_owned() };
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let help = "give the plan.json of `planner recommend`, or the folder that has it";
    let promise = text.and_then(|text| PlanExpectation::read(&text, of_function));
    Ok(promise.map_err(|reason| BadInput::file("read the plan", &path, reason, help))?)
}

fn read_metrics(path: &Path) -> miette::Result<CloudWatchExport> {
    let help = "give CloudWatch metrics as CSV or as the JSON of get-metric-data; `planner check --help` shows the form";
    let unusable = |reason: String| BadInput::file("read metrics from", path, reason, help);
    match check::read(path)?.map_err(|error| unusable(error.to_string()))? {
        FileContent::CloudWatch(metrics) => Ok(metrics),
        _ => Err(unusable("they are in another form than CloudWatch's".into()).into()),
    }
}
