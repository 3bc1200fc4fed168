//! What an opening of a data folder would refuse, found without one: nothing is made, locked or changed.

use super::backup::UNFINISHED;
use super::data_folder::DataFolder;
use super::error::StoreError;
use super::{secret_of_file, signing_key};
use rustix::fs::Access;
use std::io::{Error, ErrorKind};
use std::path::Path;

impl DataFolder {
    /// Everything that would be refused of the folder, of the key that signs, and of the secret of the keys, each of which may
    /// have a file of its own.
    pub fn faults(folder: &Path, signing_key_file: Option<&Path>, key_secret_file: Option<&Path>) -> Vec<StoreError> {
        let of = |path: &Path| {
            let path = path.display().to_string();
            move |source| StoreError::Folder { folder: path, source }
        };
        let mut faults = Vec::new();
        faults.extend(must_be_makeable(folder).map_err(of(folder)).err());
        for inside in ["spool", "archive", "secrets"].map(|name| folder.join(name)) {
            if inside.exists() {
                faults.extend(must_be_makeable(&inside).map_err(of(&inside)).err());
            }
        }
        if folder.join(UNFINISHED).exists() {
            faults.push(StoreError::RestoreUnfinished { folder: folder.display().to_string() });
        }
        let ledger = Self::ledger_file(folder);
        if ledger.exists() {
            let opened = std::fs::OpenOptions::new().read(true).write(true).open(&ledger);
            faults.extend(opened.map_err(of(&ledger)).err());
        }
        faults.extend(
            Self::must_not_be_parted(folder).err().filter(|fault| matches!(fault, StoreError::LedgerGone { .. })),
        );
        // The folder's own are made at a start where they are not there; a file that is named is not.
        let own = Self::secret_file(folder, "signing-key.pem");
        let key = signing_key_file.or_else(|| own.exists().then_some(own.as_path()));
        faults.extend(key.and_then(|file| signing_key::read(file).err()));
        let own = Self::secret_file(folder, "keys");
        let secret = key_secret_file.or_else(|| own.exists().then_some(own.as_path()));
        faults.extend(secret.and_then(|file| secret_of_file(file, false).err()));
        faults
    }
}

/// Refuses a folder that cannot be written to, or could not be made where it is not there.
fn must_be_makeable(folder: &Path) -> Result<(), Error> {
    let there = folder.ancestors().find(|one| one.as_os_str().is_empty() || one.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    if !std::fs::metadata(there)?.is_dir() {
        return Err(Error::new(ErrorKind::NotADirectory, format!("{} is not a folder", there.display())));
    }
    Ok(rustix::fs::access(there, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_fine_and_is_not_made() {
        let above = tempfile::tempdir().expect("a folder");
        let folder = above.path().join("one/two");
        assert!(DataFolder::faults(&folder, None, None).is_empty());
        assert_eq!(std::fs::read_dir(above.path()).expect("lists").count(), 0);
    }

    #[tokio::test]
    async fn what_an_opening_would_refuse_is_found_beside_one_that_is_open() {
        let above = tempfile::tempdir().expect("a folder");
        let folder = above.path().join("data");
        let open = DataFolder::open(&folder, std::sync::Arc::new(super::super::NoObserver)).await.expect("opens");
        assert!(DataFolder::faults(&folder, None, None).is_empty(), "one that a service has open is sound");
        drop(open);
        std::fs::write(folder.join("secrets/keys"), "no secret").expect("writes");
        std::fs::write(folder.join("secrets/signing-key.pem"), "no key").expect("writes");
        std::fs::remove_dir_all(folder.join("archive")).expect("is removed");
        std::fs::write(folder.join("archive"), "no folder").expect("writes");
        let faults: Vec<String> = DataFolder::faults(&folder, None, None).iter().map(ToString::to_string).collect();
        for wanted in ["archive is not a folder", "signing-key.pem cannot be used", "secrets/keys cannot be used"] {
            assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
        }
        let file = folder.join("archive");
        assert!(!DataFolder::faults(&file.join("data"), None, None).is_empty(), "a file is no folder");
        let absent = above.path().join("absent");
        assert_eq!(DataFolder::faults(&above.path().join("new"), Some(&absent), Some(&absent)).len(), 2);
    }
}
