//! Whether the values of a scenario are in range and go together.

use std::io::{self, Read};
use std::sync::Arc;

use super::error::{ScenarioError, Source};
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
    pub source: &'a Source,
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

    /// Whether a length of time lies between two others.
    pub(super) fn span(&self, path: &str, span: Span, least: Span, most: Span) -> Checked<()> {
        if (least..=most).contains(&span) {
            return Ok(());
        }
        let name = path.rsplit('.').next().unwrap_or(path);
        self.error(path, format!("{name} is {span}"), format!("use {} to {}", bound(least), bound(most)))
    }

    pub(super) fn name(&self) -> Checked<()> {
        let name = &self.file.name;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
            return self.error(
                "name",
                format!("`{name}` cannot name a run folder"),
                "use 1 to 64 letters, digits, `-` and `_`",
            );
        }
        Ok(())
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
        if !(s3.part_min_bytes..=s3.part_max_bytes).contains(&copy.part_size.0) {
            let help = format!("use {} to {}", Bytes(s3.part_min_bytes), Bytes(s3.part_max_bytes));
            return self.error("copy.part_size", format!("part_size is {}", copy.part_size), help);
        }
        if copy.multipart_above.0 > s3.copy_max_bytes {
            return self.error(
                "copy.multipart_above",
                format!("multipart_above is {}", copy.multipart_above),
                format!("one CopyObject request copies {} at most", Bytes(s3.copy_max_bytes)),
            );
        }
        if copy.parallel_parts == 0 {
            return self.error("copy.parallel_parts", "parallel_parts is 0", "use 1 or more");
        }
        if !(1..=batch_max).contains(&file.publish.batch) {
            let help = format!("use 1 to {batch_max}");
            return self.error("publish.batch", format!("batch is {}", file.publish.batch), help);
        }
        let attempts = file.retry.max_attempts;
        if !(1..=MAX_ATTEMPTS).contains(&attempts) {
            let help = format!("use 1, which means no retry, to {MAX_ATTEMPTS}");
            return self.error("retry.max_attempts", format!("max_attempts is {attempts}"), help);
        }
        let retry = &file.retry;
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
        if largest > workload.copy.multipart_above.0 && largest.div_ceil(part_bytes) > parts_max {
            let least = Bytes(largest.div_ceil(parts_max));
            return self.error(
                "copy.part_size",
                format!("an object of {} has more than {parts_max} parts", Bytes(largest)),
                format!("use a part_size of {least} or more"),
            );
        }
        Ok(())
    }

    fn objects(&self) -> Checked<ObjectSet> {
        let objects = &self.file.objects;
        if let Some(name) = &objects.manifest {
            if objects.count.is_some() || objects.size.is_some() || objects.prefixes.is_some() {
                return self.error(
                    "objects.manifest",
                    "a manifest already says how many objects there are",
                    "remove count, size and prefixes, or the manifest",
                );
            }
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
            return self.error(
                "objects.count",
                "the number of objects is missing or 0",
                "write count = 250, or name a manifest",
            );
        };
        if count > MAX_OBJECTS {
            return self.error(
                "objects.count",
                format!("{count} objects are too many"),
                format!("use 1 to {MAX_OBJECTS}"),
            );
        }
        let Some(size) = objects.size.clone() else {
            return self.error(
                "objects",
                "the size of the objects is missing",
                "write size = { uniform = [\"600MB\", \"800MB\"] }",
            );
        };
        match &size {
            Size::Uniform(low, high) if low > high => {
                return self.error(
                    "objects.size",
                    format!("{low} is above {high}"),
                    "write the smaller size first",
                );
            }
            Size::Lognormal { cv, .. } if !cv.is_finite() || *cv < 0.0 => {
                return self.error("objects.size", format!("cv is {cv}"), "use 0 or more");
            }
            _ => {}
        }
        let prefixes = objects.prefixes.unwrap_or(1);
        if !(1..=count.min(MAX_PREFIXES)).contains(&u64::from(prefixes)) {
            return self.error(
                "objects.prefixes",
                format!("{count} objects cannot be spread over {prefixes} prefixes"),
                format!("use 1 up to the number of objects, {MAX_PREFIXES} at most"),
            );
        }
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
            return match file.fan_out {
                Some(_) => self.error(
                    "fan_out",
                    "a pipeline belongs to a fan-out",
                    "write operation = \"fan-out\", or remove [fan_out]",
                ),
                None => Ok(()),
            };
        }
        let once = "every object goes through the pipeline once, so that its way can be followed";
        if file.sweep.is_some() {
            return self.error("sweep", format!("a fan-out has one level: {once}"), "write one file a level");
        }
        if file.stop.precise.is_some() {
            return self.error("stop.precise", once, "remove `precise`, or measure a publish scenario");
        }
        if file.stop.jobs.is_some_and(|jobs| jobs > workload.objects.len()) {
            let objects = workload.objects.len();
            return self.error(
                "stop.jobs",
                format!("there are only {objects} objects, and {once}"),
                "raise objects.count",
            );
        }
        match &file.fan_out {
            Some(fan_out) if fan_out.stack.is_empty() => {
                self.error("fan_out.stack", "stack is empty", "remove it, or name what scripts/deploy made")
            }
            Some(fan_out) => self.span("fan_out.wait", fan_out.wait, MILLISECOND, WEEK),
            None => Ok(()),
        }
    }
}
