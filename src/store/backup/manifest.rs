//! What a backup says of itself.

use crate::domain::digest::Digest;
use crate::store::error::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of backup that this program writes and reads.
const FORM: u32 = 1;

/// Everything that a backup holds, with digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupManifest {
    form: u32,
    /// Counted from 1 in each folder of backups: clocks jump, numbers do not.
    pub number: u64,
    pub made: DateTime<Utc>,
    /// The version of the program that made it.
    pub program: String,
    /// The schema of the ledger.
    pub schema: i64,
    /// The number of the last event of the ledger's history.
    pub last_event: u64,
    /// The digest of that event, where the history is chained by digests.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_event_digest: Option<String>,
    /// How many returns the ledger holds in each state.
    pub returns: BTreeMap<String, u64>,
    pub ledger: FileEntry,
    /// The service's own secrets.
    pub secrets: Vec<FileEntry>,
    /// In the order of their names.
    pub objects: Vec<ObjectEntry>,
}

/// A file beside the manifest: the copy of the ledger, or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the data folder.
    pub name: String,
    /// Its name beside the manifest.
    pub file: String,
    /// SHA-256 of the file as it lies there.
    pub digest: Digest,
    pub bytes: u64,
    /// The encryption key that seals it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sealed_with: Option<String>,
}

/// An object of the archive, as it lay there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectEntry {
    /// Its name in the archive.
    pub name: String,
    pub digest: Digest,
    pub bytes: u64,
}

/// What the ledger's copy said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LedgerFacts {
    pub(super) schema: i64,
    pub(super) last_event: u64,
    pub(super) last_event_digest: Option<String>,
    pub(super) returns: BTreeMap<String, u64>,
}

impl BackupManifest {
    pub(super) fn new(
        number: u64,
        made: DateTime<Utc>,
        facts: LedgerFacts,
        (ledger, secrets): (FileEntry, Vec<FileEntry>),
        objects: Vec<ObjectEntry>,
    ) -> Self {
        let LedgerFacts { schema, last_event, last_event_digest, returns } = facts;
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            form: FORM,
            number,
            made,
            program,
            schema,
            last_event,
            last_event_digest,
            returns,
            ledger,
            secrets,
            objects,
        }
    }

    /// The ledger and the secrets.
    pub(super) fn files(&self) -> impl Iterator<Item = &FileEntry> {
        std::iter::once(&self.ledger).chain(&self.secrets)
    }

    pub(super) fn facts(&self) -> LedgerFacts {
        let (last_event_digest, returns) = (self.last_event_digest.clone(), self.returns.clone());
        LedgerFacts { schema: self.schema, last_event: self.last_event, last_event_digest, returns }
    }

    /// The name of its folder.
    pub fn name(&self) -> String {
        format!("{:06}-{}", self.number, self.made.format("%Y%m%dT%H%M%SZ"))
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, StoreError> {
        let text = serde_json::to_vec_pretty(self);
        text.map_err(|error| StoreError::Backup(format!("the manifest could not be written: {error}")))
    }

    /// Reads a manifest whose digest was compared before.
    pub(super) fn read(bytes: &[u8], place: &str) -> Result<Self, StoreError> {
        let wrong = |problem: String| StoreError::Backup(format!("{place} cannot be read: {problem}"));
        let form = serde_json::from_slice::<serde_json::Value>(bytes).map_err(|error| wrong(error.to_string()))?;
        let form = form.get("form").and_then(serde_json::Value::as_u64);
        if form != Some(u64::from(FORM)) {
            return Err(wrong(
                "it has a form that this program does not know; use the program that made it".to_owned(),
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))
    }
}
