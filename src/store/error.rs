//! What can go wrong while keeping something.

use crate::domain::collecting::{CollectionMove, CollectionState};
use crate::domain::identifier::{CertificateId, KeyId, PersonId, ReleaseId, ReturnId};
use crate::domain::release::{ReleaseMove, ReleaseState};
use crate::domain::state::{ReturnMove, ReturnState};
use chrono::{DateTime, NaiveDate, Utc};

/// Why something was not kept or not found. No text holds anything of a return's content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{what} is not in the ledger")]
    NotFound { what: String },
    #[error("the return {id} is {found}, not {expected}: somebody else changed it meanwhile; look at it again")]
    Moved { id: ReturnId, expected: ReturnState, found: ReturnState },
    #[error("a return that is {from} does not take the move {step}; what can be done now: {}", from.possible())]
    NoSuchMove { from: ReturnState, step: ReturnMove },
    #[error(
        "version {in_force} of this return is already accepted; an earlier version cannot take its place, so send its file again, \
         which makes a new version"
    )]
    LaterVersionInForce { in_force: u32 },
    #[error(
        "the collection {collection} is {found}, which does not take the move {step}; what can be done now: {}",
        found.possible()
    )]
    CollectionMoved { collection: String, step: CollectionMove, found: CollectionState },
    #[error("a deadline is only extended: it is {deadline} already, so give a later day")]
    NotLater { deadline: NaiveDate },
    #[error("the collection {collection} has been closed since {since}, and takes no signature")]
    CollectionClosed { collection: String, since: DateTime<Utc> },
    #[error("the release {id} is {found}, so it cannot be {}", step.to())]
    ReleaseMoved { id: ReleaseId, step: ReleaseMove, found: ReleaseState },
    #[error("a release is approved by a second person: another than the one who built it")]
    ApprovedByBuilder,
    #[error(
        "the release {latest} was published since this one was built; build it again, so that its changes and its \
         protection start from what stands"
    )]
    ReleaseOvertaken { latest: ReleaseId },
    #[error("the release {scheduled} is to be published at {at}; discard it, or wait until it is published")]
    AnotherScheduled { scheduled: ReleaseId, at: DateTime<Utc> },
    #[error("{what} belongs to somebody else already; each person has one of their own")]
    Taken { what: &'static str },
    #[error("the name of the person {id} was deleted, or is about to be; enter them anew if they are to act again")]
    PersonDeleted { id: PersonId },
    #[error("the key {id} has ended or was replaced before; make a new one, or rotate the one that took its place")]
    KeyEnded { id: KeyId },
    #[error(
        "{what} does not wait to be confirmed, or not as it was seen: somebody else decided on it or changed it meanwhile; look \
         at it again"
    )]
    NothingWaits { what: String },
    #[error(
        "{what} is confirmed by a second person: another than whoever asked for it, had a part in it, or is to have it; where \
         all of them did, refuse it and ask anew, or confirm it on the machine itself"
    )]
    ConfirmedByMaker { what: String },
    #[error("the idempotency key was used before for another file; use a new key for a new file")]
    IdempotencyKeyReused,
    #[error("the content of this return was deleted: {why} (certificate {certificate})")]
    ContentDeleted { certificate: CertificateId, why: String },
    #[error("the object {name} is not in the archive")]
    NoObject { name: String },
    #[error("{name} cannot be a file name in the archive: use letters, digits, dots, hyphens and underscores")]
    BadName { name: String },
    #[error(
        "the ledger was written by a later version of this program (schema {found}, this program knows up to {known}); \
         start the later version, or restore the backup that was made before it"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("{what} is damaged in the store: {problem}")]
    Damaged { what: String, problem: String },
    #[error(
        "the object {name} is sealed with the encryption key {key}, which is not among the keys that are configured; add it \
         to encryption.keys_file, and keep it until nothing is sealed with it"
    )]
    KeyMissing { key: String, name: String },
    #[error(
        "the object {name} does not open with the encryption key {key}: its bytes were altered, it was put in the place of \
         another object, or the key is not the one that sealed it"
    )]
    SealBroken { key: String, name: String },
    #[error("the object {name} could not be sealed: {problem}")]
    Sealing { name: String, problem: String },
    #[error("there is no space left to keep it; free some space and send it again: nothing was lost")]
    NoSpace,
    #[error("the ledger could not do its work: {0}")]
    Ledger(sqlx::Error),
    #[error("the ledger could not be brought to this program's schema: {0}")]
    Migration(sqlx::migrate::MigrateError),
    #[error("the archive could not do its work: {0}")]
    Archive(object_store::Error),
    #[error(
        "the folder {folder} is in use by another service; stop that one first, or give this one a folder of its own"
    )]
    InUse { folder: String },
    #[error(
        "the folder {folder} holds an archive and no ledger, so nothing says whose its objects are, and nothing is opened or made \
         there; mount the ledger again or put back the newest copy of ledger.sqlite, with ledger.sqlite-wal where there is one, or \
         restore a backup into an empty folder and keep this one. What an older copy does not know stays in the archive: it is \
         named in the log and listed by homeward admin retention unknown"
    )]
    LedgerGone { folder: String },
    #[error("the secret in the file {file} cannot be used: {source}")]
    SecretFile { file: String, source: std::io::Error },
    #[error(
        "the ledger is of an earlier program, whose history is not chained yet; start this program's service on it once"
    )]
    NotChained,
    #[error("the signing key {file} cannot be used: {problem}")]
    SigningKey { file: String, problem: String },
    #[error("the ledger was opened without the key that signs receipts, so nothing can be decided with it")]
    NoSigningKey,
    #[error("the folder {folder} holds a restoration that did not end; empty it and restore the backup again")]
    RestoreUnfinished { folder: String },
    #[error("{0}")]
    Backup(String),
    #[error("the folder {folder} cannot be used to keep data: {source}")]
    Folder { folder: String, source: std::io::Error },
}

impl StoreError {
    pub(super) fn damaged(what: impl Into<String>, problem: impl ToString) -> Self {
        Self::Damaged { what: what.into(), problem: problem.to_string() }
    }
}

/// SQLite's result code for a full disk.
const SQLITE_FULL: &str = "13";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inside) if inside.code().as_deref() == Some(SQLITE_FULL) => Self::NoSpace,
            _ => Self::Ledger(error),
        }
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        if let object_store::Error::NotFound { path, .. } = &error {
            return Self::NoObject { name: path.clone() };
        }
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(inside) = cause {
            let full = inside.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if matches!(full, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
                return Self::NoSpace;
            }
            cause = inside.source();
        }
        Self::Archive(error)
    }
}

impl StoreError {
    /// Whether it is of one object that is there and cannot be read: its key, its seal or its bytes are wrong.
    pub const fn is_of_an_unreadable_object(&self) -> bool {
        matches!(self, Self::SealBroken { .. } | Self::KeyMissing { .. } | Self::Damaged { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn from_disk(kind: io::ErrorKind) -> StoreError {
        object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(io::Error::from(kind)) }.into()
    }

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_one() {
        assert!(matches!(from_disk(io::ErrorKind::StorageFull), StoreError::NoSpace));
        assert!(matches!(from_disk(io::ErrorKind::QuotaExceeded), StoreError::NoSpace));
        assert!(matches!(from_disk(io::ErrorKind::PermissionDenied), StoreError::Archive(_)));
    }
}
