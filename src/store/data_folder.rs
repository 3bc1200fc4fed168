//! The embedded default: ledger, archive and spool in one folder, for one service at a time.

use super::error::StoreError;
use super::object::ObjectArchive;
use super::observer::TransactionObserver;
use super::sqlite::SqliteLedger;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open data folder. While it is held, no other service can open it.
#[derive(Debug)]
pub struct DataFolder {
    pub ledger: Arc<SqliteLedger>,
    pub archive: Arc<ObjectArchive>,
    /// For uploads that are being read.
    pub spool: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder for a service, and makes what is not there. Only its owner may enter it.
    pub async fn open(folder: &Path, observer: Arc<dyn TransactionObserver>) -> Result<Self, StoreError> {
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
        let archive = ObjectArchive::in_folder(&folder.join("archive"))?;
        let ledger = SqliteLedger::open(&Self::ledger_file(folder), observer).await?;
        Ok(Self { ledger: Arc::new(ledger), archive: Arc::new(archive), spool, _lock: lock })
    }

    /// Opens the ledger alone, beside a service that may be running: for the commands that manage keys.
    pub async fn ledger_alone(
        folder: &Path,
        observer: Arc<dyn TransactionObserver>,
    ) -> Result<SqliteLedger, StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        make_private(folder).map_err(wrong)?;
        SqliteLedger::open(&Self::ledger_file(folder), observer).await
    }

    /// Opens the archive alone, beside a service that may be running: for the command that verifies releases.
    pub fn archive_alone(folder: &Path) -> Result<ObjectArchive, StoreError> {
        ObjectArchive::in_folder(&folder.join("archive"))
    }

    fn ledger_file(folder: &Path) -> PathBuf {
        folder.join("ledger.sqlite")
    }
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Ledger, NoObserver};

    #[tokio::test]
    async fn one_service_has_a_folder_and_keys_can_be_managed_beside_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("data");
        let open = DataFolder::open(&folder, Arc::new(NoObserver)).await.expect("opens");
        let second = DataFolder::open(&folder, Arc::new(NoObserver)).await.expect_err("is in use");
        assert!(matches!(second, StoreError::InUse { .. }), "{second}");
        let beside = DataFolder::ledger_alone(&folder, Arc::new(NoObserver)).await.expect("opens beside");
        assert!(beside.keys().await.expect("lists").is_empty());
        drop(open);
        DataFolder::open(&folder, Arc::new(NoObserver)).await.expect("is free again");
    }
}
