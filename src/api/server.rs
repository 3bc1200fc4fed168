//! Takes connections: a cap on how many, a timeout on their headers, and a stop that lets requests end.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use prometheus::IntGauge;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    pub connections: usize,
    pub header_timeout: Duration,
    /// How long a stop waits for requests under way.
    pub shutdown: Duration,
}

/// Serves until `stop` is ready, then takes no more connections and waits for requests under way.
/// Returns whether all of them ended in time.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    open: IntGauge,
    stop: impl Future<Output = ()>,
) -> bool {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let service = router.clone();
        let answer = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            service.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), answer);
        let watched = graceful.watch(connection);
        let open = open.clone();
        open.inc();
        tokio::spawn(async move {
            // A connection that breaks concerns its client only; the request log has what was answered.
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended early");
            }
            open.dec();
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_ok()
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are small and complete; waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, address, place))
        }
        Err(error) => {
            // Out of file descriptors, most likely: wait for some to be given back and do not spin.
            tracing::warn!(%error, "a connection could not be taken");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}
