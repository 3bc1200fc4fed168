//! The bounded pool for work on the processor: reading, compressing and checking never run on the threads that listen.
//!
//! A piece of work that panics gives its worker back. One that never ends cannot be taken away from its thread: it is seen by
//! how long it has run, and what still works goes on.

use super::error::FlowError;
use super::threads::{NotDone, Threads};
use crate::telemetry::{Limit, Metrics};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a client is asked to wait before it sends again.
const RETRY_AFTER_SECONDS: u64 = 10;
/// Memory is counted in pieces of this many bytes.
const PIECE: u64 = 1024 * 1024;

/// What the pool may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    pub(super) workers: usize,
    /// How many may wait for a worker.
    pub(super) queue: usize,
    /// The memory of all workers, and what one of them may hold.
    pub(super) memory_bytes: u64,
    pub(super) held_bytes: u64,
}

/// So many workers, and a line of so many that wait for one.
#[derive(Debug, Clone)]
pub(super) struct Workers {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// The pieces of memory that one worker may hold.
    held: u32,
    waiting: Arc<AtomicUsize>,
    taken: Arc<Taken>,
    /// As many as workers.
    threads: Threads,
    metrics: Metrics,
}

/// Since when each worker that is taken has been, by number.
#[derive(Debug, Default)]
struct Taken(Mutex<(u64, BTreeMap<u64, Instant>)>);

/// How the workers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtWork {
    pub workers: usize,
    /// Those that have a piece of work.
    pub busy: usize,
    /// Those whose piece of work has taken longer than is credible.
    pub wedged: usize,
    /// How long the oldest piece of work has taken so far.
    pub longest: Duration,
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
    held: Arc<(OwnedSemaphorePermit, OwnedSemaphorePermit, Since)>,
    threads: Threads,
    metrics: Metrics,
}

impl Workers {
    pub(super) fn new(capacity: Capacity, metrics: &Metrics) -> Self {
        let workers = capacity.workers.max(1);
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let pieces = |bytes: u64| u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(most).clamp(1, most);
        // One worker can always run, also where it alone may hold more than there is to be.
        let memory = pieces(capacity.memory_bytes);
        let held = pieces(capacity.held_bytes).min(memory);
        metrics.workers.set(i64::try_from(workers).unwrap_or(i64::MAX));
        metrics.queue_limit.set(i64::try_from(capacity.queue).unwrap_or(i64::MAX));
        Self {
            places: Arc::new(Semaphore::new(workers + capacity.queue)),
            workers: Arc::new(Semaphore::new(workers)),
            memory: Arc::new(Semaphore::new(usize::try_from(memory).unwrap_or(Semaphore::MAX_PERMITS))),
            held,
            waiting: Arc::new(AtomicUsize::new(0)),
            taken: Arc::default(),
            threads: Threads::new("homeward-check", workers),
            metrics: metrics.clone(),
        }
    }

    /// How many wait for a worker.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether one more would be told that the line is full.
    pub(super) fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// How the workers are; work counts as wedged after the time that is given.
    pub(super) fn at_work(&self, workers: usize, wedged: Duration) -> AtWork {
        let taken = self.taken.lock();
        let times = || taken.1.values().map(Instant::elapsed);
        AtWork {
            workers,
            busy: taken.1.len(),
            wedged: times().filter(|time| *time >= wedged).count(),
            longest: times().max().unwrap_or_default(),
        }
    }

    /// A place in the line, or "busy" when the line is full.
    pub(super) fn admit(&self) -> Result<Place, FlowError> {
        let permit = Arc::clone(&self.places).try_acquire_owned();
        let permit = permit.map_err(|_| {
            self.metrics.refused(Limit::Queue);
            FlowError::Busy { retry_after_seconds: RETRY_AFTER_SECONDS }
        })?;
        Ok(Place { workers: self.clone(), _permit: permit })
    }

    /// A place however long the line is: for the service's own work.
    pub(super) async fn admit_own(&self) -> Result<Place, FlowError> {
        let permit = Arc::clone(&self.places).acquire_owned().await;
        let permit = permit.map_err(|closed| FlowError::internal("wait for a worker", closed))?;
        Ok(Place { workers: self.clone(), _permit: permit })
    }
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Instant>)> {
        // Every change is whole, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(taken: &Arc<Self>) -> Since {
        let mut inside = taken.lock();
        inside.0 += 1;
        let number = inside.0;
        inside.1.insert(number, Instant::now());
        drop(inside);
        Since(Arc::clone(taken), number)
    }
}

/// A worker on the list of those that are taken, until this is dropped.
#[derive(Debug)]
struct Since(Arc<Taken>, u64);

impl Drop for Since {
    fn drop(&mut self) {
        self.0.lock().1.remove(&self.1);
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
        let workers = &self.workers;
        let _waits = Waits::begin(&workers.waiting);
        let closed = |closed| FlowError::internal("wait for a worker", closed);
        // The worker first: whoever has one waits for memory only until another worker is done.
        let worker = Arc::clone(&workers.workers).acquire_owned().await.map_err(closed)?;
        let memory = Arc::clone(&workers.memory).acquire_many_owned(workers.held).await.map_err(closed)?;
        let held = Arc::new((worker, memory, Taken::begin(&workers.taken)));
        Ok(Worker { held, threads: workers.threads.clone(), metrics: workers.metrics.clone() })
    }
}

impl Worker {
    /// Runs work on one of the workers' threads. The worker stays taken until the work ends, also when nobody waits for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        let held = Arc::clone(&self.held);
        let done = self.threads.run(move || {
            // Given back before the result is told, and also when the work panics.
            let _held = held;
            work()
        });
        done.await.map_err(|NotDone| {
            self.metrics.worker_panics_total.inc();
            FlowError::internal(doing, "the work ended in a panic")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(workers: usize, queue: usize, memory_bytes: u64, held_bytes: u64) -> Workers {
        let capacity = Capacity { workers, queue, memory_bytes, held_bytes };
        Workers::new(capacity, &Metrics::new().expect("the metrics register"))
    }

    #[tokio::test]
    async fn a_full_line_is_busy_and_a_place_given_up_is_free_again() {
        let workers = workers(1, 1, u64::MAX, 0);
        let first = workers.admit().expect("a place");
        let second = workers.admit().expect("a place");
        assert!(workers.is_full());
        let refused = workers.admit().expect_err("the line is full");
        assert!(matches!(refused, FlowError::Busy { retry_after_seconds: 10 }));
        let worker = first.worker().await.expect("a worker");
        assert!(futures::poll!(std::pin::pin!(second.worker())).is_pending());
        assert_eq!(workers.waiting(), 0, "who gave up does not wait");
        assert_eq!(worker.run("add", || 1 + 1).await.expect("runs"), 2);
        drop((worker, first));
        second.worker().await.expect("is free now");
        workers.admit().expect("a place again");
    }

    #[tokio::test]
    async fn work_that_panics_loses_no_worker_and_is_counted() {
        let workers = workers(1, 1, u64::MAX, 0);
        let place = workers.admit().expect("a place");
        let worker = place.worker().await.expect("a worker");
        let panics = worker.run("add", || -> u8 { panic!("a value") }).await.expect_err("is caught");
        assert!(!format!("{panics:?}").contains("a value"));
        drop(worker);
        assert_eq!(workers.at_work(1, Duration::ZERO).busy, 0);
        let worker = place.worker().await.expect("the worker is free again");
        assert_eq!((worker.run("add", || 2).await.expect("runs"), workers.metrics.worker_panics_total.get()), (2, 1));
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_seen() {
        let workers = workers(2, 1, u64::MAX, 0);
        let place = workers.admit().expect("a place");
        let worker = place.worker().await.expect("a worker");
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let wedged = tokio::spawn(async move {
            let held = move || {
                let _ = begun.send(());
                let _ = held.recv();
            };
            worker.run("wait", held).await
        });
        begins.await.expect("it runs");
        let at_work = workers.at_work(2, Duration::ZERO);
        assert_eq!((at_work.busy, at_work.wedged), (1, 1));
        assert_eq!(workers.at_work(2, Duration::from_secs(600)).wedged, 0, "it has not run for long");
        drop(release);
        wedged.await.expect("ends").expect("runs");
        assert_eq!(workers.at_work(2, Duration::ZERO).busy, 0);
    }

    #[tokio::test]
    async fn workers_wait_for_memory_and_one_can_always_run() {
        let workers = workers(2, 2, 100 * PIECE, 60 * PIECE);
        let (first, second) = (workers.admit().expect("a place"), workers.admit().expect("a place"));
        let worker = first.worker().await.expect("has memory");
        assert!(futures::poll!(std::pin::pin!(second.worker())).is_pending(), "there is memory for one only");
        drop(worker);
        assert!(futures::poll!(std::pin::pin!(second.worker())).is_ready());
        let greedy = self::workers(1, 1, PIECE, 1000 * PIECE);
        greedy.admit().expect("a place").worker().await.expect("runs alone");
    }
}
