//! What is said of the machine and the command line in a run's document.

use planner_core::scenario::file::File;

/// Arguments whose value is never written down.
const SECRET: [&str; 2] = ["--account", "--secret-key"];

/// A stopwatch for real time, which goes on when the runtime's clock is paused.
#[derive(Debug, Clone, Copy)]
pub struct RealTime(std::time::Instant);

impl RealTime {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "what a run costs in real time is not virtual")]
    pub fn now() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    #[must_use]
    pub fn elapsed_s(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Operating system, architecture and number of cores.
#[must_use]
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH)
}

/// The command line as it was given, without the values of secrets.
#[must_use]
pub fn command_line() -> Vec<String> {
    redact(std::env::args())
}

fn redact(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut hide_next = false;
    let redacted = arguments.enumerate().map(|(index, argument)| {
        if index == 0 {
            return "planner".to_owned();
        }
        if std::mem::take(&mut hide_next) {
            return "***".to_owned();
        }
        let name = argument.split('=').next().unwrap_or_default();
        if !SECRET.contains(&name) {
            return argument;
        }
        hide_next = name == argument;
        if hide_next { argument } else { format!("{name}=***") }
    });
    redacted.collect()
}

/// The scenario without the account's number, which a topic's ARN has too.
#[must_use]
pub fn without_account(mut file: File) -> File {
    file.target.account = None;
    let mut parts: Vec<&str> = file.target.topic.split(':').collect();
    if let ["arn", _, "sns", _, account, ..] = parts.as_mut_slice() {
        *account = "***";
        file.target.topic = parts.join(":");
    }
    file
}

/// Largest resident memory of this process so far, where the system tells.
#[must_use]
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_the_command_line_in_both_spellings() {
        let given = ["/usr/bin/planner", "measure", "--account", "123456789012", "--account=1", "x"];
        let shown = redact(given.into_iter().map(str::to_owned));
        assert_eq!(shown, ["planner", "measure", "--account", "***", "--account=***", "x"]);
    }

    #[test]
    fn the_account_leaves_the_scenario_and_the_topic_in_it() {
        let text = "name = 'x'\noperation = 'publish'\n[objects]\ncount = 1\n[arrivals]\nkind = 'closed'\n[target]\n\
                    account = '123456789012'\ntopic = 'arn:aws:sns:eu-west-1:123456789012:copies'";
        let target = without_account(toml::from_str(text).unwrap()).target;
        assert_eq!((target.account, target.topic.as_str()), (None, "arn:aws:sns:eu-west-1:***:copies"));
    }
}
