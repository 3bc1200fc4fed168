//! A connection whose client must take its answers: one that reads nothing, or next to nothing, for long is cut off, and the
//! memory of its answer is free again.

use prometheus::IntCounter;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// What a client must take of its answers.
#[derive(Debug, Clone, Copy)]
pub struct Taking {
    /// How long it may take nothing.
    pub patience: Duration,
    /// On average, once it is behind.
    pub bytes_per_second: u64,
}

/// A connection that ends when its client takes too little.
#[derive(Debug)]
pub(super) struct Steady<S> {
    inner: S,
    taking: Taking,
    timer: Pin<Box<Sleep>>,
    /// Bytes taken since the timer runs; none while the client keeps up.
    taken: Option<u64>,
    stalled: IntCounter,
}

impl<S> Steady<S> {
    pub(super) fn new(inner: S, taking: Taking, stalled: IntCounter) -> Self {
        Self { inner, taking, timer: Box::pin(tokio::time::sleep(taking.patience)), taken: None, stalled }
    }

    /// Looks at how a write went. The timer runs from the first write that had to wait until enough was taken.
    fn seen(&mut self, context: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                let enough = self.taking.patience.as_secs_f64() * self.taking.bytes_per_second as f64;
                let taken = self.taken.map(|taken| taken.saturating_add(bytes as u64));
                self.taken = taken.filter(|taken| (*taken as f64) < enough);
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                if self.taken.is_none() {
                    self.taken = Some(0);
                    let ends = Instant::now() + self.taking.patience;
                    self.timer.as_mut().reset(ends);
                }
                if self.timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.stalled.inc();
                Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client takes too little of its answer")))
            }
            error => error,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.seen(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.seen(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            // The answer is with the system: between two answers no timer runs.
            self.taken = None;
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const TAKING: Taking = Taking { patience: Duration::from_millis(200), bytes_per_second: 1000 };

    fn steady(holds: usize) -> (Steady<tokio::io::DuplexStream>, tokio::io::DuplexStream, IntCounter) {
        let (ours, theirs) = tokio::io::duplex(holds);
        let stalled = IntCounter::new("stalled", "Stalled").expect("is a metric");
        (Steady::new(ours, TAKING, stalled.clone()), theirs, stalled)
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_cut_off() {
        let (mut ours, theirs, stalled) = steady(10);
        let error = ours.write_all(&[0; 100]).await.expect_err("is cut off");
        assert_eq!((error.kind(), stalled.get()), (ErrorKind::TimedOut, 1));
        drop(theirs);
    }

    #[tokio::test]
    async fn a_client_that_reads_a_byte_now_and_then_is_cut_off() {
        let (mut ours, mut theirs, _) = steady(10);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if theirs.read_u8().await.is_err() {
                    break;
                }
            }
        });
        assert!(ours.write_all(&[0; 1_000_000]).await.is_err());
    }

    #[tokio::test]
    async fn a_slow_client_that_keeps_up_gets_all_of_it() {
        let (mut ours, mut theirs, stalled) = steady(1000);
        let reads = tokio::spawn(async move {
            let mut all = 0;
            let mut piece = [0; 1000];
            while let Ok(bytes @ 1..) = theirs.read(&mut piece).await {
                all += bytes;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            all
        });
        ours.write_all(&[0; 100_000]).await.expect("is taken");
        ours.flush().await.expect("is taken");
        drop(ours);
        assert_eq!((reads.await.expect("ends"), stalled.get()), (100_000, 0));
    }
}
