//! The requests of one copy, made again until they succeed or the time of the invocation is over.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use planner_aws::reply::Reply;
use planner_core::load::attempt::AttemptOutcome;
use planner_core::load::retry::RetryPolicy;

/// Makes requests and counts them.
#[derive(Debug)]
pub struct RetryLoop {
    deadline: Instant,
    seed: u64,
    requests: AtomicU32,
    throttles: AtomicU32,
}

impl RetryLoop {
    /// Tries until `deadline`, with back-offs drawn by `seed`.
    #[must_use]
    pub fn until(deadline: Instant, seed: u64) -> Self {
        Self { deadline, seed, requests: AtomicU32::new(0), throttles: AtomicU32::new(0) }
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests so far that were throttled.
    #[must_use]
    pub fn throttles(&self) -> u32 {
        self.throttles.load(Ordering::Relaxed)
    }

    /// Makes a request until it succeeds, or asking again will not help, or the next back-off would outlast the
    /// deadline. Requests that are made side by side back off by their `part`.
    ///
    /// # Errors
    /// How the last request ended. Where its outcome is retryable, time was what ended the tries.
    pub async fn make<T, F>(&self, part: u32, request: impl Fn() -> F) -> Result<T, Reply>
    where
        F: Future<Output = Result<T, Reply>>,
    {
        let mut attempt = 1;
        loop {
            let reply = match self.once(Duration::ZERO, request()).await {
                Err(reply) if reply.outcome.is_retryable() => reply,
                done => return done,
            };
            let wait_ns = RetryPolicy::UNTIL_THE_DEADLINE.back_off_ns(self.seed, 0, part, attempt);
            let Some(wait_ns) = wait_ns else { return Err(reply) };
            let next = Instant::now() + Duration::from_nanos(wait_ns);
            if next >= self.deadline {
                return Err(reply);
            }
            sleep_until(next).await;
            attempt += 1;
        }
    }

    /// Makes a request once, which may outlast the deadline by `grace`.
    ///
    /// # Errors
    /// How it ended.
    pub async fn once<T>(
        &self,
        grace: Duration,
        request: impl Future<Output = Result<T, Reply>>,
    ) -> Result<T, Reply> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = timeout_at(self.deadline + grace, request).await;
        let answer = answer.unwrap_or_else(|_| Err(Reply::failure(AttemptOutcome::Timeout, "OutOfTime")));
        if answer.as_ref().is_err_and(|reply| reply.outcome == AttemptOutcome::Throttled) {
            self.throttles.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Makes a request that is answered with these codes in turn, and then well.
    async fn tried(codes: &[(&str, u16)], time: Duration) -> (Result<(), Reply>, RetryLoop, Duration) {
        let began = Instant::now();
        let tries = RetryLoop::until(began + time, 1);
        let left = Mutex::new(codes.iter());
        let answer = tries.make(0, || async {
            let next = left.lock().unwrap().next();
            next.map_or(Ok(()), |&(code, status)| Err(Reply::from_code(Some(code), status)))
        });
        let answer = answer.await;
        (answer, tries, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn throttles_are_waited_out() {
        let (answer, tries, took) = tried(&[("SlowDown", 503); 6], Duration::from_secs(60)).await;
        assert_eq!(answer, Ok(()));
        assert_eq!((tries.requests(), tries.throttles()), (7, 6));
        // Six full-jitter waits: at most 0.1 + 0.2 + … + 3.2 s.
        assert!(took > Duration::from_millis(100) && took < Duration::from_millis(6_300), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_final() {
        let (answer, tries, took) = tried(&[("NoSuchKey", 404)], Duration::from_secs(60)).await;
        assert_eq!(answer.unwrap_err().code.as_deref(), Some("NoSuchKey"));
        assert_eq!((tries.requests(), took), (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_goes_on_after_the_deadline() {
        let (answer, _, took) = tried(&[("InternalError", 500); 1000], Duration::from_secs(60)).await;
        assert_eq!(answer.unwrap_err().outcome, AttemptOutcome::ServerError);
        assert!(took < Duration::from_secs(60) && took > Duration::from_secs(20), "{took:?}");

        let began = Instant::now();
        let tries = RetryLoop::until(began + Duration::from_secs(3), 1);
        let answer: Result<(), Reply> = tries.make(0, std::future::pending).await;
        assert_eq!(answer.unwrap_err().code.as_deref(), Some("OutOfTime"));
        assert_eq!(began.elapsed(), Duration::from_secs(3));
    }
}
