//! Bodies from outside come at a pace, whoever reads them: one that pauses for long, or brings fewer bytes on average than a
//! working connection, is given up. What a handler refused without reading it is read away, within bounds, so that its
//! sender, who writes before reading, still gets the answer.

use super::problems::{Problem, TOO_SLOW};
use crate::telemetry::{Limit, Metrics};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use hyper::body::{Body as _, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep};

/// How long, and how much of, a refused body is read away, and how many at once; more are cut off.
const READ_AWAY_FOR: Duration = Duration::from_secs(10);
const READ_AWAY_BYTES: u64 = 128 * 1024 * 1024;
const READ_AWAY_AT_ONCE: usize = 64;

/// The pace that a body must keep.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long it may pause.
    pub idle: Duration,
    /// How long it may be waited for before its average counts.
    pub patience: Duration,
    pub bytes_per_second: u64,
}

/// What the middleware needs.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    pace: Pace,
    metrics: Metrics,
    reading_away: Arc<Semaphore>,
}

impl Bodies {
    pub(super) fn new(pace: Pace, metrics: Metrics) -> Self {
        Self { pace, metrics, reading_away: Arc::new(Semaphore::new(READ_AWAY_AT_ONCE)) }
    }

    /// Reads a refused body and keeps nothing of it.
    async fn read_away(&self, rest: Body) {
        let Ok(_place) = self.reading_away.try_acquire() else { return };
        let mut pieces = rest.into_data_stream();
        let mut bytes = 0_u64;
        let reading = async {
            while let Some(Ok(piece)) = pieces.next().await {
                bytes += piece.len() as u64;
                if bytes > READ_AWAY_BYTES {
                    break;
                }
            }
        };
        // Either way the answer is the same.
        let _ = tokio::time::timeout(READ_AWAY_FOR, reading).await;
    }
}

/// Gives a request's body its pace, and sees to what is left of it after the answer.
pub(super) async fn paced(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let waits_to_be_asked = request.headers().contains_key(EXPECT);
    let fate = Arc::new(Mutex::new(Fate::default()));
    let request = request.map(|body| Body::new(Paced::new(body, bodies.pace, Arc::clone(&fate))));
    let response = next.run(request).await;
    let Fate { was_slow, was_read, rest } = std::mem::take(&mut *lock(&fate));
    if was_slow {
        bodies.metrics.refused(Limit::SlowBody);
        let (idle, least) = (bodies.pace.idle.as_secs(), bodies.pace.bytes_per_second);
        let detail = format!("No byte of the body came for {idle} s, or fewer than {least} bytes a second on average.");
        return Problem::new(TOO_SLOW, detail).into_response();
    }
    let is_refused = response.status().is_client_error() || response.status().is_server_error();
    if let Some(rest) = rest.filter(|_| is_refused && (was_read || !waits_to_be_asked)) {
        bodies.read_away(rest).await;
    }
    response
}

/// What became of a body.
#[derive(Debug, Default)]
struct Fate {
    was_slow: bool,
    was_read: bool,
    /// What nobody read, once it was let go.
    rest: Option<Body>,
}

fn lock(fate: &Mutex<Fate>) -> std::sync::MutexGuard<'_, Fate> {
    // Every change is whole, so a poisoned lock is still good.
    fate.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that must keep its pace. Only the time in which it is waited for counts, not that in which we do something else.
struct Paced {
    inner: Option<Body>,
    pace: Pace,
    pause: Pin<Box<Sleep>>,
    /// Since when the next piece is waited for.
    waiting: Option<Instant>,
    waited: Duration,
    arrived: u64,
    fate: Arc<Mutex<Fate>>,
}

impl Paced {
    fn new(inner: Body, pace: Pace, fate: Arc<Mutex<Fate>>) -> Self {
        let pause = Box::pin(tokio::time::sleep(pace.idle));
        Self { inner: Some(inner), pace, pause, waiting: None, waited: Duration::ZERO, arrived: 0, fate }
    }

    /// Whether it brought fewer bytes than it should have in the time that it was waited for.
    fn is_behind(&self) -> bool {
        let counted = self.waited.saturating_sub(self.pace.patience).as_millis();
        u128::from(self.arrived) * 1000 < counted * u128::from(self.pace.bytes_per_second)
    }

    fn too_slow(&mut self) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.inner = None;
        lock(&self.fate).was_slow = true;
        Poll::Ready(Some(Err(axum::Error::new("the body came too slowly"))))
    }
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(context);
        let now = Instant::now();
        lock(&self.fate).was_read = true;
        let Poll::Ready(frame) = polled else {
            if self.waiting.is_none() {
                self.waiting = Some(now);
                let ends = now + self.pace.idle;
                self.pause.as_mut().reset(ends);
            }
            ready!(self.pause.as_mut().poll(context));
            return self.too_slow();
        };
        if let Some(since) = self.waiting.take() {
            self.waited += now - since;
        }
        match &frame {
            Some(Ok(piece)) => self.arrived += piece.data_ref().map_or(0, |data| data.len() as u64),
            // At its end, or broken: there is nothing left to read away.
            _ => self.inner = None,
        }
        if matches!(frame, Some(Ok(_))) && self.is_behind() { self.too_slow() } else { Poll::Ready(frame) }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), hyper::body::Body::size_hint)
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        lock(&self.fate).rest = self.inner.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    const PACE: Pace =
        Pace { idle: Duration::from_millis(200), patience: Duration::from_millis(200), bytes_per_second: 1000 };

    /// A body of pieces, each after so many milliseconds.
    fn body(pieces: Vec<(u64, usize)>) -> (Paced, Arc<Mutex<Fate>>) {
        let stream = futures::stream::iter(pieces).then(|(milliseconds, bytes)| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; bytes]))
        });
        let fate = Arc::default();
        (Paced::new(Body::from_stream(stream), PACE, Arc::clone(&fate)), fate)
    }

    #[tokio::test]
    async fn a_body_that_keeps_its_pace_arrives() {
        let (paced, fate) = body(vec![(50, 1), (1, 10_000), (25, 10_000)]);
        assert_eq!(paced.collect().await.expect("arrives").to_bytes().len(), 20_001);
        let fate = std::mem::take(&mut *lock(&fate));
        assert!(!fate.was_slow && fate.rest.is_none());
    }

    #[tokio::test]
    async fn a_byte_now_and_then_does_not_go_on_for_ever() {
        let (paced, fate) = body(vec![(50, 1); 1_000_000]);
        assert!(paced.collect().await.is_err());
        assert!(lock(&fate).was_slow);
    }

    #[tokio::test]
    async fn a_long_pause_ends_it() {
        let (paced, fate) = body(vec![(0, 100_000), (1_000_000, 100_000)]);
        assert!(paced.collect().await.is_err());
        assert!(lock(&fate).was_slow);
    }

    #[tokio::test]
    async fn our_own_slowness_is_not_held_against_a_body() {
        let (mut paced, fate) = body(vec![(0, 1), (0, 1), (0, 1)]);
        paced.frame().await.expect("a piece").expect("arrives");
        tokio::time::sleep(3 * PACE.idle).await;
        paced.frame().await.expect("a piece").expect("arrives");
        drop(paced);
        assert!(!lock(&fate).was_slow && lock(&fate).rest.is_some(), "what was not read is there to be read away");
    }
}
