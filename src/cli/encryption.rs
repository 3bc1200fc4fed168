//! TLS as it is configured: loaded at start, renewed while the service runs.

use super::Trouble;
use crate::api::{ClientAuthorities, ClientCertificates, ExpiredLists, Tls, TlsFiles};
use crate::config::{self, Configuration, TlsSection};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How often the certificates' files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// TLS of the listeners; none for plain HTTP.
#[derive(Debug, Default)]
pub(super) struct Encryption {
    pub(super) api: Option<Tls>,
    pub(super) admin: Option<Tls>,
}

impl Encryption {
    pub(super) fn configured(section: &TlsSection) -> Result<Self, Trouble> {
        let Some(files) = files(section)? else { return Ok(Self::default()) };
        let api = Tls::load(files)?;
        let admin = section.admin.then(|| api.without_clients()).transpose()?;
        Ok(Self { api: Some(api), admin })
    }

    /// Reads the certificates again when they change, and on SIGHUP, until the service stops.
    pub(super) fn keep_fresh(&self, stop: &CancellationToken) -> Result<(), Trouble> {
        for tls in [&self.api, &self.admin].into_iter().flatten() {
            let (tls, stop) = (tls.clone(), stop.clone());
            let mut told = signal(SignalKind::hangup())?;
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tls.keep_fresh(LOOK_EVERY) => {}
                    () = async { while told.recv().await.is_some() { tls.told_to_read_again() } } => {}
                }
            });
        }
        Ok(())
    }
}

fn files(section: &TlsSection) -> Result<Option<TlsFiles>, Trouble> {
    let trouble = |sentence: &str| Err(Trouble(sentence.to_owned()));
    let authorities = |file| ClientAuthorities {
        file,
        revocation_lists: section.client_revocation_lists.clone(),
        expired: match section.client_revocation_expired {
            config::ExpiredLists::Refuse => ExpiredLists::Refuse,
            config::ExpiredLists::Accept => ExpiredLists::Accept,
        },
    };
    let clients = match (section.client_certificates, section.client_authorities_file.clone()) {
        (config::ClientCertificates::None, None) if !section.client_revocation_lists.is_empty() => {
            return trouble("[tls] names client_revocation_lists, but client_certificates is \"none\"");
        }
        (config::ClientCertificates::None, None) => ClientCertificates::NotAsked,
        (config::ClientCertificates::Optional, Some(path)) => ClientCertificates::Optional(authorities(path)),
        (config::ClientCertificates::Required, Some(path)) => ClientCertificates::Required(authorities(path)),
        (config::ClientCertificates::None, Some(_)) => {
            return trouble(
                "[tls] names a client_authorities_file, but client_certificates is \"none\"; set it to \"optional\" or \
                 \"required\", or leave the file out",
            );
        }
        (_, None) => {
            return trouble(
                "[tls] asks for client_certificates, but names no client_authorities_file that says who may issue them",
            );
        }
    };
    match (section.certificate_file.clone(), section.key_file.clone()) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key, clients })),
        (None, None) if clients == ClientCertificates::NotAsked && !section.admin => Ok(None),
        (None, None) => trouble("[tls] asks for more than it can do without a certificate_file and a key_file"),
        (Some(_), None) => trouble("[tls] names a certificate_file and no key_file; TLS needs both"),
        (None, Some(_)) => trouble("[tls] names a key_file and no certificate_file; TLS needs both"),
    }
}

/// Whether those who use the API reach it encrypted, by the service itself or by a proxy in front of it.
pub(super) const fn is_encrypted(section: &TlsSection) -> bool {
    section.certificate_file.is_some() || section.ended_by_proxy
}

/// Says loudly what is dangerous and may still be meant.
pub(super) fn warn(configuration: &Configuration) {
    let (listen, tls) = (configuration.service.listen, &configuration.tls);
    if !listen.ip().is_loopback() && !is_encrypted(tls) {
        tracing::warn!(
            %listen,
            "the API can be reached from other machines WITHOUT ENCRYPTION: keys and returns can be read on the way. Set \
             certificate_file and key_file in [tls], or ended_by_proxy = true where a proxy in front of the service ends TLS"
        );
    }
    if tls.ended_by_proxy && configuration.http.trusted_proxies.is_empty() {
        tracing::warn!(
            "a proxy ends TLS and http.trusted_proxies is empty: all clients share the proxy's address, and with it the \
             limits of one"
        );
    }
    if is_open_at_rest(configuration) {
        tracing::warn!(
            "others can reach the service and what it keeps is NOT ENCRYPTED: whoever has the disk or a backup reads the \
             returns. Set keys_file in [encryption]; `homeward admin encryption new-key` makes a key"
        );
    }
}

/// Whether a service that others can reach keeps what it is given without encryption.
fn is_open_at_rest(configuration: &Configuration) -> bool {
    let (keys, tls) = (&configuration.encryption, &configuration.tls);
    let is_reached = !configuration.service.listen.ip().is_loopback() || is_encrypted(tls);
    is_reached && keys.keys_file.is_none() && keys.keys.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<TlsFiles>, Trouble> {
        files(&toml::from_str(text).expect("is a section"))
    }

    #[test]
    fn half_a_configuration_is_told_in_a_sentence() {
        let wrong = [
            ("certificate_file = 'c'", "no key_file"),
            ("key_file = 'k'", "no certificate_file"),
            ("admin = true", "without a certificate_file"),
            ("client_certificates = 'required'", "no client_authorities_file"),
            ("client_revocation_lists = ['l']", "client_certificates is \"none\""),
            (
                "certificate_file = 'c'\nkey_file = 'k'\nclient_authorities_file = 'a'",
                "client_certificates is \"none\"",
            ),
            ("client_certificates = 'required'\nclient_authorities_file = 'a'", "without a certificate_file"),
        ];
        for (text, expected) in wrong {
            let Err(Trouble(sentence)) = read(text) else { panic!("{text} is taken") };
            assert!(sentence.contains(expected), "{sentence}");
        }
        assert!(matches!(read(""), Ok(None)));
        assert!(matches!(read("certificate_file = 'c'\nkey_file = 'k'"), Ok(Some(_))));
    }

    #[test]
    fn a_service_that_others_reach_is_told_to_encrypt_what_it_keeps() {
        let is_open = |text: &str| is_open_at_rest(&toml::from_str(text).expect("is a configuration"));
        assert!(!is_open(""), "nobody else reaches it");
        for reached in ["[service]\nlisten = '0.0.0.0:8080'\n", "[tls]\nended_by_proxy = true\n"] {
            assert!(is_open(reached), "{reached}");
            assert!(!is_open(&format!("{reached}[encryption]\nkeys_file = 'k'\n")), "{reached}");
            assert!(!is_open(&format!("{reached}[encryption]\nkeys = 'id:k'\n")), "{reached}");
        }
    }
}
