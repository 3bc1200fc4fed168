//! The archive over `object_store`: a folder on local disk, or anything else that crate can reach.

use super::archive::{Archive, Folder, ObjectName};
use super::error::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use std::path::Path;
use std::sync::Arc;

/// An archive over an object store.
#[derive(Debug, Clone)]
pub struct ObjectArchive {
    store: Arc<dyn ObjectStore>,
}

impl ObjectArchive {
    /// A folder on local disk. `object_store` writes to a staging file beside the target and renames it; `with_fsync`
    /// makes it flush the file, the folder and every new folder before it answers. Staging files that a crash left
    /// behind hold content and are not listed, so they are removed here, before anything can be in the middle of a put.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(wrong)?;
        remove_staging_files(folder).map_err(wrong)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Any object store whose puts are durable when they return, as those of S3 are.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }
}

/// Staging files end in `#` and a number; `object_store` documents it, and no name of ours holds a `#`.
fn remove_staging_files(folder: &Path) -> std::io::Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            let is_staging = || path.file_name().is_some_and(|name| name.to_string_lossy().contains('#'));
            if path.is_dir() {
                folders.push(path);
            } else if is_staging() {
                std::fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}

fn path(name: &ObjectName) -> Result<ObjectPath, StoreError> {
    ObjectPath::parse(name.to_string()).map_err(|_| StoreError::BadName { name: name.to_string() })
}

#[async_trait]
impl Archive for ObjectArchive {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.store.put(&path(name)?, bytes.into()).await?;
        Ok(())
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        match self.store.get(&path(name)?).await {
            Ok(found) => Ok(found.bytes().await?),
            Err(object_store::Error::NotFound { .. }) => Err(StoreError::NoObject { name: name.to_string() }),
            Err(error) => Err(error.into()),
        }
    }

    // `object_store` does not flush the folder after a removal: after a power failure (not a crash) the object can be back.
    // The start that follows removes it again, because the ledger says that its upload was rejected.
    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        match self.store.delete(&path(name)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
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
        self.store.list(Some(&ObjectPath::from("originals"))).try_next().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::ReturnId;
    use chrono::DateTime;

    #[tokio::test]
    async fn staging_files_of_a_crash_are_removed_when_the_archive_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let originals = folder.path().join("originals");
        std::fs::create_dir_all(&originals).expect("a folder");
        let id = ReturnId::new(DateTime::UNIX_EPOCH);
        let whole = originals.join(format!("{id}.zst"));
        let half = originals.join(format!("{id}.zst#1"));
        std::fs::write(&whole, b"whole").expect("writes");
        std::fs::write(&half, b"ha").expect("writes");
        let archive = ObjectArchive::in_folder(folder.path()).expect("opens");
        assert!(whole.exists() && !half.exists());
        assert_eq!(archive.list(Folder::Originals).await.expect("lists"), [ObjectName::original(id)]);
    }
}
