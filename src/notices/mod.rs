//! Sends what people are to be told: letters through an SMTP server, and webhooks.
//!
//! This room never decides who is told or what, never reads the ledger, and never says an address in an error. `flow` calls
//! it, and the commands make its senders from the configuration. Each attempt ends within its time, whatever the other side
//! does.

mod mail;
mod webhook;

pub use mail::{Letter, MailSettings, MailTls, Mailer, is_address};
pub use webhook::{Notice, Webhook, WebhookSettings, signature};

/// Why something was not sent. No text holds an address, a password or what the other side said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("{0}")]
    Settings(String),
    #[error("the other side answered with the status {status}")]
    Refused { status: u16 },
    #[error(
        "the mail server takes nothing from this service and answered with the status {status}: look at mail.user, \
         mail.password and mail.tls"
    )]
    ChannelRefused { status: u16 },
    #[error("the other side cannot be reached")]
    Unreachable,
    #[error("the other side did not answer in time")]
    TooSlow,
    #[error("the encrypted connection could not be made: look at the certificate and at the setting of TLS")]
    Tls,
}

impl NoticeError {
    /// Whether the next letter would meet the same, so that it is better to wait.
    pub const fn concerns_the_whole_channel(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}
