//! How people sign in, as it is configured.

use super::{Trouble, secrets};
use crate::api::SignInDoor;
use crate::config::{Configuration, SigninSection};
use crate::flow::SignInRules;
use crate::provider::{Provider, ProviderSettings};
use chrono::Duration;
use std::path::Path;

pub(super) fn rules(section: &SigninSection) -> Result<SignInRules, Trouble> {
    if section.idle_minutes == 0 || section.session_hours == 0 {
        return Err(Trouble("idle_minutes and session_hours of [signin] are at least 1".to_owned()));
    }
    let provider = settings(section)?.map(Provider::new).transpose()?;
    let (idle, lasts) = (Duration::minutes(section.idle_minutes.into()), Duration::hours(section.session_hours.into()));
    Ok(SignInRules { provider, idle, lasts })
}

pub(super) fn door(configuration: &Configuration, encrypted: bool) -> Result<SignInDoor, Trouble> {
    let section = &configuration.signin;
    Ok(SignInDoor::new(encrypted, section.redirect_address.as_deref())?)
}

/// What is known of the provider; none where no issuer is named.
fn settings(section: &SigninSection) -> Result<Option<ProviderSettings>, Trouble> {
    let Some(issuer) = section.issuer.clone() else {
        let is_half = section.client_id.is_some() || section.redirect_address.is_some();
        return match is_half {
            true => Err(Trouble("[signin] names no issuer, so its other settings have nobody to speak of".to_owned())),
            false => Ok(None),
        };
    };
    let needed = |setting: &Option<String>, name: &str| {
        setting
            .clone()
            .ok_or_else(|| Trouble(format!("[signin] names an issuer and no {name}; the provider needs both")))
    };
    let (secret, secret_file) = (section.client_secret.as_ref(), section.client_secret_file.as_deref());
    let client_secret = secrets::configured("signin.client_secret", secret, secret_file)?;
    Ok(Some(ProviderSettings {
        issuer,
        client_id: needed(&section.client_id, "client_id")?,
        client_secret,
        redirect_address: needed(&section.redirect_address, "redirect_address")?,
        scopes: section.scopes.clone(),
        authorities: section.authorities_file.as_deref().map(read).transpose()?,
    }))
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path)
        .map_err(|error| Trouble(format!("the file {} of [signin] cannot be read: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match rules(&toml::from_str(text).expect("is a section")) {
            Ok(_) => "taken".to_owned(),
            Err(Trouble(sentence)) => sentence,
        }
    }

    #[test]
    fn half_a_configuration_is_told_in_a_sentence() {
        let whole = "issuer = 'https://id.example'\nclient_id = 'homeward'\n\
                     redirect_address = 'https://homeward.example/v1/sign-in/callback'\n";
        assert_eq!(told(""), "taken");
        assert_eq!(told(whole), "taken");
        let wrong = [
            ("client_id = 'homeward'".to_owned(), "names no issuer"),
            ("issuer = 'https://id.example'".to_owned(), "no client_id"),
            (whole.replace("https://id", "http://id"), "must begin with https://"),
            (format!("{whole}client_secret = 'a'\nclient_secret_file = 'b'"), "set one of them"),
            (format!("{whole}client_secret_file = 'no/such/file'"), "the file no/such/file cannot be used"),
            (format!("{whole}client_secret = ''"), "signin.client_secret is empty"),
            (format!("{whole}authorities_file = 'no/such/file'"), "no/such/file of [signin] cannot be read"),
            ("idle_minutes = 0".to_owned(), "at least 1"),
        ];
        for (text, expected) in wrong {
            assert!(told(&text).contains(expected), "{text}: {}", told(&text));
        }
    }
}
