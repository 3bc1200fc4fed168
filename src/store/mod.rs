//! Keeps what must not be lost: the ledger (who sent what, what was decided, when) and the archive (the bytes).
//!
//! Two seams, [`Ledger`] and [`Archive`], and their embedded forms: SQLite and a folder. What a return says never goes
//! into the ledger; only counts and digests do, so that a refused upload leaves no trace of its content once its objects
//! are gone. This room never decides who may do what and never checks a return; it does keep the state table, optimistic
//! changes and idempotency, because only a transaction can. `flow` calls it, and `cli` opens it.

mod account_records;
mod archive;
mod backup;
mod collecting;
mod compressed;
mod data_folder;
mod data_folder_check;
mod deletion;
mod disk;
mod durable;
mod encryption;
mod error;
mod kept_report;
mod ledger;
mod object;
mod observer;
pub mod parquet;
mod records;
mod secret_file;
mod signing_key;
mod sqlite;
mod unknown;

pub use account_records::{
    Confirmation, KeyFilter, KeyRecord, KnownAs, OrganisationRecord, PasswordHash, PersonAction, PersonRecord,
    PersonStep, SecretDigest, SecretForm, SignIn, WaitingRoles,
};
pub use archive::{Archive, FileName, Folder, ObjectName};
pub use backup::{
    BackupChecked, BackupManifest, BackupTaken, FileEntry, ObjectEntry, ledger_of_backup, restore_backup, take_backup,
    verify_backups,
};
pub use collecting::{CollectionDecision, Contact, NewDecision, NewReminder, Reminder, ReminderEnd};
pub use compressed::{compress, expand};
pub use data_folder::DataFolder;
pub use deletion::{ClosedAccounts, Deletion, Doomed, SignedCertificate, explanations_of, identity_of, notes_of};
pub use disk::DiskRoom;
pub use encryption::{Keyring, KeyringError, Resealed, SealedArchive};
pub use error::StoreError;
pub use kept_report::{read_report, write_report};
pub use ledger::Ledger;
pub use object::ObjectArchive;
pub use observer::{NoObserver, TransactionEnd, TransactionObserver};
pub use records::{
    Access, AttemptStep, Attempts, CarriedOver, Event, EventSubject, Explained, Explanation, ExplanationFilter,
    ExplanationOfReturn, Move, Moved, NewReturn, Page, Receipt, Reception, ReleaseAction, ReleaseFile, ReleaseRecord,
    ReleaseStep, ReturnFilter, ReturnRecord, SignedReceipt, Verdict, VersionId, VersionTimes,
};
pub use secret_file::{secret_of_file, text_of_secret_file};
pub use sqlite::{Anchor, Audit, AuditFault, SqliteLedger, audit, export, keys_of};
pub use unknown::UnknownObject;

#[cfg(test)]
mod conformance;
