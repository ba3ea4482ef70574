//! Starts the program.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Far longer than anything here takes, so that what hangs fails on a machine of any speed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A small copy scenario whose copies take a twentieth of a second.
pub(crate) const QUICK: &str = "\
name = \"quick\"
operation = \"copy\"

[objects]
count = 40
size = { fixed = \"1KiB\" }

[arrivals]
kind = \"closed\"
workers = 4

[target.service.copy]
base_s = 0.05
bandwidth_bytes_per_s = 1e12
";

/// The same with a data set of its own.
pub(crate) fn quick_with_data_set() -> String {
    QUICK.replace("[objects]", "[objects]\nprepare = true")
}

/// The program with nothing of the caller's environment but the path: no credentials, no proxies.
pub(crate) fn planner() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_planner"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    command
}

/// `planner measure SCENARIO --out OUT --quiet`.
pub(crate) fn measure(scenario: &Path, out: &Path) -> Command {
    let mut command = planner();
    command.arg("measure").arg(scenario).arg("--out").arg(out).arg("--quiet");
    command
}

/// A scenario that comes with the program.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"))
}

/// Writes a scenario of the test's own.
pub(crate) fn write_scenario(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct CommandEnd {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl CommandEnd {
    /// Asserts the exit code, and gives the command back.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: Command) -> CommandEnd {
    let output = assert_cmd::Command::from_std(command).timeout(PATIENCE).output().unwrap();
    CommandEnd {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program that runs beside the test. It is killed when the test leaves it.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it; what it says goes to the files `stdout` and `stderr` in `folder`.
    pub(crate) fn start(mut command: Command, folder: &Path) -> Self {
        let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
        Self(command.stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Whether it has taken a signal into its own hands, which the system tells (Linux, proc_pid_status(5)).
    pub(crate) fn hears(&self, signal: Signal) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim();
        u64::from_str_radix(caught, 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
    }

    /// Waits until it ends.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("the program has ended", || self.0.try_wait().unwrap())
    }

    /// Whether it goes on.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until there is an answer.
#[expect(clippy::disallowed_methods, reason = "other processes live in real time")]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
