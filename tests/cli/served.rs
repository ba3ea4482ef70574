//! `planner cloud` beside a test.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::planner::{Running, planner, until};

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

    /// Points a command at it.
    pub(crate) fn reach(&self, command: &mut Command) {
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", "us-east-1");
    }
}
