//! A page with every chart that plans have, from plain numbers.

use std::fs;
use std::path::{Path, PathBuf};

use planner_report::chart::{
    Chance, Chances, ChoiceAxis, CostPoint, Costs, Makespans, Sensitivities, SensitivityBar, StageChart,
    StageCurves, ValueKind, chance, cost, makespan, sensitivity, stages,
};
use planner_report::html;
use planner_report::page::{Block, Page, PagePart};

const DEADLINE_S: f64 = 600.0;

/// Pages of a plan with many numbers and of one with the fewest.
pub(crate) fn plan_pages(folder: &Path) -> [PathBuf; 2] {
    [("plan", 3000), ("small-plan", 2)].map(|(name, points)| {
        let path = folder.join(name).with_extension("html");
        fs::write(&path, html::render(&page(points)).unwrap()).unwrap();
        path
    })
}

fn page(points: u32) -> Page {
    let limits = [("account limit".to_owned(), 1900.0), ("scaling".to_owned(), 2560.0)];
    let choice = ChoiceAxis { name: "N, workers", chosen: Some((2420.0, "2,420 workers")), limits: &limits };
    let share = |index: u32| f64::from(index) / f64::from(points);
    let makespans_s: Vec<f64> = (0..points).map(|index| 540.0 - 12.0 * (1.0 - share(index)).ln()).collect();
    let at = |index: u32| 1500.0 + 1500.0 * share(index);
    let chances: Vec<Chance> = (0..points.min(25) * points.div_ceil(25))
        .step_by(points.div_ceil(25) as usize)
        .map(|index| {
            let met = 1.0 / (1.0 + (-(at(index) - 2150.0) / 50.0).exp());
            Chance { at: at(index), met, low: (met - 0.02).max(0.0), high: (met + 0.02).min(1.0) }
        })
        .collect();
    let costs: Vec<CostPoint> = (1..=points.min(12))
        .map(|step| f64::from(step) * 400.0)
        .map(|at| {
            let finish_s = 1_100_000.0 / at + 95.0;
            CostPoint { at, cost_usd: 55.0 + at / 900.0, finish_s }
        })
        .collect();
    let charts = [
        makespan(&Makespans { makespans_s: &makespans_s, deadline_s: Some(DEADLINE_S) }),
        chance(&Chances { choice, chances: &chances, wanted: 0.99 }),
        sensitivity(&Sensitivities {
            answer: "workers needed",
            kind: ValueKind::Number,
            base: 2420.0,
            sensitivities: &sensitivities(),
        }),
        cost(&Costs { choice, costs: &costs, finish: "finishing time, p99", deadline_s: Some(DEADLINE_S) }),
        stages(&StageChart {
            stages: &pipeline(points),
            end_s: DEADLINE_S,
            limit: Some(("reserved concurrency", 1000.0)),
        }),
    ];
    let charts: Vec<Block> = charts.map(|chart| chart.unwrap().into()).into();
    Page {
        kind: "Plan".into(),
        title: "45,000 objects in 10 minutes".into(),
        lead: "Set it to 2,420: done by 9m 55s with 99 %.".into(),
        parts: vec![PagePart::new("The plan", charts)],
        version: "0".into(),
        ..Page::default()
    }
}

fn sensitivities() -> Vec<SensitivityBar> {
    let rows = [
        ("residence time", "24 s", Some(1940.0), "36 s", Some(2900.0)),
        ("tail of the residence time, coefficient of variation", "0.25", Some(2210.0), "1", None),
        ("share of failures", "0 %", Some(2420.0), "5 %", Some(2570.0)),
        ("ramp", "none", Some(2380.0), "60 s", Some(2420.0)),
    ];
    let rows = rows.map(|(name, low_setting, low, high_setting, high)| SensitivityBar {
        name: name.into(),
        low_setting: low_setting.into(),
        low,
        high_setting: high_setting.into(),
        high,
    });
    rows.into()
}

fn pipeline(points: u32) -> Vec<StageCurves> {
    let line = |value: fn(f64) -> f64| -> Vec<(f64, f64)> {
        (0..points)
            .map(|index| f64::from(index) / f64::from(points))
            .map(|share| (DEADLINE_S * share, value(share)))
            .collect()
    };
    vec![
        StageCurves { name: "publish".into(), in_flight: line(|_| 64.0), ..StageCurves::default() },
        StageCurves {
            name: "consumer".into(),
            backlog: line(|share| 9000.0 * share * (1.0 - share)),
            in_flight: line(|share| (5000.0 * share).min(1000.0) + 1.0),
            throttled_per_s: line(|share| 40.0 * (1.0 - share)),
            done_per_s: Vec::new(),
        },
    ]
}
