//! LocalStack beside the tests, looked at through boto3: a client that shares nothing with the program.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// URL of the server.
pub(crate) fn url() -> String {
    variable("PLANNER_TEST_LOCALSTACK")
}

/// URL of MiniStack, which has CloudWatch.
pub(crate) fn ministack_url() -> String {
    variable("PLANNER_TEST_MINISTACK")
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test"))
}

/// What comes before every script: clients, and a way to answer.
const PRELUDE: &str = "
import json, os, boto3, botocore
from botocore.config import Config
config = Config(retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'})
s3, sns = boto3.client('s3', config=config), boto3.client('sns', config=config)
def objects(bucket, prefix=''):
    pages = s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix)
    return {o['Key']: [o['Size'], o['ETag']] for page in pages for o in page.get('Contents', [])}
def content(bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)['Body'].read()
def refused(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response['Error']['Code']
def answer(value):
    print(json.dumps(value))
";

/// Runs a boto3 script against an endpoint and gives what it answers. `names` are its variables.
#[track_caller]
pub(crate) fn boto3(url: &str, keys: (&str, &str), names: &[(&str, &str)], script: &str) -> Value {
    let variables: String = names.iter().map(|(name, value)| format!("{name} = {value:?}\n")).collect();
    let output = Command::new(variable("PLANNER_TEST_PYTHON"))
        .args(["-c", &format!("{PRELUDE}{variables}{script}")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", keys.0)
        .env("AWS_SECRET_ACCESS_KEY", keys.1)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{stderr}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{script}\n{stderr}"))
}

/// Two buckets of one test on LocalStack.
pub(crate) struct Buckets {
    pub source: String,
    pub destination: String,
}

impl Buckets {
    /// Names that no other test and no earlier run of this one uses; `test` makes the difference.
    pub(crate) fn new(test: &str) -> Self {
        let own = format!("{test}-{}", std::process::id());
        Self { source: format!("{own}-source"), destination: format!("{own}-destination") }
    }

    /// Runs a script that knows the buckets as `source` and `destination`.
    #[track_caller]
    pub(crate) fn ask(&self, script: &str) -> Value {
        let names = [("source", self.source.as_str()), ("destination", self.destination.as_str())];
        boto3(&url(), ("test", "test"), &names, script)
    }

    /// `planner measure SCENARIO` on LocalStack between the two. LocalStack has no conditional deletes.
    pub(crate) fn measure(&self, scenario: &Path, out: &Path) -> Command {
        let mut command = crate::planner::measure(scenario, out);
        command.args(["--endpoint-url", &url(), "--unconditional"]);
        command.args(["--source-bucket", &self.source, "--destination-bucket", &self.destination]);
        command
    }
}
