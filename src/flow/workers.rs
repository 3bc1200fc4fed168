//! The bounded pool for work on the processor: reading, compressing and checking never run on the threads that listen.

use super::error::FlowError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a client is asked to wait before it sends again.
const RETRY_AFTER_SECONDS: u64 = 10;

/// So many workers, and a line of so many that wait for one.
#[derive(Debug, Clone)]
pub(super) struct Workers {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// A place among those who may wait for a worker.
#[derive(Debug)]
pub(super) struct Place {
    workers: Workers,
    _permit: OwnedSemaphorePermit,
}

/// A worker, held until it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    permit: Arc<OwnedSemaphorePermit>,
}

impl Workers {
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        let workers = workers.max(1);
        Self {
            places: Arc::new(Semaphore::new(workers + queue)),
            workers: Arc::new(Semaphore::new(workers)),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// How many wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A place in the line, or "busy" when the line is full.
    pub(super) fn admit(&self) -> Result<Place, FlowError> {
        let permit = Arc::clone(&self.places).try_acquire_owned();
        let permit = permit.map_err(|_| FlowError::Busy { retry_after_seconds: RETRY_AFTER_SECONDS })?;
        Ok(Place { workers: self.clone(), _permit: permit })
    }

    /// A place however long the line is: for the service's own work.
    pub(super) async fn admit_own(&self) -> Result<Place, FlowError> {
        let permit = Arc::clone(&self.places).acquire_owned().await;
        let permit = permit.map_err(|closed| FlowError::internal("wait for a worker", closed))?;
        Ok(Place { workers: self.clone(), _permit: permit })
    }
}

/// Counts one who waits, also when it gives up.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Place {
    pub(super) async fn worker(&self) -> Result<Worker, FlowError> {
        let _waits = Waits::begin(&self.workers.waiting);
        let permit = Arc::clone(&self.workers.workers).acquire_owned().await;
        let permit = permit.map_err(|closed| FlowError::internal("wait for a worker", closed))?;
        Ok(Worker { permit: Arc::new(permit) })
    }
}

impl Worker {
    /// Runs work on a thread of its own. The worker stays taken until the work ends, also when nobody waits for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        let permit = Arc::clone(&self.permit);
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        // A panic's text could hold a value, so only the fact is passed on.
        done.await.map_err(|_| FlowError::internal(doing, "the work ended in a panic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_line_is_busy_and_a_place_given_up_is_free_again() {
        let workers = Workers::new(1, 1);
        let first = workers.admit().expect("a place");
        let second = workers.admit().expect("a place");
        let refused = workers.admit().expect_err("the line is full");
        assert!(matches!(refused, FlowError::Busy { retry_after_seconds: 10 }));
        let worker = first.worker().await.expect("a worker");
        assert!(futures::poll!(std::pin::pin!(second.worker())).is_pending());
        assert_eq!(workers.waiting(), 0, "who gave up does not wait");
        assert_eq!(worker.run("add", || 1 + 1).await.expect("runs"), 2);
        let panics = worker.run("add", || -> u8 { panic!("a value") }).await.expect_err("is caught");
        assert!(!format!("{panics:?}").contains("a value"));
        drop((worker, first));
        second.worker().await.expect("is free now");
        workers.admit().expect("a place again");
    }
}
