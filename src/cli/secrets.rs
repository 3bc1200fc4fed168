//! The secrets of the service that lie in files: where they are, and when they are made.

use super::Trouble;
use crate::config::Configuration;
use crate::flow::KeySecret;
use crate::store::{DataFolder, KeyFilter, Ledger, SecretForm, secret_of_file};

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
