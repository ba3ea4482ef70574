use super::*;
use crate::{html, markdown, terminal};
use planner_core::audit::ListedObject;
use planner_core::audit::document::Subject;
use planner_core::audit::function::{Events, Peaks};
use planner_core::audit::listing_location::ListingLocation;
use planner_core::audit::merge_join::Joined;
use planner_core::audit::object_comparison::{CompareBy, Rules};
use planner_core::audit::plan_expectation::PlanExpectation;
use planner_core::audit::tally::Tally;
use planner_core::check::cloudwatch::{CloudWatchExport, CloudWatchPeriod};

const SECOND_NS: i64 = 1_000_000_000;

fn listed(key: &str, size_bytes: u64, modified_s: i64) -> ListedObject {
    let etag = Some(format!("{size_bytes:032x}"));
    ListedObject { key: key.into(), size_bytes, etag, modified_ns: Some(modified_s * SECOND_NS) }
}

fn metrics() -> CloudWatchExport {
    let period = |minute: i64| CloudWatchPeriod {
        start_ns: minute * 60 * SECOND_NS,
        invocations: Some(84.0),
        duration_s: Some(25.2),
        concurrent: Some(35.0),
        throttles: Some(2.0),
        errors: Some(0.0),
    };
    CloudWatchExport { period_s: 60.0, periods: (0..3).map(period).collect() }
}

/// 250 objects of which one is missing, one truncated, one old and one old but the same; and somebody else's object.
fn sample(complete: bool) -> AuditDocument {
    let places: [ListingLocation; 2] =
        ["s3://photos/", "s3://backup/photos/"].map(|place| place.parse().unwrap());
    let mut tally = Tally::default();
    for number in 0..250 {
        let original = listed(&format!("d/{number:03}"), 700_000_000 + number, 1000);
        let copy = listed(&original.key, original.size_bytes, 2000 + i64::try_from(number).unwrap());
        let cut = copy.etag.as_ref().map(|tag| format!("{tag}-2"));
        let joined = match number {
            7 => Joined::Missing(original),
            8 => Joined::Both(original, listed(&copy.key, 5_242_880, 2100)),
            9 => Joined::Both(original, ListedObject { modified_ns: Some(0), etag: cut, ..copy }),
            10 => Joined::Both(original, ListedObject { modified_ns: Some(0), ..copy }),
            _ => Joined::Both(original, copy),
        };
        tally.take(&joined, Rules::default(), &places[0], &places[1]);
    }
    let extra = Joined::Extra(listed("e/<b>|\u{1b}[2J\n\u{202e}", 1, 0));
    tally.take(&extra, Rules::default(), &places[0], &places[1]);
    let events = Events { async_event_age_max_s: Some(75.0), ..Events::default() };
    let peaks = Peaks { concurrent: Some(41.0), duration_s: Some(45.0), events };
    let function = AuditedFunction::of(Some("copy".into()), &metrics(), peaks, None).unwrap();
    let subject = Subject {
        source: places[0].to_string(),
        destination: places[1].to_string(),
        audited_at: "2026-11-23T10:00:00Z".into(),
        rehearsal: true,
        compared_by: CompareBy::Etag,
        since_ns: None,
        complete,
        list_requests: 2,
        command: ["planner", "audit", "--source", "s3://photos/"].map(str::to_owned).into(),
    };
    let plan = PlanExpectation {
        reserved_concurrency: Some(40.0),
        deadline_s: Some(600.0),
        ..PlanExpectation::default()
    };
    AuditDocument::new(subject, tally, Some(function), Some(plan))
}

#[test]
fn an_audit_at_80_columns() {
    let text = terminal::render(&page(&sample(true), "0.1.0"), 80, false, true);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_audit_for_a_pull_request() {
    insta::assert_snapshot!(markdown::render(&page(&sample(false), "0.1.0")));
}

#[test]
fn the_contract_has_its_names() {
    let document = super::document(&sample(true)).unwrap();
    assert_eq!(document["schema"], "planner/audit/1");
    assert_eq!((&document["expected"], &document["arrived"]), (&250.into(), &247.into()));
    assert_eq!(document["missing"][0]["key"], "d/007");
    assert_eq!(
        document["extra"][0]["key"], "photos/e/<b>|\u{1b}[2J\n\u{202e}",
        "keys are whole in documents"
    );
    assert_eq!(document["differing"][0]["destination"]["size_bytes"], 5_242_880);
    assert_eq!(document["stale"][0]["reason"], "before_source");
    assert_eq!(document["execution_time_s"], 249.0);
    assert_eq!((&document["invocations"], &document["throttles"]), (&252.into(), &6.into()));
    assert_eq!(document["verdicts"]["complete"]["verdict"], "fail");
    assert_eq!(document["verdicts"]["concurrency"]["verdict"], "fail");
}

#[test]
fn the_page_shows_what_the_function_did_and_what_is_wrong() {
    let mut document = sample(true);
    assert_eq!(
        verdict(&document),
        "247 of 250 objects arrived in 4m 9s; 1 missing, 1 differing, 1 stale, 1 extra."
    );
    let charts: Vec<_> = page(&document, "0.1.0").charts().cloned().collect();
    assert_eq!(charts[0].panels.len(), 3, "in flight, throttled and done");
    assert_eq!(charts[0].table.rows[0], ["function", "–", "35", "35.0", "6", "252"]);
    let html = html::render(&page(&document, "0.1.0")).unwrap();
    assert!(html.contains("d/007") && html.contains("e/&#60;b&#62;|"), "{html}");
    assert!(!html.contains('\u{202e}') && !html.contains("<b>|"));
    document.function = None;
    assert_eq!(page(&document, "0.1.0").charts().count(), 0);
}

#[test]
fn periods_without_data_are_periods_without_work() {
    let mut document = sample(true);
    let function = document.function.as_mut().unwrap();
    function.readings.remove(1);
    let chart = readings("function", &function.readings, None).unwrap();
    let values: Vec<f64> = chart.panels[0].series[0].points.iter().map(|&(_, value)| value).collect();
    assert_eq!(values, [35.0, 0.0, 35.0, 35.0], "three minutes, and the end");
}
