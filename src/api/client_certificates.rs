//! The certificates that clients show: who may issue them, and which of them were revoked.

use super::certificate;
use super::tls::{Tls, TlsError};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::digest::Digest;
use chrono::{DateTime, Utc};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{CertificateError, RootCertStore};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What clients show of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificates {
    NotAsked,
    /// They may show a certificate from one of these authorities.
    Optional(ClientAuthorities),
    /// They must.
    Required(ClientAuthorities),
}

/// Who issues clients' certificates, and takes them back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAuthorities {
    /// The certificates of the authorities, as PEM.
    pub file: PathBuf,
    /// Their revocation lists, as PEM. With any, each authority must have one.
    pub revocation_lists: Vec<PathBuf>,
    pub expired: ExpiredLists,
}

/// What becomes of the certificates of an authority whose revocation list has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredLists {
    Refuse,
    Accept,
}

impl ClientCertificates {
    pub(super) const fn authorities(&self) -> Option<&ClientAuthorities> {
        match self {
            Self::NotAsked => None,
            Self::Optional(authorities) | Self::Required(authorities) => Some(authorities),
        }
    }
}

/// The bytes of the files on clients, read at one moment.
#[derive(Debug, Default)]
pub(super) struct ClientContents {
    authorities: Vec<u8>,
    lists: Vec<Vec<u8>>,
}

/// A revocation list and the file that it is from.
type OfFile<'a> = (&'a PathBuf, CertificateRevocationListDer<'static>);

/// When each revocation list expires, and the file that it is from; the next one first.
pub type ListsEnd = BTreeSet<(DateTime<Utc>, PathBuf)>;

/// What decides about a client's certificate, and until when each list tells it to.
pub(super) struct Decider {
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    pub(super) lists_end: ListsEnd,
}

impl ClientContents {
    pub(super) fn read(
        clients: &ClientCertificates,
        read: impl Fn(&Path) -> Result<Vec<u8>, TlsError>,
    ) -> Result<Self, TlsError> {
        let Some(authorities) = clients.authorities() else { return Ok(Self::default()) };
        let lists = authorities.revocation_lists.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
        Ok(Self { authorities: read(&authorities.file)?, lists })
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Vec<u8>> {
        std::iter::once(&self.authorities).chain(&self.lists)
    }

    /// None where clients are not asked for a certificate.
    pub(super) fn decider(&self, clients: &ClientCertificates) -> Result<Option<Decider>, TlsError> {
        let Some(authorities) = clients.authorities() else { return Ok(None) };
        let wrong = |problem: String| TlsError::Authority { path: authorities.file.clone(), problem };
        let issuers = certificates(&self.authorities, &authorities.file)?;
        let lists = self.lists(authorities)?;
        if !lists.is_empty() {
            let without = |issuer: &CertificateDer| {
                let name = certificate::subject(issuer);
                !lists.iter().any(|(_, list)| certificate::list(list).map(|(name, _)| name) == name)
            };
            if let Some(place) = issuers.iter().position(without) {
                return Err(TlsError::NoList { path: authorities.file.clone(), number: place + 1 });
            }
        }
        let mut lists_end = ListsEnd::new();
        for (path, list) in &lists {
            let unreadable = || TlsError::List {
                path: (*path).clone(),
                problem: "it does not say whose it is and when the next one is due".to_owned(),
            };
            let (_, ends) = certificate::list(list).ok_or_else(unreadable)?;
            lists_end.insert((ends, (*path).clone()));
        }
        let mut roots = RootCertStore::empty();
        for issuer in issuers {
            roots.add(issuer).map_err(|error| wrong(error.to_string()))?;
        }
        let (roots, provider) = (Arc::new(roots), Arc::new(rustls::crypto::ring::default_provider()));
        let build = |lists: &[OfFile<'_>]| {
            let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
            if matches!(clients, ClientCertificates::Optional(_)) {
                builder = builder.allow_unauthenticated();
            }
            if authorities.expired == ExpiredLists::Refuse {
                builder = builder.enforce_revocation_expiration();
            }
            builder.with_crls(lists.iter().map(|(_, list)| list.clone())).build()
        };
        let verifier = build(&lists).map_err(|error| match error {
            // It does not tell which list it is about.
            VerifierBuilderError::InvalidCrl(_) => {
                match lists.iter().find(|list| build(slice::from_ref(list)).is_err()) {
                    Some((path, _)) => TlsError::List { path: (*path).clone(), problem: error.to_string() },
                    None => wrong(error.to_string()),
                }
            }
            error => wrong(error.to_string()),
        })?;
        Ok(Some(Decider { verifier, lists_end }))
    }

    /// Every list with the file that it is from.
    fn lists<'a>(&self, authorities: &'a ClientAuthorities) -> Result<Vec<OfFile<'a>>, TlsError> {
        let mut lists = Vec::new();
        for (path, pem) in authorities.revocation_lists.iter().zip(&self.lists) {
            let nothing = || TlsError::Nothing { path: path.clone(), wanted: "revocation list" };
            let before = lists.len();
            for list in CertificateRevocationListDer::pem_slice_iter(pem) {
                lists.push((path, list.map_err(|_| nothing())?));
            }
            if lists.len() == before {
                return Err(nothing());
            }
        }
        Ok(lists)
    }
}

pub(super) fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let nothing = || TlsError::Nothing { path: path.to_owned(), wanted: "certificate" };
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| nothing())?;
    if found.is_empty() { Err(nothing()) } else { Ok(found) }
}

/// The certificate of a client with its chain, as it was shown when the connection began.
pub(super) struct Shown {
    tls: Tls,
    chain: Vec<CertificateDer<'static>>,
    /// The lists and authorities by which it was good.
    edition: AtomicU64,
}

impl Shown {
    pub(super) fn new(tls: Tls, chain: Vec<CertificateDer<'static>>, edition: u64) -> Self {
        Self { tls, chain, edition: AtomicU64::new(edition) }
    }

    pub(super) fn fingerprint(&self) -> Option<Digest> {
        self.chain.first().map(|certificate| Digest::of(certificate))
    }

    /// Whether the certificate is good by the lists and authorities of this moment: a connection may stay open for long, and
    /// nobody is to be served on it with a certificate that was revoked meanwhile.
    pub(super) fn is_still_good(&self) -> Result<(), rustls::Error> {
        let (verifier, edition) = self.tls.verifier();
        if self.edition.load(Ordering::Relaxed) == edition {
            return Ok(());
        }
        if let (Some(verifier), Some((first, others))) = (verifier, self.chain.split_first()) {
            let since_1970 = u64::try_from(SystemClock.now().timestamp()).unwrap_or_default();
            let now = UnixTime::since_unix_epoch(Duration::from_secs(since_1970));
            verifier.verify_client_cert(first, others, now)?;
        }
        self.edition.store(edition, Ordering::Relaxed);
        Ok(())
    }
}

/// Why a client's certificate was refused, as the metrics tell it; none where something else went wrong.
pub(super) const fn refusal(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(problem) = error else { return None };
    Some(match problem {
        CertificateError::Revoked => "revoked",
        CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
            "list-expired"
        }
        CertificateError::UnknownRevocationStatus => "no-list",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
        CertificateError::UnknownIssuer => "unknown-authority",
        _ => "other",
    })
}

/// Every reason that [`refusal`] gives.
pub(super) const REFUSALS: [&str; 6] = ["revoked", "list-expired", "no-list", "expired", "unknown-authority", "other"];
