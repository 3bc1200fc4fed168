//! The folder of backups: where things lie in it, and which of it is whole.

use super::manifest::BackupManifest;
use crate::domain::digest::Digest;
use crate::store::durable::{flush_folder, make_private};
use crate::store::error::StoreError;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Ends the name of what is still being written.
pub(super) const PART: &str = ".part";
const MANIFEST: &str = "manifest.json";
/// One name of an object a line, beside the backups.
const REFUSED: &str = "refused.txt";
const MANIFEST_DIGEST: &str = "manifest.sha256";

/// A folder of backups, held while one is made in it.
#[derive(Debug)]
pub(super) struct BackupFolder {
    root: PathBuf,
}

/// A backup as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: PathBuf,
    /// Or why it cannot be used.
    pub(super) manifest: Result<BackupManifest, StoreError>,
}

impl BackupFolder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(super) fn wrong(&self, source: io::Error) -> StoreError {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::NoSpace,
            _ => StoreError::Folder { folder: self.root.display().to_string(), source },
        }
    }

    /// Makes it where it is not there, keeps others out, and removes what an interrupted backup left.
    pub(super) fn hold(&self) -> Result<File, StoreError> {
        let wrong = |source| self.wrong(source);
        make_private(&self.objects()).and_then(|()| make_private(&self.backups())).map_err(wrong)?;
        let lock = File::create(self.root.join("lock")).map_err(wrong)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = self.root.display();
                return Err(StoreError::Backup(format!("another backup is being made in {folder}; wait for its end")));
            }
            Err(TryLockError::Error(source)) => return Err(wrong(source)),
        }
        for entry in fs::read_dir(self.backups()).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if path.to_string_lossy().ends_with(PART) {
                fs::remove_dir_all(&path).map_err(wrong)?;
            }
        }
        Ok(lock)
    }

    fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(super) fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    pub(super) fn object(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.objects().join(&name[..2]).join(name)
    }

    /// Every backup that got its name, oldest first, readable or not.
    pub(super) fn found(&self) -> Result<Vec<Found>, StoreError> {
        let entries = match fs::read_dir(self.backups()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| self.wrong(source))?,
        };
        let mut places = Vec::new();
        for entry in entries {
            let place = entry.map_err(|source| self.wrong(source))?.path();
            if place.is_dir() && !place.to_string_lossy().ends_with(PART) {
                places.push(place);
            }
        }
        places.sort();
        Ok(places.into_iter().map(|place| Found { manifest: read_manifest(&place), place }).collect())
    }

    /// Writes an object that is not yet there. It is flushed with everything else before the backup gets its name.
    pub(super) fn add_object(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let wrong = |source| self.wrong(source);
        let path = self.object(digest);
        let parent = path.parent().unwrap_or(&self.root);
        make_private(parent).map_err(wrong)?;
        let part = path.with_extension("part");
        File::create(&part).and_then(|mut file| file.write_all(bytes)).map_err(wrong)?;
        fs::rename(&part, &path).map_err(wrong)
    }

    /// The names of objects that backups speak of and that are kept no more, because their uploads were refused since.
    pub(super) fn refused(&self) -> Result<BTreeSet<String>, StoreError> {
        match fs::read_to_string(self.root.join(REFUSED)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(source) => Err(self.wrong(source)),
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        }
    }

    /// Writes those names down, durably: before the objects are removed, so that none is ever missed.
    pub(super) fn write_refused(&self, names: &BTreeSet<String>) -> Result<(), StoreError> {
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        let part = self.root.join(format!("{REFUSED}{PART}"));
        let done = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, self.root.join(REFUSED))?;
            flush_folder(&self.root)
        };
        done().map_err(|source| self.wrong(source))
    }

    /// Every file of an object, and of what is half written.
    pub(super) fn object_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let mut files = Vec::new();
            for folder in fs::read_dir(self.objects())? {
                for file in fs::read_dir(folder?.path())? {
                    files.push(file?.path());
                }
            }
            Ok(files)
        };
        list().map_err(|source| self.wrong(source))
    }

    /// Writes the manifest into the folder of an unfinished backup, flushes all, and gives it its name.
    pub(super) fn finish(&self, unfinished: &Path, manifest: &BackupManifest) -> Result<PathBuf, StoreError> {
        let text = manifest.write()?;
        let done = || -> io::Result<PathBuf> {
            fs::write(unfinished.join(MANIFEST), &text)?;
            fs::write(unfinished.join(MANIFEST_DIGEST), format!("{}  {MANIFEST}\n", Digest::of(&text)))?;
            flush_disk(&self.root)?;
            let whole = self.backups().join(manifest.name());
            fs::rename(unfinished, &whole)?;
            flush_folder(&self.backups())?;
            Ok(whole)
        };
        done().map_err(|source| self.wrong(source))
    }
}

/// Reads a manifest and compares its digest.
fn read_manifest(place: &Path) -> Result<BackupManifest, StoreError> {
    let shown = place.join(MANIFEST).display().to_string();
    let unreadable = |error: io::Error| StoreError::Backup(format!("{shown} cannot be read: {error}"));
    let bytes = fs::read(place.join(MANIFEST)).map_err(unreadable)?;
    let said = fs::read_to_string(place.join(MANIFEST_DIGEST)).map_err(unreadable)?;
    if said != format!("{}  {MANIFEST}\n", Digest::of(&bytes)) {
        return Err(StoreError::Backup(format!("{shown} is damaged: its digest is not the one beside it")));
    }
    let manifest = BackupManifest::read(&bytes, &shown)?;
    if place.file_name().is_none_or(|name| name.to_string_lossy() != manifest.name()) {
        return Err(StoreError::Backup(format!("{shown} belongs to the backup {}", manifest.name())));
    }
    Ok(manifest)
}

/// Waits until everything on the disk that holds a folder is on it.
pub(super) fn flush_disk(folder: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(File::open(folder)?)?;
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        rustix::fs::sync();
    }
    Ok(())
}
