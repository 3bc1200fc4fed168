//! A file of the data folder as it lies beside a manifest: sealed where there are keys.

use super::manifest::FileEntry;
use crate::domain::digest::Digest;
use crate::store::encryption::Keyring;
use crate::store::error::StoreError;
use std::path::Path;

/// The ledger's path in the data folder.
pub(super) const LEDGER: &str = "ledger.sqlite";
/// The folder of the service's secrets in the data folder.
pub(super) const SECRETS: &str = "secrets";

/// What is authenticated with a sealed file.
fn sealed_name(name: &str) -> String {
    format!("backup/{name}")
}

impl FileEntry {
    /// Writes a file of the data folder beside the manifest.
    pub(super) fn write(name: &str, bytes: Vec<u8>, place: &Path, keys: &Keyring) -> Result<Self, StoreError> {
        let sealed = keys.seal(&sealed_name(name), &bytes)?;
        let ending = if sealed.is_some() { ".sealed" } else { "" };
        let file = name.replace('/', "-") + ending;
        let bytes = sealed.unwrap_or(bytes);
        let at = place.join(&file);
        super::restore::write_private(&at, &bytes)
            .map_err(|source| StoreError::Folder { folder: at.display().to_string(), source })?;
        let sealed_with = keys.sealing_id().map(str::to_owned);
        Ok(Self { name: name.to_owned(), file, digest: Digest::of(&bytes), bytes: bytes.len() as u64, sealed_with })
    }

    /// The bytes as they lie beside the manifest, compared with their digest.
    pub(super) fn read(&self, place: &Path) -> Result<Vec<u8>, StoreError> {
        let is_known = self.name == LEDGER
            || self.name.strip_prefix(SECRETS).and_then(|rest| rest.strip_prefix('/')).is_some_and(is_plain);
        if !is_known || !is_plain(&self.file) {
            return Err(StoreError::damaged("the manifest", "it names a file that is not known"));
        }
        let path = place.join(&self.file);
        let bytes = std::fs::read(&path)
            .map_err(|error| StoreError::Backup(format!("{} cannot be read: {error}", path.display())))?;
        if Digest::of(&bytes) != self.digest {
            return Err(StoreError::damaged(path.display().to_string(), "its digest is not the one in the manifest"));
        }
        Ok(bytes)
    }

    /// What the data folder had.
    pub(super) fn open(&self, bytes: Vec<u8>, keys: &Keyring) -> Result<Vec<u8>, StoreError> {
        Ok(keys.open(&sealed_name(&self.name), &bytes)?.unwrap_or(bytes))
    }
}

/// The ledger of a backup by its bytes there, opened where it is sealed.
pub fn ledger_of_backup(bytes: Vec<u8>, keys: &Keyring) -> Result<Vec<u8>, StoreError> {
    Ok(keys.open(&sealed_name(LEDGER), &bytes)?.unwrap_or(bytes))
}

/// Whether a name leads nowhere else.
fn is_plain(name: &str) -> bool {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(safe)
}
