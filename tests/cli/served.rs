//! `planner cloud` beside a test.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::localstack::boto3;
use crate::planner::{Running, measure, planner, until};
use crate::run_folder::{RunFolder, runs};

pub(crate) const ACCESS_KEY: &str = "planner";
pub(crate) const SECRET_KEY: &str = "planner-secret";

/// The embedded endpoint, served on a port of its own.
pub(crate) struct Served {
    pub url: String,
    program: Running,
}

/// Serves the endpoint that a scenario describes; what it says goes to files in `folder`.
pub(crate) fn serve(scenario: &Path, folder: &Path) -> Served {
    let mut command = planner();
    command.args(["cloud", "--listen", "127.0.0.1:0", "--scenario"]).arg(scenario);
    let program = Running::start(command, folder);
    let url = until("the endpoint says where it is", || {
        let text = std::fs::read_to_string(folder.join("stdout")).unwrap();
        text.split_once('\n').map(|(first, _)| first.to_owned())
    });
    Served { url, program }
}

impl Served {
    /// Ends it as the system would, and gives its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        self.program.signal(Signal::TERM);
        self.program.wait().code()
    }

    /// How many objects of runs are in the source and the destination bucket.
    pub(crate) fn objects_of_runs(&self) -> Value {
        let script = "answer([len(objects(bucket, 'planner-runs/')) for bucket in ('planner-source', 'planner-destination')])";
        boto3(&self.url, (ACCESS_KEY, SECRET_KEY), &[], script)
    }

    /// Points a command at it.
    pub(crate) fn reach(&self, command: &mut Command) {
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", "us-east-1");
    }
}

/// A run of an hour that copies to it and has made some copies.
pub(crate) fn copying(served: &Served, scenario: &Path, out: &Path, beside: &Path) -> (Running, RunFolder) {
    let mut command = measure(scenario, out);
    command.args(["--target", "endpoint", "--duration", "1h"]);
    served.reach(&mut command);
    let program = Running::start(command, beside);
    let run = until("copies are made", || {
        let run = runs(out).pop()?;
        (std::fs::read_to_string(run.file("attempts.csv")).ok()?.lines().count() > 20).then_some(run)
    });
    (program, run)
}
