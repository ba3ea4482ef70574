//! Ways of doing a job, side by side, as a page and as a document.

use serde_json::{Result, Value};

use super::json::{each, said, with_words};
use super::{limitation, plan_header, strategy_words};
use crate::chart;
use crate::drawing::Chart;
use crate::page::{Block, Page, PagePart};
use crate::table::Table;
use planner_core::units::human::{count, duration, number, percent, rate};
use planner_core::units::human::{probability, usd};
use planner_plan::strategies_document::{Observed, SURE, Strategies, Strategy};

const UNKNOWN: &str = "–";

/// A comparison with what it says.
#[derive(Debug)]
pub struct StrategiesText<'a> {
    plan: &'a Strategies,
    /// Which ways do it, the fastest and the cheapest of them.
    verdict: String,
    /// What is said of each way.
    strategies: Vec<StrategyText>,
    doubts: Vec<limitation::LimitationText>,
}

/// What is said of a way.
#[derive(Debug)]
struct StrategyText {
    name: &'static str,
    setting: String,
    /// What breaks, or what to know.
    breaks: String,
}

impl StrategyText {
    fn of(strategy: &Strategy) -> Self {
        let (name, setting) =
            (strategy_words::name(&strategy.strategy), strategy_words::setting(&strategy.strategy));
        Self { name, setting, breaks: strategy_words::breaks(strategy) }
    }
}

impl<'a> StrategiesText<'a> {
    /// The comparison in words.
    #[must_use]
    pub fn of(plan: &'a Strategies) -> Self {
        let strategies = plan.strategies.iter().map(StrategyText::of).collect();
        let verdict = plan_header::qualified(&plan.preface, &plan.doubts, &strategy_words::title(plan));
        Self { plan, verdict, strategies, doubts: limitation::said(&plan.doubts) }
    }

    /// For people.
    #[must_use]
    pub fn page(&self) -> Page {
        let comparison = self.plan;
        let sentence = |text: String| Some(Block::Paragraph(format!("{text}.")));
        let side_by_side = [
            sentence(job(comparison)),
            Some(strategies(comparison).into()),
            sentence(legend(comparison)),
            self.chart().map(Block::from),
        ];
        let page = Page {
            kind: format!("Ways to copy {}", plan_header::counts(&comparison.preface.job)),
            title: self.verdict.clone(),
            parts: vec![
                PagePart::decision("Side by side", side_by_side.into_iter().flatten()),
                PagePart::new("What breaks, and what to know", [self.breaks().into()]),
                PagePart::detail("Against the for loop", [against_the_loop(comparison).into()]),
                PagePart::decision(
                    "What was observed",
                    comparison.observed.iter().filter_map(|it| sentence(observed(it))),
                ),
            ],
            ..Page::default()
        };
        plan_header::framed(page, &comparison.preface, &self.doubts, &comparison.sources)
    }

    /// For programs: all that the comparison holds, with its words.
    ///
    /// # Errors
    /// Where a number has no form in JSON.
    pub fn document(&self) -> Result<Value> {
        let mut document = with_words(self.plan, &[("verdict", &self.verdict)])?;
        document["doubts"] = said(&self.plan.doubts, &self.doubts)?;
        document["strategies"] = each(&self.plan.strategies, &self.strategies, |strategy, told| {
            with_words(strategy, &[("name", told.name), ("setting", &told.setting), ("breaks", &told.breaks)])
        })?;
        Ok(document)
    }

    /// When each way of doing a job is done.
    fn chart(&self) -> Option<Chart> {
        let deadline_s = Some(self.plan.preface.job.deadline_s).filter(|deadline_s| *deadline_s > 0.0);
        let strategy = |(strategy, told): (&Strategy, &StrategyText)| chart::StrategyBar {
            name: format!("{}: {}", told.name, told.setting),
            finish_s: strategy.finish_p50_s.zip(strategy.finish_p99_s).map(<[f64; 2]>::from),
            meets: deadline_s.map(|_| strategy.meets_the_deadline()),
            cost_usd: strategy.cost_usd,
        };
        let strategies: Vec<chart::StrategyBar> =
            self.plan.strategies.iter().zip(&self.strategies).map(strategy).collect();
        chart::strategies(&strategies, deadline_s)
    }

    /// Settings, and what breaks.
    fn breaks(&self) -> Table {
        let mut table = Table::new("What to know", &["way", "setting", "what to know"]).words_from(1);
        for StrategyText { name, setting, breaks } in &self.strategies {
            table.row([(*name).into(), setting.clone(), breaks.clone()]);
        }
        table
    }
}

/// What is to be copied, by when.
fn job(comparison: &Strategies) -> String {
    let objects = plan_header::objects(&comparison.preface);
    match comparison.preface.job.deadline_s {
        0.0 => objects,
        deadline_s => format!("{objects}, within {}", duration(deadline_s)),
    }
}

/// The ways with their numbers.
fn strategies(comparison: &Strategies) -> Table {
    let has_deadline = comparison.preface.job.deadline_s > 0.0;
    let mut head = vec!["way", "p50", "p99", "N", "throttles", "cost", "copied"];
    head.extend(has_deadline.then_some("met"));
    let mut table = Table::new("Ways", &head);
    for strategy in &comparison.strategies {
        let mut row = vec![
            strategy_words::name(&strategy.strategy).into(),
            finish(strategy, strategy.finish_p50_s),
            finish(strategy, strategy.finish_p99_s),
            strategy.in_flight_peak.map_or_else(|| UNKNOWN.into(), count),
            strategy.throttles.map_or_else(|| UNKNOWN.into(), |throttles| count(throttles.round() as u64)),
            usd(strategy.cost_usd),
            copied(strategy.copied),
        ];
        row.extend(has_deadline.then(|| met(strategy)));
        table.rows.push(row);
    }
    table
}

fn finish(strategy: &Strategy, finish_s: Option<f64>) -> String {
    match finish_s {
        Some(finish_s) => duration(finish_s),
        None if strategy.runs > 0 => "never".into(),
        None => UNKNOWN.into(),
    }
}

/// All is only said when it is all.
fn copied(share: f64) -> String {
    match share {
        1.0 => "all".into(),
        share if share > 0.999 => "> 99.9 %".into(),
        share => percent(share),
    }
}

fn met(strategy: &Strategy) -> String {
    match strategy.by_deadline {
        None => "?".into(),
        Some(_) if strategy.meets_the_deadline() => "yes".into(),
        Some(share) if share >= 0.005 => format!("{:.0} %", share * 100.0),
        Some(_) => "no".into(),
    }
}

/// What the columns say, and how sure they are.
fn legend(comparison: &Strategies) -> String {
    let runs = || comparison.strategies.iter().map(|strategy| strategy.runs).filter(|&runs| runs > 0);
    let (least, most) = (runs().min().unwrap_or(0), runs().max().unwrap_or(0));
    let runs = if least == most { count(most) } else { format!("{} to {}", count(least), count(most)) };
    let met = match comparison.preface.job.deadline_s {
        0.0 => String::new(),
        deadline_s => format!(
            "; the deadline is met when {} of the runs are done within {}",
            probability(SURE),
            duration(deadline_s)
        ),
    };
    format!(
        "The p50 and p99 of {runs} simulated runs of each way; N is the most copies in progress at once{met}"
    )
}

/// How much faster each way is than the first, and what that costs.
fn against_the_loop(comparison: &Strategies) -> Table {
    let mut table = Table::new(
        "Against the for loop",
        &["way", "objects per second", "times as fast", "cost of 1,000 objects"],
    );
    let objects = comparison.preface.job.objects as f64;
    let loop_s = comparison.strategies.first().and_then(|strategy| strategy.finish_p50_s);
    for strategy in &comparison.strategies {
        let (Some(finish_s), Some(loop_s)) =
            (strategy.finish_p50_s.filter(|&finish_s| finish_s > 0.0), loop_s)
        else {
            continue;
        };
        table.row([
            strategy_words::name(&strategy.strategy).into(),
            rate(objects / finish_s),
            number(loop_s / finish_s),
            usd(strategy.cost_usd / objects * 1000.0),
        ]);
    }
    table
}

/// What a finishing time implies.
fn observed(it: &Observed) -> String {
    format!(
        "All within {} is X = {}/s; at R = {} for one copy alone N = X·R = {} were in progress on average",
        duration(it.finish_s),
        planner_core::units::human::shortest(it.x_per_s, 5),
        duration(it.residence_s),
        number(it.in_flight)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{html, markdown, terminal};
    use planner_plan::caveat::Caveat;
    use planner_plan::limitation::Limitation;
    use planner_plan::plan_header::{JobDescription, PlanHeader, ResidenceSummary};
    use planner_plan::residence::Residence;
    use planner_plan::strategies_document::{SCHEMA, StrategyKind};

    fn row(
        strategy: StrategyKind,
        finish_s: Option<f64>,
        runs: u64,
        by_deadline: Option<f64>,
        caveat: Caveat,
    ) -> Strategy {
        Strategy {
            strategy,
            finish_p50_s: finish_s,
            finish_p99_s: finish_s.map(|finish_s| finish_s * 1.1),
            by_deadline,
            in_flight_peak: finish_s.map(|_| 45_000),
            throttles: finish_s.map(|_| 1_234_567.4),
            cost_usd: 1632.25,
            copied: if finish_s.is_some() { 1.0 } else { 0.0714 },
            runs,
            caveats: vec![caveat],
        }
    }

    fn sample(deadline_s: f64) -> Strategies {
        let residence: Residence = "lognormal(25.2s, cv=0.25)".parse().unwrap();
        let by = |share: f64| (deadline_s > 0.0).then_some(share);
        let cut_off = Caveat::CutOff { timeout_s: 900.0, copied: 0.0714, in_turn: Some(15) };
        let back_off = Caveat::BackOff { published_s: 42.0, longest_s: 300.0 };
        let paced = Caveat::PublishingTakes { published_s: 360.0, account_concurrency: Some(1000) };
        Strategies {
            schema: SCHEMA.into(),
            preface: PlanHeader {
                version: "0.1.0".into(),
                created_at: "2026-01-02T03:04:05Z".into(),
                command: vec!["planner".into(), "strategies".into()],
                seed: 1,
                job: JobDescription {
                    objects_at_least: None,
                    clock: None,
                    objects: 45_000,
                    size_bytes: 31_500_000_000_000,
                    size_range_bytes: [600_000_000, 800_000_000],
                    deadline_s,
                },
                basis: residence.model(planner_core::units::quantity::Bytes(700_000_000)).basis,
                residence: ResidenceSummary { mean_s: 25.2, cv: 0.25, mean_at_most_in_flight_s: None },
            },
            strategies: vec![
                row(
                    StrategyKind::Loop,
                    Some(1_134_000.0),
                    222,
                    by(0.0),
                    Caveat::OneAfterTheOther { copy_s: 25.2 },
                ),
                row(StrategyKind::OneFunction { threads: 100, memory_mb: 512 }, None, 222, by(0.0), cut_off),
                row(
                    StrategyKind::FanOutUnpaced { threads: 16, reserved: 900 },
                    Some(590.0),
                    22,
                    by(0.45),
                    back_off,
                ),
                row(
                    StrategyKind::FanOutPaced { rate_per_s: 125.0, reserved: 900 },
                    Some(400.0),
                    22,
                    by(1.0),
                    paced,
                ),
                row(StrategyKind::BatchOperations, None, 0, None, Caveat::TimeUnknown),
            ],
            observed: Some(Observed {
                finish_s: 160.0,
                x_per_s: 1.5625,
                in_flight: 39.375,
                residence_s: 25.2,
            }),
            doubts: vec![Limitation::Assumed],
            sources: vec!["limits of 2026-11 for <b>us-east-1".into()],
        }
    }

    #[test]
    fn a_comparison_at_80_columns() {
        insta::assert_snapshot!(terminal::render(
            &StrategiesText::of(&sample(600.0)).page(),
            80,
            false,
            true
        ));
    }

    #[test]
    fn a_comparison_without_a_way_in_time_names_the_nearest() {
        let mut comparison = sample(600.0);
        comparison.strategies.iter_mut().for_each(|row| row.by_deadline = row.by_deadline.map(|_| 0.9));
        let nearest = "Assumed: no way is done within 10m; nearest fan-out paced, p99 7m 20s";
        assert_eq!(StrategiesText::of(&comparison).page().title, nearest);
    }

    #[test]
    fn every_comparison_fits_its_width() {
        for (deadline_s, width) in [(0.0, 60), (600.0, 60), (0.0, 80), (600.0, 80), (600.0, 120)] {
            let text = terminal::render(&StrategiesText::of(&sample(deadline_s)).page(), width, false, true);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest <= width), "{text}");
        }
    }

    #[test]
    fn a_page_holds_every_way_and_stays_text() {
        let page = StrategiesText::of(&sample(600.0)).page();
        let markdown = markdown::render(&page);
        for told in ["| fan-out unpaced | 9m 50s | 10m 49s |", "45 %", "N = X·R = 39.4", "| never |"] {
            assert!(markdown.contains(told), "{told}: {markdown}");
        }
        let html = html::render(&page).unwrap();
        assert!(html.contains("Against the for loop") && !html.contains("<b>us-east-1"));
    }
}
