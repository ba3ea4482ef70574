//! A progress bar, on a terminal only.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use planner_core::audit::tally::Tally;
use planner_core::measure::recorder::Second;
use planner_core::units::human::{count, counted};

/// How long nobody wonders what is going on.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(200);

/// What is shown of a level while it runs.
pub(super) struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// A bar for a level of so many jobs, where that is known.
    pub(super) fn new(label: &str, jobs: Option<u64>, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let template = match jobs {
            Some(_) => "{prefix} [{bar:30}] {pos}/{len} {msg}",
            None => "{prefix} {spinner} {pos} {msg}",
        };
        let bar = jobs.map_or_else(ProgressBar::no_length, ProgressBar::new);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(label.to_owned());
        Self(bar)
    }

    /// A job ended.
    pub(super) fn job_ended(&self) {
        self.0.inc(1);
    }

    /// A second is over.
    pub(super) fn second(&self, second: &Second) {
        let row = &second.row;
        let window = &row.window;
        self.0.set_message(format!(
            "{:.1}/s, {:.0} in flight, {} throttled, {} failed",
            window.x_per_s(),
            window.n(),
            row.throttled,
            row.errors
        ));
    }

    /// The level is over.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Does something that may take long, and says so on a terminal where it does.
pub(super) fn shown<T>(doing: &'static str, quiet: bool, work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let (working, ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
            let bar = ProgressBar::new_spinner().with_message(doing);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(TICK);
            // An error is the end of the work.
            ended.recv().ok();
            bar.finish_and_clear();
        }
    });
    let done = work();
    drop(working);
    // It ends with the work, and has nothing to tell.
    watch.join().ok();
    done
}

/// What is shown of an audit while it goes through the keys.
pub(super) struct Counting(ProgressBar);

impl Counting {
    /// Nothing counted yet.
    pub(super) fn new(quiet: bool) -> Self {
        let is_hidden = quiet || !std::io::stderr().is_terminal();
        Self(if is_hidden { ProgressBar::hidden() } else { ProgressBar::new_spinner() })
    }

    /// So far.
    pub(super) fn show(&self, tally: &Tally) {
        let (expected, wrong) = (counted(tally.expected, "object"), count(tally.not_arrived()));
        self.0.set_message(format!("{expected} looked at, {wrong} not arrived"));
        self.0.tick();
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
