//! From the arrivals of a scenario to the levels that run.

use std::io::Read;

use toml::Table;

use super::file::{ArrivalKind, Arrivals as FileArrivals, OperationKind, RateStep};
use super::objects::Workload;
use super::validation::{Check, Checked, MAX_WORKERS};
use crate::load::arrival::{Piece, Process, Spacing};
use crate::load::dispatch::ArrivalModel;
use crate::load::pool::Groups;
use crate::units::quantity::{MILLISECOND, MONTH, Rate, Span, YEAR, nanoseconds};

/// Jobs in progress that open arrivals are capped at where the scenario names no cap.
const DEFAULT_MAX_IN_FLIGHT: u64 = 10_000;

impl Check<'_> {
    /// Whether the arrival process ends by itself, so that objects are gone round until it does.
    pub(super) fn process_ends(&self) -> bool {
        matches!(self.file.arrivals.kind, ArrivalKind::Ramp | ArrivalKind::Steps | ArrivalKind::Trace)
    }

    pub(super) fn max_in_flight(&self) -> Checked<u64> {
        match self.file.arrivals.max_in_flight {
            Some(0) => self.error("arrivals.max_in_flight", "max_in_flight is 0", "use 1 or more"),
            given => Ok(given.unwrap_or(DEFAULT_MAX_IN_FLIGHT)),
        }
    }

    pub(super) fn max_jobs(&self, workload: &Workload, process_ends: bool) -> Checked<u64> {
        let stop = &self.file.stop;
        if let Some(duration) = stop.duration {
            self.span("stop.duration", duration, MILLISECOND, MONTH)?;
        }
        let fits = stop.precise.is_none_or(|share| (0.001..=0.5).contains(&share.0));
        let message = "a precision like this cannot be reached or says nothing";
        self.ensure(fits, "stop.precise", message, "use 0.1% to 50%")?;
        let is_steady = stop.precise.is_none() || !process_ends;
        let message = "arrivals that change or end have no steady state";
        self.ensure(is_steady, "stop.precise", message, "use closed, constant or poisson arrivals")?;
        match stop.jobs {
            Some(0) => self.error("stop.jobs", "jobs is 0", "use 1 or more"),
            Some(items) => Ok(items.div_ceil(workload.items_per_job())),
            None if self.file.operation == OperationKind::FanOut => Ok(workload.jobs_per_lap()),
            None if stop.limit().is_some() || process_ends => Ok(u64::MAX),
            None => Ok(workload.jobs_per_lap()),
        }
    }

    pub(super) fn levels(
        &self,
        workload: &Workload,
        max_jobs: u64,
        max_in_flight: u64,
    ) -> Checked<Vec<ArrivalModel>> {
        self.no_stray_fields()?;
        let arrivals = &self.file.arrivals;
        let per_job = workload.items_per_job();
        let open =
            |process: Process| ArrivalModel::Open { process: process.slowed(per_job as f64), max_in_flight };
        let at_rate = |rate: Rate| at_rate(rate.per_s(), arrivals.kind, per_job, max_in_flight);
        let spacing = arrivals.spacing.unwrap_or(Spacing::Even);
        let curve = |pieces| open(Process::Curve { pieces, spacing });
        Ok(match arrivals.kind {
            ArrivalKind::Closed => {
                self.worker_counts()?.into_iter().map(|workers| plain_pool(workers, max_jobs)).collect()
            }
            ArrivalKind::Nested => {
                let outer = self.workers("arrivals.outer", arrivals.outer)?;
                let inner = self.workers("arrivals.inner", arrivals.inner)?;
                self.workers("arrivals.inner", outer.checked_mul(inner))?;
                let groups = Groups::new(workload.job_borders().into(), max_jobs);
                vec![ArrivalModel::Closed { outer, inner, groups }]
            }
            ArrivalKind::Constant | ArrivalKind::Poisson => {
                let rates = self.rates()?;
                self.ends_within_a_year(&rates, max_jobs, per_job)?;
                rates.into_iter().map(at_rate).collect()
            }
            ArrivalKind::Ramp => vec![curve(vec![self.ramp()?])],
            ArrivalKind::Steps => vec![curve(self.steps()?)],
            ArrivalKind::Trace => vec![open(Process::Trace(self.trace()?))],
        })
    }

    /// Every field of `arrivals` must belong to its kind: a forgotten one is a misunderstanding.
    fn no_stray_fields(&self) -> Checked<()> {
        let arrivals = &self.file.arrivals;
        let name_of = |kind: &ArrivalKind| format!("{kind:?}").to_lowercase();
        let kind = name_of(&arrivals.kind);
        let refuse = |path: &str, what: &str, kinds: &[ArrivalKind], more: &str| {
            let kinds: Vec<String> = kinds.iter().map(name_of).collect();
            let help = format!("it belongs to: {}{more}", kinds.join(", "));
            self.error(path, format!("{what} means nothing for {kind} arrivals"), help)
        };
        let written = Table::try_from(arrivals).expect("what is read from TOML can be written as TOML");
        for field in written.keys() {
            let kinds = kinds_with(field);
            if !kinds.contains(&arrivals.kind) {
                let more =
                    if field == "spacing" { "; for a constant rate write kind = \"poisson\"" } else { "" };
                return refuse(&format!("arrivals.{field}"), &format!("`{field}`"), kinds, more);
            }
        }
        match self.file.sweep {
            Some(_) if !SWEPT.contains(&arrivals.kind) => refuse("sweep", "a sweep", &SWEPT, ""),
            _ => Ok(()),
        }
    }

    fn workers(&self, path: &str, count: Option<u32>) -> Checked<u32> {
        match count {
            Some(count) if (1..=MAX_WORKERS).contains(&count) => Ok(count),
            Some(count) => {
                self.error(path, format!("{count} workers"), format!("use 1 to {MAX_WORKERS} in all"))
            }
            None => self.error(path, "the number of workers is missing", "write for example workers = 100"),
        }
    }

    fn worker_counts(&self) -> Checked<Vec<u32>> {
        let one = self.file.arrivals.workers;
        let Some(sweep) = &self.file.sweep else { return Ok(vec![self.workers("arrivals.workers", one)?]) };
        let message = "a sweep over closed arrivals has a list of workers and nothing else";
        let help = "write workers = [1, 10, 100] under [sweep], and no workers under [arrivals]";
        let list = sweep.workers.as_deref().unwrap_or_default();
        let is_alone = !list.is_empty() && sweep.rates.is_none() && one.is_none();
        self.ensure(is_alone, "sweep", message, help)?;
        let count = |(index, &count)| self.workers(&format!("sweep.workers.{index}"), Some(count));
        list.iter().enumerate().map(count).collect()
    }

    fn rates(&self) -> Checked<Vec<Rate>> {
        let one = self.file.arrivals.rate;
        let Some(sweep) = &self.file.sweep else { return Ok(vec![self.rate("arrivals.rate", one)?]) };
        let message = "a sweep over open arrivals has a list of rates and nothing else";
        let help = "write rates = [\"10/s\", \"20/s\"] under [sweep], and no rate under [arrivals]";
        let list = sweep.rates.as_deref().unwrap_or_default();
        let is_alone = !list.is_empty() && sweep.workers.is_none() && one.is_none();
        self.ensure(is_alone, "sweep", message, help)?;
        let rate = |(index, &rate)| self.rate(&format!("sweep.rates.{index}"), Some(rate));
        list.iter().enumerate().map(rate).collect()
    }

    fn rate(&self, path: &str, rate: Option<Rate>) -> Checked<Rate> {
        match rate {
            Some(rate) if rate.per_s() > 0.0 => Ok(rate),
            Some(_) => self.error(path, "the rate is 0", "use more than 0/s"),
            None => self.error(path, "the rate is missing", "write for example rate = \"20/s\""),
        }
    }

    /// Whether the objects or messages have arrived at each of the rates within a year.
    fn ends_within_a_year(&self, rates: &[Rate], max_jobs: u64, per_job: u64) -> Checked<()> {
        let items = max_jobs as f64 * per_job as f64;
        let slowest = rates.iter().copied().min_by(|a, b| a.per_s().total_cmp(&b.per_s()));
        let Some(rate) = slowest else { return Ok(()) };
        let ends = self.file.stop.limit().is_some() || items <= YEAR.seconds() * rate.per_s();
        let message = format!("at {rate} the last of {items} would start after more than a year");
        self.ensure(ends, "arrivals", message, "use a higher rate, or end the level with stop.duration")
    }

    fn ramp(&self) -> Checked<Piece> {
        let a = &self.file.arrivals;
        let (Some(from), Some(to), Some(over)) = (a.from, a.to, a.over) else {
            let help = "write from = \"0/s\", to = \"50/s\", over = \"2m\"";
            return self.error("arrivals", "a ramp needs from, to and over", help);
        };
        self.span("arrivals.over", over, MILLISECOND, MONTH)?;
        let has_arrivals = from.per_s() + to.per_s() != 0.0;
        self.ensure(has_arrivals, "arrivals.over", "the ramp has no arrival", "use a higher rate")?;
        Ok(Piece { from_per_s: from.per_s(), to_per_s: to.per_s(), length_s: over.seconds() })
    }

    fn steps(&self) -> Checked<Vec<Piece>> {
        let steps = self.file.arrivals.steps.as_deref().unwrap_or_default();
        let has_arrivals = steps.iter().any(|step| step.rate.per_s() > 0.0 && step.length.ns() > 0);
        let help = "write steps = [{ rate = \"5/s\", for = \"1m\" }]";
        self.ensure(has_arrivals, "arrivals.steps", "the steps have no arrival", help)?;
        let length_ns = steps.iter().fold(0u64, |sum, step| sum.saturating_add(step.length.ns()));
        self.span("arrivals.steps", Span(length_ns), MILLISECOND, MONTH)?;
        let piece = |step: &RateStep| Piece {
            from_per_s: step.rate.per_s(),
            to_per_s: step.rate.per_s(),
            length_s: step.length.seconds(),
        };
        Ok(steps.iter().map(piece).collect())
    }

    fn trace(&self) -> Checked<Vec<u64>> {
        let Some(name) = &self.file.arrivals.file else {
            return self.error("arrivals", "a trace needs a file", "write file = \"starts.csv\"");
        };
        let input = self.open(name, "arrivals.file")?;
        read_trace(input).map_err(|error| self.source.error("arrivals.file", format!("{name}: {error}"), ""))
    }
}

/// The kinds of arrivals that can be swept.
const SWEPT: [ArrivalKind; 3] = [ArrivalKind::Closed, ArrivalKind::Constant, ArrivalKind::Poisson];

/// The kinds of arrivals that a field belongs to.
fn kinds_with(field: &str) -> &'static [ArrivalKind] {
    use ArrivalKind::{Closed, Constant, Nested, Poisson, Ramp, Steps, Trace};
    match field {
        "kind" => &[Closed, Nested, Constant, Poisson, Ramp, Steps, Trace],
        "workers" => &[Closed],
        "outer" | "inner" => &[Nested],
        "rate" => &[Constant, Poisson],
        "from" | "to" | "over" => &[Ramp],
        "steps" => &[Steps],
        "spacing" => &[Ramp, Steps],
        "file" => &[Trace],
        "max_in_flight" => &[Constant, Poisson, Ramp, Steps, Trace],
        _ => &[],
    }
}

impl FileArrivals {
    /// Workers, each of which takes the next job when it is free.
    #[must_use]
    pub fn closed(workers: u32) -> Self {
        Self { workers: Some(workers), ..Self::of(ArrivalKind::Closed) }
    }

    /// A fixed rate.
    #[must_use]
    pub fn constant(rate: Rate) -> Self {
        Self { rate: Some(rate), ..Self::of(ArrivalKind::Constant) }
    }

    fn of(kind: ArrivalKind) -> Self {
        Self {
            kind,
            workers: None,
            outer: None,
            inner: None,
            rate: None,
            from: None,
            to: None,
            over: None,
            steps: None,
            file: None,
            spacing: None,
            max_in_flight: None,
        }
    }
}

/// One pool of workers, which take any job in turn.
pub(super) fn plain_pool(workers: u32, max_jobs: u64) -> ArrivalModel {
    // One group for ever: only pools inside a pool wait for the end of a lap.
    let groups = Groups::new([0, max_jobs].into(), max_jobs);
    ArrivalModel::Closed { outer: 1, inner: workers, groups }
}

/// Constant or Poisson arrivals of objects or messages, `per_job` of which make a job.
pub(super) fn at_rate(per_s: f64, kind: ArrivalKind, per_job: u64, max_in_flight: u64) -> ArrivalModel {
    let spacing = if kind == ArrivalKind::Poisson { Spacing::Poisson } else { Spacing::Even };
    ArrivalModel::Open { process: Process::constant(per_s, spacing).slowed(per_job as f64), max_in_flight }
}

/// Start times in seconds from the first column of a CSV file; a first row that is no number is a header.
fn read_trace(input: impl Read) -> Result<Vec<u64>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
    let mut times: Vec<u64> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = row.get(0).unwrap_or_default().trim();
        match cell.parse::<f64>() {
            Ok(time_s) if (0.0..=MONTH.seconds()).contains(&time_s) => {
                let time_ns = nanoseconds(time_s);
                if times.last().is_some_and(|&last| last > time_ns) {
                    return Err(format!(
                        "line {line}: {cell} comes before the start above it; sort the file"
                    ));
                }
                times.push(time_ns);
            }
            Err(_) if line == 1 => {}
            _ => {
                return Err(format!(
                    "line {line}: `{cell}` is not a start in seconds, 0 to {}",
                    MONTH.seconds()
                ));
            }
        }
    }
    if times.is_empty() { Err("the file has no start".into()) } else { Ok(times) }
}
