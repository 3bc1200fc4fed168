//! Requests to the provider: bounded in time and size, never redirected.

use super::ProviderError;
use super::error::NoAnswer;
use futures::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::sync::Once;
use std::time::Duration;

/// A description, a set of keys or a token is a few kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Http(reqwest::Client);

impl Http {
    /// Trusts this machine's authorities and those of the PEM.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, ProviderError> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // A second one is only refused when one is in place already, which serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let wrong =
            |problem: &str| ProviderError::Settings { setting: "authorities_file", problem: problem.to_owned() };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            // A redirect could lead the service to where only it can go.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = authorities {
            let found = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if found.is_empty() {
                return Err(wrong("it holds no certificate as PEM"));
            }
            builder = builder.tls_certs_merge(found);
        }
        builder.build().map(Self).map_err(|_| wrong("its certificates, or this machine's own, cannot be used"))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let told = |error: reqwest::Error| NoAnswer(reason(&error).to_owned());
        let request = reqwest::Request::try_from(request).map_err(told)?;
        let mut answer = self.0.execute(request).await.map_err(told)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_server_error() {
            return Err(NoAnswer(format!("it answered with status {}", status.as_u16())));
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(told)? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST_ANSWER {
                return Err(NoAnswer("its answer is far larger than it should be".to_owned()));
            }
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl<'client> AsyncHttpClient<'client> for Http {
    type Error = NoAnswer;
    type Future = BoxFuture<'client, Result<HttpResponse, NoAnswer>>;

    fn call(&'client self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// In words of our own: the library's may hold the address with everything in it.
fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection to it could be made, or its certificate is not trusted"
    } else {
        "the connection to it broke"
    }
}
