//! Makes a data folder from a backup.

use super::folder::{BackupFolder, flush_disk};
use super::manifest::{BackupManifest, ObjectEntry};
use crate::domain::digest::Digest;
use crate::store::archive::ObjectName;
use crate::store::durable::{flush_folder, make_private};
use crate::store::encryption::Keyring;
use crate::store::error::StoreError;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Lies in a data folder until its restoration has ended; no service opens the folder before.
pub const UNFINISHED: &str = "restore-unfinished";

/// Restores a backup into an empty folder, the latest whole one unless another is named, and says which it was. Every byte
/// is compared with its digest on the way and flushed before it is done. Uploads that were refused after the backup come back
/// as received without their bytes, and the next start ends them.
pub fn restore_backup(
    root: &Path,
    name: Option<&str>,
    data_folder: &Path,
    keys: &Keyring,
) -> Result<BackupManifest, StoreError> {
    let folder = BackupFolder::new(root);
    let mut found = folder.found()?;
    if let Some(name) = name {
        found.retain(|backup| backup.place.file_name().is_some_and(|file| file.to_string_lossy() == name));
    }
    let chosen = found.pop().ok_or_else(|| {
        let what = name.map_or_else(|| "no whole backup".to_owned(), |name| format!("no whole backup {name}"));
        StoreError::Backup(format!("{} holds {what}", root.display()))
    })?;
    let manifest = chosen.manifest?;
    let wrong = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::NoSpace,
        _ => StoreError::Folder { folder: data_folder.display().to_string(), source },
    };
    make_private(data_folder).map_err(wrong)?;
    if fs::read_dir(data_folder).map_err(wrong)?.next().is_some() {
        let advice = "a backup is restored into an empty folder only; move what is there aside";
        return Err(StoreError::Backup(format!("{} is not empty: {advice}", data_folder.display())));
    }
    let mut beside = Vec::new();
    for entry in manifest.files() {
        beside.push((data_folder.join(&entry.name), entry.open(entry.read(&chosen.place)?, keys)?));
    }
    let marker = data_folder.join(UNFINISHED);
    fs::write(&marker, manifest.name()).map_err(wrong)?;
    flush_folder(data_folder).map_err(wrong)?;
    let archive = data_folder.join("archive");
    let refused = folder.refused()?;
    let is_gone = |object: &&ObjectEntry| refused.contains(&object.name) && !folder.object(&object.digest).exists();
    for object in manifest.objects.iter().filter(|object| !is_gone(object)) {
        let unknown = || StoreError::damaged("the manifest", format!("{} is no name of an object", object.name));
        ObjectName::from_path(&object.name).ok_or_else(unknown)?;
        let from = folder.object(&object.digest);
        let bytes = fs::read(&from)
            .map_err(|error| StoreError::Backup(format!("{} cannot be read: {error}", from.display())))?;
        if Digest::of(&bytes) != object.digest {
            return Err(StoreError::damaged(&object.name, format!("the bytes of {} were altered", from.display())));
        }
        let to = archive.join(&object.name);
        make_private(to.parent().unwrap_or(&archive)).map_err(wrong)?;
        write_private(&to, &bytes).map_err(wrong)?;
    }
    for (to, bytes) in beside {
        make_private(to.parent().unwrap_or(data_folder)).and_then(|()| write_private(&to, &bytes)).map_err(wrong)?;
    }
    flush_disk(data_folder).map_err(wrong)?;
    fs::remove_file(&marker).and_then(|()| flush_folder(data_folder)).map_err(wrong)?;
    Ok(manifest)
}

/// Writes a new file that nobody but its owner may read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(bytes)
}
