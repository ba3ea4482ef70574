//! What the user wrote, validated.

mod account_defaults;
pub mod error;
pub mod fan_out;
pub mod file;
mod level_key;
mod levels;
pub mod manifest;
pub mod objects;
mod size;
pub mod threshold;
pub mod validation;

pub use level_key::LevelKey;
pub use validation::Beside;

use error::{ScenarioError, ScenarioText};
use file::File;
use objects::Workload;
use threshold::Threshold;
use validation::Check;

use crate::account::Limits;
use crate::load::dispatch::{ArrivalModel, Budget, Level};
use crate::units::quantity;

/// A scenario that can be run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// As written, with the overrides of the command line.
    pub file: File,
    /// Objects and the jobs they make.
    pub workload: Workload,
    /// One level, or the levels of a sweep.
    pub levels: Vec<ArrivalModel>,
    /// Goals.
    pub thresholds: Vec<Threshold>,
    /// Limits of the account, which it was checked by.
    pub limits: Limits,
    max_jobs: u64,
}

/// Reads a scenario file without looking at whether its values make sense together.
///
/// # Errors
/// Where the text is not TOML, or has unknown keys or wrong types.
pub fn parse(source: &ScenarioText) -> Result<File, ScenarioError> {
    toml::from_str(&source.text).map_err(|error| source.syntax_error(&error))
}

/// The JSON schema of a scenario file.
#[must_use]
pub fn schema() -> schemars::Schema {
    let mut schema = schemars::schema_for!(File);
    schema.insert("$id".into(), "urn:planner:scenario:1".into());
    schema
}

impl Scenario {
    /// Checks a file by the limits of an account, and works out its objects and levels.
    ///
    /// # Errors
    /// Where values are out of range or do not go together, or a file it names cannot be read.
    pub fn resolve(
        file: File,
        source: &ScenarioText,
        beside: Beside,
        limits: &Limits,
    ) -> Result<Self, ScenarioError> {
        let check = Check { file: &file, source, limits, beside };
        check.name()?;
        let workload = check.workload()?;
        let thresholds = check.thresholds()?;
        check.service()?;
        check.fan_out(&workload)?;
        let (process_ends, max_in_flight) = (check.process_ends(), check.max_in_flight()?);
        let max_jobs = check.max_jobs(&workload, process_ends)?;
        let levels = check.levels(&workload, max_jobs, max_in_flight)?;
        Ok(Self { workload, levels, thresholds, limits: limits.clone(), max_jobs, file })
    }

    /// Level number `index` as the dispatcher wants it.
    #[must_use]
    pub fn level(&self, index: usize, budget: Budget) -> Level {
        Level {
            arrivals: self.levels[index].clone(),
            max_jobs: self.max_jobs,
            duration_ns: self.file.stop.limit().map_or(u64::MAX, quantity::Span::ns),
            retry: self.file.retry.policy(),
            budget,
            seed: crate::random::word(self.file.seed, &[index as u64]),
        }
    }

    /// A level at a concurrency or rate that the scenario need not name.
    #[must_use]
    pub fn level_at(&self, key: LevelKey, index: usize, budget: Budget) -> Level {
        let planned = index.min(self.levels.len() - 1);
        let level = self.level(planned, budget);
        let arrivals = match (key, &self.levels[planned]) {
            (LevelKey::Concurrency(workers), ArrivalModel::Closed { outer: 1, .. }) => {
                levels::plain_pool(workers, self.max_jobs)
            }
            (LevelKey::Rate(per_s), ArrivalModel::Open { max_in_flight, .. }) => {
                let (kind, per_job) = (self.file.arrivals.kind, self.workload.items_per_job());
                levels::at_rate(per_s, kind, per_job, *max_in_flight)
            }
            (_, planned) => planned.clone(),
        };
        Level { arrivals, seed: crate::random::word(self.file.seed, &[index as u64]), ..level }
    }

    /// Jobs of one level if that is known beforehand.
    #[must_use]
    pub fn expected_jobs(&self, index: usize) -> Option<u64> {
        let timed = self.file.stop.limit();
        match &self.levels[index] {
            ArrivalModel::Open { process, .. } => {
                let end_s = timed.map_or(f64::INFINITY, quantity::Span::seconds);
                let by_time = process.expected_arrivals(end_s).ceil();
                let jobs = (self.max_jobs as f64).min(by_time);
                (jobs < u64::MAX as f64).then_some(jobs as u64)
            }
            ArrivalModel::Closed { .. } => Some(self.max_jobs).filter(|&jobs| jobs != u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// A scenario over 25 objects in 5 prefixes; every file it names holds three starts.
    fn resolve(rest: &str) -> Result<Scenario, String> {
        resolve_with("count = 25\nprefixes = 5", rest)
    }

    fn resolve_with(objects: &str, rest: &str) -> Result<Scenario, String> {
        let objects = format!("[objects]\n{objects}\nsize = {{ fixed = \"1MB\" }}");
        let text = format!("name = \"test\"\noperation = \"publish\"\n{objects}\n[arrivals]\n{rest}");
        let source = ScenarioText { name: "test.toml".into(), text };
        let file = parse(&source).map_err(|error| error.to_string())?;
        let starts: Beside = &|_| Ok(Box::new("0\n1.5\n3\n".as_bytes()));
        Scenario::resolve(file, &source, starts, Limits::built_in()).map_err(|error| error.to_string())
    }

    #[test]
    fn jobs_are_foreseen_where_the_arrivals_end() {
        for (arrivals, jobs) in [
            ("kind = \"closed\"\nworkers = 3", Some(25)),
            ("kind = \"closed\"\nworkers = 3\n[stop]\nduration = \"1m\"", None),
            ("kind = \"trace\"\nfile = \"starts.csv\"", Some(3)),
            ("kind = \"trace\"\nfile = \"starts.csv\"\n[stop]\nduration = \"3s\"", Some(2)),
            ("kind = \"constant\"\nrate = \"2/s\"\n[stop]\nduration = \"4s\"", Some(8)),
            ("kind = \"constant\"\nrate = \"2/s\"", Some(25)),
            ("kind = \"ramp\"\nfrom = \"0/s\"\nto = \"10/s\"\nover = \"4s\"", Some(20)),
            (
                "kind = \"ramp\"\nfrom = \"0/s\"\nto = \"10/s\"\nover = \"4s\"\n[stop]\nduration = \"2s\"",
                Some(5),
            ),
            (
                "kind = \"steps\"\nsteps = [{ rate = \"1/s\", for = \"0s\" }, { rate = \"2/s\", for = \"3s\" }]",
                Some(6),
            ),
        ] {
            assert_eq!(resolve(arrivals).unwrap().expected_jobs(0), jobs, "{arrivals}");
        }
    }

    #[test]
    fn nested_pools_publish_batches_group_by_group() {
        let scenario = resolve("kind = \"nested\"\nouter = 3\ninner = 2\n[publish]\nbatch = 5").unwrap();
        let ArrivalModel::Closed { groups, .. } = &scenario.levels[0] else { panic!("pools are closed") };
        assert_eq!(groups.clone().collect::<Vec<_>>(), [0..1, 1..2, 2..3, 3..4, 4..5]);
    }

    #[test]
    fn more_objects_than_can_be_gone_through_are_refused_where_they_are_written() {
        let text = "name = \"test\"\noperation = \"publish\"\n[objects]\ncount = 1000000000000\n\
                    size = { fixed = \"1MB\" }\n[arrivals]\nkind = \"closed\"\nworkers = 1";
        let source = ScenarioText { name: "test.toml".into(), text: text.into() };
        let beside: Beside = &|_| Ok(Box::new(io::empty()));
        let error =
            Scenario::resolve(parse(&source).unwrap(), &source, beside, Limits::built_in()).unwrap_err();
        assert!(error.to_string().starts_with("1000000000000 objects"), "{error}");
        let label = miette::Diagnostic::labels(&error).and_then(|mut labels| labels.next()).unwrap();
        assert!(text[label.offset()..].starts_with("1000000000000"), "{label:?}");
        assert!(resolve_with("count = 100000001", "kind = \"closed\"\nworkers = 1").is_err());
    }

    #[test]
    fn prefixes_end_where_dates_do() {
        let last = |prefixes: u32| {
            let objects = format!("count = 9000000\nprefixes = {prefixes}");
            resolve_with(&objects, "kind = \"closed\"\nworkers = 1")
                .map(|it| it.workload.objects.object(8_999_999).key)
        };
        assert_eq!(last(2_000_000).unwrap(), "7501-10-25/object-8999999");
        assert!(last(8_000_000).unwrap_err().contains("8000000 prefixes"));
    }

    #[test]
    fn a_sweep_that_means_nothing_is_refused() {
        let ramp =
            "kind = \"ramp\"\nfrom = \"0/s\"\nto = \"10/s\"\nover = \"4s\"\n[sweep]\nrates = [\"1/s\"]";
        assert!(resolve(ramp).unwrap_err().contains("ramp"));
    }
}
