//! The certificates of the service: read, checked, and read again while it runs, so that a renewal cuts nobody off.

use super::certificate;
use crate::domain::digest::Digest;
use chrono::{DateTime, Utc};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// The files that TLS needs, and what it asks of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with its chain, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
    pub clients: ClientCertificates,
}

/// What clients show of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificates {
    NotAsked,
    /// They may show a certificate from one of the authorities in this file.
    Optional(PathBuf),
    /// They must.
    Required(PathBuf),
}

/// Why TLS cannot start, or why new files were not taken. Nothing of a key is in any text.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the file {path} of [tls] cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file {path} of [tls] holds no {wanted}; it must be PEM, with a line that begins -----BEGIN")]
    Nothing { path: PathBuf, wanted: &'static str },
    #[error("a certificate in the file {path} of [tls] cannot be used: {problem}")]
    Authority { path: PathBuf, problem: String },
    #[error("the certificate {certificate} and the key {key} of [tls] cannot be used together: {problem}")]
    Pair { certificate: PathBuf, key: PathBuf, problem: String },
}

/// TLS as it is at the moment: every new connection takes the latest certificates that were right.
#[derive(Clone)]
pub struct Tls(Arc<Inside>);

struct Inside {
    files: TlsFiles,
    current: Mutex<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    ends: Option<DateTime<Utc>>,
    /// What was read last, right or wrong, so that a wrong file is told once.
    read: Digest,
}

impl fmt::Debug for Tls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tls({})", self.0.files.certificate.display())
    }
}

impl Tls {
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let contents = Contents::read(&files)?;
        let current = Current { acceptor: contents.acceptor(&files)?, ends: contents.ends(), read: contents.digest() };
        Ok(Self(Arc::new(Inside { files, current: Mutex::new(current) })))
    }

    /// The same certificate for a listener that asks clients for none.
    pub fn without_clients(&self) -> Result<Self, TlsError> {
        Self::load(TlsFiles { clients: ClientCertificates::NotAsked, ..self.0.files.clone() })
    }

    /// When the certificate in use ends.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        self.current().ends
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.current().acceptor.clone()
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        // It is replaced as a whole, so a poisoned lock is still good.
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the files again. Says whether they are others than before; where they are wrong, the old ones stay in use.
    fn read_again(&self) -> Result<bool, TlsError> {
        let contents = Contents::read(&self.0.files)?;
        let digest = contents.digest();
        if self.current().read == digest { Ok(false) } else { self.take(&contents, digest).map(|()| true) }
    }

    fn take(&self, contents: &Contents, digest: Digest) -> Result<(), TlsError> {
        let made = contents.acceptor(&self.0.files);
        let mut current = self.current();
        current.read = digest;
        current.acceptor = made?;
        current.ends = contents.ends();
        Ok(())
    }

    /// Looks at the files every so often, until it is dropped, and takes what is new.
    pub async fn keep_fresh(&self, every: Duration) {
        let mut unreadable = false;
        loop {
            tokio::time::sleep(every).await;
            let outcome = self.read_again();
            let told_before = std::mem::replace(&mut unreadable, matches!(outcome, Err(TlsError::Unreadable { .. })));
            if !(told_before && unreadable) {
                log(outcome);
            }
        }
    }

    /// Reads the files again because somebody asked for it, who is told of a wrong file every time.
    pub fn told_to_read_again(&self) {
        let taken = Contents::read(&self.0.files).and_then(|contents| self.take(&contents, contents.digest()));
        log(taken.map(|()| true));
    }
}

fn log(outcome: Result<bool, TlsError>) {
    match outcome {
        Ok(true) => {
            tracing::info!("the certificates were read and are in use; open connections keep those they began with")
        }
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "the certificates were not renewed; the old ones stay in use"),
    }
}

/// The bytes of the files, read at one moment.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Vec<u8>,
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source });
        let authorities = match &files.clients {
            ClientCertificates::NotAsked => Vec::new(),
            ClientCertificates::Optional(path) | ClientCertificates::Required(path) => read(path)?,
        };
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)?, authorities })
    }

    fn ends(&self) -> Option<DateTime<Utc>> {
        let first = CertificateDer::pem_slice_iter(&self.certificate).next()?.ok()?;
        certificate::ends(&first)
    }

    fn digest(&self) -> Digest {
        let parts = [&self.certificate, &self.key, &self.authorities];
        Digest::of(&parts.map(|part| *Digest::of(part).as_bytes()).concat())
    }

    fn acceptor(&self, files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates(&self.certificate, &files.certificate)?;
        let missing = || TlsError::Nothing { path: files.key.clone(), wanted: "private key" };
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| missing())?;
        let pair = |error: rustls::Error| TlsError::Pair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            problem: error.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
        let builder = builder.map_err(pair)?;
        let builder = match &files.clients {
            ClientCertificates::NotAsked => builder.with_no_client_auth(),
            ClientCertificates::Optional(path) | ClientCertificates::Required(path) => {
                let wrong = |problem: String| TlsError::Authority { path: path.clone(), problem };
                let mut roots = RootCertStore::empty();
                for authority in certificates(&self.authorities, path)? {
                    roots.add(authority).map_err(|error| wrong(error.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = match &files.clients {
                    ClientCertificates::Required(_) => verifier,
                    _ => verifier.allow_unauthenticated(),
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|error| wrong(error.to_string()))?)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let nothing = || TlsError::Nothing { path: path.to_owned(), wanted: "certificate" };
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| nothing())?;
    if found.is_empty() { Err(nothing()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.path().join(name);
            std::fs::write(&path, text).expect("is written");
            path
        }

        /// A certificate of its own with its key, in two files.
        fn pair(&self) -> TlsFiles {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("is made");
            TlsFiles {
                certificate: self.write("certificate.pem", &made.cert.pem()),
                key: self.write("key.pem", &made.signing_key.serialize_pem()),
                clients: ClientCertificates::NotAsked,
            }
        }
    }

    fn folder() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    #[test]
    fn wrong_files_are_told_in_a_sentence() {
        let folder = folder();
        let files = folder.pair();
        let (empty, absent) = (folder.write("empty.pem", "nothing"), folder.0.path().join("absent.pem"));
        let wrong_key = folder.write("wrong.pem", &rcgen::KeyPair::generate().expect("is made").serialize_pem());
        let wrong = [
            (TlsFiles { certificate: absent, ..files.clone() }, "absent.pem of [tls] cannot be read"),
            (TlsFiles { certificate: empty.clone(), ..files.clone() }, "empty.pem of [tls] holds no certificate"),
            (TlsFiles { key: empty.clone(), ..files.clone() }, "empty.pem of [tls] holds no private key"),
            (TlsFiles { key: wrong_key, ..files.clone() }, "cannot be used together"),
            (
                TlsFiles { clients: ClientCertificates::Required(empty), ..files.clone() },
                "empty.pem of [tls] holds no certificate",
            ),
        ];
        for (files, expected) in wrong {
            let error = Tls::load(files).expect_err("is refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Tls::load(files).is_ok());
    }

    #[test]
    fn new_files_are_taken_and_wrong_ones_are_not() {
        let folder = folder();
        let tls = Tls::load(folder.pair()).expect("loads");
        assert!(!tls.read_again().expect("the same files"));
        folder.write("certificate.pem", "half a");
        assert!(tls.read_again().is_err());
        assert!(!tls.read_again().expect("the same wrong file is told once"));
        folder.pair();
        assert!(tls.read_again().expect("new files"));
    }
}
