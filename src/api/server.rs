//! Takes connections: a cap on how many in all and of each address, a timeout on their handshakes and headers, and a stop that lets requests end.

use super::client_certificates::{REFUSALS, Shown, refusal};
use super::connection::{ClientAddress, ClientCertificate};
use super::crowd::Crowd;
use super::early_answers::EarlyAnswers;
use super::heads::HEAD;
use super::steady::{Steady, Taking};
use super::tls::Tls;
use crate::domain::network::Network;
use crate::telemetry::{Limit, Metrics};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use prometheus::IntGauge;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// What a client that speaks HTTP to a listener of TLS is told; the connection ends with it.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 61\r\nconnection: close\r\n\r\nThis address speaks TLS: begin the address with `https://`.\r\n";

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    pub connections: usize,
    /// For the headers of a request and, before them, for the TLS handshake.
    pub header_timeout: Duration,
    pub connections_per_address: usize,
    /// What a client must take of its answers.
    pub taking: Taking,
    /// How long a stop waits for requests under way.
    pub shutdown: Duration,
}

/// Where connections come from.
#[derive(Debug)]
pub struct Entrance {
    pub listener: TcpListener,
    /// Without it, plain HTTP.
    pub tls: Option<Tls>,
    /// Whether clients reach it encrypted, by its own TLS or by a proxy in front of it.
    pub encrypted: bool,
    /// The proxies whose word on a client's address is taken.
    pub proxies: Arc<[Network]>,
}

/// What is counted of a listener.
#[derive(Debug, Clone)]
pub struct Counting {
    /// Connections that are open.
    pub open: IntGauge,
    pub metrics: Metrics,
}

/// What every connection of a listener shares.
#[derive(Clone)]
struct Shared {
    router: Router,
    limits: ServerLimits,
    tls: Option<Tls>,
    encrypted: bool,
    proxies: Arc<[Network]>,
    metrics: Metrics,
    /// Ends handshakes that are under way when the service stops.
    stopping: CancellationToken,
}

/// Serves until `stop` is ready, then takes no more connections and waits for requests under way.
/// Returns whether all of them ended in time.
pub async fn serve(
    entrance: Entrance,
    router: Router,
    limits: ServerLimits,
    counting: Counting,
    stop: impl Future<Output = ()>,
) -> bool {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let Entrance { listener, tls, encrypted, proxies } = entrance;
    let stopping = CancellationToken::new();
    let Counting { open, metrics } = counting;
    let crowd = Crowd::new(limits.connections_per_address, Arc::clone(&proxies), encrypted);
    let is_plain = tls.is_none();
    for reason in REFUSALS {
        metrics.tls_certificates_refused_total.with_label_values(&[reason]);
    }
    let shared =
        Shared { router, limits, tls, encrypted, proxies, metrics: metrics.clone(), stopping: stopping.clone() };
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let Some(counted) = crowd.count(address.ip()) else {
            metrics.refused(Limit::AddressConnections);
            if is_plain {
                crowd.tell(stream);
            }
            continue;
        };
        let (shared, watcher, open) = (shared.clone(), graceful.watcher(), open.clone());
        open.inc();
        tokio::spawn(async move {
            shared.connection(stream, address, watcher).await;
            open.dec();
            drop((place, counted));
        });
    }
    drop(listener);
    stopping.cancel();
    tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_ok()
}

impl Shared {
    /// One connection from its first byte to its last.
    async fn connection(self, stream: TcpStream, address: SocketAddr, watcher: Watcher) {
        let steady = |stream| Steady::new(stream, self.limits.taking, self.metrics.http_stalled_total.clone());
        let Some(tls) = self.tls.clone() else {
            let stream = steady(stream);
            return self.requests(stream, address, None, watcher).await;
        };
        // A handshake happens here, in the connection's own task, so that no client can hold up another.
        let (acceptor, edition) = tls.acceptor();
        let handshake = tokio::time::timeout(self.limits.header_timeout, handshake(stream, steady, &acceptor));
        let shaken = tokio::select! {
            () = self.stopping.cancelled() => return,
            shaken = handshake => shaken,
        };
        match shaken {
            Ok(Ok(Some(stream))) => {
                let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec);
                let shown = chain.map(|chain| Shown::new(tls, chain, edition));
                self.requests(stream, address, shown, watcher).await;
            }
            Ok(Ok(None)) => tracing::debug!("a client spoke plain HTTP to TLS"),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a handshake failed");
                if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
                    refused(&self.metrics, error);
                }
            }
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    }

    async fn requests<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        stream: S,
        address: SocketAddr,
        shown: Option<Shown>,
        watcher: Watcher,
    ) {
        let Self { router, limits, encrypted, proxies, metrics, .. } = self;
        let stream = EarlyAnswers::new(stream, metrics.clone(), encrypted);
        let certificate = shown.as_ref().and_then(Shown::fingerprint).map(ClientCertificate);
        let answer = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            let client = ClientAddress::of(address.ip(), request.headers(), &proxies);
            request.extensions_mut().insert(client);
            if let Some(certificate) = certificate {
                request.extensions_mut().insert(certificate);
            }
            let good = shown.as_ref().map_or(Ok(()), Shown::is_still_good);
            let good = good.inspect_err(|error| refused(&metrics, error));
            let mut router = router.clone();
            async move {
                // An error ends the connection without an answer, as the handshake would have.
                good?;
                router.call(request).await.map_err(|never: Infallible| -> rustls::Error { match never {} })
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), answer);
        // A connection that breaks concerns its client only; the request log has what was answered.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// The encrypted connection; none where the client spoke plain HTTP and was told so.
async fn handshake(
    mut stream: TcpStream,
    steady: impl FnOnce(TcpStream) -> Steady<TcpStream>,
    acceptor: &TlsAcceptor,
) -> std::io::Result<Option<TlsStream<Steady<TcpStream>>>> {
    let mut first = [0; 1];
    let is_method = stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase();
    if is_method {
        // What was sent is read away, because closing before would take the answer back.
        let _ = stream.read(&mut [0; 4096]).await?;
        stream.write_all(SPEAK_TLS).await?;
        stream.shutdown().await?;
        return Ok(None);
    }
    acceptor.accept(steady(stream)).await.map(Some)
}

fn refused(metrics: &Metrics, error: &rustls::Error) {
    let Some(reason) = refusal(error) else { return };
    tracing::info!(reason, "the certificate of a client was refused");
    metrics.tls_certificates_refused_total.with_label_values(&[reason]).inc();
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
