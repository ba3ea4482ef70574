//! Which of the ways to name an endpoint wins.

use std::process::Command;

/// What `--dry-run` says of a scenario, or the exit code where it says nothing.
fn dry_run(
    operation: &str,
    target: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<String, i32> {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("scenario.toml");
    let text = format!(
        "name = 'x'\noperation = '{operation}'\n[objects]\ncount = 1\nsize = {{ fixed = '1KiB' }}\n\
         [arrivals]\nkind = 'closed'\nworkers = 1\n{target}"
    );
    std::fs::write(&scenario, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_planner"));
    command.env_clear().envs(environment.iter().copied());
    let output = command.arg("measure").arg(scenario).arg("--dry-run").args(arguments).output().unwrap();
    match output.status.code() {
        Some(0) => Ok(String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()),
        code => Err(code.unwrap_or(-1)),
    }
}

const WRITTEN: &str = "[target]\nkind = 'endpoint'\nendpoint_url = 'http://written'";
const ALL: (&str, &str) = ("AWS_ENDPOINT_URL", "http://all");
const S3: (&str, &str) = ("AWS_ENDPOINT_URL_S3", "http://s3");
const SNS: (&str, &str) = ("AWS_ENDPOINT_URL_SNS", "http://sns");
const EMPTY: (&str, &str) = ("AWS_ENDPOINT_URL_S3", "");

#[test]
fn the_command_line_wins_then_the_services_own_variable_then_the_common_one_then_the_scenario() {
    let url =
        |operation, arguments, environment| dry_run(operation, WRITTEN, arguments, environment).unwrap();
    assert_eq!(url("copy", &[], &[]), "x on http://written");
    assert_eq!(url("copy", &[], &[ALL]), "x on http://all");
    assert_eq!(url("copy", &[], &[ALL, EMPTY]), "x on http://all");
    assert_eq!(url("copy", &[], &[ALL, S3, SNS]), "x on http://s3");
    assert_eq!(url("publish", &[], &[ALL, S3, SNS]), "x on http://sns");
    assert_eq!(url("copy", &["--endpoint-url", "http://given"], &[ALL, S3]), "x on http://given");
}

#[test]
fn an_endpoint_is_not_ignored_and_does_not_turn_a_rehearsal_into_a_load() {
    assert_eq!(dry_run("copy", "", &["--endpoint-url", "http://given"], &[]), Err(3));
    assert_eq!(dry_run("copy", "", &[], &[ALL]).unwrap(), "x on the embedded endpoint (rehearsal)");
}

#[test]
fn aws_itself_is_no_endpoint() {
    for environment in [
        ("AWS_ENDPOINT_URL", "https://s3.us-east-1.amazonaws.com"),
        ("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com"),
    ] {
        assert_eq!(dry_run("copy", WRITTEN, &[], &[environment]), Err(6));
    }
}

/// It would stand in run folders and reports.
#[test]
fn a_url_with_a_secret_in_it_is_refused_wherever_it_comes_from() {
    for url in
        ["http://user:secret@127.0.0.1:1", "http://127.0.0.1:1/?token=secret", "http://127.0.0.1/#secret"]
    {
        assert_eq!(dry_run("copy", WRITTEN, &["--endpoint-url", url], &[]), Err(3), "{url}");
        assert_eq!(dry_run("copy", WRITTEN, &[], &[("AWS_ENDPOINT_URL", url)]), Err(3), "{url}");
        let written = format!("[target]\nkind = 'endpoint'\nendpoint_url = '{url}'");
        assert_eq!(dry_run("copy", &written, &[], &[]), Err(3), "{url}");
        assert_eq!(dry_run("copy", &written.replace("'endpoint'", "'embedded'"), &[], &[]), Err(3), "{url}");
    }
}

#[test]
fn what_goes_to_this_machine_takes_no_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("scenario.toml");
    let text = "name = 'x'\noperation = 'copy'\n[objects]\ncount = 3\nsize = { fixed = '1KiB' }\n\
                [arrivals]\nkind = 'closed'\nworkers = 1\n[target.service.copy]\nbase_s = 0.01";
    std::fs::write(&scenario, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_planner"));
    command.env_clear().arg("measure").arg(scenario).args(["--real-time", "--format", "json", "--out"]);
    // Nothing listens there.
    let proxies =
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"].map(|name| (name, "http://127.0.0.1:1"));
    let output = command.arg(folder.path()).envs(proxies).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["levels"][0]["jobs_done"], 3, "{}", document["levels"][0]["error_codes"]);
}
