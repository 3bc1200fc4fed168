//! The sections about reminders: when, by which mail server, to which webhook.

use super::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// When people are reminded. Without a mail server and a webhook nobody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReminderSection {
    /// Days before an authority's deadline on which it is reminded, unless it has signed. It is reminded on the day itself too.
    pub before_days: Vec<u32>,
    /// Days after it.
    pub after_days: Vec<u32>,
    /// Days for which a return has been signed and not accepted, on which the department is reminded.
    pub unaccepted_days: Vec<u32>,
    /// The hour of the day, in Europe/London, from which reminders go out.
    pub hour: u32,
    /// The address of the service for people, which reminders name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whom to ask, as reminders say it.
    pub ask: String,
    /// Seconds between two looks at what is due.
    pub look_seconds: u64,
    /// Seconds before the second attempt; each further one waits twice as long, an hour at most.
    pub retry_seconds: u64,
    /// Seconds after which a reminder that did not arrive is given up.
    pub give_up_seconds: u64,
}

impl Default for ReminderSection {
    fn default() -> Self {
        Self {
            before_days: vec![14, 3],
            after_days: vec![1, 7],
            unaccepted_days: vec![5],
            hour: 9,
            link: None,
            ask: "the department's collection team".to_owned(),
            look_seconds: 60,
            retry_seconds: 60,
            give_up_seconds: 172_800,
        }
    }
}

/// The server that takes e-mail. Without one no letters are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSection {
    /// Its name or address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Its port.
    pub port: u16,
    /// "starttls", "tls" from the first byte, or "none" for a server on the same machine.
    pub tls: MailTlsMode,
    /// The name by which the service is known there, with a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// A file that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The address that letters come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A file with a certificate in PEM that is trusted beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Seconds that one letter may take.
    pub timeout_seconds: u64,
}

impl Default for MailSection {
    fn default() -> Self {
        Self {
            server: None,
            port: 587,
            tls: MailTlsMode::Starttls,
            user: None,
            password: None,
            password_file: None,
            from: None,
            ca_file: None,
            timeout_seconds: 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTlsMode {
    None,
    Starttls,
    Tls,
}

/// The address that is told by JSON. Without one nothing is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What both sides know, by which the receiver tells that it came from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// A file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Seconds that one may take.
    pub timeout_seconds: u64,
}

impl Default for WebhookSection {
    fn default() -> Self {
        Self { url: None, secret: None, secret_file: None, timeout_seconds: 10 }
    }
}
