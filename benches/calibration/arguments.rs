//! Which cases are asked for.

use super::case::{MEASURED, Outline, PLANNED, WANTED};
use super::truth::Name;

pub(crate) const USAGE: &str = "\
scripts/calibrate [PLANS [SEED]] [OPTIONS]
  --truth NAME     only services whose name begins so
  --n JOBS         only cases with so many measured jobs: 50, 250 or 1000
  --p PROBABILITY  only cases that want this: 0.9 or 0.99
  --jobs JOBS      only cases with so many planned jobs at most: 400, 2000 or 45000
  --case NUMBER    this case alone
  --minutes COUNT  begins no case after so many minutes; 5 if not given
  --draws COUNT    job times drawn to try each case out; 16000000 if not given
  --csv FILE       writes all cases there";

/// Numbers gone through to find as many cases as are asked for, for each of them.
const TRIED: u64 = 1000;

#[derive(Debug)]
pub(crate) struct CalibrationArguments {
    /// As they were given.
    pub words: String,
    pub seed: u64,
    /// Job times drawn to try each case out.
    pub draws: u64,
    pub minutes: f64,
    pub csv: Option<String>,
    plans: u64,
    truth: Option<String>,
    measured: Option<u64>,
    probability: Option<f64>,
    jobs: Option<u64>,
    case: Option<u64>,
}

impl CalibrationArguments {
    pub(crate) fn read(given: impl Iterator<Item = String>) -> Result<Self, String> {
        // Cargo adds `--bench`.
        let given: Vec<String> = given.filter(|argument| argument != "--bench").collect();
        let mut read = Self {
            words: format!("scripts/calibrate {}", given.join(" ")).trim().to_owned(),
            seed: 1,
            draws: 16_000_000,
            minutes: 5.0,
            csv: None,
            plans: 300,
            truth: None,
            measured: None,
            probability: None,
            jobs: None,
            case: None,
        };
        let (mut given, mut numbers) = (given.into_iter(), Vec::new());
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or(format!("{argument} takes a value"));
            match argument.as_str() {
                "--truth" => read.truth = Some(value()?),
                "--csv" => read.csv = Some(value()?),
                "--n" => read.measured = Some(one_of(&value()?, &MEASURED)?),
                "--p" => read.probability = Some(one_of(&value()?, &WANTED)?),
                "--jobs" => read.jobs = Some(one_of(&value()?, &PLANNED)?),
                "--case" => read.case = Some(number(&value()?)?),
                "--minutes" => read.minutes = number(&value()?)?,
                "--draws" => read.draws = number(&value()?)?,
                _ => numbers.push(number(&argument)?),
            }
        }
        match numbers[..] {
            [] => {}
            [plans] => read.plans = plans,
            [plans, seed] => (read.plans, read.seed) = (plans, seed),
            _ => return Err("there are at most two numbers: plans and seed".into()),
        }
        if read.outlines().is_empty() { Err("there is no such case".into()) } else { Ok(read) }
    }

    /// The first cases that are as asked for.
    pub(crate) fn outlines(&self) -> Vec<Outline> {
        if let Some(number) = self.case {
            return vec![Outline::new(number, self.seed)];
        }
        let is_asked_for = |outline: &Outline| {
            self.truth.as_ref().is_none_or(|truth| outline.name.words().starts_with(truth.as_str()))
                && self.measured.is_none_or(|measured| outline.measured == measured)
                && self.probability.is_none_or(|probability| outline.probability == probability)
                && self.jobs.is_none_or(|jobs| outline.jobs <= jobs)
        };
        (0..self.plans * TRIED)
            .map(|number| Outline::new(number, self.seed))
            .filter(is_asked_for)
            .take(self.plans as usize)
            .collect()
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| {
        let names = Name::ALL.map(Name::words).join(", ");
        format!("`{text}` is not a number; services are {names}")
    })
}

fn one_of<T: std::str::FromStr + PartialEq + Copy>(text: &str, all: &[T]) -> Result<T, String> {
    let value = number(text)?;
    if all.contains(&value) { Ok(value) } else { Err(format!("there are no cases with {text}")) }
}
