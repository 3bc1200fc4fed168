//! Whom a command that speaks to the service trusts, and what it shows of itself.

use super::client::ClientError;
use clap::Args;
use std::path::{Path, PathBuf};

/// The files of TLS for a command that speaks to the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ClientTls {
    /// The authorities to trust in place of this machine's own, as PEM
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The certificate to show to the service, with its chain, as PEM
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub client_certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub client_key: Option<PathBuf>,
}

impl ClientTls {
    pub(super) fn apply(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, ClientError> {
        if let Some(path) = &self.ca_file {
            let found = reqwest::Certificate::from_pem_bundle(&read(path)?).unwrap_or_default();
            if found.is_empty() {
                return Err(ClientError::Tls(format!("the file {} holds no certificate", path.display())));
            }
            builder = builder.tls_certs_only(found);
        }
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            let pair = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
            // The library's text could quote the key, so it is not repeated.
            let identity = reqwest::Identity::from_pem(&pair).map_err(|_| {
                let (certificate, key) = (certificate.display(), key.display());
                ClientError::Tls(format!("{certificate} and {key} are not a certificate and its private key as PEM"))
            })?;
            builder = builder.identity(identity);
        }
        Ok(builder)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path)
        .map_err(|error| ClientError::Tls(format!("the file {} cannot be read: {error}", path.display())))
}
