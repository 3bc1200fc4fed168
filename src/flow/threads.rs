//! Threads that live as long as the service, for work that takes much memory.
//!
//! An allocator keeps freed memory with the thread that took it. On few threads that stay, the next piece of work takes the
//! same memory again; on a runtime's many threads for whatever may block, each would keep as much as the largest piece it
//! ever had.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tracing::Span;

type Piece = Box<dyn FnOnce() + Send>;

/// So many threads, which take pieces of work in the order in which they were given.
#[derive(Clone)]
pub(super) struct Threads(Sender<Piece>);

impl fmt::Debug for Threads {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Threads")
    }
}

/// The work panicked, or there is no thread to do it. A panic's text could hold a value, so only the fact is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotDone;

impl Threads {
    /// They end when what is returned, and every clone of it, is gone and their work is done.
    pub(super) fn new(name: &str, count: usize) -> Self {
        let (pieces, taken) = channel::<Piece>();
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..count.max(1) {
            let taken = Arc::clone(&taken);
            let thread = std::thread::Builder::new().name(name.to_owned());
            if let Err(error) = thread.spawn(move || work_until_closed(&taken)) {
                // The others do its work; where there are none, every piece is answered as not done.
                tracing::error!(%error, "a thread for work could not be started");
            }
        }
        Self(pieces)
    }

    /// Runs work on one of the threads. Once begun it is ended; work that nobody waits for any more when its turn comes is
    /// left undone.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
        let (done, result) = oneshot::channel();
        // What the work logs belongs to the request that asked for it.
        let span = Span::current();
        let piece = move || {
            if done.is_closed() {
                return;
            }
            if let Ok(value) = catch_unwind(AssertUnwindSafe(|| span.in_scope(work))) {
                // Nobody may wait any more.
                let _ = done.send(value);
            }
        };
        self.0.send(Box::new(piece)).map_err(|_| NotDone)?;
        result.await.map_err(|_| NotDone)
    }
}

fn work_until_closed(taken: &Mutex<Receiver<Piece>>) {
    loop {
        // One thread waits for the next piece, the others for their turn to wait.
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(piece) = next else { return };
        piece();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::current;

    #[tokio::test]
    async fn work_is_done_by_the_same_few_threads() {
        let threads = Threads::new("test-work", 2);
        let work =
            (0..40).map(|number| threads.run(move || (number, current().id(), current().name().map(str::to_owned))));
        let done = futures::future::join_all(work).await;
        let done: Vec<_> = done.into_iter().map(|one| one.expect("is done")).collect();
        assert!(done.iter().map(|one| one.0).eq(0..40));
        assert!(done.iter().all(|one| one.2.as_deref() == Some("test-work")));
        let by: BTreeSet<String> = done.iter().map(|one| format!("{:?}", one.1)).collect();
        assert!(by.len() <= 2, "{by:?}");
    }

    #[tokio::test]
    async fn a_panic_takes_no_thread_away() {
        let threads = Threads::new("test-work", 1);
        assert_eq!(threads.run(|| -> u8 { panic!("a value") }).await, Err(NotDone));
        assert_eq!(threads.run(|| 2).await, Ok(2));
    }

    #[tokio::test]
    async fn the_threads_end_with_their_owner() {
        let threads = Threads::new("test-work", 1);
        let kept = Arc::new(());
        let seen = Arc::downgrade(&kept);
        let (release, held) = channel::<()>();
        let last = threads.clone();
        let waits = tokio::spawn(async move {
            let work = move || {
                let _ = held.recv();
                drop(kept);
            };
            last.run(work).await
        });
        drop(threads);
        assert!(seen.upgrade().is_some(), "work that was given is done");
        drop(release);
        assert_eq!(waits.await.expect("ends"), Ok(()));
        assert!(seen.upgrade().is_none());
    }
    #[tokio::test]
    async fn work_that_nobody_waits_for_is_left_undone() {
        let threads = Threads::new("test-work", 1);
        let (release, held) = channel::<()>();
        let mut first = Box::pin(threads.run(move || held.recv().is_err()));
        assert!(futures::poll!(&mut first).is_pending());
        let done = Arc::new(AtomicBool::new(false));
        let sets = Arc::clone(&done);
        let mut second = Box::pin(threads.run(move || sets.store(true, Ordering::SeqCst)));
        assert!(futures::poll!(&mut second).is_pending(), "the thread is taken");
        drop(second);
        drop(release);
        assert_eq!(threads.run(|| 3).await, Ok(3));
        assert_eq!(first.await, Ok(true));
        assert!(!done.load(Ordering::SeqCst));
    }
}
