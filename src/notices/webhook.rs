//! Webhooks: JSON to one address, signed so that its receiver can tell that it came from here, and when.

use super::NoticeError;
use crate::domain::digest::hex;
use crate::domain::identifier::ReminderId;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;

/// Where webhooks go.
#[derive(Clone)]
pub struct WebhookSettings {
    pub url: String,
    /// What sender and receiver know.
    pub secret: String,
    /// How long one may take.
    pub timeout: Duration,
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WebhookSettings")
    }
}

/// What is sent. Sent again, it has the same identifier and the same body.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: ReminderId,
    /// JSON.
    pub body: String,
}

/// Sends to one address.
#[derive(Clone)]
pub struct Webhook {
    http: reqwest::Client,
    settings: WebhookSettings,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Webhook")
    }
}

/// The header `Homeward-Signature`: the time in seconds, and HMAC-SHA-256 under the secret of the time, a full stop and the
/// body: `t=1782777600,v1=HEX`. A receiver compares the HMAC, and refuses a time that is long past.
pub fn signature(secret: &str, at: DateTime<Utc>, body: &str) -> String {
    // A key of any length is taken, so there is nothing to refuse.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{}.{body}", at.timestamp()).as_bytes());
    format!("t={},v1={}", at.timestamp(), hex(&mac.finalize().into_bytes()))
}

impl Webhook {
    pub fn new(settings: WebhookSettings) -> Result<Self, NoticeError> {
        let wrong = |problem: &str| NoticeError::Settings(problem.to_owned());
        let url =
            reqwest::Url::parse(&settings.url).map_err(|_| wrong("the address of the webhook is not an address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("the address of the webhook begins with https:// or http://"));
        }
        // A second provider is only refused when one is in place already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| wrong("webhooks cannot be set up"))?;
        Ok(Self { http, settings })
    }

    /// Whether somebody listens at the address. Nothing is said to them.
    pub async fn reach(&self) -> Result<(), NoticeError> {
        let url = reqwest::Url::parse(&self.settings.url).map_err(|_| NoticeError::Unreachable)?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(NoticeError::Unreachable);
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let connecting = tokio::net::TcpStream::connect((host, port));
        match tokio::time::timeout(self.settings.timeout, connecting).await {
            Err(_) => Err(NoticeError::TooSlow),
            Ok(connected) => connected.map(drop).map_err(|_| NoticeError::Unreachable),
        }
    }

    /// Sends a notice; it has arrived when the answer's status begins with 2.
    pub async fn send(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), NoticeError> {
        let request = self
            .http
            .post(&self.settings.url)
            .header(CONTENT_TYPE, "application/json")
            .header("Homeward-Delivery", notice.id.to_string())
            .header("Homeward-Signature", signature(&self.settings.secret, now, &notice.body))
            .body(notice.body.clone());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(NoticeError::Refused { status: answer.status().as_u16() }),
            Err(error) if error.is_timeout() => Err(NoticeError::TooSlow),
            Err(_) => Err(NoticeError::Unreachable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_can_reckon_the_signature() {
        let at = DateTime::from_timestamp(1_782_777_600, 0).expect("a time");
        // Reckoned with Python: hmac.new(b"secret", b'1782777600.{"a":1}', "sha256").hexdigest().
        let expected = "t=1782777600,v1=1306de55398bad791c90d307e76ec19ebb1433fd4349fe477bf45138f5fe1b0c";
        assert_eq!(signature("secret", at, "{\"a\":1}"), expected);
        assert_ne!(signature("other", at, "{\"a\":1}"), expected);
    }

    #[test]
    fn an_address_that_is_none_is_said_at_the_start() {
        for url in ["not an address", "ftp://example.org/x"] {
            let settings =
                WebhookSettings { url: url.to_owned(), secret: "s".to_owned(), timeout: Duration::from_secs(1) };
            assert!(matches!(Webhook::new(settings), Err(NoticeError::Settings(_))), "{url}");
        }
    }
}
