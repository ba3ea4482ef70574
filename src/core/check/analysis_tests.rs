use super::*;
use crate::check::quantity::Quantity;
use crate::check::read;
use crate::law::gauge_verdict::GaugeAgreement;

fn check(text: &str, window: Option<&str>) -> CheckDocument {
    let window = window.map(|window| window.parse().unwrap());
    analyse(&read(text.as_bytes()).unwrap(), window.as_ref()).unwrap()
}

fn refused(text: &str, window: &str) -> String {
    analyse(&read(text.as_bytes()).unwrap(), Some(&window.parse().unwrap())).unwrap_err().to_string()
}

fn near(seen: f64, expected: f64) -> bool {
    (seen - expected).abs() < 1e-9 * expected.abs().max(1.0)
}

const SIX: &str = "start,end\n-2,3\n1,4\n2,12\n5,6\n8,15\n-1,11\n";

#[test]
fn the_six_requests_over_their_window() {
    let seen = check(SIX, Some("0s..10s"));
    let law = seen.littles_law.unwrap();
    assert!(near(law.n, 2.7) && near(law.xr, 0.9) && near(law.departure_form_n, 2.7));
    assert!(
        near(law.age_start_s, 3.0) && near(law.age_end_s, 21.0) && near(seen.arrival_form_n.unwrap(), 2.7)
    );
    assert_eq!((seen.rows, seen.verdicts.accounting.verdict), (6, Verdict::Pass));
    assert!(near(seen.verdicts.raw.ratio.unwrap(), 1.0 / 3.0));
    assert_eq!(seen.verdicts.raw.verdict, Verdict::Inconclusive, "two residence times long");
    let CheckReason::WindowTooShort { edges, .. } = seen.verdicts.raw.why else {
        panic!("{:?}", seen.verdicts)
    };
    assert!(near(edges.explained, 1.8) && near(edges.difference, 1.8));
    assert!(seen.holds == Some(false) && check(SIX, None).verdict == Verdict::Inconclusive);
}

/// One request a tenth of a second for `seconds`, each a second long, the later ones `growth` times that.
fn steady(seconds: u32, growth: f64) -> String {
    let row = |i: u32| {
        let start = f64::from(i) / 10.0;
        format!("{start},{}\n", start + 1.0 + growth * start)
    };
    format!("start,end\n{}", (0..10 * seconds).map(row).collect::<String>())
}

#[test]
fn a_steady_stretch_passes_with_intervals_and_requests_that_hang_fail() {
    let seen = check(&steady(400, 0.0), Some("50s..350s"));
    assert_eq!(seen.verdicts.raw.verdict, Verdict::Pass);
    let batches = seen.batches.unwrap();
    assert!(near(batches.x_per_s.mean, 10.0) && near(batches.r_s.mean, 1.0) && near(batches.length_s, 15.0));
    let median = seen.residence_intervals_s.unwrap().p50;
    assert!((median.low.unwrap() - 1.0).abs() < 2e-3 && (median.high.unwrap() - 1.0).abs() < 2e-3);
    let ramp = check(&steady(2000, 0.05), Some("0..400"));
    assert_eq!(ramp.verdicts.raw.verdict, Verdict::Inconclusive, "{:?}", ramp.littles_law);
    let stuck = steady(400, 0.0) + &"100,5000\n".repeat(3);
    assert_eq!(check(&stuck, Some("50s..350s")).verdicts.raw.verdict, Verdict::Fail);
    let onset = check(&steady(400, 0.0), Some("0..2"));
    assert_eq!(onset.verdicts.raw.verdict, Verdict::Inconclusive, "no verdict on a bin of 2 s");
}

#[test]
fn a_window_must_hold_something() {
    assert!(refused(SIX, "100..200").contains("between -2 s and 15 s"));
    assert!(refused("t,count\n5,0\n7,9\n", "0..6").contains("begins at 5 s and covers 2 s"));
    assert!(refused("n,x\n1,2\n", "0..6").contains("no times"));
}

/// Readings every 2 s: `per_stretch` completions, `n` in flight of which `r_s` each.
fn readings(count: u32, per_stretch: u32, n: f64, r_s: f64) -> String {
    let row =
        |i: u32| format!("{},{},{},{r_s}\n", 2 * i, per_stretch * i, n + f64::from(i % 3) * 0.01 - 0.01);
    format!("t,count,n,r\n{}", (0..=count).map(row).collect::<String>())
}

#[test]
fn samples_with_all_three_are_judged_only_when_long_enough() {
    let pass = check(&readings(200, 150, 75.0, 1.0), None);
    assert_eq!(pass.verdicts.independent.verdict, Verdict::Pass, "{:?}", pass.verdicts);
    assert_eq!(pass.verdicts.raw.verdict, Verdict::Pass);
    let fail = check(&readings(200, 150, 90.0, 1.0), None);
    assert_eq!(
        (fail.verdicts.independent.verdict, fail.verdicts.raw.verdict),
        (Verdict::Fail, Verdict::Fail)
    );
    assert_eq!(fail.verdicts.independent.why, CheckReason::Gauge(GaugeAgreement::Above));
    let bin = check(&readings(200, 150, 90.0, 1.0), Some("10..12"));
    assert_eq!((bin.rows, bin.verdicts.raw.verdict), (1, Verdict::NotAvailable));
    assert_eq!(bin.verdicts.independent.verdict, Verdict::Inconclusive);
    assert!(near(bin.readings[0].x_noise_per_s.unwrap(), 150f64.sqrt() / 2.0));
}

#[test]
fn samples_give_the_third_from_two() {
    let seen = check("t,count,r\n0,0,\n2,150,8\n4,300,8\n", None);
    let means = seen.means.unwrap();
    assert!(near(means.x_per_s, 75.0) && near(means.xr.unwrap(), 600.0) && means.n.is_none());
    assert_eq!(seen.readings[0].derived, Some(Quantity::N));
    assert!(near(seen.readings[0].n.unwrap(), 600.0) && seen.holds.is_none());
    assert_eq!(seen.notes, [CheckNote::CountingNoise(150.0)]);
    let means = check("t,count,n\n0,0,\n2,150,600\n", None).means.unwrap();
    assert!(near(means.r_s.unwrap(), 8.0));
}

fn metrics(periods: u32, concurrent: f64) -> String {
    let row = |i: u32| {
        let noise = f64::from(i * 7 % 5) - 2.0;
        format!("{},1200,{},{},3\n", 60 * i, 2500.0 + noise, concurrent + noise * 0.01)
    };
    let rows: String = (0..periods).map(row).collect();
    format!("timestamp,Invocations,Duration,ConcurrentExecutions,Throttles\n{rows}")
}

#[test]
fn metrics_are_judged_over_batches_of_periods() {
    let seen = check(&metrics(60, 50.0), None);
    assert_eq!(seen.verdicts.independent.verdict, Verdict::Pass, "{:?}", seen.verdicts);
    assert!(near(seen.means.unwrap().throttles.unwrap(), 180.0) && seen.means.unwrap().errors.is_none());
    assert!((seen.readings[7].ratio.unwrap() - 1.0).abs() < 0.01);
    assert_eq!(seen.notes, [CheckNote::DurationsOfTheEnded]);
    assert_eq!(check(&metrics(60, 60.0), None).verdicts.independent.verdict, Verdict::Fail);
    let short = check(&metrics(10, 50.0), None);
    assert_eq!(short.verdicts.independent.verdict, Verdict::Inconclusive);
    let gap = check("timestamp,Invocations\n0,10\n60,10\n300,10\n", None);
    assert!(gap.notes[1] == CheckNote::PeriodsMissing(3) && gap.holds.is_none());
    assert_eq!(check(&metrics(60, 50.0), Some("60..300")).rows, 4);
}

#[test]
fn a_table_is_as_bad_as_its_worst_row() {
    let seen = check("n,x,r\n10,5,2\n20,9,2.9\n", None);
    assert_eq!(seen.verdicts.raw.verdict, Verdict::Fail);
    assert!(near(seen.verdicts.raw.ratio.unwrap(), 1.305));
    assert_eq!(seen.verdicts.raw.why, CheckReason::RowOff(20.0));
    let seen = check("n,r\n10,2\n20,2.5\n40,4\n", None);
    assert_eq!(seen.verdicts.raw.verdict, Verdict::NotAvailable);
    assert_eq!(seen.readings[0].derived, Some(Quantity::XPerS));
    assert!(seen.usl.unwrap().refused.is_some());
}
