//! Ctrl-C, a polite request to end, and a terminal that is gone.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::exit::Exit;
use super::stdio;

/// Held while files of an answer are written.
static WRITING: Mutex<()> = Mutex::new(());

/// The signals that ask the program to end. `nohup` has a hang-up ignored, and so it stays.
fn kinds() -> impl Iterator<Item = i32> {
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&kind| kind != SIGHUP || !is_ignored(SIGHUP))
}

/// Whether the program was started with a signal ignored, where the system tells.
fn is_ignored(kind: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (kind - 1)) != 0
}

/// Requests to end, as they come.
pub(super) struct Interrupts(Vec<Signal>);

impl Interrupts {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where no signal handler can be installed.
    pub(super) fn new() -> std::io::Result<Self> {
        kinds().map(|kind| signal(SignalKind::from_raw(kind))).collect::<Result<_, _>>().map(Self)
    }

    /// The next one.
    pub(super) async fn next(&mut self) {
        let heard = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures::future::select_all(heard).await;
    }
}

/// Ready when the user or the system wants the program to end.
pub(super) async fn interrupted() {
    match Interrupts::new() {
        Ok(mut interrupts) => interrupts.next().await,
        Err(_) => std::future::pending().await,
    }
}

/// Ready when more than so many requests to end were counted.
pub(super) async fn counted_beyond(count: u32, requests: &watch::Receiver<u32>) {
    if requests.clone().wait_for(|&counted| counted > count).await.is_err() {
        // The listener is gone, so no more requests will be counted.
        std::future::pending().await
    }
}

/// Ends the program at the first request, for a command that computes and then writes: not while it writes.
///
/// # Errors
/// Where no signal handler can be installed.
pub(super) fn end_when_interrupted() -> std::io::Result<()> {
    let mut signals = Signals::new(kinds())?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            stdio::say("interrupted: nothing was left half-written");
            std::process::exit(Exit::Interrupted as i32);
        }
    })?;
    Ok(())
}

/// Writes without being interrupted by [`end_when_interrupted`].
pub(super) fn uninterrupted<T>(write: impl FnOnce() -> T) -> T {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    write()
}

/// Makes a file that grows beyond the limit of the shell an error of the write, rather than the end of the program.
pub(super) fn report_file_size_limit() {
    // Where this fails the program ends as it would have.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
