//! The archive's seam: objects by typed names.

use super::error::StoreError;
use crate::domain::identifier::{ReleaseId, ReturnId};
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt;
use std::fmt::Debug;

/// Holds objects. A put is durable and atomic when it returns: after a crash the object is there whole or not at all.
#[async_trait]
pub trait Archive: Debug + Send + Sync {
    /// Keeps an object; one of the same name is replaced.
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError>;

    /// An object's bytes, or [`StoreError::NoObject`].
    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError>;

    /// The first bytes of an object, as many as there are up to a number.
    async fn beginning(&self, name: &ObjectName, at_most: usize) -> Result<Bytes, StoreError>;

    /// Removes an object; one that is not there is removed already.
    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError>;

    /// The names of the objects in a folder, sorted. Half-written objects are never among them.
    async fn list(&self, folder: Folder) -> Result<Vec<ObjectName>, StoreError>;

    /// Whether the archive answers, for readiness.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// What an object is. Names sort by kind, then by the time their return or release was made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectName {
    /// The bytes of an upload, compressed.
    Original(ReturnId),
    /// The report of a check, compressed.
    Report(ReturnId),
    /// One table of a version, as Parquet.
    Table(ReturnId, FileName),
    /// One file of a release.
    ReleaseFile(ReleaseId, FileName),
    /// A few bytes sealed with the encryption key of this id: they tell at once whether the key is there and the right one.
    KeyCheck(FileName),
}

/// A name that is safe on every file system and in every URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    fn new(name: &str) -> Result<Self, StoreError> {
        let safe = |letter: char| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter);
        let part_is_good = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(safe);
        if name.len() <= 200 && name.split('/').all(part_is_good) {
            Ok(Self(name.to_owned()))
        } else {
            Err(StoreError::BadName { name: name.chars().take(200).collect() })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ObjectName {
    pub const fn original(id: ReturnId) -> Self {
        Self::Original(id)
    }

    pub const fn report(id: ReturnId) -> Self {
        Self::Report(id)
    }

    pub fn table(id: ReturnId, table: &str) -> Result<Self, StoreError> {
        Ok(Self::Table(id, FileName::new(table)?))
    }

    /// A file of a release by its path within the release: `data/returns.csv`.
    pub fn release_file(id: ReleaseId, path: &str) -> Result<Self, StoreError> {
        Ok(Self::ReleaseFile(id, FileName::new(path)?))
    }

    /// The check of an encryption key by the key's id.
    pub fn key_check(key: &str) -> Result<Self, StoreError> {
        Ok(Self::KeyCheck(FileName::new(key)?))
    }

    /// The name that a path in the archive means; none when it is not one of ours.
    pub fn from_path(path: &str) -> Option<Self> {
        let (kind, rest) = path.split_once('/')?;
        match kind {
            "originals" => rest.strip_suffix(".zst")?.parse().ok().map(Self::Original),
            "reports" => rest.strip_suffix(".json.zst")?.parse().ok().map(Self::Report),
            "tables" => {
                let (id, table) = rest.strip_suffix(".parquet")?.split_once('/')?;
                Self::table(id.parse().ok()?, table).ok()
            }
            "releases" => {
                let (id, file) = rest.split_once('/')?;
                Self::release_file(id.parse().ok()?, file).ok()
            }
            "keys" => Self::key_check(rest.strip_suffix(".check")?).ok(),
            _ => None,
        }
    }

    /// The return that the object is part of.
    pub const fn return_id(&self) -> Option<ReturnId> {
        match self {
            Self::Original(id) | Self::Report(id) | Self::Table(id, _) => Some(*id),
            Self::ReleaseFile(..) | Self::KeyCheck(_) => None,
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(id) => write!(out, "originals/{id}.zst"),
            Self::Report(id) => write!(out, "reports/{id}.json.zst"),
            Self::Table(id, table) => write!(out, "tables/{id}/{}.parquet", table.0),
            Self::ReleaseFile(id, file) => write!(out, "releases/{id}/{}", file.0),
            Self::KeyCheck(key) => write!(out, "keys/{}.check", key.0),
        }
    }
}

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    Originals,
    Reports,
    /// The tables of every return.
    Tables,
    TablesOf(ReturnId),
    /// The files of every release.
    Releases,
    Release(ReleaseId),
    KeyChecks,
}

impl Folder {
    /// The folders that together hold all content.
    pub const CONTENT: [Self; 4] = [Self::Originals, Self::Reports, Self::Tables, Self::Releases];
}

impl fmt::Display for Folder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Originals => out.write_str("originals"),
            Self::Reports => out.write_str("reports"),
            Self::Tables => out.write_str("tables"),
            Self::TablesOf(id) => write!(out, "tables/{id}"),
            Self::Releases => out.write_str("releases"),
            Self::Release(id) => write!(out, "releases/{id}"),
            Self::KeyChecks => out.write_str("keys"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn names_read_back_and_unsafe_ones_are_refused() {
        let id = ReturnId::new(DateTime::UNIX_EPOCH);
        let release = ReleaseId::new(DateTime::UNIX_EPOCH);
        let names = [
            ObjectName::original(id),
            ObjectName::report(id),
            ObjectName::table(id, "children").expect("a good name"),
            ObjectName::release_file(release, "data/returns.meta.csv").expect("a good name"),
            ObjectName::key_check("2026-04").expect("a good name"),
        ];
        for name in names {
            assert_eq!(ObjectName::from_path(&name.to_string()), Some(name));
        }
        for bad in ["", "..", "../x", "a/../b", "/x", "a//b", "a b", ".hidden", "x#1", "é"] {
            assert!(ObjectName::release_file(release, bad).is_err(), "{bad} was taken as a name");
        }
        assert_eq!(ObjectName::from_path("originals/nonsense.zst"), None);
    }
}
