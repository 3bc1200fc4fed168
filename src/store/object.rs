//! The archive over `object_store`: a folder on local disk, or anything else that crate can reach.

use super::archive::{Archive, Folder, ObjectName};
use super::durable::{flush_folder, make_private};
use super::error::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::RwLock;

/// An archive over an object store.
#[derive(Debug, Clone)]
pub struct ObjectArchive {
    store: Arc<dyn ObjectStore>,
    /// Where it lies, when that is a folder.
    folder: Option<PathBuf>,
    /// Held by every put for its time, so that who holds it alone knows that no file is being written.
    writing: Arc<RwLock<()>>,
}

impl ObjectArchive {
    /// A folder on local disk. `object_store` writes to a staging file beside the target and renames it; `with_fsync`
    /// makes it flush the file, the folder and every new folder before it answers. The folders of the first level are made
    /// and flushed here, because two puts at once could each believe that the other did.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        for kind in Folder::CONTENT {
            make_private(&folder.join(kind.to_string())).map_err(wrong)?;
        }
        flush_folder(folder).map_err(wrong)?;
        Self::in_folder_as_it_is(folder)
    }

    /// The same, and nothing is made: to read beside a service that may be running.
    pub fn in_folder_as_it_is(folder: &Path) -> Result<Self, StoreError> {
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder.to_path_buf()), writing: Arc::default() })
    }

    /// Any object store whose puts and deletes are durable when they return, as those of S3 are.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folder: None, writing: Arc::default() }
    }

    /// Removes the staging files that a crash left behind, and says how many: they hold content and are never listed.
    /// Puts may go on meanwhile; for the moment in which files are removed they wait.
    pub async fn remove_staging_files(&self) -> Result<u64, StoreError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let writing = Arc::clone(&self.writing);
        let wrong = {
            let folder = folder.display().to_string();
            move |source| StoreError::Folder { folder, source }
        };
        let done = tokio::task::spawn_blocking(move || remove_staging_files(folder, &writing));
        done.await.map_err(std::io::Error::other).and_then(|removed| removed).map_err(wrong)
    }

    /// After a removal: a power failure must not bring back what is said to be gone.
    async fn flush_folder_of(&self, name: &ObjectName) -> Result<(), StoreError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let Some(parent) = folder.join(name.to_string()).parent().map(Path::to_path_buf) else { return Ok(()) };
        let shown = parent.display().to_string();
        let flushed = tokio::task::spawn_blocking(move || match flush_folder(&parent) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            flushed => flushed,
        });
        let flushed = flushed.await.map_err(std::io::Error::other).and_then(|flushed| flushed);
        flushed.map_err(|source| StoreError::Folder { folder: shown, source })
    }
}

/// Staging files end in `#` and a number; `object_store` documents it, and no name of ours holds a `#`.
fn is_staging(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains('#'))
}

fn remove_staging_files(folder: PathBuf, writing: &RwLock<()>) -> std::io::Result<u64> {
    let mut removed = 0;
    let mut folders = vec![folder];
    while let Some(next) = folders.pop() {
        let mut suspects = Vec::new();
        for entry in std::fs::read_dir(&next)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if is_staging(&entry.path()) {
                suspects.push(entry.path());
            }
        }
        if suspects.is_empty() {
            continue;
        }
        // What is still there while no put is under way belongs to none.
        let _alone = writing.blocking_write();
        for path in suspects {
            match std::fs::remove_file(&path) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        flush_folder(&next)?;
    }
    Ok(removed)
}

fn path(name: &ObjectName) -> Result<ObjectPath, StoreError> {
    ObjectPath::parse(name.to_string()).map_err(|_| StoreError::BadName { name: name.to_string() })
}

fn found(
    name: &ObjectName,
    found: Result<object_store::GetResult, object_store::Error>,
) -> Result<object_store::GetResult, StoreError> {
    match found {
        Err(object_store::Error::NotFound { .. }) => Err(StoreError::NoObject { name: name.to_string() }),
        found => Ok(found?),
    }
}

#[async_trait]
impl Archive for ObjectArchive {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let _writes = self.writing.read().await;
        self.store.put(&path(name)?, bytes.into()).await?;
        Ok(())
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        Ok(found(name, self.store.get(&path(name)?).await)?.bytes().await?)
    }

    async fn beginning(&self, name: &ObjectName, at_most: usize) -> Result<Bytes, StoreError> {
        let range = Some(GetRange::Bounded(0..at_most as u64));
        let options = GetOptions { range, ..GetOptions::default() };
        let path = path(name)?;
        match self.store.get_opts(&path, options).await {
            Ok(part) => Ok(part.bytes().await?),
            // An empty object has no range.
            Err(object_store::Error::NotFound { .. }) => Err(StoreError::NoObject { name: name.to_string() }),
            Err(_) => self.get(name).await,
        }
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        match self.store.delete(&path(name)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => self.flush_folder_of(name).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn list(&self, folder: Folder) -> Result<Vec<ObjectName>, StoreError> {
        let prefix = ObjectPath::from(folder.to_string());
        let found: Vec<_> = self.store.list(Some(&prefix)).try_collect().await?;
        let mut names: Vec<_> =
            found.iter().filter_map(|object| ObjectName::from_path(object.location.as_ref())).collect();
        names.sort();
        Ok(names)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.store.list_with_delimiter(None).await?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let wrong = |source: std::io::Error| StoreError::Folder { folder: folder.display().to_string(), source };
        // A failed disk answers reads and says nothing of itself; a full one is for the limits to tell.
        match tempfile::tempfile_in(folder) {
            Err(error) if !matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                Err(wrong(error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::ReturnId;
    use chrono::DateTime;

    #[tokio::test]
    async fn staging_files_of_a_crash_are_removed_and_whole_objects_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = ObjectArchive::in_folder(folder.path()).expect("opens");
        let id = ReturnId::new(DateTime::UNIX_EPOCH);
        let table = ObjectName::table(id, "children").expect("a good name");
        archive.put(&table, Bytes::from_static(b"whole")).await.expect("puts");
        let half = folder.path().join(format!("{table}#1"));
        std::fs::write(&half, b"ha").expect("writes");
        assert_eq!(archive.remove_staging_files().await.expect("removes"), 1);
        assert!(!half.exists());
        assert_eq!(archive.get(&table).await.expect("gets"), "whole");
        assert_eq!(archive.remove_staging_files().await.expect("finds none"), 0);
    }

    #[tokio::test]
    async fn staging_files_of_a_put_under_way_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = ObjectArchive::in_folder(folder.path()).expect("opens");
        let putting = {
            let archive = archive.clone();
            tokio::spawn(async move {
                for number in 0..200 {
                    let name = ObjectName::original(ReturnId::new(DateTime::UNIX_EPOCH));
                    archive.put(&name, Bytes::from(vec![0; number])).await.expect("no put fails");
                }
            })
        };
        while !putting.is_finished() {
            archive.remove_staging_files().await.expect("removes");
        }
        putting.await.expect("every put was well");
    }
}
