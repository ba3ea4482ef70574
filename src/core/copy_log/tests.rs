use super::*;
use crate::load::attempt::AttemptOutcome;

const REPORT: &str = "REPORT RequestId: 3604209a\tDuration: 29876.12 ms\tBilled Duration: 29877 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 305.16 ms\t";

fn ms(started: i64, ended: i64, size_bytes: u64, outcome: AttemptOutcome) -> LoggedCopy {
    LoggedCopy { started_ns: started * 1_000_000, ended_ns: ended * 1_000_000, size_bytes, outcome }
}

fn log(text: &str) -> CopyLog {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn requests_are_read_with_columns_in_any_order() {
    let copies = [ms(0, 2500, 700, AttemptOutcome::Ok), ms(1000, 1500, 0, AttemptOutcome::Throttled)];
    assert_eq!(log("start,end,bytes,outcome\n0,2.5,700,ok\n1,1.5,,503\n").copies, copies);
    assert_eq!(log("outcome,bytes,end,start\nok,700,2.5,0\n503,,1.5,1\n").copies, copies);
    let whole = log("start_time,end_time\n2026-11-27T10:00:00Z,2026-11-27T10:00:30Z\n");
    assert_eq!(
        (whole.copies[0].ended_ns - whole.copies[0].started_ns, whole.form),
        (30_000_000_000, LogFormat::Requests)
    );
}

#[test]
fn reports_of_a_function_end_at_their_time_and_last_as_long_as_their_handler() {
    let at = "2026-11-27T10:00:30.000Z";
    let ended = 1_795_773_630_000;
    let expected = [ms(ended, ended, 0, AttemptOutcome::Ok)];
    let forms = [
        format!("START RequestId: 3604209a Version: $LATEST\n{at} 2026/11/27/[$LATEST]8f {REPORT}\nEND\n"),
        format!("timestamp,message\n{ended},\"{REPORT}\"\n{ended},END RequestId: 3604209a\n"),
        "@timestamp,@duration,@billedDuration,@initDuration\n2026-11-27 10:00:30.000,29876.12,29877,305.16\n".into(),
        "@initDuration,@duration,@timestamp\n305.16,29876.12,2026-11-27 10:00:30.000\n".into(),
        r#"{"results": [[{"field": "@duration", "value": "29876.12"}, {"field": "@initDuration", "value": "305.16"},
            {"field": "@timestamp", "value": "2026-11-27 10:00:30.000"}]], "status": "Complete"}"#
            .into(),
        format!(
            "{{\"events\": [{{\"timestamp\": {ended}, \"message\": {}, \"eventId\": \"1\"}}]}}",
            serde_json::json!(REPORT)
        ),
    ];
    for text in forms {
        let log = log(&text);
        let started_ns = expected[0].ended_ns - 29_876_120_000;
        assert_eq!(log.copies, [LoggedCopy { started_ns, ..expected[0] }], "{text}");
        assert_eq!((log.form, log.has_times), (LogFormat::Lambda, true));
        assert!((log.cold_starts_s[0] - 0.30516).abs() < 1e-12 && log.cold_starts_s.len() == 1, "{text}");
    }
    let failed = REPORT.replace("Init", "Status: timeout\tInit");
    assert_eq!(log(&format!("{at} {failed}\n")).copies[0].outcome, AttemptOutcome::Timeout);
}

#[test]
fn reports_without_times_stand_one_after_the_other() {
    let other_order =
        "REPORT RequestId: b  Billed Duration: 2001 ms  Duration: 2000.00 ms  Memory Size: 128 MB";
    let log = log(&format!("{REPORT}\n{other_order}\n"));
    assert!(!log.has_times);
    let all: Vec<(i64, i64)> = log.copies.iter().map(|copy| (copy.started_ns, copy.ended_ns)).collect();
    assert_eq!(all, [(0, 29_876_120_000), (29_876_120_000, 31_876_120_000)]);
}

/// As the documentation lays them out, with a key, a request and an agent that hold blanks.
#[test]
fn access_logs_count_the_copies_at_their_destination() {
    let record = |operation: &str, status: &str, code: &str, size: &str, total: &str| {
        format!(
            "79a59d amzn-s3-demo-bucket1 [27/Nov/2026:10:00:00 +0000] 192.0.2.3 arn:aws:sts::1:a/b 3E57 {operation} \
             a%20b.bin \"PUT /a%2520b.bin HTTP/1.1\" {status} {code} 234 {size} {total} 20 \"-\" \"aws sdk, x\" - \
             s9lzHY= SigV4 TLS AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - Yes\n"
        )
    };
    let text = [
        record("REST.GET.VERSIONING", "200", "-", "-", "7"),
        record("REST.COPY.OBJECT_GET", "200", "-", "700000000", "25000"),
        record("REST.COPY.OBJECT", "200", "-", "700000000", "25000"),
        record("REST.COPY.PART", "503", "SlowDown", "-", "3"),
        record("REST.COPY.OBJECT", "200", "InternalError", "-", "-"),
    ];
    let log = log(&text.concat());
    let at = 1_795_773_600_000;
    let expected = [
        ms(at, at + 25_000, 700_000_000, AttemptOutcome::Ok),
        ms(at, at + 3, 0, AttemptOutcome::Throttled),
        ms(at, at, 0, AttemptOutcome::ServerError),
    ];
    assert_eq!((log.copies.as_slice(), log.form), (&expected[..], LogFormat::AccessLog));
}

#[test]
fn what_is_no_log_is_told_with_its_line() {
    let access = "a b [27/Nov/2026:10:00:00 +0000] c d e REST.COPY.OBJECT k \"u\" 200 - 1 2 many 4 \"-\"\n";
    for (text, hint) in [
        ("", "there is no copy in it"),
        ("what is this\n", "there is no copy in it"),
        ("{\"Datapoints\": []}", "no answer of `aws logs"),
        ("start,end\n2,1\n", "line 2: it ends 1 s before it starts"),
        ("@timestamp,@duration\n2026-11-27,soon\n", "line 2: `soon` is not a duration"),
        ("REPORT RequestId: a Billed Duration: 3 ms\n", "line 1: the report names no duration"),
        (access, "line 1: `many` is not a number, as the total time is"),
        (&format!("{}nonsense\n", access.replace("many", "3")), "line 2: a record of an access log"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(hint), "{text}: {error}");
    }
}

#[test]
fn a_log_becomes_a_run_for_each_of_its_days() {
    let copy = |day: i64, start: i64, end: i64| {
        let day_ms = (20_784 + day) * 86_400_000;
        ms(day_ms + start, day_ms + end, 1, AttemptOutcome::Ok)
    };
    let copies = vec![copy(0, 0, 2000), copy(0, 1000, 3000), copy(1, 500, 1500)];
    let log = CopyLog { copies, ..CopyLog::new(LogFormat::AccessLog) };
    let days = LoggedRun::by_day(&log, "a.log");
    let dates: Vec<&str> = days.iter().map(|day| &day.document.started_at[..10]).collect();
    assert_eq!(dates, ["2026-11-27", "2026-11-28"]);
    let level = &days[0].document.levels[0];
    assert_eq!((level.jobs_done, level.in_flight_max), (2, 2));
    assert!((level.in_flight_mean - 4.0 / 3.0).abs() < 1e-12 && level.littles_law.accounting_holds);
    let times: Vec<(u64, u64)> = days[0].attempts.iter().map(|it| (it.started_ns, it.ended_ns)).collect();
    assert_eq!(times, [(0, 2_000_000_000), (1_000_000_000, 3_000_000_000)]);
    let mut seconds = 0;
    let one_day = CopyLog { copies: log.copies[..2].to_vec(), ..log.clone() };
    let whole = LoggedRun::whole(&one_day, "a.log", |second| {
        seconds += second.row.window.ended;
        Ok::<(), String>(())
    });
    assert_eq!((seconds, whole.unwrap().document.levels[0].jobs_done), (2, 2));
}
