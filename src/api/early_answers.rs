//! Answers that are given before there is a request. What hyper cannot read as HTTP, or what is longer than its buffer, it
//! refuses by itself with a status and nothing else; here that answer gets the problem document of its status.

use super::heads;
use super::observe::lines_on_every_answer;
use crate::telemetry::Metrics;
use axum::http::StatusCode;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a refused client may go on sending before the connection is closed. Closed at once, with bytes of it unread, the
/// system would take the answer back.
const READ_AWAY: Duration = Duration::from_secs(2);
/// How much of it is read away.
const READ_AWAY_BYTES: usize = 1024 * 1024;

/// A connection on which a refusal without a document is told with one.
pub(super) struct EarlyAnswers<S> {
    inner: S,
    metrics: Metrics,
    encrypted: bool,
    refusal: Option<Refusal>,
}

/// The connection's last answer.
struct Refusal {
    answer: Vec<u8>,
    written: usize,
    read_away: usize,
    /// Runs from when all of the answer is sent.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> EarlyAnswers<S> {
    pub(super) const fn new(inner: S, metrics: Metrics, encrypted: bool) -> Self {
        Self { inner, metrics, encrypted, refusal: None }
    }

    /// The whole answer, where these bytes are a refusal of hyper's own.
    fn refusal(&self, bytes: &[u8]) -> Option<Refusal> {
        let (status, head) = refused(bytes)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let code = status.as_str();
        self.metrics.http_requests_total.with_label_values(&["unknown", "other", code]).inc();
        tracing::info!(request = %id, status = code, "answered what is no request");
        let document = serde_json::to_vec(&heads::unreadable(status)).unwrap_or_default();
        let length = document.len();
        let mut answer = String::new();
        for line in head.lines().take_while(|line| !line.is_empty()) {
            if !line.starts_with("content-length:") && !line.starts_with("connection:") {
                answer += line;
                answer += "\r\n";
            }
        }
        answer += &lines_on_every_answer(self.encrypted);
        answer += &format!(
            "content-type: application/problem+json\r\ncontent-length: {length}\r\nx-request-id: {id}\r\n\
             connection: close\r\n\r\n"
        );
        let mut answer = answer.into_bytes();
        answer.extend(document);
        Some(Refusal { answer, written: 0, read_away: 0, patience: None })
    }
}

/// The status and the head of an answer that hyper gives by itself. It has no body, and nothing that the router puts on each
/// of its own.
fn refused(bytes: &[u8]) -> Option<(StatusCode, &str)> {
    let is_one_of_its = bytes.starts_with(b"HTTP/1.") && bytes.len() < 512 && bytes.ends_with(b"\r\n\r\n");
    let head = is_one_of_its.then(|| std::str::from_utf8(bytes).ok()).flatten()?;
    let status = StatusCode::from_bytes(head.get(9..12)?.as_bytes()).ok()?;
    let alone = head.find("\r\n\r\n")? + 4 == head.len() && head.contains("\r\ncontent-length: 0\r\n");
    (matches!(status.as_u16(), 400 | 414 | 431) && alone && !head.contains("\r\nx-request-id:"))
        .then_some((status, head))
}

impl Refusal {
    fn write<S: AsyncWrite + Unpin>(&mut self, inner: &mut S, context: &mut Context<'_>) -> Poll<Result<()>> {
        while self.written < self.answer.len() {
            match ready!(Pin::new(&mut *inner).poll_write(context, &self.answer[self.written..]))? {
                0 => return Poll::Ready(Err(Error::new(ErrorKind::WriteZero, "the client takes no answer"))),
                bytes => self.written += bytes,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what the client still sends, until it ends or has had its time.
    fn read_away<S: AsyncRead + Unpin>(&mut self, inner: &mut S, context: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(READ_AWAY)));
        if patience.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [0; 8 * 1024];
        loop {
            let mut into = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut *inner).poll_read(context, &mut into)).map(|()| into.filled().len());
            self.read_away += read.as_ref().copied().unwrap_or_default();
            if !matches!(read, Ok(1..)) || self.read_away > READ_AWAY_BYTES {
                return Poll::Ready(());
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for EarlyAnswers<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for EarlyAnswers<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if self.refusal.is_none() {
            self.refusal = self.refusal(bytes);
        }
        let Self { inner, refusal, .. } = &mut *self;
        match refusal {
            // Nothing follows a refusal: its bytes are done with once ours are out.
            Some(refusal) => refusal.write(inner, context).map_ok(|()| bytes.len()),
            None => Pin::new(inner).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        match (filled.next(), filled.next()) {
            (Some(only), None) => self.poll_write(context, only),
            _ => Pin::new(&mut self.inner).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Self { inner, refusal, .. } = &mut *self;
        if refusal.as_ref().is_none_or(|refusal| refusal.patience.is_none()) {
            ready!(Pin::new(&mut *inner).poll_shutdown(context))?;
        }
        match refusal {
            Some(refusal) => refusal.read_away(inner, context).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const REFUSED: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";

    fn ours(inner: tokio::io::DuplexStream) -> EarlyAnswers<tokio::io::DuplexStream> {
        EarlyAnswers::new(inner, Metrics::new().expect("the metrics register"), true)
    }

    #[test]
    fn only_an_answer_without_a_body_that_no_handler_gave_is_one_of_hypers() {
        assert_eq!(refused(REFUSED.as_bytes()).map(|(status, _)| status.as_u16()), Some(431));
        let others = [
            REFUSED.replace("431", "200"),
            REFUSED.replace("content-length: 0", "content-length: 2"),
            REFUSED.replace("date:", "x-request-id: 1\r\ndate:"),
            REFUSED.replace("\r\n\r\n", "\r\n\r\n{}"),
            REFUSED.repeat(2),
            "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
        ];
        for other in others {
            assert_eq!(refused(other.as_bytes()), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_a_document_however_slowly_it_is_taken() {
        let (inner, mut client) = tokio::io::duplex(7);
        let mut connection = ours(inner);
        let reads = tokio::spawn(async move {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.expect("is text");
            answer
        });
        connection.write_all(REFUSED.as_bytes()).await.expect("is written");
        connection.shutdown().await.expect("ends");
        drop(connection);
        let answer = reads.await.expect("ends");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 431 ") && head.contains("\r\ndate: "), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert_eq!(head.matches("content-length").count(), 1, "{head}");
        let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&document["code"], &document["status"]), (&"headers-too-large".into(), &431.into()));
    }

    #[tokio::test]
    async fn what_a_refused_client_still_sends_is_read_away_and_nothing_else_is_changed() {
        let (inner, mut client) = tokio::io::duplex(64 * 1024);
        let mut connection = ours(inner);
        let sends = tokio::spawn(async move {
            client.write_all(&[b'a'; 200_000]).await.expect("is read away");
            client
        });
        connection.write_all(REFUSED.as_bytes()).await.expect("is written");
        // It ends when the client has had its time.
        let ended = tokio::join!(connection.shutdown(), sends);
        assert!(ended.0.is_ok() && ended.1.is_ok());

        let (inner, mut client) = tokio::io::duplex(64 * 1024);
        let mut connection = ours(inner);
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("is written");
        connection.shutdown().await.expect("ends at once");
        drop(connection);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("is text");
        assert_eq!(answer, "HTTP/1.1 200 OK\r\n\r\n");
    }
}
