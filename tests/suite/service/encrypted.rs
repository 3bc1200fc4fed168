//! TLS of the real program: certificates of the service and of its clients, renewal, and clients that hold it up.

use super::{Running, homeward};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyIdMethod, KeyPair, RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// An authority that issues certificates, with its own in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, params.self_signed(&key).expect("is signed").pem()).expect("is written");
        Self { issuer: Issuer::new(params, key), file }
    }

    /// A certificate with its key as PEM.
    fn issue(&self, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        self.issue_numbered(usage, None)
    }

    fn issue_numbered(&self, usage: ExtendedKeyUsagePurpose, number: Option<u64>) -> (String, String) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        params.extended_key_usages = vec![usage];
        params.serial_number = number.map(SerialNumber::from);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer).expect("is signed").pem(), key.serialize_pem())
    }

    /// Its revocation list with these numbers, which is good until the year begins.
    fn revoke(&self, file: &str, numbers: &[u64], until: i32) {
        let revoked = |number: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*number),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: numbers.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let pem = list.signed_by(&self.issuer).expect("is signed").pem().expect("is written");
        std::fs::write(file, pem).expect("is written");
    }
}

/// The files of a service with TLS, and of its clients.
struct House {
    folder: TempDir,
    authority: Authority,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new(folder.path(), "authority");
        let house = Self { folder, authority };
        house.renew();
        house
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a path").to_owned()
    }

    /// Puts a new certificate of the service in the place of the old one.
    fn renew(&self) {
        let (certificate, key) = self.authority.issue(ExtendedKeyUsagePurpose::ServerAuth);
        std::fs::write(self.path("service.pem"), certificate).expect("is written");
        std::fs::write(self.path("service-key.pem"), key).expect("is written");
    }

    fn start(&self, further: &[(&str, &str)]) -> Running {
        let (certificate, key) = (self.path("service.pem"), self.path("service-key.pem"));
        let mut settings = vec![
            ("HOMEWARD_TLS_CERTIFICATE_FILE", certificate.as_str()),
            ("HOMEWARD_TLS_KEY_FILE", key.as_str()),
            ("HOMEWARD_TLS_ADMIN", "true"),
        ];
        settings.extend(further);
        Running::start(&settings)
    }

    /// What a client trusts and shows.
    fn client(&self, shown: Option<&(String, String)>) -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pem = std::fs::read(&self.authority.file).expect("reads");
        let trusted = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        let mut builder = reqwest::Client::builder().tls_certs_only([trusted]).pool_max_idle_per_host(0);
        if let Some((certificate, key)) = shown {
            let pair = format!("{certificate}\n{key}");
            builder = builder.identity(reqwest::Identity::from_pem(pair.as_bytes()).expect("an identity"));
        }
        builder.build().expect("a client")
    }
}

/// One connection that is encrypted and stays open.
type Connection = tokio_rustls::client::TlsStream<tokio::net::TcpStream>;

async fn connect(house: &House, api: &str) -> Connection {
    connect_as(house, api, None).await
}

async fn connect_as(house: &House, api: &str, shown: Option<&(String, String)>) -> Connection {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&house.authority.file).expect("a certificate")).expect("is added");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").with_root_certificates(roots);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    };
    let address = api.trim_start_matches("https://");
    let stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("shakes hands")
}

fn shown_by(connection: &Connection) -> CertificateDer<'static> {
    let certificates = connection.get_ref().1.peer_certificates().expect("shows certificates");
    certificates[0].clone().into_owned()
}

/// Asks on an open connection, and keeps it open.
async fn ask(connection: &mut Connection) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    connection.write_all(b"GET /v1/problems/busy HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.expect("asks");
    let mut answer = vec![0; 16 * 1024];
    // A connection that is cut off answers nothing.
    let count = connection.read(&mut answer).await.unwrap_or_default();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

fn hang_up(service: &Running) {
    let told = Command::new("kill").args(["-HUP", &service.child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
}

async fn until_the_log_says(service: &Running, wanted: &str) {
    for _ in 0..200 {
        if service.log().contains(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the log does not say {wanted:?}: {}", service.log());
}

#[tokio::test]
async fn the_service_speaks_tls_to_those_who_trust_its_authority() {
    let house = House::new();
    let service = house.start(&[]);
    assert!(service.api.starts_with("https://") && service.admin.starts_with("https://"), "{}", service.api);
    let client = house.client(None);
    let answer = client.get(format!("{}/v1/problems", service.api)).send().await.expect("is answered");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let health = client.get(format!("{}/healthz", service.admin)).send().await.expect("is answered");
    assert_eq!(health.status(), 200);

    let other = Authority::new(house.folder.path(), "other");
    let stranger = House { folder: tempfile::tempdir().expect("a folder"), authority: other };
    let refused = stranger.client(None).get(format!("{}/v1/problems", service.api)).send().await;
    assert!(refused.expect_err("another authority is not trusted").is_connect());

    let key = service.key("submitter", Some("330"));
    let key_file = house.path("my-key");
    std::fs::write(&key_file, key).expect("is written");
    let file = house.path("return.csv");
    std::fs::write(&file, "CHILD,UNKNOWN\n1,2\n").expect("is written");
    let send = |further: &[&str]| {
        let common = ["submit", &file, "--service", &service.api, "--key-file", &key_file, "--quiet"];
        homeward(&[&common, further].concat())
    };
    let trusted = send(&["--ca-file", house.authority.file.to_str().expect("a path")]);
    assert_eq!(trusted.status.code(), Some(2), "{}", String::from_utf8_lossy(&trusted.stderr));
    let distrusted = send(&["--ca-file", stranger.authority.file.to_str().expect("a path")]);
    let told = String::from_utf8_lossy(&distrusted.stderr).into_owned();
    assert!(distrusted.status.code() == Some(3) && told.contains("certificate"), "{told}");
}

#[tokio::test]
async fn plain_http_to_tls_is_told_so_and_ends() {
    let house = House::new();
    let service = house.start(&[]);
    let mut stream = TcpStream::connect(service.api.trim_start_matches("https://")).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("is set");
    stream.write_all(b"GET /v1/problems HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("asks");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the connection ends");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("speaks TLS"), "{answer}");
}

#[tokio::test]
async fn whoever_shows_no_certificate_is_not_served_where_one_is_required() {
    let house = House::new();
    let authorities = house.authority.file.to_str().expect("a path").to_owned();
    let service = house.start(&[
        ("HOMEWARD_TLS_CLIENT_AUTHORITIES_FILE", &authorities),
        ("HOMEWARD_TLS_CLIENT_CERTIFICATES", "required"),
    ]);
    let address = format!("{}/v1/problems", service.api);
    assert!(house.client(None).get(&address).send().await.is_err(), "no certificate was shown");
    let stranger = Authority::new(house.folder.path(), "stranger").issue(ExtendedKeyUsagePurpose::ClientAuth);
    assert!(house.client(Some(&stranger)).get(&address).send().await.is_err(), "nobody trusts who issued it");
    let known = house.authority.issue(ExtendedKeyUsagePurpose::ClientAuth);
    let answer = house.client(Some(&known)).get(&address).send().await.expect("is served");
    assert_eq!(answer.status(), 200);
    let health = house.client(None).get(format!("{}/healthz", service.admin)).send().await;
    assert_eq!(health.expect("the admin listener asks for none").status(), 200);
}

#[tokio::test]
async fn certificates_are_renewed_while_a_connection_is_open() {
    let house = House::new();
    let service = house.start(&[]);
    let mut open = connect(&house, &service.api).await;
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200 "));
    let old = shown_by(&open);

    house.renew();
    hang_up(&service);
    until_the_log_says(&service, "the certificates were read and are in use").await;
    let renewed = shown_by(&connect(&house, &service.api).await);
    assert_ne!(renewed, old);
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200 "), "the open connection goes on");

    std::fs::write(house.path("service.pem"), "-----BEGIN NONSENSE-----").expect("is written");
    hang_up(&service);
    until_the_log_says(&service, "the certificates were not renewed").await;
    assert_eq!(shown_by(&connect(&house, &service.api).await), renewed, "the old ones stay in use");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_also_on_a_connection_that_was_open() {
    let house = House::new();
    let (authorities, list) = (house.authority.file.to_str().expect("a path").to_owned(), house.path("revoked.crl"));
    let [first, second, third] =
        [1, 2, 3].map(|number| house.authority.issue_numbered(ExtendedKeyUsagePurpose::ClientAuth, Some(number)));
    let settings = [
        ("HOMEWARD_TLS_CLIENT_AUTHORITIES_FILE", authorities.as_str()),
        ("HOMEWARD_TLS_CLIENT_CERTIFICATES", "required"),
        ("HOMEWARD_TLS_CLIENT_REVOCATION_LISTS", list.as_str()),
    ];
    house.authority.revoke(&list, &[1], 2061);
    let service = house.start(&settings);
    let address = format!("{}/v1/problems", service.api);
    let is_served = async |client: &(String, String)| house.client(Some(client)).get(&address).send().await.is_ok();
    assert_eq!((is_served(&first).await, is_served(&second).await), (false, true), "the first is revoked");
    let (mut open, mut other) =
        (connect_as(&house, &service.api, Some(&second)).await, connect_as(&house, &service.api, Some(&third)).await);
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200 ") && ask(&mut other).await.starts_with("HTTP/1.1 200 "));

    house.authority.revoke(&list, &[1, 2], 2061);
    hang_up(&service);
    until_the_log_says(&service, "the certificates were read and are in use").await;
    assert_eq!((is_served(&second).await, is_served(&third).await), (false, true), "the second is revoked now");
    assert_eq!(ask(&mut open).await, "", "also where it was good when the connection began");
    assert!(ask(&mut other).await.starts_with("HTTP/1.1 200 "), "who is still good goes on");
    let metrics = house.client(None).get(format!("{}/metrics", service.admin)).send().await.expect("is answered");
    let metrics = metrics.text().await.expect("a text");
    assert!(metrics.contains("homeward_tls_certificates_refused_total{reason=\"revoked\"} 3\n"), "{metrics}");
    let ends = "homeward_tls_revocation_list_ends_timestamp_seconds{list=\"revoked.crl\"} 2871763200\n";
    assert!(metrics.contains(ends), "{metrics}");

    house.authority.revoke(&list, &[1], 2024);
    hang_up(&service);
    until_the_log_says(&service, "a revocation list of [tls] has expired").await;
    assert!(!is_served(&third).await, "nobody knows any more who is revoked");
    assert_eq!(ask(&mut other).await, "", "nor on an open connection");
    drop(service);
    let service = house.start(&[settings.as_slice(), &[("HOMEWARD_TLS_CLIENT_REVOCATION_EXPIRED", "accept")]].concat());
    let address = format!("{}/v1/problems", service.api);
    let is_served = async |client: &(String, String)| house.client(Some(client)).get(&address).send().await.is_ok();
    assert_eq!((is_served(&first).await, is_served(&second).await), (false, true), "the expired list is used on");
    until_the_log_says(&service, "it is used on, and whoever was revoked since is served").await;
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_cut_and_holds_nobody_up() {
    let house = House::new();
    let service = house.start(&[("HOMEWARD_HTTP_HEADER_TIMEOUT_SECONDS", "1")]);
    let address = service.api.trim_start_matches("https://");
    let mut silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).expect("connects")).collect();
    // A first byte of a handshake and no more is silence too.
    silent[0].write_all(&[22]).expect("is sent");
    let answer = house.client(None).get(format!("{}/v1/problems", service.api)).send().await;
    assert_eq!(answer.expect("others are served meanwhile").status(), 200);
    for mut stream in silent {
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("is set");
        let end = stream.read(&mut [0; 64]);
        assert!(matches!(end, Ok(0)) || end.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    }
}

#[tokio::test]
async fn a_stop_waits_for_no_handshake() {
    let house = House::new();
    let mut service = house.start(&[("HOMEWARD_HTTP_HEADER_TIMEOUT_SECONDS", "300")]);
    let address = service.api.trim_start_matches("https://");
    let _silent = TcpStream::connect(address).expect("connects");
    let mut open = connect(&house, &service.api).await;
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200 "));
    let told = Command::new("kill").args(["-TERM", &service.child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    // A service that waits for the silent client ends after its own limit of 30 s, and says that it cut somebody off.
    assert!(service.child.wait().expect("it ends").success());
    assert!(!service.log().contains("did not end in time"), "{}", service.log());
}

#[test]
fn wrong_files_are_told_at_start() {
    let house = House::new();
    let absent = house.path("absent.pem");
    let started = Command::new(super::PROGRAM)
        .args(["serve"])
        .env("HOMEWARD_SERVICE_DATA_FOLDER", house.path("data"))
        .env("HOMEWARD_TLS_CERTIFICATE_FILE", &absent)
        .env("HOMEWARD_TLS_KEY_FILE", house.path("service-key.pem"))
        .output()
        .expect("the program starts");
    let told = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(started.status.code(), Some(3), "{told}");
    assert!(told.contains("absent.pem of [tls] cannot be read"), "{told}");
}

#[tokio::test]
async fn the_word_of_a_trusted_proxy_decides_whose_limit_counts() {
    for (proxies, expected) in [("", [200, 429]), ("192.0.2.0/24,127.0.0.1", [200, 200])] {
        let settings = [("HOMEWARD_HTTP_TRUSTED_PROXIES", proxies), ("HOMEWARD_RATES_ANONYMOUS_PER_MINUTE", "1")];
        let service = Running::start(&settings);
        let mut answered = Vec::new();
        for client in ["198.51.100.1", "198.51.100.2"] {
            let request = super::reqwest_client().get(format!("{}/v1/releases", service.api));
            let answer = request.header("x-forwarded-for", client).send().await.expect("is answered");
            answered.push(answer.status().as_u16());
        }
        assert_eq!(answered, expected, "{proxies:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_bound_to_a_certificate_is_nothing_without_it() {
    let house = House::new();
    let authorities = house.authority.file.to_str().expect("a path").to_owned();
    let service = house.start(&[
        ("HOMEWARD_TLS_CLIENT_AUTHORITIES_FILE", &authorities),
        ("HOMEWARD_TLS_CLIENT_CERTIFICATES", "optional"),
    ]);
    let own = house.authority.issue(ExtendedKeyUsagePurpose::ClientAuth);
    let other = house.authority.issue(ExtendedKeyUsagePurpose::ClientAuth);
    let der = CertificateDer::from_pem_slice(own.0.as_bytes()).expect("a certificate");
    let fingerprint = homeward::domain::digest::Digest::of(&der).to_string();
    let made = Command::new(super::PROGRAM)
        .env("HOMEWARD_SERVICE_DATA_FOLDER", &service.data)
        .args(["admin", "key", "new", "--role", "collector", "--label", "bound", "--certificate", &fingerprint])
        .output()
        .expect("the program starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let bound = String::from_utf8(made.stdout).expect("a key").trim().to_owned();
    let ask = async |shown: Option<&(String, String)>, key: &str| {
        let request = house.client(shown).get(format!("{}/v1/returns", service.api)).bearer_auth(key);
        let answer = request.send().await.expect("is answered");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    assert_eq!(ask(Some(&own), &bound).await.0, 200);
    let unknown = ask(None, "hw_nothing").await;
    assert_eq!(unknown.0, 401);
    assert_eq!(ask(None, &bound).await, unknown, "no certificate");
    assert_eq!(ask(Some(&other), &bound).await, unknown, "another certificate of the same authority");
    let free = service.key("collector", None);
    assert_eq!(ask(None, &free).await.0, 200, "a key that is bound to none needs none");
}
