//! The embedded default: ledger, archive and spool in one folder, for one service at a time.

use super::backup::UNFINISHED;
use super::durable::make_private;
use super::encryption::SealedArchive;
use super::error::StoreError;
use super::object::ObjectArchive;
use super::observer::TransactionObserver;
use super::signing_key;
use super::sqlite::SqliteLedger;
use crate::domain::evidence::Signer;
use chrono::{DateTime, Utc};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Holds the name of the last backup; its time is that of the backup.
const LAST_BACKUP: &str = "last-backup";

/// An open data folder. While it is held, no other service can open it.
#[derive(Debug)]
pub struct DataFolder {
    pub ledger: Arc<SqliteLedger>,
    /// Without keys so far.
    pub archive: Arc<SealedArchive>,
    /// The folder that the archive is over.
    pub objects: Arc<ObjectArchive>,
    /// For uploads that are being read.
    pub spool: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder for a service, and makes what is not there. Only its owner may enter it. Receipts are signed with
    /// the folder's own key.
    pub async fn open(folder: &Path, observer: Arc<dyn TransactionObserver>) -> Result<Self, StoreError> {
        Self::open_signing_with(folder, observer, None).await
    }

    /// The same, where receipts are signed with the key of a file.
    pub async fn open_signing_with(
        folder: &Path,
        observer: Arc<dyn TransactionObserver>,
        key_file: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        let spool = folder.join("spool");
        make_private(folder).and_then(|()| make_private(&spool)).map_err(wrong)?;
        let lock = File::create(folder.join("lock")).map_err(wrong)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { folder: folder.display().to_string() });
            }
            Err(TryLockError::Error(source)) => return Err(wrong(source)),
        }
        if folder.join(UNFINISHED).exists() {
            return Err(StoreError::RestoreUnfinished { folder: folder.display().to_string() });
        }
        Self::must_not_be_parted(folder)?;
        let objects = Arc::new(ObjectArchive::in_folder(&folder.join("archive"))?);
        let archive = SealedArchive::over(Arc::clone(&objects) as _);
        let signer = Self::signer(folder, key_file)?;
        let ledger = SqliteLedger::open(&Self::ledger_file(folder), observer).await?.signing_with(signer);
        Ok(Self { ledger: Arc::new(ledger), archive: Arc::new(archive), objects, spool, _lock: lock })
    }

    /// Opens the ledger alone, beside a service that may be running: for the commands that manage keys.
    pub async fn ledger_alone(
        folder: &Path,
        observer: Arc<dyn TransactionObserver>,
    ) -> Result<SqliteLedger, StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        make_private(folder).map_err(wrong)?;
        Self::must_not_be_parted(folder)?;
        SqliteLedger::open(&Self::ledger_file(folder), observer).await
    }

    /// Refuses an archive that holds something and has no ledger beside it, or an empty file in its place: whoever opened a new
    /// one there would make everybody's returns nobody's.
    pub(super) fn must_not_be_parted(folder: &Path) -> Result<(), StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        let has_ledger = std::fs::metadata(Self::ledger_file(folder)).is_ok_and(|file| file.len() > 0);
        if !has_ledger && holds_a_file(&folder.join("archive")).map_err(wrong)? {
            return Err(StoreError::LedgerGone { folder: folder.display().to_string() });
        }
        Ok(())
    }

    /// Opens the archive alone, beside a service that may be running: to read from it.
    pub fn archive_alone(folder: &Path) -> Result<SealedArchive, StoreError> {
        let objects = ObjectArchive::in_folder_as_it_is(&folder.join("archive"))?;
        Ok(SealedArchive::over(Arc::new(objects)))
    }

    /// Where a secret of the service lies that has no file of its own in the configuration.
    pub fn secret_file(folder: &Path, name: &str) -> PathBuf {
        folder.join("secrets").join(name)
    }

    /// The key that signs evidence: that of a file, or the folder's own, which is made when there is none.
    pub fn signer(folder: &Path, key_file: Option<&Path>) -> Result<Signer, StoreError> {
        if let Some(file) = key_file {
            return signing_key::read(file);
        }
        let secrets = folder.join("secrets");
        let wrong = |source| StoreError::Folder { folder: secrets.display().to_string(), source };
        make_private(&secrets).map_err(wrong)?;
        signing_key::read_or_make(&secrets.join("signing-key.pem"))
    }

    /// Remembers in the data folder that it was backed up, so that the service can tell how long ago that was.
    pub fn note_backup(folder: &Path, name: &str) -> Result<(), StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        std::fs::write(folder.join(LAST_BACKUP), format!("{name}\n")).map_err(wrong)
    }

    /// When it was last backed up; none where it never was.
    pub fn last_backup(folder: &Path) -> Option<DateTime<Utc>> {
        std::fs::metadata(folder.join(LAST_BACKUP)).and_then(|file| file.modified()).ok().map(DateTime::from)
    }

    /// Where the ledger of a data folder lies.
    pub fn ledger_file(folder: &Path) -> PathBuf {
        folder.join("ledger.sqlite")
    }
}

/// Without its ledger nothing says whose the archive's objects are, so the two are never parted in silence.
fn holds_a_file(folder: &Path) -> std::io::Result<bool> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                return Ok(true);
            }
            folders.push(entry.path());
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(DataFolder::last_backup(folder.path()), None);
        DataFolder::note_backup(folder.path(), "2026-01-01").expect("is noted");
        assert!(DataFolder::last_backup(folder.path()).is_some());
    }
    use crate::store::NoObserver;

    #[tokio::test]
    async fn an_archive_without_its_ledger_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::open(folder.path(), Arc::new(NoObserver)).await.expect("opens");
        data.ledger.close().await;
        drop(data);
        for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
            let _ = std::fs::remove_file(folder.path().join(file));
        }
        DataFolder::open(folder.path(), Arc::new(NoObserver))
            .await
            .expect("an empty archive has lost nothing")
            .ledger
            .close()
            .await;
        std::fs::remove_file(folder.path().join("ledger.sqlite")).expect("is there");
        let original = folder.path().join("archive/originals/one.zst");
        std::fs::write(&original, b"x").expect("writes");
        let error = DataFolder::open(folder.path(), Arc::new(NoObserver)).await.expect_err("is refused");
        assert!(matches!(error, StoreError::LedgerGone { .. }), "{error}");
        let error = DataFolder::ledger_alone(folder.path(), Arc::new(NoObserver)).await.expect_err("is refused");
        assert!(matches!(error, StoreError::LedgerGone { .. }), "{error}");
        assert!(!DataFolder::ledger_file(folder.path()).exists(), "no command makes a ledger beside an archive");
        std::fs::write(folder.path().join("ledger.sqlite"), b"").expect("writes");
        let error = DataFolder::open(folder.path(), Arc::new(NoObserver)).await.expect_err("is refused");
        assert!(matches!(error, StoreError::LedgerGone { .. }), "an empty file is no ledger: {error}");
        assert!(original.exists());
    }
}
