//! Looks whether every byte of the backups in a folder is what it was.

use super::folder::{BackupFolder, Found};
use super::kept_file::LEDGER;
use super::ledger_copy;
use super::manifest::BackupManifest;
use crate::domain::digest::{Digest, Digester};
use crate::store::encryption::Keyring;
use crate::store::error::StoreError;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// What was found in a folder of backups.
#[derive(Debug, Default)]
pub struct BackupChecked {
    /// The backups that are whole, oldest first.
    pub whole: Vec<BackupManifest>,
    /// What is wrong, as sentences.
    pub damage: Vec<String>,
    /// Whether a ledger is sealed with a key that is not there, so that only its bytes were compared.
    pub sealed_ledgers: bool,
}

/// Reads every file of every backup and compares it with its digest; opens every ledger that the keys open.
pub async fn verify_backups(root: &Path, keys: &Keyring) -> Result<BackupChecked, StoreError> {
    let folder = BackupFolder::new(root);
    let mut checked = BackupChecked::default();
    let mut seen = BTreeMap::new();
    let refused = folder.refused()?;
    for Found { place, manifest } in folder.found()? {
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(error) => {
                checked.damage.push(error.to_string());
                continue;
            }
        };
        let before = checked.damage.len();
        for object in &manifest.objects {
            let path = folder.object(&object.digest);
            if refused.contains(&object.name) && !path.exists() {
                continue;
            }
            let good =
                *seen.entry(object.digest).or_insert_with(|| digest_of(&path).is_ok_and(|it| it == object.digest));
            if !good {
                let (name, path) = (&object.name, path.display());
                checked.damage.push(format!("{name} of the backup {} is missing or altered: {path}", manifest.name()));
            }
        }
        match beside(&place, &manifest, keys).await {
            Ok(opened) => checked.sealed_ledgers |= !opened,
            Err(error) => checked.damage.push(format!("the backup {}: {error}", manifest.name())),
        }
        if checked.damage.len() == before {
            checked.whole.push(manifest);
        }
    }
    if checked.whole.is_empty() && checked.damage.is_empty() {
        return Err(StoreError::Backup(format!("{} holds no whole backup", root.display())));
    }
    Ok(checked)
}

fn digest_of(path: &Path) -> std::io::Result<Digest> {
    let (mut file, mut digester, mut piece) = (File::open(path)?, Digester::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digester.finish()),
            read => digester.update(&piece[..read]),
        }
    }
}

/// Says whether the ledger and the secrets could be opened too.
async fn beside(place: &Path, manifest: &BackupManifest, keys: &Keyring) -> Result<bool, StoreError> {
    let mut opened = Vec::new();
    for entry in manifest.files() {
        match entry.open(entry.read(place)?, keys) {
            Err(StoreError::KeyMissing { .. }) => {}
            bytes => opened.push(bytes?),
        }
    }
    if opened.len() < manifest.files().count() {
        return Ok(false);
    }
    let wrong = |source| StoreError::Folder { folder: place.display().to_string(), source };
    // SQLite reads files only; where the copy is sealed it lies open for this moment, in the folder for such files.
    let private = tempfile::tempdir().map_err(wrong)?;
    let file = private.path().join(LEDGER);
    std::fs::write(&file, &opened[0]).map_err(wrong)?;
    let copy = ledger_copy::read(&file, true).await?;
    if copy.facts != manifest.facts() {
        return Err(StoreError::damaged("the manifest", "it says something else than the ledger beside it"));
    }
    Ok(true)
}
