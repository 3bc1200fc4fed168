//! Makes a backup.

use super::folder::{BackupFolder, PART};
use super::kept_file::{LEDGER, SECRETS};
use super::ledger_copy::{self, LedgerCopy};
use super::manifest::{BackupManifest, FileEntry, ObjectEntry};
use crate::domain::digest::Digest;
use crate::store::archive::{Archive, Folder, ObjectName};
use crate::store::data_folder::DataFolder;
use crate::store::durable::make_private;
use crate::store::encryption::Keyring;
use crate::store::error::StoreError;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Begins the name of a folder in the data folder where the ledger is copied to before it is sealed.
const COPYING: &str = "backup-";

/// A backup that is whole.
#[derive(Debug)]
pub struct BackupTaken {
    pub place: PathBuf,
    pub manifest: BackupManifest,
    /// Objects that were not in the folder of backups before.
    pub added: u64,
    /// Bytes of those.
    pub bytes_added: u64,
    /// Objects that were removed by a decision while the backup was made.
    pub removed_meanwhile: u64,
    /// Received uploads whose bytes are not in the archive: damage that was there before.
    pub without_bytes: u64,
    /// Older backups that were removed.
    pub pruned: u64,
}

/// Makes a backup of a data folder in a folder of backups, beside a service that may be running; `keep` is how many
/// backups stay in the folder, this one included.
///
/// With keys the copy of the ledger is sealed; objects are copied as they are.
pub async fn take_backup(
    data_folder: &Path,
    into: &Path,
    keys: &Keyring,
    now: DateTime<Utc>,
    keep: Option<usize>,
) -> Result<BackupTaken, StoreError> {
    let folder = BackupFolder::new(into);
    let _held = folder.hold()?;
    let earlier = folder.found()?;
    let number = 1 + earlier.iter().filter_map(|found| number_of(&found.place)).max().unwrap_or(0);
    let known: BTreeMap<Digest, u64> = earlier
        .iter()
        .filter_map(|found| found.manifest.as_ref().ok())
        .flat_map(|manifest| &manifest.objects)
        .map(|object| (object.digest, object.bytes))
        .collect();
    let unfinished = folder.backups().join(format!("{number:06}{PART}"));
    make_private(&unfinished).map_err(|source| folder.wrong(source))?;
    let ledger_file = DataFolder::ledger_file(data_folder);
    let (ledger, copy) = copy_ledger(data_folder, &ledger_file, &unfinished, keys).await?;
    let secrets = copy_secrets(data_folder, &unfinished, keys)?;

    let archive = DataFolder::archive_alone(data_folder)?;
    let archive = archive.sealed_objects();
    let mut taken =
        Taking { folder: &folder, known, objects: Vec::new(), added: BTreeMap::new(), removed_meanwhile: 0 };
    for part in Folder::CONTENT.into_iter().chain([Folder::KeyChecks]) {
        for name in archive.list(part).await? {
            if copy.speaks_of(&name) {
                taken.take(archive.as_ref(), &name).await?;
            }
        }
    }
    let (without_bytes, now_in_ledger) = taken.settle_received(&ledger_file, &copy).await?;
    let Taking { mut objects, added, removed_meanwhile, .. } = taken;
    objects.sort_by(|one, other| one.name.cmp(&other.name));
    let manifest = BackupManifest::new(number, now, copy.facts, (ledger, secrets), objects);
    let place = folder.finish(&unfinished, &manifest)?;
    forget_refused(&folder, &now_in_ledger)?;
    let pruned = keep.map_or(Ok(0), |keep| prune(&folder, keep))?;
    let (count, bytes_added) = (added.len() as u64, added.values().sum());
    Ok(BackupTaken { place, manifest, added: count, bytes_added, removed_meanwhile, without_bytes, pruned })
}

fn number_of(place: &Path) -> Option<u64> {
    place.file_name()?.to_str()?.split('-').next()?.parse().ok()
}

/// Where the copy is to be sealed it is made in the data folder, so that nothing unsealed ever lies among the backups.
async fn copy_ledger(
    data_folder: &Path,
    ledger: &Path,
    unfinished: &Path,
    keys: &Keyring,
) -> Result<(FileEntry, LedgerCopy), StoreError> {
    let wrong = |source| StoreError::Folder { folder: data_folder.display().to_string(), source };
    if !ledger.exists() {
        return Err(StoreError::Backup(format!("{} holds no ledger", data_folder.display())));
    }
    for entry in std::fs::read_dir(data_folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        if entry.file_name().to_string_lossy().starts_with(COPYING) {
            std::fs::remove_dir_all(entry.path()).map_err(wrong)?;
        }
    }
    let private = tempfile::Builder::new().prefix(COPYING).tempdir_in(data_folder).map_err(wrong)?;
    let plain = private.path().join("ledger.sqlite");
    ledger_copy::copy(ledger, &plain).await?;
    let copy = ledger_copy::read(&plain, true).await?;
    let bytes = std::fs::read(&plain).map_err(wrong)?;
    Ok((FileEntry::write(LEDGER, bytes, unfinished, keys)?, copy))
}

/// The secrets that lie in the data folder; others are kept by whoever put them elsewhere.
fn copy_secrets(data_folder: &Path, unfinished: &Path, keys: &Keyring) -> Result<Vec<FileEntry>, StoreError> {
    let folder = data_folder.join(SECRETS);
    let wrong = |source| StoreError::Folder { folder: folder.display().to_string(), source };
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(wrong)?,
    };
    let mut secrets = Vec::new();
    for entry in entries {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // One that begins with a dot is being written.
        if entry.file_type().map_err(wrong)?.is_file() && !name.starts_with('.') {
            let bytes = std::fs::read(entry.path()).map_err(wrong)?;
            secrets.push(FileEntry::write(&format!("{SECRETS}/{name}"), bytes, unfinished, keys)?);
        }
    }
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(secrets)
}

struct Taking<'a> {
    folder: &'a BackupFolder,
    /// Objects of backups that are whole, with their sizes.
    known: BTreeMap<Digest, u64>,
    objects: Vec<ObjectEntry>,
    added: BTreeMap<Digest, u64>,
    removed_meanwhile: u64,
}

impl Taking<'_> {
    async fn take(&mut self, archive: &dyn Archive, name: &ObjectName) -> Result<(), StoreError> {
        let bytes = match archive.get(name).await {
            Err(StoreError::NoObject { .. }) => {
                self.removed_meanwhile += 1;
                return Ok(());
            }
            bytes => bytes?,
        };
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        // An object of a whole backup was flushed with it; another of that name may be half written.
        let there = self
            .known
            .get(&digest)
            .is_some_and(|bytes| std::fs::metadata(self.folder.object(&digest)).is_ok_and(|file| file.len() == *bytes));
        if !there && !self.added.contains_key(&digest) {
            self.folder.add_object(&digest, &bytes)?;
            self.added.insert(digest, size);
        }
        self.objects.push(ObjectEntry { name: name.to_string(), digest, bytes: size });
        Ok(())
    }

    /// Of an upload that was received when the ledger was copied and is rejected by now, no content is kept. Says how many
    /// received uploads have no bytes.
    async fn settle_received(&mut self, ledger: &Path, copy: &LedgerCopy) -> Result<(u64, LedgerCopy), StoreError> {
        let now = ledger_copy::read(ledger, false).await?;
        let mut without = 0;
        for id in copy.received() {
            let name = ObjectName::original(id);
            let Some(at) = self.objects.iter().position(|object| object.name == name.to_string()) else {
                without += u64::from(now.speaks_of(&name));
                continue;
            };
            if !now.speaks_of(&name) {
                let entry = self.objects.remove(at);
                let is_named = self.objects.iter().any(|object| object.digest == entry.digest);
                if !is_named && self.added.remove(&entry.digest).is_some() {
                    std::fs::remove_file(self.folder.object(&entry.digest))
                        .map_err(|source| self.folder.wrong(source))?;
                }
                self.removed_meanwhile += 1;
            }
        }
        Ok((without, now))
    }
}

/// An upload that was not decided when an earlier backup was made is in that backup, because what was acknowledged is never
/// lost. Where it was refused since, its bytes go from the backups too.
fn forget_refused(folder: &BackupFolder, ledger: &LedgerCopy) -> Result<(), StoreError> {
    let found = folder.found()?;
    let objects =
        || found.iter().filter_map(|found| found.manifest.as_ref().ok()).flat_map(|manifest| &manifest.objects);
    let is_refused = |object: &&ObjectEntry| {
        let name = ObjectName::from_path(&object.name);
        name.and_then(|name| name.return_id()).is_some_and(|id| ledger.is_rejected(id))
    };
    let before = folder.refused()?;
    // Those that no backup speaks of any more need no line.
    let spoken_of = objects().filter(|object| is_refused(object) || before.contains(&object.name));
    let refused: BTreeSet<String> = spoken_of.map(|object| object.name.clone()).collect();
    if refused != before {
        folder.write_refused(&refused)?;
    }
    let kept: BTreeSet<Digest> =
        objects().filter(|object| !refused.contains(&object.name)).map(|object| object.digest).collect();
    for object in objects().filter(|object| refused.contains(&object.name) && !kept.contains(&object.digest)) {
        match std::fs::remove_file(folder.object(&object.digest)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(folder.wrong(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes the oldest backups, and the objects that none of the others names.
fn prune(folder: &BackupFolder, keep: usize) -> Result<u64, StoreError> {
    let wrong = |source| folder.wrong(source);
    let found = folder.found()?;
    let (old, kept) = found.split_at(found.len().saturating_sub(keep.max(1)));
    if let Some(unreadable) = kept.iter().find(|found| found.manifest.is_err()) {
        let place = unreadable.place.display();
        return Err(StoreError::Backup(format!("nothing was removed, because the backup {place} cannot be read")));
    }
    for backup in old {
        // The name goes first, so that a removal that is interrupted leaves no backup without its objects.
        let part = backup.place.with_extension(&PART[1..]);
        std::fs::rename(&backup.place, &part).and_then(|()| std::fs::remove_dir_all(&part)).map_err(wrong)?;
    }
    let manifests = kept.iter().filter_map(|found| found.manifest.as_ref().ok());
    let named: BTreeSet<PathBuf> =
        manifests.flat_map(|manifest| &manifest.objects).map(|object| folder.object(&object.digest)).collect();
    for file in folder.object_files()? {
        if !named.contains(&file) {
            std::fs::remove_file(&file).map_err(wrong)?;
        }
    }
    Ok(old.len() as u64)
}
