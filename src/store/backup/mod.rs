//! Backups beside a running service: the ledger as it stood at one moment, and every object that it speaks of.
//!
//! The ledger is copied first. An object is durable before the ledger speaks of it, and never changes but by being sealed
//! with another key or removed, so whatever the copy speaks of is in the archive, unless it was removed in between by a
//! decision: then it is not in the backup either. What came after the copy is not looked at.
//!
//! The service's own secrets, where they lie in the data folder, go with the ledger: without them its keys are of no use.
//!
//! A folder holds many backups. An object lies in it once, under the SHA-256 of its bytes, as it lies in the archive:
//! sealed objects stay sealed. A backup is a folder whose manifest names the ledger's copy and every object with its digest;
//! it gets its own name last, so that one that was interrupted is never taken for a whole one.
//!
//! ```text
//! objects/4f/4f0c…                          an object
//! backups/000012-20261122T034500Z/          a backup
//!     manifest.json  manifest.sha256  ledger.sqlite  secrets-keys (.sealed where there are keys)
//! ```

mod folder;
mod kept_file;
mod ledger_copy;
mod manifest;
mod restore;
mod take;
mod verify;

pub use kept_file::ledger_of_backup;
pub use manifest::{BackupManifest, FileEntry, ObjectEntry};
pub use restore::{UNFINISHED, restore_backup};
pub use take::{BackupTaken, take_backup};
pub use verify::{BackupChecked, verify_backups};

#[cfg(test)]
mod tests;
