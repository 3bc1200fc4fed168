//! What has to be known of a provider before it is asked anything.

use super::ProviderError;
use openidconnect::{IssuerUrl, PostLogoutRedirectUrl, RedirectUrl};
use std::fmt;
use std::net::IpAddr;

/// How the service and its provider know each other.
#[derive(Clone)]
pub struct ProviderSettings {
    /// The provider's own identifier, under which `/.well-known/openid-configuration` lies.
    pub issuer: String,
    pub client_id: String,
    /// None for a client that the provider knows as public.
    pub client_secret: Option<String>,
    /// This service's `/v1/sign-in/callback`, as browsers reach it.
    pub redirect_address: String,
    pub scopes: Vec<String>,
    /// Certificates, as PEM, of authorities to trust beside those of this machine.
    pub authorities: Option<Vec<u8>>,
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ProviderSettings({})", self.issuer)
    }
}

/// The addresses of the settings, read.
pub(super) struct Addresses {
    pub(super) issuer: IssuerUrl,
    pub(super) redirect: RedirectUrl,
    /// Where whoever signed out at the provider comes back to: beside the redirect.
    pub(super) signed_out: PostLogoutRedirectUrl,
}

impl ProviderSettings {
    pub(super) fn read(&self) -> Result<Addresses, ProviderError> {
        let wrong =
            |setting: &'static str, problem: &str| ProviderError::Settings { setting, problem: problem.to_owned() };
        let no_address = "it is not an address such as https://id.example";
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|_| wrong("issuer", no_address))?;
        let redirect = RedirectUrl::new(self.redirect_address.clone());
        let redirect = redirect.map_err(|_| wrong("redirect_address", no_address))?;
        if !is_encrypted_or_local(issuer.url()) {
            return Err(wrong(
                "issuer",
                "it must begin with https://, because whoever can change an answer can be anybody",
            ));
        }
        if !is_encrypted_or_local(redirect.url()) {
            return Err(wrong("redirect_address", "it must begin with https://, because the session comes that way"));
        }
        if redirect.url().path() != "/v1/sign-in/callback" {
            return Err(wrong("redirect_address", "it must end in /v1/sign-in/callback, where this service waits"));
        }
        if self.client_id.is_empty() {
            return Err(wrong("client_id", "it is missing; the provider gave it to you for this service"));
        }
        let mut signed_out = redirect.url().clone();
        signed_out.set_path("/v1/sign-out/callback");
        Ok(Addresses { issuer, redirect, signed_out: PostLogoutRedirectUrl::from_url(signed_out) })
    }
}

/// Plain HTTP never leaves the machine.
pub(super) fn is_encrypted_or_local(address: &openidconnect::url::Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let address_of_host = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_local = host == "localhost" || address_of_host.is_ok_and(|address| address.is_loopback());
    address.scheme() == "https" || (address.scheme() == "http" && is_local)
}

#[cfg(test)]
mod tests {
    use super::super::Provider;
    use super::*;

    fn settings() -> ProviderSettings {
        ProviderSettings {
            issuer: "https://id.example".to_owned(),
            client_id: "homeward".to_owned(),
            client_secret: Some("open sesame".to_owned()),
            redirect_address: "https://homeward.example/v1/sign-in/callback".to_owned(),
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            authorities: None,
        }
    }

    #[test]
    fn wrong_settings_are_told_in_a_sentence() {
        let wrong = [
            (ProviderSettings { issuer: "id.example".to_owned(), ..settings() }, "issuer"),
            (ProviderSettings { issuer: "http://id.example".to_owned(), ..settings() }, "https://"),
            (ProviderSettings { redirect_address: "https://homeward.example".to_owned(), ..settings() }, "must end in"),
            (ProviderSettings { client_id: String::new(), ..settings() }, "client_id"),
            (ProviderSettings { authorities: Some(b"nothing".to_vec()), ..settings() }, "authorities_file"),
        ];
        for (settings, expected) in wrong {
            let told = Provider::new(settings).expect_err("is refused").to_string();
            assert!(told.contains(expected) && !told.contains("sesame"), "{told}");
        }
        assert!(Provider::new(settings()).is_ok());
        let local = ProviderSettings { issuer: "http://127.0.0.1:9000".to_owned(), ..settings() };
        assert!(Provider::new(local).is_ok(), "plain HTTP on one machine");
        assert!(!format!("{:?}", settings()).contains("sesame"));
        let read = settings().read().expect("is read");
        assert_eq!(read.signed_out.as_str(), "https://homeward.example/v1/sign-out/callback");
    }
}
