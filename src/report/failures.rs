//! What went wrong with the work itself, whatever the laws say of its numbers.

use super::page::Sentence;
use planner_core::law::finding::Verdict;
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::units::human::{count, counted};

/// How many jobs failed, and how often the service throttled; None where all came through.
pub(super) fn sentence(document: &RunDocument) -> Option<Sentence> {
    let sum = |of: fn(&LevelSummary) -> u64| document.levels.iter().map(of).sum::<u64>();
    let failed = sum(|level| level.jobs_failed);
    if failed == 0 {
        return None;
    }
    let jobs = counted(sum(|level| level.jobs), "job");
    let throttled = match sum(|level| level.throttles) {
        0 => String::new(),
        throttled => {
            let attempts = counted(sum(|level| level.attempts), "attempt");
            format!("; {} of {attempts} were throttled", count(throttled))
        }
    };
    let text = format!("{} of {jobs} failed{throttled}.", count(failed));
    Some(Sentence { verdict: Verdict::Fail, text })
}

/// How many arrivals could not start, and why; None where all did.
pub(super) fn not_started(document: &RunDocument) -> Option<Sentence> {
    let sum = |of: fn(&LevelSummary) -> u64| document.levels.iter().map(of).sum::<u64>();
    let skipped = sum(LevelSummary::not_started_count);
    if skipped == 0 {
        return None;
    }
    let arrivals = counted(skipped + sum(|level| level.jobs), "arrival");
    let limit = document.scenario.arrivals.max_in_flight;
    let why = limit.map_or_else(
        || "as many as may be were in progress".into(),
        |limit| format!("at most {} may be in progress", count(limit)),
    );
    let text = format!("{} of {arrivals} did not start: {why}.", count(skipped));
    Some(Sentence { verdict: Verdict::Fail, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::words;

    #[test]
    fn a_run_with_failed_jobs_did_not_pass() {
        let failed = Sample::all_failed().document;
        assert_eq!(sentence(&failed).unwrap().text, "20 of 20 jobs failed.");
        assert_eq!(words::overall(&failed), Verdict::Fail);
        let mut throttled = failed;
        throttled.levels[0].throttles = 60;
        let text = sentence(&throttled).unwrap().text;
        assert!(
            text.starts_with("20 of 20 jobs failed; 60 of ") && text.ends_with("were throttled."),
            "{text}"
        );
        assert!(sentence(&Sample::one_level().document).is_none());
    }

    #[test]
    fn arrivals_that_did_not_start_are_told_with_the_limit() {
        let mut document = Sample::one_level().document;
        assert!(not_started(&document).is_none());
        document.scenario.arrivals.max_in_flight = Some(1000);
        document.levels[0].not_started.insert("max_in_flight".into(), 1497);
        let told = not_started(&document).unwrap();
        assert_eq!(told.text, "1,497 of 1,747 arrivals did not start: at most 1,000 may be in progress.");
        assert_eq!(words::overall(&document), Verdict::Fail);
    }
}
