//! What a run came to, sentence by sentence: what went wrong with the work, and what the laws say of its numbers.

use super::page::Sentence;
use planner_core::law::finding::{Finding, Verdict};
use planner_core::measure::document::{Generator, RunDocument, SearchSummary};
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::scaling::UslSummary;
use planner_core::units::human::{
    capitalised, count, counted, grouped, number, power_of_ten, rate, significant,
};

/// Numbers of objects that a sentence names.
const NAMED: usize = 10;

/// What the run came to: failures, the law, the generator and the goals, where there are any.
pub(super) fn sentences(document: &RunDocument) -> Vec<Sentence> {
    let found = document.search.as_ref().map(|found| Sentence {
        verdict: if found.answer.confirmed { Verdict::Pass } else { Verdict::Inconclusive },
        text: capitalised(&search(found)) + ".",
    });
    let scales = document.usl.as_ref().map(|usl| Sentence {
        verdict: if usl.refused.is_none() { Verdict::Pass } else { Verdict::Inconclusive },
        text: capitalised(&scaling(usl)) + ".",
    });
    let law = Some(law_sentence(document));
    let arrived = document.fan_out.as_ref().map_or_else(Vec::new, arrived);
    let rest = [
        failed(document),
        not_started(document),
        found,
        law,
        scales,
        Some(generator_sentence(document)),
        threshold_sentence(document),
    ];
    arrived.into_iter().chain(rest.into_iter().flatten()).collect()
}

/// The gravest of what a run came to.
pub(super) fn overall(document: &RunDocument) -> Verdict {
    let cut_off = (!document.complete).then_some(Verdict::Inconclusive);
    let all = sentences(document).into_iter().map(|sentence| sentence.verdict);
    all.chain(cut_off).max().unwrap_or(Verdict::NotAvailable)
}

/// Whether every object arrived, and which did not.
fn arrived(found: &FanOutSummary) -> Vec<Sentence> {
    let gone = [
        (found.lost, &found.lost_objects, "lost: they were published, and nobody has them any more"),
        (
            found.unfinished,
            &found.unfinished_objects,
            "not arrived within the wait, and somebody may still have their messages",
        ),
        (found.dead_lettered, &found.dead_lettered_objects, "given up and kept in the dead-letter queue"),
    ];
    let mut sentences: Vec<Sentence> = gone
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, objects, what)| Sentence {
            verdict: Verdict::Fail,
            text: format!("{} {what}: {}.", counted(number, "object"), named(number, objects)),
        })
        .collect();
    if found.unpublished > 0 {
        let text =
            format!("{} never published: `attempts.csv` has why.", counted(found.unpublished, "object"));
        sentences.push(Sentence { verdict: Verdict::Fail, text });
    }
    if sentences.is_empty() && found.objects > 0 {
        let text = "Every object arrived.".into();
        sentences.push(Sentence { verdict: Verdict::Pass, text });
    }
    let broken = found.stages.iter().filter(|stage| stage.verdict.verdict == Verdict::Fail);
    sentences.extend(broken.map(|stage| Sentence {
        verdict: Verdict::Fail,
        text: format!("The {} stage is not valid: {}.", stage.stage.words(), stage.verdict.why),
    }));
    sentences
}

fn named(number: u64, objects: &[u64]) -> String {
    let names: Vec<String> = objects.iter().take(NAMED).map(ToString::to_string).collect();
    let more = number - names.len() as u64;
    let rest =
        if more > 0 { format!(" and {} more, in `deliveries.csv`", count(more)) } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

/// How many jobs failed, and how often the service throttled; None where all came through.
fn failed(document: &RunDocument) -> Option<Sentence> {
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
fn not_started(document: &RunDocument) -> Option<Sentence> {
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

/// What a search found.
fn search(found: &SearchSummary) -> String {
    let what = match &found.objective {
        Some(objective) => format!("the highest rate with {objective}"),
        None => "the knee, from which twice the workers give less than 10 % more,".into(),
    };
    let Some(value) = found.answer.value else {
        return format!("{what} was not found: even the smallest missed it");
    };
    let value = if found.objective.is_some() { rate(value) } else { format!("{} workers", number(value)) };
    let confirmed = if found.answer.confirmed {
        "confirmed by a fresh level"
    } else {
        "but a fresh level did not confirm it: run longer levels"
    };
    let limit = if found.answer.at_end_of_range { ", the largest that is tried" } else { "" };
    format!("{what} is {value}{limit}, {confirmed}")
}

/// The scalability law of a sweep, or why there is none.
fn scaling(usl: &UslSummary) -> String {
    let law = match (usl.lambda, usl.sigma, usl.kappa) {
        (Some(lambda), Some(sigma), Some(kappa)) => {
            format!("λ {}/s, σ {}, κ {}", significant(lambda, 4), power_of_ten(sigma), power_of_ten(kappa))
        }
        _ => "no law".into(),
    };
    let peak = match (usl.peak_n, usl.peak_x_per_s) {
        (Some(n), Some(x_per_s)) => format!(", largest throughput {} at N = {}", rate(x_per_s), number(n)),
        _ => String::new(),
    };
    match &usl.refused {
        None => format!("the scalability law fits with {law}{peak}: {}", usl.advice),
        Some(reason) => {
            format!("the scalability law is not to be used, {reason} (it would be {law}): {}", usl.advice)
        }
    }
}

fn law_sentence(document: &RunDocument) -> Sentence {
    let Some(verdicts) = &document.verdicts else {
        let text = "Whether N = X·R holds was not judged.".into();
        return Sentence { verdict: Verdict::NotAvailable, text };
    };
    let Finding { verdict: raw, ratio, .. } = &verdicts.raw;
    let share = ratio.map_or_else(String::new, |ratio| format!(": X·R is {} of N", fine_percent(ratio)));
    let as_computed = match raw {
        Verdict::Pass => format!("N = X·R holds{share}"),
        Verdict::Fail => format!("N = X·R does not hold{share}"),
        Verdict::Inconclusive => format!("N = X·R{share}, as the edges of the window explain"),
        Verdict::NotAvailable => "N = X·R could not be checked".into(),
    };
    let (verdict, text) = match (verdicts.accounting.verdict, verdicts.independent.verdict) {
        (Verdict::Fail, _) => {
            let doubt = "The accounting does not add up: do not use these numbers.";
            (Verdict::Fail, format!("{as_computed}. {doubt}"))
        }
        (_, Verdict::Fail) => (Verdict::Fail, format!("{as_computed}. The endpoint's own count disagrees.")),
        (_, Verdict::Pass) => (*raw, format!("{as_computed}. The endpoint's own count agrees.")),
        // Over a run that starts and ends empty X·R cannot but be N.
        (_, Verdict::Inconclusive) if *raw == Verdict::Pass => {
            let text = "N = X·R: the accounting adds up; not confirmed independently.";
            (Verdict::Inconclusive, text.into())
        }
        _ => (*raw, as_computed + "."),
    };
    Sentence { verdict, text }
}

fn generator_sentence(document: &RunDocument) -> Sentence {
    let (verdict, text) = match &document.generator {
        None => (Verdict::NotAvailable, "The generator's health was not recorded."),
        Some(Generator { saturated: true, .. }) if document.fan_out.is_some() => {
            (Verdict::Inconclusive, "The publisher was late: its own stage is not valid.")
        }
        Some(Generator { saturated: true, .. }) => {
            (Verdict::Fail, "The generator was saturated: the run is not valid.")
        }
        Some(Generator { late: true, .. }) => (
            Verdict::Inconclusive,
            "The generator was a little late, and the numbers are the target’s all the same.",
        ),
        Some(_) => (Verdict::Pass, "The generator kept up."),
    };
    Sentence { verdict, text: text.into() }
}

fn threshold_sentence(document: &RunDocument) -> Option<Sentence> {
    let all = document.thresholds.len();
    let crossed = document.thresholds.iter().filter(|result| !result.holds).count();
    let (verdict, text) = match (all, crossed) {
        (0, _) => return None,
        (1, 0) => (Verdict::Pass, "The threshold holds.".into()),
        (_, 0) => (Verdict::Pass, format!("All {all} thresholds hold.")),
        _ => (Verdict::Fail, format!("{crossed} of {} crossed.", counted(all as u64, "threshold"))),
    };
    Some(Sentence { verdict, text })
}

fn fine_percent(share: f64) -> String {
    format!("{} %", grouped(share * 100.0, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;

    #[test]
    fn a_run_with_failed_jobs_did_not_pass() {
        let failed = SampleRun::all_failed().document;
        assert_eq!(super::failed(&failed).unwrap().text, "20 of 20 jobs failed.");
        assert_eq!(overall(&failed), Verdict::Fail);
        let mut throttled = failed;
        throttled.levels[0].throttles = 60;
        let text = super::failed(&throttled).unwrap().text;
        assert!(
            text.starts_with("20 of 20 jobs failed; 60 of ") && text.ends_with("were throttled."),
            "{text}"
        );
        assert!(super::failed(&SampleRun::one_level().document).is_none());
    }

    #[test]
    fn arrivals_that_did_not_start_are_told_with_the_limit() {
        let mut document = SampleRun::one_level().document;
        assert!(not_started(&document).is_none());
        document.scenario.arrivals.max_in_flight = Some(1000);
        document.levels[0].not_started.insert("max_in_flight".into(), 1497);
        let told = not_started(&document).unwrap();
        assert_eq!(told.text, "1,497 of 1,747 arrivals did not start: at most 1,000 may be in progress.");
        assert_eq!(overall(&document), Verdict::Fail);
    }
}
