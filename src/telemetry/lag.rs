//! Whether the threads that listen are free: a task that only sleeps, and tells how late it woke.

use super::Metrics;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(100);

/// Keeps the longest lag in its metric until `stop` is ready. Work that blocks a thread which listens shows here.
pub async fn watch_listeners(metrics: Metrics, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let begun = Instant::now();
        if tokio::time::timeout(EVERY, &mut stop).await.is_ok() {
            return;
        }
        let late = begun.elapsed().saturating_sub(EVERY).as_secs_f64();
        if late > metrics.listener_lag_seconds.get() {
            metrics.listener_lag_seconds.set(late);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thread_that_is_held_up_is_seen() {
        let metrics = Metrics::new().expect("the metrics register");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let watching = tokio::spawn(watch_listeners(metrics.clone(), async move {
            let _ = stopped.await;
        }));
        tokio::time::sleep(Duration::from_millis(10)).await;
        std::thread::sleep(Duration::from_millis(400));
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(metrics.listener_lag_seconds.get() > 0.1, "{}", metrics.listener_lag_seconds.get());
        drop(stop);
        watching.await.expect("ends");
    }
}
