//! A client of the service's HTTP API, as `submit` and `demo` use it.

use super::client_tls::ClientTls;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

/// Why a request to the service brought no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the service at {address} cannot be reached: {problem}; check the address and the network, then try again")]
    Unreachable { address: String, problem: String },
    #[error("{0}")]
    Tls(String),
    #[error(
        "{address} is not an address that a key and a return may be sent to: it begins with https://, because anybody on the way \
         reads what goes over http://; http:// is taken for this machine alone"
    )]
    NotEncrypted { address: String },
    #[error("the service answered {status}: {title}. {detail}")]
    Problem { status: u16, code: String, title: String, detail: String, retry_after_seconds: Option<u64> },
    #[error("the answer of the service cannot be read: {problem}; is {address} a Homeward service?")]
    Unreadable { address: String, problem: String },
}

impl ClientError {
    /// How long to wait before the same request may be answered; none where waiting does not help.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem { retry_after_seconds: Some(seconds), .. } => Some(Duration::from_secs(*seconds)),
            _ => None,
        }
    }
}

/// What the service said of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub id: String,
    pub state: String,
    /// Empty while it is being decided, and of what ended without a verdict.
    pub outcome: String,
    /// Whether it had been sent before.
    pub sent_before: bool,
    /// When to look again at what is being decided; none once it is.
    pub undecided: Option<Duration>,
    /// How many explanations of the version before hold for this one too.
    pub carried: u64,
    /// How many do not, so that reasons have to be given anew.
    pub dropped: u64,
    /// Since when its collection is closed, so that it cannot be signed.
    pub closed_since: Option<String>,
    /// The last day on which it is on time; none from an earlier version of the service.
    pub deadline: Option<NaiveDate>,
    pub late: bool,
    /// The report as text, as `homeward check` prints it.
    pub report: String,
}

/// Speaks to one service with one key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Client({})", self.base)
    }
}

impl Client {
    /// `base` is the service's address, `https://homeward.example`; `key` is sent with every request. Another machine is
    /// spoken to over TLS only, and no answer leads the key or a return elsewhere.
    pub fn new(base: &str, key: &str, tls: &ClientTls) -> Result<Self, ClientError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // A second provider is only refused when one is in place already, which serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let base = base.trim_end_matches('/').to_owned();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none());
        match way_to(&base) {
            Some(Way::Encrypted) => {}
            // A proxy would carry it off this machine in plain text.
            Some(Way::ThisMachine) => builder = builder.no_proxy(),
            None => return Err(ClientError::NotEncrypted { address: base }),
        }
        let builder = tls.apply(builder)?;
        let http = builder
            .build()
            .map_err(|error| ClientError::Unreachable { address: base.clone(), problem: reason(error) })?;
        Ok(Self { http, base, key: key.to_owned() })
    }

    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// Uploads a return and waits for its verdict. `progress` is told the bytes that have gone out so far.
    pub async fn upload(
        &self,
        body: Bytes,
        idempotency_key: &str,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Uploaded, ClientError> {
        const PIECE: usize = 64 * 1024;
        let length = body.len();
        let pieces = (0..length).step_by(PIECE).map(move |at| body.slice(at..length.min(at + PIECE)));
        let mut sent = 0;
        let stream = futures::stream::iter(pieces).map(move |piece| {
            sent += piece.len() as u64;
            progress(sent);
            Ok::<Bytes, std::io::Error>(piece)
        });
        let request = self
            .request(Method::POST, "/v1/returns")
            .header("Idempotency-Key", idempotency_key)
            .header(ACCEPT, "text/plain")
            .header(reqwest::header::CONTENT_LENGTH, length)
            .body(reqwest::Body::wrap_stream(stream));
        let (status, headers, report) = self.answer_with_status(request).await?;
        let told = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned).ok_or_else(|| self.unreadable(&format!("the header {name} is missing")))
        };
        // An earlier version of the service says nothing of explanations.
        let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        Ok(Uploaded {
            id: told("homeward-return")?,
            state: told("homeward-state")?,
            outcome: told("homeward-outcome")?,
            sent_before: status != StatusCode::CREATED,
            undecided: (status == StatusCode::ACCEPTED).then(|| Duration::from_secs(number("retry-after").max(1))),
            carried: number("homeward-explanations-carried"),
            dropped: number("homeward-explanations-dropped"),
            closed_since: told("homeward-collection-closed").ok(),
            deadline: told("homeward-deadline").ok().and_then(|day| day.parse().ok()),
            late: told("homeward-late").is_ok_and(|late| late == "true"),
            report: String::from_utf8_lossy(&report).into_owned(),
        })
    }

    /// The same, and waits as long as the service asks for when it is busy; so many times at most.
    pub async fn upload_when_taken(
        &self,
        body: &Bytes,
        idempotency_key: &str,
        tries: u32,
        progress: impl Fn(u64) + Clone + Send + Sync + 'static,
        mut busy: impl FnMut(&ClientError, Duration),
    ) -> Result<Uploaded, ClientError> {
        let mut tried = 0;
        loop {
            let answer = self.upload(body.clone(), idempotency_key, progress.clone()).await;
            let wait = |error: &ClientError| error.retry_after().filter(|_| tried < tries);
            let (Err(error), Some(wait)) = (&answer, answer.as_ref().err().and_then(wait)) else { return answer };
            tried += 1;
            busy(error, wait);
            tokio::time::sleep(wait).await;
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.json(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.json(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.json(self.request(Method::PUT, path).json(body)).await
    }

    /// A document in a form of its own: the text of a report, a file of a release.
    pub async fn document(&self, path: &str, media_type: &str) -> Result<Bytes, ClientError> {
        let request = self.request(Method::GET, path).header(ACCEPT, media_type);
        Ok(self.answer(request).await?.1)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header(AUTHORIZATION, format!("Bearer {}", self.key))
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, ClientError> {
        let (_, bytes) = self.answer(request).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.unreadable(&error.to_string()))
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(HeaderMap, Bytes), ClientError> {
        self.answer_with_status(request).await.map(|(_, headers, bytes)| (headers, bytes))
    }

    async fn answer_with_status(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Bytes), ClientError> {
        let unreachable =
            |error: reqwest::Error| ClientError::Unreachable { address: self.base.clone(), problem: reason(error) };
        let response = request.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let retry_after_seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = response.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            Ok((status, headers, bytes))
        } else {
            Err(self.problem(status, &bytes, retry_after_seconds))
        }
    }

    fn problem(&self, status: StatusCode, body: &[u8], retry_after_seconds: Option<u64>) -> ClientError {
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            return self.unreadable(&format!("status {status} without a problem document"));
        };
        let text = |member: &str| document[member].as_str().unwrap_or_default().to_owned();
        let items = document["errors"].as_array().cloned().unwrap_or_default();
        let further =
            items.iter().filter_map(|item| item["message"].as_str()).map(|message| format!("\n  - {message}"));
        ClientError::Problem {
            status: status.as_u16(),
            code: text("code"),
            title: text("title"),
            detail: text("detail") + &further.collect::<String>(),
            retry_after_seconds,
        }
    }

    fn unreadable(&self, problem: &str) -> ClientError {
        ClientError::Unreadable { address: self.base.clone(), problem: problem.to_owned() }
    }
}

/// How a service may be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Encrypted,
    /// In plain text, which leaves no machine.
    ThisMachine,
}

/// The way to an address; none where a key would go over a network in plain text, or nowhere.
fn way_to(base: &str) -> Option<Way> {
    let address = reqwest::Url::parse(base).ok()?;
    let host = address.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match address.scheme() {
        "https" => Some(Way::Encrypted),
        "http" if is_here => Some(Way::ThisMachine),
        _ => None,
    }
}

/// What went wrong, down to its cause: "error sending request" alone tells nobody that a certificate is not trusted.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        let told = deeper.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = deeper.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_to_another_machine_over_tls_only() {
        for address in ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080", "http://127.8.0.1"] {
            assert_eq!(way_to(address), Some(Way::ThisMachine), "{address}");
        }
        assert_eq!(way_to("https://homeward.example/collect"), Some(Way::Encrypted));
        for address in [
            "http://homeward.example",
            "http://10.0.0.7:8080",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://127.0.0.1@homeward.example",
            "ftp://127.0.0.1",
            "homeward.example",
            "",
        ] {
            assert_eq!(way_to(address), None, "{address}");
        }
        let Err(error) = Client::new("http://homeward.example/", "hw_key", &ClientTls::default()) else {
            panic!("it is spoken to");
        };
        let said = error.to_string();
        assert!(
            said.contains("http://homeward.example") && said.contains("https://") && !said.contains("hw_key"),
            "{said}"
        );
    }
}
