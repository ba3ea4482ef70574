//! Are the probabilities that plans state true? Random jobs on services that are known, most of which are not what a
//! plan takes a service for: each is planned from the attempts of a run, as `recommend` would, and then run on the true
//! service many times. What was stated is held against what came true, workers against the fewest that would have done,
//! refusals against what is possible, and warnings against what is false.
//!
//! `scripts/calibrate` prints the tables, and says how to ask for others.

mod arguments;
mod bounds;
mod case;
mod judge;
mod law;
mod measured;
mod rows;
mod standing;
mod tables;
mod trial;
mod truth;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use tokio::time::Instant;

use arguments::CalibrationArguments;
use case::Outline;
use judge::{CaseResult, judge};

fn main() {
    let arguments = match CalibrationArguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(reason) => {
            eprintln!("{reason}\n\n{}", arguments::USAGE);
            std::process::exit(2);
        }
    };
    let outlines = arguments.outlines();
    let judged = judged(&arguments, &outlines);
    println!("{} random jobs, seed {}: `{}`\n", judged.len(), arguments.seed, arguments.words);
    if judged.len() < outlines.len() {
        let (left, minutes) = (outlines.len() - judged.len(), arguments.minutes);
        println!("{left} more were not begun within {minutes} minutes; `--minutes` allows more.\n");
    }
    tables::print(&judged, arguments.seed);
    bounds::print(&judged);
    if let Some(path) = &arguments.csv
        && let Err(error) = std::fs::write(path, rows::csv(&judged))
    {
        eprintln!("{path}: {error}");
        std::process::exit(1);
    }
}

/// The cases that are begun in the time that is allowed, in order, with a count on the way.
fn judged(arguments: &CalibrationArguments, outlines: &[Outline]) -> Vec<CaseResult> {
    let (began, done) = (Instant::now(), AtomicUsize::new(0));
    let is_time_left = || began.elapsed().as_secs_f64() < arguments.minutes * 60.0;
    let one = |outline: &Outline| {
        let judgement = is_time_left().then(|| judge(&outline.case(), arguments.draws))?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        // A lost progress line does no harm.
        let _written = write!(std::io::stderr(), "\r{done} of {} ", outlines.len());
        Some(judgement)
    };
    // One after the other as threads come free, so that those not begun are the last.
    let mut judged: Vec<CaseResult> = outlines.iter().par_bridge().filter_map(one).collect();
    judged.sort_by_key(|judgement| judgement.number);
    eprintln!();
    judged
}
