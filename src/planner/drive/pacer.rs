//! Wakes the driver on time.
//!
//! tokio's own timer has a resolution of a millisecond, which at thousands of starts a second is the schedule
//! itself. In real time a thread of its own waits in the kernel, with a timer slack of a nanosecond, and wakes the
//! driver. In virtual time tokio's clock does.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use tokio::sync::Notify;
use tokio::time::Instant;

/// A timer.
#[derive(Debug)]
pub enum Pacer {
    /// By tokio's paused clock.
    Virtual,
    /// By a thread in the kernel.
    Real {
        /// Deadlines for the thread.
        deadlines: mpsc::Sender<Instant>,
        /// Its answer.
        due: Arc<Notify>,
        /// The deadline it was given last.
        armed: Cell<Option<Instant>>,
    },
}

impl Pacer {
    /// A timer for real time; its thread ends with it.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn real() -> std::io::Result<Self> {
        let (deadlines, orders) = mpsc::channel();
        let due = Arc::new(Notify::new());
        let wake = Arc::clone(&due);
        thread::Builder::new().name("pacer".into()).spawn(move || run(&orders, &wake))?;
        Ok(Self::Real { deadlines, due, armed: Cell::new(None) })
    }

    /// Whether time is real.
    #[must_use]
    pub fn is_real(&self) -> bool {
        matches!(self, Self::Real { .. })
    }

    /// Waits until `deadline`. Dropping the future forgets the deadline.
    pub async fn wait_until(&self, deadline: Instant) {
        match self {
            Self::Virtual => tokio::time::sleep_until(deadline).await,
            Self::Real { deadlines, due, armed } => {
                if armed.replace(Some(deadline)) != Some(deadline) {
                    // The thread lives as long as this sender.
                    let _ = deadlines.send(deadline);
                }
                while Instant::now() < deadline {
                    due.notified().await;
                }
            }
        }
    }
}

/// Waits for the newest deadline it was given, again and again.
fn run(orders: &mpsc::Receiver<Instant>, due: &Notify) {
    sharpen_timers();
    let Ok(mut deadline) = orders.recv() else { return };
    loop {
        match orders.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(newer) => deadline = newer,
            Err(RecvTimeoutError::Timeout) => {
                due.notify_one();
                let Ok(next) = orders.recv() else { return };
                deadline = next;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Linux may otherwise wake the thread 50 µs late so as to wake several at once.
fn sharpen_timers() {
    #[cfg(target_os = "linux")]
    // Where it is refused the timer is merely less sharp, which the recorded lateness shows.
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_real_wait_ends_after_its_deadline_and_an_earlier_one_replaces_it() {
        let pacer = Pacer::real().unwrap();
        let deadline = Instant::now() + Duration::from_millis(20);
        pacer.wait_until(deadline).await;
        assert!(Instant::now() >= deadline);
        tokio::select! {
            () = pacer.wait_until(Instant::now() + Duration::from_secs(3600)) => panic!("an hour is not over"),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
        let sooner = pacer.wait_until(Instant::now() + Duration::from_millis(5));
        assert!(tokio::time::timeout(PATIENCE, sooner).await.is_ok());
    }
}
