//! The secrets of the service that lie in files: where they are, and when they are made.

use super::Trouble;
use crate::config::{Configuration, Secret};
use crate::flow::KeySecret;
use crate::store::{DataFolder, KeyFilter, Ledger, SecretForm, secret_of_file, text_of_secret_file};
use std::path::Path;

/// The secret under which keys are digested. It is made at the first start, unless the configuration names a file; never
/// anew once a key was made with it, because then no key could be used any more.
pub(super) async fn key_secret(configuration: &Configuration, ledger: &dyn Ledger) -> Result<KeySecret, Trouble> {
    let section = &configuration.service;
    let secret = match &section.key_secret_file {
        Some(file) => secret_of_file(file, false),
        None => {
            let keys = ledger.keys(&KeyFilter::default()).await?;
            let is_needed = keys.iter().any(|key| key.secret.form == SecretForm::Keyed && key.revoked.is_none());
            secret_of_file(&DataFolder::secret_file(&section.data_folder, "keys"), !is_needed)
        }
    };
    let secret = secret.map_err(|error| {
        Trouble(format!(
            "{error}; the keys in the ledger can be used with this secret only: restore it from its backup"
        ))
    })?;
    Ok(KeySecret::new(secret))
}

/// A secret that is configured, or the first line of the file that holds it. An empty one is a mistake and not a wish: the
/// other side would take it for none, or refuse it without saying why.
pub(super) fn configured(name: &str, given: Option<&Secret>, file: Option<&Path>) -> Result<Option<String>, Trouble> {
    let (secret, place) = match (given, file) {
        (Some(_), Some(_)) => {
            return Err(Trouble(format!("{name} and {name}_file say the same thing; set one of them")));
        }
        (None, None) => return Ok(None),
        (Some(secret), None) => (secret.reveal().to_owned(), name.to_owned()),
        (None, Some(path)) => {
            let text = text_of_secret_file(path).map_err(|error| Trouble(format!("{name}_file: {error}")))?;
            (text.lines().next().unwrap_or_default().trim().to_owned(), format!("{name}_file, {},", path.display()))
        }
    };
    if secret.is_empty() {
        return Err(Trouble(format!("{place} is empty; put the secret in, or take the setting out")));
    }
    Ok(Some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_that_is_there_and_that_not_everybody_reads() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = |text: &[u8], mode: u32| {
            let path = folder.path().join("secret");
            std::fs::write(&path, text).expect("is written");
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("is changed");
            configured("mail.password", None, Some(&path)).map_err(|Trouble(said)| said)
        };
        assert_eq!(read(b" open sesame \nand more\n", 0o640), Ok(Some("open sesame".to_owned())));
        for (text, mode, expected) in [
            (&b""[..], 0o600, "is empty"),
            (b"\n", 0o600, "is empty"),
            (b"\xff", 0o600, "UTF-8"),
            #[cfg(unix)]
            (b"open sesame", 0o644, "everybody may read it"),
        ] {
            let said = read(text, mode).expect_err("is refused");
            assert!(said.starts_with("mail.password_file") && said.contains(expected), "{said}");
        }
        let given: Secret = toml::Value::String(String::new()).try_into().expect("a secret");
        let Err(Trouble(said)) = configured("mail.password", Some(&given), None) else { panic!("it is taken") };
        assert!(said.starts_with("mail.password is empty"), "{said}");
    }
}
