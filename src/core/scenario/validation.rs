//! Whether the values of a scenario are in range and go together.

use std::io::{self, Read};
use std::sync::Arc;

use super::error::{ScenarioError, ScenarioText};
use super::file::{File, OperationKind, Size};
use super::manifest::Manifest;
use super::objects::{ObjectSet, Workload};
use super::threshold::Threshold;
use crate::account::Limits;
use crate::units::quantity::{Bytes, MILLISECOND, NS_PER_S, Span, WEEK};

/// Objects that a scenario makes up and a plan is made for at most: going through more would take hours, and each takes
/// eight bytes of memory.
pub const MAX_OBJECTS: u64 = 100_000_000;
/// More workers than this are a mistake.
pub const MAX_WORKERS: u32 = 1_000_000;
/// Attempts at one job: more are a mistake, and a job that always fails would not end.
pub const MAX_ATTEMPTS: u32 = 1000;
const DAY_NS: u64 = 86_400 * NS_PER_S;
/// Date prefixes beyond which dates have more than four digits.
const MAX_PREFIXES: u64 = 2_000_000;

/// Opens a file that a scenario names, relative to the scenario.
pub type Beside<'a> = &'a dyn Fn(&str) -> io::Result<Box<dyn Read>>;

/// A file under examination.
pub(super) struct Check<'a> {
    pub file: &'a File,
    pub source: &'a ScenarioText,
    pub limits: &'a Limits,
    pub beside: Beside<'a>,
}

/// A bound in days where it is whole days: nobody knows how long a month is.
fn bound(span: Span) -> String {
    match span.ns() {
        ns if ns.is_multiple_of(DAY_NS) => format!("{}d", ns / DAY_NS),
        _ => span.to_string(),
    }
}

pub(super) type Checked<T> = Result<T, ScenarioError>;

impl Check<'_> {
    pub(super) fn error<T>(
        &self,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Checked<T> {
        Err(self.source.error(path, message, help))
    }

    /// Refuses a value for which something does not hold.
    pub(super) fn ensure(
        &self,
        holds: bool,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Checked<()> {
        if holds { Ok(()) } else { self.error(path, message, help) }
    }

    /// Whether a length of time lies between two others.
    pub(super) fn span(&self, path: &str, span: Span, least: Span, most: Span) -> Checked<()> {
        let name = path.rsplit('.').next().unwrap_or(path);
        let help = format!("use {} to {}", bound(least), bound(most));
        self.ensure((least..=most).contains(&span), path, format!("{name} is {span}"), help)
    }

    pub(super) fn name(&self) -> Checked<()> {
        let name = &self.file.name;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_name = (1..=64).contains(&name.len()) && name.chars().all(fits);
        let message = format!("`{name}` cannot name a run folder");
        self.ensure(is_name, "name", message, "use 1 to 64 letters, digits, `-` and `_`")
    }

    pub(super) fn service(&self) -> Checked<()> {
        match self.file.target.service.as_ref().map(|service| service.validate(self.limits)) {
            Some(Err(error)) => self.error(&format!("target.service.{}", error.field), error.to_string(), ""),
            _ => Ok(()),
        }
    }

    pub(super) fn thresholds(&self) -> Checked<Vec<Threshold>> {
        let parse = |(index, text): (usize, &String)| {
            text.parse::<Threshold>().map_err(|message| {
                self.source.error(&format!("thresholds.{index}"), message, "for example `throttles < 1%`")
            })
        };
        self.file.thresholds.iter().enumerate().map(parse).collect()
    }

    pub(super) fn workload(&self) -> Checked<Workload> {
        let (file, copy) = (self.file, &self.file.copy);
        let (s3, batch_max) = (&self.limits.s3, self.limits.sns.batch_max);
        let fits = (s3.part_min_bytes..=s3.part_max_bytes).contains(&copy.part_size.0);
        let help = format!("use {} to {}", Bytes(s3.part_min_bytes), Bytes(s3.part_max_bytes));
        self.ensure(fits, "copy.part_size", format!("part_size is {}", copy.part_size), help)?;
        let fits = copy.multipart_above.0 <= s3.copy_max_bytes;
        let message = format!("multipart_above is {}", copy.multipart_above);
        let help = format!("one CopyObject request copies {} at most", Bytes(s3.copy_max_bytes));
        self.ensure(fits, "copy.multipart_above", message, help)?;
        let has_parts = copy.parallel_parts > 0;
        self.ensure(has_parts, "copy.parallel_parts", "parallel_parts is 0", "use 1 or more")?;
        let batch = file.publish.batch;
        let help = format!("use 1 to {batch_max}");
        self.ensure((1..=batch_max).contains(&batch), "publish.batch", format!("batch is {batch}"), help)?;
        let retry = &file.retry;
        let attempts = retry.max_attempts;
        let message = format!("max_attempts is {attempts}");
        let help = format!("use 1, which means no retry, to {MAX_ATTEMPTS}");
        self.ensure((1..=MAX_ATTEMPTS).contains(&attempts), "retry.max_attempts", message, help)?;
        self.span("retry.attempt_timeout", retry.attempt_timeout, MILLISECOND, WEEK)?;
        for (path, wait) in [("retry.base", retry.base), ("retry.cap", retry.cap)] {
            // Without any wait at all the attempts themselves take their time.
            if wait.ns() > 0 {
                self.span(path, wait, MILLISECOND, WEEK)?;
            }
        }
        let workload = Workload {
            objects: self.objects()?,
            operation: file.operation,
            copy: copy.clone(),
            batch: file.publish.batch,
        };
        self.parts_fit(&workload)?;
        Ok(workload)
    }

    fn parts_fit(&self, workload: &Workload) -> Checked<()> {
        let (part_bytes, parts_max) = (workload.copy.part_size.0, u64::from(self.limits.s3.parts_max));
        let largest =
            (0..workload.objects.len()).map(|index| workload.objects.size_bytes(index)).max().unwrap_or(0);
        let fits = largest <= workload.copy.multipart_above.0 || largest.div_ceil(part_bytes) <= parts_max;
        let message = format!("an object of {} has more than {parts_max} parts", Bytes(largest));
        let help = format!("use a part_size of {} or more", Bytes(largest.div_ceil(parts_max)));
        self.ensure(fits, "copy.part_size", message, help)
    }

    fn objects(&self) -> Checked<ObjectSet> {
        let objects = &self.file.objects;
        if let Some(name) = &objects.manifest {
            let is_alone = objects.count.is_none() && objects.size.is_none() && objects.prefixes.is_none();
            let message = "a manifest already says how many objects there are";
            let help = "remove count, size and prefixes, or the manifest";
            self.ensure(is_alone, "objects.manifest", message, help)?;
            let manifest = self.open(name, "objects.manifest").and_then(|input| {
                Manifest::read(input).map_err(|error| {
                    self.source.error(
                        "objects.manifest",
                        format!("{name}: {error}"),
                        "a manifest has rows of key,size or is an S3 Inventory list in CSV; `.gz` must be whole",
                    )
                })
            })?;
            return Ok(ObjectSet::Listed(Arc::new(manifest)));
        }
        let Some(count) = objects.count.filter(|&count| count > 0) else {
            let help = "write count = 250, or name a manifest";
            return self.error("objects.count", "the number of objects is missing or 0", help);
        };
        let message = format!("{count} objects are too many");
        self.ensure(count <= MAX_OBJECTS, "objects.count", message, format!("use 1 to {MAX_OBJECTS}"))?;
        let Some(size) = objects.size.clone() else {
            let help = "write size = { uniform = [\"600MB\", \"800MB\"] }";
            return self.error("objects", "the size of the objects is missing", help);
        };
        match &size {
            Size::Uniform(low, high) => {
                let message = format!("{low} is above {high}");
                self.ensure(low <= high, "objects.size", message, "write the smaller size first")?;
            }
            Size::Lognormal { cv, .. } => {
                let is_spread = cv.is_finite() && *cv >= 0.0;
                self.ensure(is_spread, "objects.size", format!("cv is {cv}"), "use 0 or more")?;
            }
            Size::Fixed(_) => {}
        }
        let prefixes = objects.prefixes.unwrap_or(1);
        let fits = (1..=count.min(MAX_PREFIXES)).contains(&u64::from(prefixes));
        let message = format!("{count} objects cannot be spread over {prefixes} prefixes");
        let help = format!("use 1 up to the number of objects, {MAX_PREFIXES} at most");
        self.ensure(fits, "objects.prefixes", message, help)?;
        Ok(ObjectSet::Generated { count, size, prefixes, seed: self.file.seed })
    }

    pub(super) fn open(&self, name: &str, path: &str) -> Checked<Box<dyn Read>> {
        (self.beside)(name).map_err(|error| {
            self.source.error(
                path,
                format!("failed to open {name}: {error}"),
                "the path is relative to the scenario file",
            )
        })
    }

    /// Checks what a fan-out asks for, and that nothing else has a pipeline.
    pub(super) fn fan_out(&self, workload: &Workload) -> Checked<()> {
        let file = self.file;
        if file.operation != OperationKind::FanOut {
            let help = "write operation = \"fan-out\", or remove [fan_out]";
            return self.ensure(file.fan_out.is_none(), "fan_out", "a pipeline belongs to a fan-out", help);
        }
        let once = "every object goes through the pipeline once, so that its way can be followed";
        let message = format!("a fan-out has one level: {once}");
        self.ensure(file.sweep.is_none(), "sweep", message, "write one file a level")?;
        let help = "remove `precise`, or measure a publish scenario";
        self.ensure(file.stop.precise.is_none(), "stop.precise", once, help)?;
        let objects = workload.objects.len();
        let fits = file.stop.jobs.is_none_or(|jobs| jobs <= objects);
        let message = format!("there are only {objects} objects, and {once}");
        self.ensure(fits, "stop.jobs", message, "raise objects.count")?;
        let Some(fan_out) = &file.fan_out else { return Ok(()) };
        let help = "remove it, or name what scripts/deploy made";
        self.ensure(!fan_out.stack.is_empty(), "fan_out.stack", "stack is empty", help)?;
        self.span("fan_out.wait", fan_out.wait, MILLISECOND, WEEK)
    }
}
