//! How connections are encrypted.

use super::sections::listed;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// TLS on the service's own listeners. Without files the service speaks plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSection {
    /// The certificate of the service with its chain, as PEM. It is read again when it changes and on SIGHUP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    /// The private key of the certificate, as PEM (PKCS #8, SEC 1 or PKCS #1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The authorities whose certificates clients may show, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_authorities_file: Option<PathBuf>,
    /// Whether clients show a certificate of their own.
    pub client_certificates: ClientCertificates,
    /// The revocation lists of those authorities, as files in PEM: one of each. They are read again when they change and on
    /// SIGHUP. Without any, a certificate is good until it ends.
    #[serde(deserialize_with = "listed")]
    pub client_revocation_lists: Vec<PathBuf>,
    /// What becomes of the certificates of an authority whose revocation list has expired.
    pub client_revocation_expired: ExpiredLists,
    /// Whether the listener of metrics and health speaks TLS too, with the same certificate; it asks for none.
    pub admin: bool,
    /// Whether a proxy in front of the service ends TLS, so that people reach it encrypted all the same.
    pub ended_by_proxy: bool,
}

/// Whether clients show a certificate of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// They are not asked.
    #[default]
    None,
    /// They may; keys that are bound to a certificate cannot be used without it.
    Optional,
    /// Whoever shows none is not served at all.
    Required,
}

/// What becomes of the certificates of an authority whose revocation list has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpiredLists {
    /// None of them is taken until there is a new list.
    #[default]
    Refuse,
    /// The expired list is used on: who stands on it is refused, who was revoked since is not.
    Accept,
}
