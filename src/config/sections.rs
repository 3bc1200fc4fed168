//! The sections of the configuration, a struct each. The doc comments are the documentation of the file.

use crate::domain::network::Network;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Where the service listens and keeps its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSection {
    /// The address of the API. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address of `/metrics`, `/healthz` and `/readyz`; keep it away from the public.
    pub admin_listen: SocketAddr,
    /// The ledger, the archive and the spool lie in this folder.
    pub data_folder: PathBuf,
    /// A folder of specifications to use in place of the one in the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specs: Option<PathBuf>,
    /// The secret under which keys are kept, as 64 hexadecimal digits, where it is not to lie in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_secret_file: Option<PathBuf>,
    /// Checks that run at the same time.
    pub workers: usize,
    /// Uploads that may wait for a worker; one more is answered with 503 and `Retry-After`.
    pub queue: usize,
}

impl Default for ServiceSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)),
            data_folder: PathBuf::from("data"),
            specs: None,
            key_secret_file: None,
            workers: 2,
            queue: 200,
        }
    }
}

/// What one connection and one request may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// Seconds in which the headers of a request must arrive.
    pub header_timeout_seconds: u64,
    /// Seconds that may pass without a byte of a body.
    pub body_idle_seconds: u64,
    /// Seconds in which a whole request, the verdict included, must be answered.
    pub request_timeout_seconds: u64,
    /// Connections open at the same time; further ones wait to be taken.
    pub connections: usize,
    /// Seconds that a stop waits for requests under way.
    pub shutdown_seconds: u64,
    /// Addresses of proxies in front of the service, as ranges. `X-Forwarded-For` is believed from these alone.
    #[serde(deserialize_with = "listed")]
    pub trusted_proxies: Vec<Network>,
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            header_timeout_seconds: 10,
            body_idle_seconds: 30,
            request_timeout_seconds: 600,
            connections: 1024,
            shutdown_seconds: 30,
            trusted_proxies: Vec::new(),
        }
    }
}

/// A list, or a text with commas as the environment gives it.
pub(super) fn listed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Listed {
        Text(String),
        List(Vec<String>),
    }
    let texts = match Listed::deserialize(deserializer)? {
        Listed::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        Listed::List(texts) => texts,
    };
    texts.iter().filter(|text| !text.is_empty()).map(|text| text.parse().map_err(D::Error::custom)).collect()
}

/// How fast one key and one address may ask. One request more is answered with 429 and `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateSection {
    /// Requests a minute for each key.
    pub requests_per_minute: u32,
    /// Uploads a minute for each key, checks included.
    pub uploads_per_minute: u32,
    /// Requests a minute without a valid key, for each address.
    pub anonymous_per_minute: u32,
    /// Requests a minute for each address, whatever keys it shows.
    pub address_requests_per_minute: u32,
    /// Uploads a minute for each address, whatever keys it shows.
    pub address_uploads_per_minute: u32,
    /// Tries to sign in within a minute, with each user name.
    pub sign_ins_per_minute: u32,
    /// Tries to sign in within a minute, for each address; going to the provider and coming back are one each.
    pub address_sign_ins_per_minute: u32,
}

impl Default for RateSection {
    fn default() -> Self {
        Self {
            requests_per_minute: 600,
            uploads_per_minute: 30,
            anonymous_per_minute: 120,
            address_requests_per_minute: 6000,
            address_uploads_per_minute: 600,
            sign_ins_per_minute: 10,
            address_sign_ins_per_minute: 60,
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// A filter in the form of `tracing`: `info`, `homeward=debug,info`.
    pub filter: String,
    pub format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}
