//! The certificates of the service: read, checked, and read again while it runs, so that a renewal cuts nobody off.

use super::certificate;
use super::client_certificates::{ClientCertificates, ClientContents, Decider, ExpiredLists, ListsEnd, certificates};
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::digest::Digest;
use chrono::{DateTime, TimeDelta, Utc};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
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

/// Why TLS cannot start, or why new files were not taken. Nothing of a key is in any text.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the file {path} of [tls] cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file {path} of [tls] holds no {wanted}; it must be PEM, with a line that begins -----BEGIN")]
    Nothing { path: PathBuf, wanted: &'static str },
    #[error("a certificate in the file {path} of [tls] cannot be used: {problem}")]
    Authority { path: PathBuf, problem: String },
    #[error("a revocation list in the file {path} of [tls] cannot be used: {problem}")]
    List { path: PathBuf, problem: String },
    #[error(
        "[tls] names client_revocation_lists, and none of them is from the authority whose certificate is number {number} in \
         {path}, so that all its clients would be refused; add its list, or take the authority out of the file"
    )]
    NoList { path: PathBuf, number: usize },
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
    /// What decides about the certificates of clients, where they are asked for one.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// Rises whenever a certificate that was good may be so no more.
    edition: u64,
    ends: Option<DateTime<Utc>>,
    lists_end: ListsEnd,
    /// How many of the lists had expired when that was last looked at.
    expired: usize,
    /// When it was last said that a list has expired.
    told_of_expired: Option<DateTime<Utc>>,
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
        let current = contents.current(&files)?;
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

    /// When each revocation list expires, and the file that it is from; the next one first.
    pub fn lists_end(&self) -> ListsEnd {
        self.current().lists_end.clone()
    }

    /// What takes handshakes, and the edition that [`Tls::verifier`] knows it by.
    pub(super) fn acceptor(&self) -> (TlsAcceptor, u64) {
        let current = self.current();
        (current.acceptor.clone(), current.edition)
    }

    pub(super) fn verifier(&self) -> (Option<Arc<dyn ClientCertVerifier>>, u64) {
        let current = self.current();
        (current.verifier.clone(), current.edition)
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
        let made = contents.current(&self.0.files);
        let mut current = self.current();
        current.read = digest;
        *current = Current { edition: current.edition + 1, ..made? };
        drop(current);
        Ok(())
    }

    /// Says that a revocation list has expired, of each at once and of all again after a day; says whether it did. Whenever
    /// one more has expired, connections that are open are asked again.
    fn tell_of_expired(&self, now: DateTime<Utc>) -> bool {
        let Some(authorities) = self.0.files.clients.authorities() else { return false };
        let mut current = self.current();
        let expired: Vec<_> = current.lists_end.iter().take_while(|(ends, _)| *ends <= now).collect();
        let count = expired.len();
        let one_more = count > current.expired;
        let told = current.told_of_expired.is_some_and(|told| now - told < TimeDelta::days(1));
        if count == 0 || (told && !one_more) {
            return false;
        }
        let what = match authorities.expired {
            ExpiredLists::Refuse => "certificates of clients from its authority are refused until there is a new one",
            ExpiredLists::Accept => "it is used on, and whoever was revoked since is served",
        };
        for (ends, path) in expired {
            let (path, since) = (path.display(), ends.to_rfc3339());
            tracing::error!(list = %path, since, "a revocation list of [tls] has expired: {what}");
        }
        if one_more {
            current.edition += 1;
        }
        current.expired = count;
        current.told_of_expired = Some(now);
        true
    }

    /// Looks at the files every so often, until it is dropped, and takes what is new.
    pub async fn keep_fresh(&self, every: Duration) {
        let mut unreadable = false;
        loop {
            self.tell_of_expired(SystemClock.now());
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
        self.tell_of_expired(SystemClock.now());
    }
}

fn log(outcome: Result<bool, TlsError>) {
    match outcome {
        Ok(true) => {
            tracing::info!(
                "the certificates were read and are in use; a connection that is open keeps the service's certificate that it \
                 began with, and its client's is checked again at the next request"
            );
        }
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "the certificates were not renewed; the old ones stay in use"),
    }
}

/// The bytes of the files, read at one moment.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    clients: ClientContents,
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source });
        let clients = ClientContents::read(&files.clients, read)?;
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)?, clients })
    }

    fn ends(&self) -> Option<DateTime<Utc>> {
        let first = CertificateDer::pem_slice_iter(&self.certificate).next()?.ok()?;
        certificate::ends(&first)
    }

    fn digest(&self) -> Digest {
        let parts = [&self.certificate, &self.key].into_iter().chain(self.clients.parts());
        Digest::of(&parts.flat_map(|part| *Digest::of(part).as_bytes()).collect::<Vec<u8>>())
    }

    fn current(&self, files: &TlsFiles) -> Result<Current, TlsError> {
        let decider = self.clients.decider(&files.clients)?;
        let acceptor = self.acceptor(files, decider.as_ref())?;
        let (verifier, lists_end) =
            decider.map(|decider| (Some(decider.verifier), decider.lists_end)).unwrap_or_default();
        let (ends, read) = (self.ends(), self.digest());
        Ok(Current { acceptor, verifier, edition: 0, ends, lists_end, expired: 0, told_of_expired: None, read })
    }

    fn acceptor(&self, files: &TlsFiles, decider: Option<&Decider>) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates(&self.certificate, &files.certificate)?;
        let missing = || TlsError::Nothing { path: files.key.clone(), wanted: "private key" };
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| missing())?;
        let pair = |error: rustls::Error| TlsError::Pair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            problem: error.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
        let builder = builder.map_err(pair)?;
        let builder = match decider {
            None => builder.with_no_client_auth(),
            Some(decider) => builder.with_client_cert_verifier(Arc::clone(&decider.verifier)),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if decider.is_some_and(|decider| !decider.lists_end.is_empty()) {
            // A resumed session does not look at the certificate again, nor at the lists.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::client_certificates::ClientAuthorities;
    use base64::Engine as _;
    use rustls::pki_types::CertificateRevocationListDer;
    use std::collections::BTreeSet;

    struct Folder(tempfile::TempDir);

    fn required(file: PathBuf, revocation_lists: Vec<PathBuf>) -> ClientCertificates {
        ClientCertificates::Required(ClientAuthorities { file, revocation_lists, expired: ExpiredLists::Refuse })
    }

    /// An authority's certificate and a revocation list of its that expires with a year, in two files.
    fn authority(folder: &Folder, name: &str, year: i32) -> (PathBuf, PathBuf) {
        let key = rcgen::KeyPair::generate().expect("is made");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("are good");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("is made").pem();
        let list = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2020, 1, 1),
            next_update: rcgen::date_time_ymd(year, 1, 1),
            crl_number: rcgen::SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&rcgen::Issuer::new(params, key)).expect("is made").pem().expect("is written");
        (folder.write(&format!("{name}.pem"), &certificate), folder.write(&format!("{name}.crl"), &list))
    }

    /// The list as one of the first version of the standard, which names its authority and is not taken.
    fn of_version_1(list: &Path) -> String {
        let pem = std::fs::read(list).expect("is there");
        let mut der = CertificateRevocationListDer::from_pem_slice(&pem).expect("is a list").to_vec();
        let version = der.windows(3).position(|bytes| bytes == [2, 1, 1]).expect("has a version");
        der[version + 2] = 0;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n")
    }

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
        let ((one, list), (_, other_list)) = (authority(&folder, "one", 2061), authority(&folder, "other", 2061));
        let nonsense = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
        let nonsense = folder.write("nonsense.crl", nonsense);
        let of_version_1 = folder.write("version-1.crl", &of_version_1(&list));
        let wrong_key = folder.write("wrong.pem", &rcgen::KeyPair::generate().expect("is made").serialize_pem());
        let wrong = [
            (TlsFiles { certificate: absent, ..files.clone() }, "absent.pem of [tls] cannot be read"),
            (TlsFiles { certificate: empty.clone(), ..files.clone() }, "empty.pem of [tls] holds no certificate"),
            (TlsFiles { key: empty.clone(), ..files.clone() }, "empty.pem of [tls] holds no private key"),
            (TlsFiles { key: wrong_key, ..files.clone() }, "cannot be used together"),
            (
                TlsFiles { clients: required(empty.clone(), Vec::new()), ..files.clone() },
                "empty.pem of [tls] holds no certificate",
            ),
            (
                TlsFiles { clients: required(one.clone(), vec![empty]), ..files.clone() },
                "empty.pem of [tls] holds no revocation list",
            ),
            (
                TlsFiles { clients: required(one.clone(), vec![other_list]), ..files.clone() },
                "none of them is from the authority whose certificate is number 1 in",
            ),
            (
                TlsFiles { clients: required(one.clone(), vec![list.clone(), nonsense]), ..files.clone() },
                "nonsense.crl of [tls] cannot be used: it does not say whose it is",
            ),
            (
                TlsFiles { clients: required(one, vec![list, of_version_1]), ..files.clone() },
                "version-1.crl of [tls] cannot be used: provided CRL could not be parsed",
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

    #[test]
    fn open_connections_are_asked_again_whenever_one_more_list_expires() {
        let folder = folder();
        let ((one, first), (other, second)) = (authority(&folder, "one", 2024), authority(&folder, "other", 2025));
        let read = |path: &Path| std::fs::read_to_string(path).expect("is there");
        let both = folder.write("both.pem", &(read(&one) + &read(&other)));
        let together = folder.write("both.crl", &(read(&first) + &read(&second)));
        for lists in [vec![first, second], vec![together]] {
            let tls = Tls::load(TlsFiles { clients: required(both.clone(), lists), ..folder.pair() }).expect("loads");
            let [first, second]: [_; 2] =
                tls.lists_end().into_iter().map(|(ends, _)| ends).collect::<Vec<_>>().try_into().expect("both");
            let hour = TimeDelta::hours(1);
            let told = [first, first + hour, second - hour, second, second + hour].map(|now| tls.tell_of_expired(now));
            assert_eq!(told, [true, false, true, true, false], "the second at once, and the first a day later");
            assert_eq!(tls.verifier().1, 2, "the edition has risen for each");
        }
    }

    #[test]
    fn an_expired_list_is_told_once_a_day_and_open_connections_are_asked_again() {
        let folder = folder();
        let (one, list) = authority(&folder, "one", 2024);
        let files = TlsFiles { clients: required(one.clone(), vec![list.clone()]), ..folder.pair() };
        let tls = Tls::load(files).expect("an expired list stops no start");
        let ends: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(tls.lists_end(), BTreeSet::from([(ends, list)]));
        let told = [-1, 0, 1, 23, 24, 25].map(|hours| tls.tell_of_expired(ends + TimeDelta::hours(hours)));
        assert_eq!(told, [false, true, false, false, true, false]);
        assert_eq!(tls.verifier().1, 1, "the edition has risen once");

        let (renewed, _) = authority(&folder, "one", 2061);
        assert_eq!(renewed, one);
        assert!(tls.read_again().expect("new files"));
        assert!(!tls.tell_of_expired(ends + TimeDelta::hours(48)));
        assert_eq!(tls.verifier().1, 2, "and again with the new list");
    }
}
